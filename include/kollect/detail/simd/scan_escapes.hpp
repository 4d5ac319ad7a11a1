#ifndef KOLLECT_DETAIL_SIMD_SCAN_ESCAPES_HPP
#define KOLLECT_DETAIL_SIMD_SCAN_ESCAPES_HPP

#include <kollect/detail/simd/block.hpp>
#include <kollect/detail/simd/level.hpp>
#include <kollect/detail/simd/taken.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd {

namespace detail {

/// Bytes of an escape by the letter after its backslash; 0 where it is none.
inline constexpr auto escape_lengths = [] {
  std::array<std::uint8_t, 256> out{};
  for (const char letter : std::string_view("\"\\/bfnrt"))
    out[static_cast<unsigned char>(letter)] = 2;
  out['u'] = 6;
  return out;
}();

[[nodiscard]] constexpr bool are_hex_digits(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') ||
           (letter >= 'A' && letter <= 'F');
  });
}

/// Bytes of the escape at `at`, where a backslash stands; 0 where it is none.
[[nodiscard]] constexpr std::size_t escape_length(std::string_view text, std::size_t at) noexcept {
  if (text.size() - at < 2)
    return 0;
  const std::size_t length = escape_lengths[static_cast<unsigned char>(text[at + 1])];
  if (length <= 2) [[likely]]
    return length;
  return text.size() - at >= length && are_hex_digits({text.data() + at + 2, 4}) ? length : 0;
}

[[nodiscard]] constexpr std::size_t scan_escapes_bytewise(std::string_view text, std::size_t at) noexcept {
  for (;;) {
    if (at == text.size() || text[at] == '"' || static_cast<signed char>(text[at]) < 0x20)
      return at;
    const std::size_t length = text[at] == '\\' ? escape_length(text, at) : 1;
    if (length == 0)
      return std::string_view::npos;
    at += length;
  }
}

/// Whether an escape begins at each of these places after `at` that no backslash before it takes.
[[nodiscard]] inline bool are_escapes(std::string_view text, std::size_t at,
                                      std::uint64_t backslashes) noexcept {
  while (backslashes != 0) {
    const auto place = static_cast<std::size_t>(std::countr_zero(backslashes));
    if (escape_length(text, at + place) == 0)
      return false;
    backslashes &= ~(std::uint64_t{3} << place);
  }
  return true;
}

template <class Block>
[[gnu::always_inline]] inline std::size_t scan_escapes(std::string_view text, std::size_t at) noexcept {
  std::uint64_t is_taken = 0;
  for (; text.size() - at >= block_size; at += block_size) {
    const string_marks marks = Block::find_string_marks(text.data() + at);
    const std::uint64_t first = is_taken; // belongs to an escape of the block before
    const std::uint64_t taken = find_taken(marks.backslashes, is_taken);
    const std::uint64_t ends = (marks.quotes & ~taken) | marks.others;
    const std::uint64_t before = ends == 0 ? ~std::uint64_t{0} : (ends & (0 - ends)) - 1;
    if (!are_escapes(text, at, marks.backslashes & ~first & before))
      return std::string_view::npos;
    if (ends != 0)
      return at + static_cast<std::size_t>(std::countr_zero(ends));
  }
  return scan_escapes_bytewise(text, at + static_cast<std::size_t>(is_taken));
}

#if defined(KOLLECT_SIMD_X86)
KOLLECT_SIMD_AVX2 inline std::size_t scan_escapes_avx2(std::string_view text, std::size_t at) noexcept {
  return scan_escapes<avx2_block>(text, at);
}
#endif

} // namespace detail

/// Within a string, goes over ASCII and escapes to the first quote, control character or byte that is not
/// ASCII, and answers its place; the text's size where there is none; npos where a backslash begins no
/// escape. For strings with escapes: find_string_stop() is faster up to the first. Linear, never reads
/// outside `text`.
[[nodiscard]] inline std::size_t scan_escapes(std::string_view text, std::size_t at,
                                              level chosen = best_level()) noexcept {
  switch (chosen) {
#if defined(KOLLECT_SIMD_X86)
  case level::avx512:
  case level::avx2:
    return detail::scan_escapes_avx2(text, at);
  case level::sse2:
    return detail::scan_escapes<detail::sse2_block>(text, at);
#elif defined(KOLLECT_SIMD_NEON)
  case level::neon:
    return detail::scan_escapes<detail::neon_block>(text, at);
#endif
  default:
    return detail::scan_escapes_bytewise(text, at);
  }
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd

#endif
