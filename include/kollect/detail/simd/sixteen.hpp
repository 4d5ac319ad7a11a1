#ifndef KOLLECT_DETAIL_SIMD_SIXTEEN_HPP
#define KOLLECT_DETAIL_SIMD_SIXTEEN_HPP

#include <kollect/detail/simd/find_stop.hpp>
#include <kollect/detail/simd/level.hpp>
#include <kollect/detail/simd/wide.hpp>
#include <kollect/version.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd {

namespace detail {

[[nodiscard]] inline std::size_t copy_plain_bytewise(std::string_view text, char* to) noexcept {
  std::size_t at = 0;
  for (; at < text.size() && at < 16 && !escape_stops::has(text[at]); ++at)
    to[at] = text[at];
  return at;
}

#if defined(KOLLECT_SIMD_X86)

template <class Word>
std::uint64_t load(const char* from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// A text of less than sixteen bytes, zeros behind it. Read in two words that overlap, as nothing outside may
/// be.
[[gnu::always_inline]] inline __m128i load_short(std::string_view text) noexcept {
  const char* const from = text.data();
  const std::size_t size = text.size();
  if (size >= 8) {
    const std::uint64_t high = load<std::uint64_t>(from + size - 8) >> (8 * (16 - size) % 64);
    return _mm_set_epi64x(static_cast<long long>(size == 8 ? 0 : high),
                          static_cast<long long>(load<std::uint64_t>(from)));
  }
  std::uint64_t low = 0;
  if (size >= 4)
    low = load<std::uint32_t>(from) | load<std::uint32_t>(from + size - 4) << (8 * (size - 4));
  else if (size >= 2)
    low = load<std::uint16_t>(from) | load<std::uint16_t>(from + size - 2) << (8 * (size - 2));
  else if (size == 1)
    low = static_cast<unsigned char>(*from);
  return _mm_set_epi64x(0, static_cast<long long>(low));
}

#endif

} // namespace detail

/// One bit a byte, the first byte lowest.
struct text_marks {
  unsigned stops = 0;  ///< ASCII that a reader or writer must look at
  unsigned others = 0; ///< not ASCII
};

namespace detail {

template <class Stops>
[[gnu::always_inline]] inline text_marks find_marks(const char* sixteen, level chosen) noexcept {
#if defined(KOLLECT_SIMD_X86)
  if (chosen != level::plain) [[likely]] {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(sixteen));
    const auto others = static_cast<unsigned>(_mm_movemask_epi8(text)); // the highest bit of each
    return {static_cast<unsigned>(_mm_movemask_epi8(Stops::where(text))) & ~others, others};
  }
#else
  static_cast<void>(chosen);
#endif
  text_marks out;
  for (unsigned place = 0; place < 16; ++place)
    if (static_cast<signed char>(sixteen[place]) < 0)
      out.others |= 1U << place;
    else if (Stops::has(sixteen[place]))
      out.stops |= 1U << place;
  return out;
}

} // namespace detail

// Of sixteen bytes, which are read as a whole.

/// Where find_string_stop() would stop.
[[gnu::always_inline]] inline text_marks find_string_marks(const char* sixteen, level chosen) noexcept {
  return detail::find_marks<detail::string_stops>(sixteen, chosen);
}

/// Where find_escape_stop() would stop.
[[gnu::always_inline]] inline text_marks find_escape_marks(const char* sixteen, level chosen) noexcept {
  return detail::find_marks<detail::escape_stops>(sixteen, chosen);
}

/// Copies what goes into a JSON string as it is (see find_escape_stop()), from the first byte on, and answers
/// how much that is: 0 to 16 bytes. There must be room for sixteen at `to`; what it leaves there behind the
/// text is to be written over. Constant time, never reads outside `text`.
[[gnu::always_inline]] inline std::size_t copy_plain(std::string_view text, char* to, level chosen) noexcept {
#if defined(KOLLECT_SIMD_X86)
  if (chosen != level::plain) [[likely]] {
    const bool is_long = text.size() >= 16;
    const __m128i bytes =
        is_long ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data())) : detail::load_short(text);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    // The zeros behind a short text are stops.
    const auto stops = static_cast<unsigned>(_mm_movemask_epi8(detail::escape_stops::where(bytes)));
    return static_cast<std::size_t>(std::countr_zero(stops | 0x1'0000U));
  }
#else
  static_cast<void>(chosen);
#endif
  return detail::copy_plain_bytewise(text, to);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd

#endif
