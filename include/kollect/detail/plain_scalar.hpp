#ifndef KOLLECT_DETAIL_PLAIN_SCALAR_HPP
#define KOLLECT_DETAIL_PLAIN_SCALAR_HPP

#include <kollect/version.hpp>

#include <cstddef>
#include <cstring>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

[[nodiscard]] constexpr const char* find_digits_end(const char* at, const char* end) noexcept {
  while (at != end && *at >= '0' && *at <= '9')
    ++at;
  return at;
}

/// One past the number at `at`, if it is surely within a double: no exponent, no more digits than fit. Null
/// for every other, and for what is none.
[[nodiscard]] constexpr const char* find_number_end(const char* at, const char* end) noexcept {
  constexpr std::ptrdiff_t most_digits = 300;
  const char* const begin = at;
  if (at != end && *at == '-')
    ++at;
  const char* const first = at;
  at = find_digits_end(at, end);
  if (at == first || (*first == '0' && at - first > 1))
    return nullptr;
  if (at != end && *at == '.') {
    const char* const point = at++;
    at = find_digits_end(at, end);
    if (at - point == 1)
      return nullptr;
  }
  if ((at != end && (*at == 'e' || *at == 'E')) || at - begin > most_digits)
    return nullptr;
  return at;
}

/// One past such a number or a literal at `at`, which must not be `end`; null where there is neither.
[[nodiscard]] inline const char* find_scalar_end(const char* at, const char* end) noexcept {
  const auto find_end = [&](const char* literal, std::size_t length) noexcept {
    return static_cast<std::size_t>(end - at) >= length && std::memcmp(at, literal, length) == 0 ? at + length
                                                                                                 : nullptr;
  };
  switch (*at) {
  case 't':
    return find_end("true", 4);
  case 'f':
    return find_end("false", 5);
  case 'n':
    return find_end("null", 4);
  default:
    return find_number_end(at, end);
  }
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
