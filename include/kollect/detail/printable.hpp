#ifndef KOLLECT_DETAIL_PRINTABLE_HPP
#define KOLLECT_DETAIL_PRINTABLE_HPP

#include <kollect/detail/utf8.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// The code point that begins at `at`, whose UTF-8 is `length` bytes long, 1 to 4.
[[nodiscard]] constexpr std::uint32_t code_point(std::string_view text, std::size_t at,
                                                 std::size_t length) noexcept {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[at + index]); };
  if (length == 1)
    return byte(0);
  std::uint32_t code = byte(0) & (0xFFU >> (length + 1));
  for (std::size_t index = 1; index < length; ++index)
    code = code << 6U | (byte(index) & 0x3FU);
  return code;
}

/// Whether a character does something to a terminal or to the order of the text around it, or ends a line:
/// C0, DEL, C1, the line separators, and what Unicode has for writing from right to left.
[[nodiscard]] constexpr bool is_unprintable(std::uint32_t code) noexcept {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C || code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

/// Appends one character in a form that only shows it: as a line feed is written in C, or by its number in
/// hex.
inline void append_shown(std::string& out, std::uint32_t code) {
  constexpr std::string_view digits = "0123456789abcdef", named = "\n\r\t", names = "nrt";
  out += '\\';
  if (code < 0x80 && named.find(static_cast<char>(code)) != std::string_view::npos) {
    out += names[named.find(static_cast<char>(code))];
    return;
  }
  const bool is_short = code < 0x100;
  out += is_short ? 'x' : 'u';
  for (unsigned shift = is_short ? 8 : 16; shift != 0; shift -= 4)
    out += digits[code >> (shift - 4) & 15U];
}

/// Appends text that came from elsewhere so that a line stays a line and a terminal only shows it (S13):
/// what is unprintable, and each byte that is not UTF-8, is written as an escape. Text that is good already
/// stays as it is, so doing it twice is doing it once. Linear.
inline void append_printable(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const auto code = length == 0 ? static_cast<unsigned char>(text[at]) : code_point(text, at, length);
    if (length == 0 || is_unprintable(code))
      append_shown(out, code);
    else
      out.append(text, at, length);
    at += length == 0 ? 1 : length;
  }
}

[[nodiscard]] inline std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_printable(out, text);
  return out;
}

inline constexpr std::size_t most_quoted_bytes = 64;

/// Text that came from elsewhere as a message quotes it: printable, in quotes, and at most 64 bytes of it,
/// cut between two characters.
[[nodiscard]] inline std::string in_quotes(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size()) {
    const std::size_t length = utf8_length(text, end), next = end + (length == 0 ? 1 : length);
    if (next > most_quoted_bytes)
      break;
    end = next;
  }
  std::string out = "\"";
  append_printable(out, text.substr(0, end));
  return out += end == text.size() ? "\"" : "…\"";
}

/// An owning text that ends with the expression it stands in: a view of it would dangle.
template <class Text>
concept temporary_text = !std::is_lvalue_reference_v<Text> && std::is_class_v<std::remove_cvref_t<Text>> &&
                         !std::is_trivially_destructible_v<std::remove_cvref_t<Text>> &&
                         std::is_convertible_v<Text, std::string_view>;

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
