#ifndef KOLLECT_PROGRAM_VALUES_HPP
#define KOLLECT_PROGRAM_VALUES_HPP

#include <kollect/timestamp.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::program {

/// What a whole number counts. With a unit, a value may name one of its own: 512MiB, 30s.
enum class unit { none, bytes, seconds, milliseconds };

/// Whole numbers from `least` to `most`.
struct number_kind {
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  unit counts = unit::none;
};

constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

[[nodiscard]] constexpr number_kind count(std::int64_t least = 0, std::int64_t most = unbounded) noexcept {
  return {least, most, unit::none};
}
[[nodiscard]] constexpr number_kind bytes(std::int64_t least = 0, std::int64_t most = unbounded) noexcept {
  return {least, most, unit::bytes};
}
[[nodiscard]] constexpr number_kind seconds(std::int64_t least, std::int64_t most = unbounded) noexcept {
  return {least, most, unit::seconds};
}
[[nodiscard]] constexpr number_kind milliseconds(std::int64_t least, std::int64_t most) noexcept {
  return {least, most, unit::milliseconds};
}

/// Decimal numbers from `least` to `most`.
struct decimal_kind {
  double least = 0;
  double most = std::numeric_limits<double>::max();
};

/// What a completion offers for a value.
enum class completes_to { nothing, choice, file, folder };

/// Texts.
struct text_kind {
  std::string name{}; ///< as help calls it, such as FILE
  completes_to completion = completes_to::nothing;
  std::vector<std::string> choices{}; ///< the only ones that are taken; empty: any
  bool is_trimmed = false;            ///< white space at the end is of the file that it was read from
  /// What is wrong with a text, as the end of the sentence `--flag …`; empty: nothing.
  std::function<std::string(std::string_view)> fault_of{};
};

[[nodiscard]] inline text_kind text(std::string name) {
  return {.name = std::move(name)};
}
[[nodiscard]] inline text_kind url() {
  return {.name = "URL", .is_trimmed = true};
}
[[nodiscard]] inline text_kind file() {
  return {.name = "FILE", .completion = completes_to::file};
}
[[nodiscard]] inline text_kind folder() {
  return {.name = "DIR", .completion = completes_to::folder};
}
[[nodiscard]] inline text_kind one_of(std::vector<std::string> choices) {
  return {.completion = completes_to::choice, .choices = std::move(choices)};
}

/// An instant as of ENV-05.
struct instant_kind {};

/// Reads a whole number, with a unit where the kind has one. Nothing where the text is none, or out of range.
[[nodiscard]] std::optional<std::int64_t> read_number(std::string_view text, const number_kind& kind);

/// Reads a decimal number.
[[nodiscard]] std::optional<double> read_decimal(std::string_view text, const decimal_kind& kind);

/// Reads `true`, `yes`, `on`, `1` and their opposites, in either case.
[[nodiscard]] std::optional<bool> read_switch(std::string_view text);

/// What a kind takes, as `4 to 1024` or `1 or more`; empty where that is any number.
[[nodiscard]] std::string range_of(const number_kind& kind);
[[nodiscard]] std::string range_of(const decimal_kind& kind);

/// A number as it is written on a command line, with the largest unit that fits: 256MiB, 15m, 1000.
[[nodiscard]] std::string number_text(std::int64_t value, unit counts);
[[nodiscard]] std::string decimal_text(double value);

/// A value that was given, for a message: in quotes, unless it may hold a secret or is too long to tell.
[[nodiscard]] std::string quote_value(std::string_view value);

/// Whether a URL or connection string shows a password or a token: in its user information, or as a
/// parameter.
[[nodiscard]] bool shows_password(std::string_view url);

} // namespace kollect::program

#endif
