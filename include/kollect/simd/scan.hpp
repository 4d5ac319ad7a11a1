#ifndef KOLLECT_SIMD_SCAN_HPP
#define KOLLECT_SIMD_SCAN_HPP

#include <cstddef>
#include <string_view>

namespace kollect::simd {

/// One past the closing quote of the string whose opening quote is at `at`; npos where there is none.
inline std::size_t find_string_end(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"')
      return at + 1;
    if (text[at] == '\\')
      ++at;
  }
  return std::string_view::npos;
}

/// One past the end of the JSON value that begins at `at`, found by counting brackets outside
/// strings; npos where the text ends first. The value is not checked: for well-formed JSON the
/// extent is right, for anything else it is some extent that the check that follows refuses.
/// Linear, no allocation, never reads outside `text`.
inline std::size_t find_value_end(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size())
    return std::string_view::npos;
  if (text[at] == '"')
    return find_string_end(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const auto end = text.find_first_of(",]} \t\r\n", at);
    return end == std::string_view::npos ? text.size() : end;
  }
  std::size_t depth = 0;
  while (at < text.size()) {
    const char letter = text[at];
    if (letter == '"') {
      at = find_string_end(text, at);
      if (at == std::string_view::npos)
        return at;
      continue;
    }
    ++at;
    if (letter == '{' || letter == '[')
      ++depth;
    else if ((letter == '}' || letter == ']') && --depth == 0)
      return at;
  }
  return std::string_view::npos;
}

} // namespace kollect::simd

#endif
