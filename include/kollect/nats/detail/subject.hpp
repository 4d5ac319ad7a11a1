#ifndef KOLLECT_NATS_DETAIL_SUBJECT_HPP
#define KOLLECT_NATS_DETAIL_SUBJECT_HPP

#include <kollect/version.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// Takes the text up to the next dot off the front of `rest`.
[[nodiscard]] constexpr std::string_view take_token(std::string_view& rest) noexcept {
  const auto dot = rest.find('.');
  const auto token = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  return token;
}

[[nodiscard]] constexpr bool is_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char letter) {
    return static_cast<unsigned char>(letter) > 0x20 && static_cast<unsigned char>(letter) != 0x7F;
  });
}

/// True for a subject that one can publish to (NAT-01), or, with wildcards, subscribe to: tokens between
/// dots, none empty, no blank or control character in them; `*` alone as a token, `>` alone as the last.
[[nodiscard]] constexpr bool is_valid_subject(std::string_view subject,
                                              bool wildcards_allowed = false) noexcept {
  if (subject.empty() || subject.back() == '.' || !is_printable(subject))
    return false;
  for (std::string_view rest = subject; !rest.empty();) {
    const auto token = take_token(rest);
    if (token.empty())
      return false;
    if (token.find_first_of("*>") == std::string_view::npos)
      continue;
    const bool is_wildcard = token == "*" || (token == ">" && rest.empty());
    if (!is_wildcard || !wildcards_allowed)
      return false;
  }
  return true;
}

/// True for the name of a stream or durable: it becomes one token of a subject, and a folder's name.
[[nodiscard]] constexpr bool is_valid_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 255 && is_printable(name) &&
         name.find_first_of(".*>/\\") == std::string_view::npos;
}

/// Whether a stream that takes `pattern` takes all that `subject` stands for; both may have wildcards.
/// Linear.
[[nodiscard]] constexpr bool covers(std::string_view pattern, std::string_view subject) noexcept {
  while (!pattern.empty() && !subject.empty()) {
    const auto wanted = take_token(pattern), given = take_token(subject);
    if (wanted == ">")
      return true;
    if (given == ">" || (wanted != "*" && wanted != given))
      return false;
  }
  return pattern.empty() && subject.empty();
}

/// Whether some subject is meant by both, which may have wildcards. Linear.
[[nodiscard]] constexpr bool overlap(std::string_view left, std::string_view right) noexcept {
  while (!left.empty() && !right.empty()) {
    const auto one = take_token(left), other = take_token(right);
    if (one == ">" || other == ">")
      return true;
    if (one != "*" && other != "*" && one != other)
      return false;
  }
  return left.empty() && right.empty();
}

/// The number that a token is; nothing if it is none.
[[nodiscard]] inline std::optional<std::uint64_t> read_number(std::string_view digits) noexcept {
  std::uint64_t value = 0;
  const auto outcome = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || outcome.ec != std::errc{} || outcome.ptr != digits.data() + digits.size())
    return {};
  return value;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif
