#ifndef KOLLECT_DETAIL_UTF8_HPP
#define KOLLECT_DETAIL_UTF8_HPP

#include <kollect/version.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// Length of the UTF-8 sequence that starts at `at`, 1 to 4; 0 where the bytes are not UTF-8:
/// overlong forms, surrogates and values over U+10FFFF are not, just as in Go's unicode/utf8.
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t index) -> unsigned {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  const auto continues = [&](std::size_t index) { return (byte(index) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(at), second = byte(at + 1);
  if (lead < 0x80)
    return 1;
  if (lead < 0xC2)
    return 0;
  if (lead < 0xE0)
    return continues(at + 1) ? 2 : 0;
  if (lead < 0xF0) {
    if (lead == 0xE0 && second < 0xA0)
      return 0; // overlong
    if (lead == 0xED && second > 0x9F)
      return 0; // surrogate
    return continues(at + 1) && continues(at + 2) ? 3 : 0;
  }
  if (lead < 0xF5) {
    if (lead == 0xF0 && second < 0x90)
      return 0; // overlong
    if (lead == 0xF4 && second > 0x8F)
      return 0; // over U+10FFFF
    return continues(at + 1) && continues(at + 2) && continues(at + 3) ? 4 : 0;
  }
  return 0;
}

/// Writes a code point, which must not be a surrogate, as 1 to 4 bytes; answers one past them.
[[nodiscard]] constexpr char* write_utf8(char* to, std::uint32_t code) noexcept {
  const auto put = [&](std::uint32_t byte) { *to++ = static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U)), put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U)), put(0x80U | ((code >> 6U) & 0x3FU)), put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U)), put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU)), put(0x80U | (code & 0x3FU));
  }
  return to;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
