#ifndef KOLLECT_CONSUMER_QUERY_TEXT_PATTERN_HPP
#define KOLLECT_CONSUMER_QUERY_TEXT_PATTERN_HPP

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// A text, or one with parts left open: `nginx`, `nginx*`, `*nginx*`, `ng*x`.
struct text_pattern {
  std::vector<std::string> parts; ///< between the stars; a single one is the whole text

  bool is_exact() const { return parts.size() == 1; }
  friend bool operator==(const text_pattern&, const text_pattern&) = default;
};

/// Reads a pattern. `\*` and `\\` are a star and a backslash; any other backslash is one.
text_pattern parse_pattern(std::string_view text);

/// A pattern that is this very text.
inline text_pattern exactly(std::string text) {
  return {{std::move(text)}};
}

/// Linear in the text, whatever the pattern.
bool holds(const text_pattern& pattern, std::string_view text);

/// Whether `part` is in `text`. Linear.
bool contains(std::string_view text, std::string_view part);

/// ASCII letters in lower case; all others as they are.
std::string to_lower(std::string_view text);

/// Texts of which one is wanted, and others that are not. Empty: any text will do.
struct text_condition {
  std::vector<text_pattern> wanted;
  std::vector<text_pattern> unwanted;

  bool empty() const { return wanted.empty() && unwanted.empty(); }
  friend bool operator==(const text_condition&, const text_condition&) = default;
};

bool holds(const text_condition& condition, std::string_view text);

/// The only text that it can hold for; nothing where there may be several.
std::optional<std::string> only_text(const text_condition& condition);

} // namespace kollect::consumer

#endif
