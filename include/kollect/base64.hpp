#ifndef KOLLECT_BASE64_HPP
#define KOLLECT_BASE64_HPP

#include <kollect/version.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

namespace detail {

/// The value of one letter of the standard base64 alphabet; -1 for any other character.
[[nodiscard]] constexpr int base64_digit(char letter) noexcept {
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

} // namespace detail

/// Bytes in standard base64, padded, in one line. Linear.
[[nodiscard]] inline std::string encode_base64(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t index = 0; index < 3; ++index)
      bits = (bits << 8U) | (index < group.size() ? static_cast<unsigned char>(group[index]) : 0U);
    for (std::size_t index = 0; index < 4; ++index)
      out +=
          index <= group.size() ? alphabet[(bits >> (18U - 6U * static_cast<unsigned>(index))) & 63U] : '=';
  }
  return out;
}

/// Decodes padded standard base64 as Kubernetes does: line ends are skipped, anything else that is
/// not of the alphabet, or padding that does not fit, makes the whole text invalid, which is the empty
/// answer. Linear.
[[nodiscard]] inline std::optional<std::string> decode_base64(std::string_view text) {
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
    const int digit = detail::base64_digit(letter);
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

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
