#include <program/values.hpp>

#include <program/printable.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace kollect::program {
namespace {

struct named_unit {
  std::string_view name;
  std::int64_t size;
};

/// Sizes with binary prefixes come first: numbers are told in those.
constexpr std::array<named_unit, 13> sizes{{{"TiB", std::int64_t{1} << 40},
                                            {"GiB", std::int64_t{1} << 30},
                                            {"MiB", std::int64_t{1} << 20},
                                            {"KiB", std::int64_t{1} << 10},
                                            {"Ti", std::int64_t{1} << 40},
                                            {"Gi", std::int64_t{1} << 30},
                                            {"Mi", std::int64_t{1} << 20},
                                            {"Ki", std::int64_t{1} << 10},
                                            {"TB", 1'000'000'000'000},
                                            {"GB", 1'000'000'000},
                                            {"MB", 1'000'000},
                                            {"kB", 1'000},
                                            {"B", 1}}};

/// In milliseconds.
constexpr std::array<named_unit, 5> durations{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

std::int64_t milliseconds_of(unit counts) {
  return counts == unit::seconds ? 1000 : 1;
}

const named_unit* find_unit(std::string_view name, unit counts) {
  const auto find = [&](const auto& units) -> const named_unit* {
    const auto found =
        std::find_if(units.begin(), units.end(), [&](const auto& one) { return one.name == name; });
    return found == units.end() ? nullptr : &*found;
  };
  return counts == unit::bytes ? find(sizes) : counts == unit::none ? nullptr : find(durations);
}

/// The number times its unit, in what the kind counts; nothing where that is no whole number, or too large.
std::optional<std::int64_t> scale(std::int64_t number, std::string_view name, unit counts) {
  const auto* const found = find_unit(name, counts);
  std::int64_t product = 0;
  if (found == nullptr || __builtin_mul_overflow(number, found->size, &product))
    return {};
  if (counts == unit::bytes)
    return product;
  return product % milliseconds_of(counts) == 0 ? std::optional(product / milliseconds_of(counts))
                                                : std::nullopt;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char one, char other) {
    return (one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one) == other;
  });
}

/// Names of parameters in a connection string whose values are secret.
constexpr std::array<std::string_view, 4> secret_parameters{"password", "passwd", "sslpassword", "token"};

} // namespace

std::optional<std::int64_t> read_number(std::string_view text, const number_kind& kind) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{})
    return {};
  const auto name = text.substr(static_cast<std::size_t>(end - text.data()));
  const auto value = name.empty() ? std::optional(number) : scale(number, name, kind.counts);
  return value && *value >= kind.least && *value <= kind.most ? value : std::nullopt;
}

std::optional<double> read_decimal(std::string_view text, const decimal_kind& kind) {
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
    return {};
  return number >= kind.least && number <= kind.most ? std::optional(number) : std::nullopt;
}

std::optional<bool> read_switch(std::string_view text) {
  for (const std::string_view yes : {"true", "yes", "on", "1"})
    if (equals_ignoring_case(text, yes))
      return true;
  for (const std::string_view no : {"false", "no", "off", "0"})
    if (equals_ignoring_case(text, no))
      return false;
  return {};
}

std::string range_of(const number_kind& kind) {
  if (kind.most != unbounded)
    return number_text(kind.least, kind.counts) + " to " + number_text(kind.most, kind.counts);
  return number_text(kind.least, kind.counts) + " or more";
}

std::string range_of(const decimal_kind& kind) {
  if (kind.most < std::numeric_limits<double>::max())
    return decimal_text(kind.least) + " to " + decimal_text(kind.most);
  return decimal_text(kind.least) + " or more";
}

std::string number_text(std::int64_t value, unit counts) {
  if (counts == unit::bytes) {
    for (std::size_t index = 0; index < 4 && value != 0; ++index)
      if (value % sizes[index].size == 0)
        return std::to_string(value / sizes[index].size).append(sizes[index].name);
    return std::to_string(value);
  }
  std::int64_t time = 0;
  if (counts == unit::none || __builtin_mul_overflow(value, milliseconds_of(counts), &time))
    return std::to_string(value);
  for (const auto& one : durations)
    if (time != 0 && time % one.size == 0)
      return std::to_string(time / one.size).append(one.name);
  return counts == unit::seconds ? "0s" : "0ms";
}

std::string decimal_text(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

std::string quote_value(std::string_view value) {
  constexpr std::size_t longest = 64;
  // What has a host or a parameter in it may have a password too (SEC-02).
  if (value.size() > longest || value.find_first_of("@=") != std::string_view::npos ||
      value.find("://") != std::string_view::npos)
    return "the value that was given, which is not repeated here";
  return '"' + printable(value) + '"';
}

bool shows_password(std::string_view url) {
  const auto scheme = url.find("://");
  const auto authority = url.substr(scheme == std::string_view::npos ? 0 : scheme + 3);
  // A password may hold a slash that should have been escaped: what stands before the last @ counts.
  const auto at = authority.rfind('@');
  if (scheme != std::string_view::npos && at != std::string_view::npos) {
    const auto colon = authority.find(':');
    if (colon < at && colon + 1 < at)
      return true;
  }
  for (std::size_t start = 0; start < url.size();) {
    const auto end = std::min(url.find_first_of("?& ", start), url.size());
    const auto parameter = url.substr(start, end - start);
    const auto name = parameter.substr(0, parameter.find('='));
    for (const auto secret : secret_parameters)
      if (name.size() < parameter.size() && equals_ignoring_case(name, secret))
        return true;
    start = end + 1;
  }
  return false;
}

} // namespace kollect::program
