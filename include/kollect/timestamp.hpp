#ifndef KOLLECT_TIMESTAMP_HPP
#define KOLLECT_TIMESTAMP_HPP

#include <kollect/error.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <ratio>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// An instant in UTC with nanoseconds, for the years 0000 to 9999 (ENV-05, PAY-04).
/// Instants compare as instants: 12:00:00Z is before 12:00:00.1Z, which their texts are not.
struct timestamp {
  std::int64_t seconds = 0;      ///< since 1970-01-01T00:00:00Z, negative before
  std::uint32_t nanoseconds = 0; ///< 0 to 999 999 999

  friend auto operator<=>(const timestamp&, const timestamp&) = default;
  friend bool operator==(const timestamp&, const timestamp&) = default;
};

/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z: the first and the last instant that have a text.
inline constexpr timestamp first_timestamp{-62'167'219'200, 0};
inline constexpr timestamp last_timestamp{253'402'300'799, 999'999'999}; ///< the last one

/// Whether the instant is one that has a text: in the years 0000 to 9999, nanoseconds below a second.
[[nodiscard]] constexpr bool is_valid(const timestamp& value) noexcept {
  return value.seconds >= first_timestamp.seconds && value.seconds <= last_timestamp.seconds &&
         value.nanoseconds <= last_timestamp.nanoseconds;
}

namespace detail {

/// Reads exactly `digits` decimal digits at `at`; -1 where there are none.
[[nodiscard]] constexpr int read_digits(std::string_view text, std::size_t at, std::size_t digits) noexcept {
  if (at + digits > text.size())
    return -1;
  int value = 0;
  for (std::size_t index = at; index < at + digits; ++index) {
    if (text[index] < '0' || text[index] > '9')
      return -1;
    value = value * 10 + (text[index] - '0');
  }
  return value;
}

inline void append_padded(std::string& out, int value, std::size_t width) {
  std::array<char, 12> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto count = static_cast<std::size_t>(end - digits.data());
  if (count < width)
    out.append(width - count, '0');
  out.append(digits.data(), count);
}

} // namespace detail

/// Reads `2026-01-15T12:00:00.123456789Z`: RFC 3339 with `Z` and up to nine fractional digits (ENV-05).
/// Trailing zeros are accepted. Other offsets, a leap second and lower-case letters are
/// error::invalid_timestamp. Linear in the text, no allocation on success.
[[nodiscard]] inline result<timestamp> parse_timestamp(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return make_failure(error::invalid_timestamp,
                        detail::in_quotes(text) +
                            " is not a timestamp like 2026-01-15T12:00:00Z: " + std::string(why),
                        "ENV-05");
  };
  namespace chrono = std::chrono;
  using detail::read_digits;
  if (text.size() < 20)
    return refuse("it is too short");
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
    return refuse("its fields are not separated as RFC 3339 says");
  const int year = read_digits(text, 0, 4), month = read_digits(text, 5, 2), day = read_digits(text, 8, 2);
  const int hour = read_digits(text, 11, 2), minute = read_digits(text, 14, 2),
            second = read_digits(text, 17, 2);
  const chrono::year_month_day date{chrono::year{year}, chrono::month{static_cast<unsigned>(month)},
                                    chrono::day{static_cast<unsigned>(day)}};
  if (year < 0 || month < 0 || day < 0 || !date.ok())
    return refuse("there is no such day");
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return refuse("there is no such time of day");

  std::size_t at = 19;
  std::uint32_t nanoseconds = 0;
  if (text[at] == '.') {
    // By the number of digits. Digits are added up first: to divide a unit for each was half of all time
    // here.
    constexpr std::array<std::uint32_t, 10> units{0,      100'000'000, 10'000'000, 1'000'000, 100'000,
                                                  10'000, 1'000,       100,        10,        1};
    const std::size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      if (at - first == 9)
        return refuse("it has more than nine fractional digits");
      nanoseconds = nanoseconds * 10 + static_cast<std::uint32_t>(text[at] - '0');
    }
    if (at == first)
      return refuse("the fraction has no digits");
    nanoseconds *= units[at - first];
  }
  if (text.substr(at) != "Z")
    return refuse("it does not end in Z");

  const auto days = chrono::sys_days{date}.time_since_epoch().count();
  return timestamp{static_cast<std::int64_t>(days) * 86'400 + hour * 3600 + minute * 60 + second,
                   nanoseconds};
}

