#ifndef KOLLECT_PROGRAM_PRINTABLE_HPP
#define KOLLECT_PROGRAM_PRINTABLE_HPP

#include <kollect/json_writer.hpp>

#include <string>
#include <string_view>

namespace kollect::program {

/// A text for a terminal or a log line: control characters, quotes and what is not UTF-8 as JSON escapes, so
/// that a name cannot forge a line or drive the terminal.
[[nodiscard]] inline std::string printable(std::string_view text) {
  std::string out;
  json_writer(out).value(text);
  return out.substr(1, out.size() - 2);
}

} // namespace kollect::program

#endif
