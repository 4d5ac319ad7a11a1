#include <support/hex_dump.hpp>

#include <algorithm>

namespace kollect::test {

namespace {

constexpr std::size_t bytes_a_line = 16;

std::string hex(std::size_t value, std::size_t width) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(width, '0');
  for (std::size_t place = width; place > 0 && value != 0; value >>= 4U)
    text[--place] = digits[value & 15U];
  return text;
}

std::string dump_line(std::string_view bytes, std::size_t begin, bool is_marked) {
  std::string line = (is_marked ? "> " : "  ") + hex(begin, 8) + " ";
  std::string letters;
  for (std::size_t at = begin; at < begin + bytes_a_line; ++at) {
    if (at >= bytes.size()) {
      line += "   ";
      continue;
    }
    const auto byte = static_cast<unsigned char>(bytes[at]);
    line += " " + hex(byte, 2);
    letters += byte >= 0x20 && byte < 0x7F ? bytes[at] : '.';
  }
  return line + "  " + letters + "\n";
}

} // namespace

std::string hex_dump(std::string_view bytes, std::size_t at) {
  const std::size_t marked = at / bytes_a_line * bytes_a_line;
  const std::size_t first = marked - std::min<std::size_t>(marked, 2 * bytes_a_line);
  std::string text;
  for (std::size_t begin = first; begin <= marked + 2 * bytes_a_line && begin < bytes.size();
       begin += bytes_a_line)
    text += dump_line(bytes, begin, begin == marked);
  return text;
}

testing::AssertionResult same_bytes(std::string_view actual, std::string_view expected) {
  if (actual == expected)
    return testing::AssertionSuccess();
  const auto [left, right] = std::mismatch(actual.begin(), actual.end(), expected.begin(), expected.end());
  const auto at = static_cast<std::size_t>(left - actual.begin());
  return testing::AssertionFailure() << actual.size() << " bytes, expected " << expected.size()
                                     << "; the first difference is at byte " << at << "\nactual:\n"
                                     << hex_dump(actual, at) << "expected:\n"
                                     << hex_dump(expected, at);
}

} // namespace kollect::test