/// Writes RFC 3339 in UTC with `Z`, the fraction without trailing zeros (Go's RFC3339Nano, ENV-05). Of one
/// that is not valid, which no message can carry, it writes the numbers in parentheses: no reader takes that
/// for an instant.
[[nodiscard]] inline std::string to_string(const timestamp& value) {
  if (!is_valid(value))
    return "(no timestamp: " + std::to_string(value.seconds) + " s, " + std::to_string(value.nanoseconds) +
           " ns)";
  namespace chrono = std::chrono;
  constexpr std::int64_t seconds_a_day = 86'400;
  const std::int64_t days = (value.seconds - first_timestamp.seconds) / seconds_a_day +
                            first_timestamp.seconds / seconds_a_day; // rounded down before 1970 too
  const auto second = static_cast<int>(value.seconds - days * seconds_a_day);
  const chrono::year_month_day date{chrono::sys_days{chrono::days{days}}};
  std::string text;
  text.reserve(30);
  detail::append_padded(text, static_cast<int>(date.year()), 4);
  text += '-';
  detail::append_padded(text, static_cast<int>(static_cast<unsigned>(date.month())), 2);
  text += '-';
  detail::append_padded(text, static_cast<int>(static_cast<unsigned>(date.day())), 2);
  text += 'T';
  detail::append_padded(text, second / 3600, 2);
  text += ':';
  detail::append_padded(text, second / 60 % 60, 2);
  text += ':';
  detail::append_padded(text, second % 60, 2);
  if (value.nanoseconds != 0) {
    text += '.';
    detail::append_padded(text, static_cast<int>(value.nanoseconds), 9);
    text.erase(text.find_last_not_of('0') + 1);
  }
  text += 'Z';
  return text;
}

inline std::ostream& operator<<(std::ostream& out, const timestamp& value) {
  return out << to_string(value);
}

/// The instant `delta` later, but never before first_timestamp or after last_timestamp: it saturates.
inline timestamp operator+(const timestamp& value, std::chrono::nanoseconds delta) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  if (!is_valid(value))
    return std::clamp(value, first_timestamp, last_timestamp);
  std::int64_t seconds = value.seconds + delta.count() / second;
  std::int64_t nanoseconds = static_cast<std::int64_t>(value.nanoseconds) + delta.count() % second;
  if (nanoseconds < 0)
    nanoseconds += second, --seconds;
  if (nanoseconds >= second)
    nanoseconds -= second, ++seconds;
  return std::clamp(timestamp{seconds, static_cast<std::uint32_t>(nanoseconds)}, first_timestamp,
                    last_timestamp);
}

/// The present instant, by the system's clock.
[[nodiscard]] inline timestamp now() noexcept {
  return timestamp{} + std::chrono::system_clock::now().time_since_epoch();
}

/// The instant that a reading of the system clock stands for, in whatever unit; finer ones than nanoseconds
/// are rounded down. Saturates at the ends of the years 0000 and 9999.
template <class Duration>
[[nodiscard]] constexpr timestamp from_system_clock(std::chrono::sys_time<Duration> instant) noexcept {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  const auto count = static_cast<std::int64_t>(seconds.time_since_epoch().count());
  if (count < first_timestamp.seconds)
    return first_timestamp;
  if (count > last_timestamp.seconds)
    return last_timestamp;
  const auto rest = std::chrono::floor<std::chrono::nanoseconds>(instant - seconds);
  return {count, static_cast<std::uint32_t>(rest.count())};
}

/// The same instant as std::chrono has it, by default in nanoseconds, which is what the system clock counts
/// in and reaches from 1677-09-21 to 2262-04-11: what is beyond the unit's ends becomes the nearest instant
/// that it has. Coarser units round down.
template <class Duration = std::chrono::nanoseconds>
[[nodiscard]] constexpr std::chrono::sys_time<Duration> to_system_clock(const timestamp& value) noexcept {
  namespace chrono = std::chrono;
  using instant_type = chrono::sys_time<Duration>;
  const chrono::seconds seconds{value.seconds};
  if constexpr (std::ratio_less_v<typename Duration::period, std::ratio<1>>) {
    if (seconds < chrono::ceil<chrono::seconds>(Duration::min()))
      return instant_type::min();
    if (seconds >= chrono::floor<chrono::seconds>(Duration::max()))
      return instant_type::max();
  }
  return instant_type{chrono::floor<Duration>(seconds)} +
         chrono::floor<Duration>(chrono::nanoseconds{value.nanoseconds}); // for a coarse unit 0
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

template <>
struct std::hash<kollect::timestamp> {
  std::size_t operator()(const kollect::timestamp& value) const noexcept {
    const auto seconds = static_cast<std::uint64_t>(value.seconds);
    return std::hash<std::uint64_t>{}(seconds * 1'000'000'007 + value.nanoseconds);
  }
};

#endif
