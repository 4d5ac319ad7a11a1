// A user who had xxHash before us, not inlined, and includes our headers the other way round.
#include <xxhash.h>

#include "addresses.hpp"

#include <kollect/views.hpp>

#include <kollect/kollect.hpp>

namespace kollect::test {

sight second_sight() {
  const auto head = read_head(message).value();
  return {
      {&error_category(), &make_error_condition(condition::bad_data).category(), detail::sha256_algorithm()},
      to_string(head.key),
      std::hash<scope>{}(head.scope)};
}

} // namespace kollect::test
