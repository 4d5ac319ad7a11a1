#ifndef KOLLECT_NEAREST_NAME_HPP
#define KOLLECT_NEAREST_NAME_HPP

#include <kollect/version.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

namespace detail {

/// How many letters must be changed, added or removed to make one text of the other; ASCII case is free.
[[nodiscard]] inline std::size_t edit_distance(std::string_view left, std::string_view right) {
  const auto lower = [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  };
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t change = diagonal + (lower(left[i - 1]) == lower(right[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

} // namespace detail

/// What to do about a name that is not among `valid`: `did you mean "topic"?` where one is near, else the
/// list. For the end of a message such as `there is no "topik"; `. At most the product of both lengths, for
/// names of up to 64 bytes; longer ones are near to none.
[[nodiscard]] inline std::string suggest_name(std::string_view name,
                                              std::span<const std::string_view> valid) {
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  if (name.size() <= 64) {
    for (const auto candidate : valid) {
      const auto distance = detail::edit_distance(name, candidate);
      if (distance < least && distance < candidate.size())
        least = distance, nearest = candidate;
    }
  }
  if (!nearest.empty())
    return "did you mean \"" + std::string(nearest) + "\"?";
  std::string list = "use one of ";
  for (const auto candidate : valid)
    list.append(candidate).append(candidate == valid.back() ? "" : ", ");
  return list;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
