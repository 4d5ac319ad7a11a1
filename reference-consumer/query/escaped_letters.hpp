#ifndef KOLLECT_CONSUMER_QUERY_ESCAPED_LETTERS_HPP
#define KOLLECT_CONSUMER_QUERY_ESCAPED_LETTERS_HPP

#include <string_view>

namespace kollect::consumer {

/// Whether JSON may spell a printable letter of ASCII by an escape: by `\u00XX` or `\/`. Quotes, backslashes
/// and the three that encoders escape for HTML (`<`, `>` and `&`, BYT-03) do not count.
inline bool has_escaped_letters(std::string_view json) noexcept {
  for (auto at = json.find('\\'); at < json.size(); at = json.find('\\', at + 1)) {
    const auto escape = json.substr(at + 1, 5);
    if (escape.starts_with('/'))
      return true;
    if (escape.starts_with("u00") && escape != "u003c" && escape != "u003e" && escape != "u0026")
      return true;
  }
  return false;
}

} // namespace kollect::consumer

#endif
