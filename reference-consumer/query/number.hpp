#ifndef KOLLECT_CONSUMER_QUERY_NUMBER_HPP
#define KOLLECT_CONSUMER_QUERY_NUMBER_HPP

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kollect::consumer {

/// A number as attributes have them: whole ones exactly, others as the nearest double (BYT-04).
struct number {
  std::optional<std::int64_t> whole;
  double real = 0;
};

/// Nothing for what is no number, or beyond a double.
inline std::optional<number> read_number(std::string_view text) {
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') // inf, nan
    return {};
  const char* const end = text.data() + text.size();
  number out;
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole); read.ec == std::errc{} && read.ptr == end)
    out.whole = whole;
  const auto read = std::from_chars(text.data(), end, out.real);
  if (read.ec != std::errc{} || read.ptr != end)
    return {};
  return out;
}

/// Below 0, 0 or above 0, as the first is less, equal or greater.
inline int compare(const number& left, const number& right) {
  if (left.whole && right.whole)
    return *left.whole < *right.whole ? -1 : *left.whole > *right.whole ? 1 : 0;
  return left.real < right.real ? -1 : left.real > right.real ? 1 : 0;
}

} // namespace kollect::consumer

#endif
