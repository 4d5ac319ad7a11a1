#include "command/flag_types.hpp"

#include <kollect/utf8.hpp>

namespace kollect::producer {

program::text_kind label() {
  auto kind = program::text("NAME");
  kind.fault_of = [](std::string_view given) { return is_utf8(given) ? "" : "must be UTF-8"; };
  return kind;
}

} // namespace kollect::producer
