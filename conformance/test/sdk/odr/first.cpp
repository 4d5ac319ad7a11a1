#include <kollect/kollect.hpp>
#include <kollect/views.hpp>

#include "addresses.hpp"

namespace kollect::test {

sight first_sight() {
  const auto head = read_head(message).value();
  return {
      {&error_category(), &make_error_condition(condition::bad_data).category(), detail::sha256_algorithm()},
      to_string(head.key),
      std::hash<scope>{}(head.scope)};
}

} // namespace kollect::test
