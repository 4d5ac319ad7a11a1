#ifndef KOLLECT_PROGRAM_PRINTABLE_HPP
#define KOLLECT_PROGRAM_PRINTABLE_HPP

#include <kollect/json_writer.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace kollect::program {

/// The code point of two or three bytes that begins at `at` and does something to a terminal, or to the
/// order of the text around it: C1, the line separators, and what Unicode has for writing from right to left.
/// 0 for any other. What is below 0x80, JSON escapes already, but for DEL.
[[nodiscard]] constexpr unsigned unprintable_at(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t index) {
    return at + index < text.size() ? static_cast<unsigned char>(text[at + index]) : 0U;
  };
  if (byte(0) == 0x7F)
    return 0x7F;
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0)
    return byte(1);
  if (byte(0) == 0xD8 && byte(1) == 0x9C)
    return 0x061C;
  if (byte(0) != 0xE2)
    return 0;
  const unsigned code = 0x2000U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
  const bool is_one = code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
                      (code >= 0x2066 && code <= 0x2069);
  return is_one ? code : 0;
}

/// JSON text with nothing in it that a terminal obeys: those characters as JSON escapes, which changes no
/// value. Linear.
[[nodiscard]] inline std::string printable_json(std::string_view json) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const unsigned code = unprintable_at(json, at);
    if (code == 0) {
      out += json[at++];
      continue;
    }
    out += "\\u";
    for (unsigned shift = 16; shift != 0; shift -= 4)
      out += digits[code >> (shift - 4) & 15U];
    at += code == 0x7F ? 1 : code < 0x800 ? 2 : 3;
  }
  return out;
}

/// A text for a terminal or a log line: control characters, quotes, marks that turn the direction of text and
/// what is not UTF-8 as JSON escapes, so that a name cannot forge a line or drive the terminal.
[[nodiscard]] inline std::string printable(std::string_view text) {
  std::string out;
  json_writer(out).value(text);
  return printable_json(std::string_view(out).substr(1, out.size() - 2));
}

} // namespace kollect::program

#endif
