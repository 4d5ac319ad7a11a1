#ifndef KOLLECT_MANIFEST_DETAIL_DURATION_TEXT_HPP
#define KOLLECT_MANIFEST_DETAIL_DURATION_TEXT_HPP

#include <kollect/version.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// Takes a unit of Go's time.ParseDuration from the front of `text`: its length in nanoseconds, or 0.
[[nodiscard]] constexpr std::int64_t take_duration_unit(std::string_view& text) noexcept {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 8> units{{{"ns", 1},
                                                                            {"us", 1'000},
                                                                            {"\xC2\xB5s", 1'000},
                                                                            {"\xCE\xBCs", 1'000},
                                                                            {"ms", 1'000'000},
                                                                            {"s", 1'000'000'000},
                                                                            {"m", 60'000'000'000},
                                                                            {"h", 3'600'000'000'000}}};
  for (const auto& [name, nanoseconds] : units) {
    if (!text.starts_with(name))
      continue;
    text.remove_prefix(name.size());
    return nanoseconds;
  }
  return 0;
}

/// Reads Go duration text such as `1h30m`, `1.5s` or `0`, from zero up to `longest` (at most some days).
/// Nothing where the text is anything else; a sign is refused.
[[nodiscard]] constexpr std::optional<std::chrono::nanoseconds>
parse_duration(std::string_view text, std::chrono::nanoseconds longest) noexcept {
  const auto is_digit = [&] { return !text.empty() && text.front() >= '0' && text.front() <= '9'; };
  if (text == "0")
    return std::chrono::nanoseconds(0);
  if (text.empty())
    return {};
  double total = 0; // exact: 24 h in nanoseconds needs 47 bits
  while (!text.empty()) {
    double number = 0, fraction = 0, scale = 1;
    bool has_digits = false;
    for (; is_digit(); text.remove_prefix(1), has_digits = true)
      number = number * 10 + (text.front() - '0');
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      for (; is_digit(); text.remove_prefix(1), has_digits = true) {
        if (scale < 1e15)
          fraction = fraction * 10 + (text.front() - '0'), scale *= 10;
      }
    }
    const std::int64_t unit = has_digits ? take_duration_unit(text) : 0;
    if (unit == 0)
      return {};
    // Like Go, drop what is less than a nanosecond.
    const double part = static_cast<double>(unit) / scale * fraction;
    total += number * static_cast<double>(unit);
    if (!(total + part <= static_cast<double>(longest.count())))
      return {};
    total += static_cast<double>(static_cast<std::int64_t>(part));
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
