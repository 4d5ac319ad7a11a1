#ifndef KOLLECT_DETAIL_BASE64_HPP
#define KOLLECT_DETAIL_BASE64_HPP

#include <kollect/version.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// The value of one letter of the standard base64 alphabet; -1 for any other character.
constexpr int base64_digit(char letter) noexcept {
  if (letter >= 'A' && letter <= 'Z')
    return letter - 'A';
  if (letter >= 'a' && letter <= 'z')
    return letter - 'a' + 26;
  if (letter >= '0' && letter <= '9')
    return letter - '0' + 52;
  if (letter == '+')
    return 62;
  return letter == '/' ? 63 : -1;
}

/// Decodes padded standard base64 as Kubernetes does: line ends are skipped, anything else that is
/// not of the alphabet makes the whole text invalid, which is the empty answer. Linear.
inline std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  std::size_t digits = 0, padding = 0;
  for (const char letter : text) {
    if (letter == '\n' || letter == '\r')
      continue;
    if (letter == '=') {
      ++padding;
      continue;
    }
    const int digit = base64_digit(letter);
    if (digit < 0 || padding != 0)
      return {};
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    if (++digits % 4 == 0)
      for (const unsigned shift : {16U, 8U, 0U})
        out += static_cast<char>((bits >> shift) & 0xFFU);
  }
  const std::size_t rest = digits % 4;
  if (rest == 1 || padding != (rest == 0 ? 0 : 4 - rest))
    return {};
  if (rest >= 2)
    out += static_cast<char>((bits >> (rest == 2 ? 4U : 10U)) & 0xFFU);
  if (rest == 3)
    out += static_cast<char>((bits >> 2U) & 0xFFU);
  return out;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
