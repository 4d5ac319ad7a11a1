#ifndef KOLLECT_PROGRAM_PARAGRAPH_HPP
#define KOLLECT_PROGRAM_PARAGRAPH_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace kollect::program {

/// Letters that a UTF-8 text takes on a line, as far as each code point takes one.
[[nodiscard]] inline std::size_t width_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

/// Adds a text to a page whose last line has `column` letters. Lines break at spaces before `width`; all but
/// the first begin with `indent` spaces. A longer word stands alone. Ends the last line.
inline void add_paragraph(std::string& page, std::string_view text, std::size_t column, std::size_t indent,
                          std::size_t width) {
  bool is_line_empty = true;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find(' ', start), text.size());
    const auto word = text.substr(start, end - start);
    if (!is_line_empty && column + 1 + width_of(word) > width) {
      page.append("\n").append(indent, ' ');
      column = indent;
      is_line_empty = true;
    }
    if (!is_line_empty) {
      page += ' ';
      ++column;
    }
    page.append(word);
    column += width_of(word);
    is_line_empty = false;
    start = end + 1;
  }
  page += '\n';
}

} // namespace kollect::program

#endif
