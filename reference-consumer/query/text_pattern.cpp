#include "query/text_pattern.hpp"

#include <algorithm>
#include <cstring>

namespace kollect::consumer {

text_pattern parse_pattern(std::string_view text) {
  constexpr std::string_view escapable =
      "*\\=!<>"; // a star, the escape itself, and what operators begin with
  text_pattern out{{std::string()}};
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_escaped =
        text[at] == '\\' && at + 1 < text.size() && escapable.find(text[at + 1]) != std::string_view::npos;
    if (is_escaped)
      ++at;
    if (text[at] == '*' && !is_escaped)
      out.parts.emplace_back();
    else
      out.parts.back() += text[at];
  }
  return out;
}

// memmem() takes time in proportion to both lengths, where std::search takes their product.
bool contains(std::string_view text, std::string_view part) {
  return part.empty() || (part.size() <= text.size() &&
                          ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr);
}

bool holds(const text_pattern& pattern, std::string_view text) {
  const auto& parts = pattern.parts;
  if (pattern.is_exact())
    return text == parts.front();
  const auto& first = parts.front();
  const auto& last = parts.back();
  if (text.size() < first.size() + last.size() || !text.starts_with(first) || !text.ends_with(last))
    return false;
  text = text.substr(first.size(), text.size() - first.size() - last.size());
  // The first place for each part leaves most room for the next.
  for (std::size_t index = 1; index + 1 < parts.size(); ++index) {
    const auto& part = parts[index];
    if (part.empty())
      continue;
    const auto* const found =
        text.size() < part.size()
            ? nullptr
            : static_cast<const char*>(::memmem(text.data(), text.size(), part.data(), part.size()));
    if (found == nullptr)
      return false;
    text.remove_prefix(static_cast<std::size_t>(found - text.data()) + part.size());
  }
  return true;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out)
    if (letter >= 'A' && letter <= 'Z')
      letter = static_cast<char>(letter - 'A' + 'a');
  return out;
}

bool holds(const text_condition& condition, std::string_view text) {
  const auto fits = [text](const text_pattern& one) { return holds(one, text); };
  return (condition.wanted.empty() || std::any_of(condition.wanted.begin(), condition.wanted.end(), fits)) &&
         std::none_of(condition.unwanted.begin(), condition.unwanted.end(), fits);
}

std::optional<std::string> only_text(const text_condition& condition) {
  const auto& wanted = condition.wanted;
  if (wanted.size() != 1 || !wanted.front().is_exact())
    return {};
  return wanted.front().parts.front();
}

} // namespace kollect::consumer
