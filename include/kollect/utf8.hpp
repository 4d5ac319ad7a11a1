#ifndef KOLLECT_UTF8_HPP
#define KOLLECT_UTF8_HPP

#include <kollect/detail/utf8.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Whether a text is UTF-8, as Go's unicode/utf8 has it: overlong forms, surrogates and values over U+10FFFF
/// are not. A label or name that is none cannot come back from a message as it was (BYT-03). Linear.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = detail::utf8_length(text, at);
    if (length == 0)
      return false;
    at += length;
  }
  return true;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
