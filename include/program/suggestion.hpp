#ifndef KOLLECT_PROGRAM_SUGGESTION_HPP
#define KOLLECT_PROGRAM_SUGGESTION_HPP

#include <kollect/nearest_name.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kollect::program {

/// `a, b or c`.
[[nodiscard]] inline std::string list_of(const std::vector<std::string>& words, std::string_view last) {
  std::string out;
  for (std::size_t index = 0; index < words.size(); ++index) {
    if (index > 0)
      out.append(index + 1 == words.size() ? " " + std::string(last) + " " : ", ");
    out.append(words[index]);
  }
  return out;
}

/// `; did you mean "x"?` for the name that is nearest, or that holds what was given; empty where none is.
[[nodiscard]] inline std::string did_you_mean(std::string_view given, const std::vector<std::string>& valid) {
  const std::vector<std::string_view> names(valid.begin(), valid.end());
  auto nearest = names.empty() ? std::string() : suggest_name(given, names);
  if (nearest.starts_with("did you mean"))
    return "; " + nearest;
  for (const auto name : names)
    if (given.size() > 2 && name.find(given) != std::string_view::npos)
      return "; did you mean \"" + std::string(name) + "\"?";
  return {};
}

} // namespace kollect::program

#endif
