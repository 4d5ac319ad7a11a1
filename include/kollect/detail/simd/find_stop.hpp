#ifndef KOLLECT_DETAIL_SIMD_FIND_STOP_HPP
#define KOLLECT_DETAIL_SIMD_FIND_STOP_HPP

#include <kollect/detail/simd/block.hpp>
#include <kollect/detail/simd/level.hpp>
#include <kollect/detail/simd/wide.hpp>
#include <kollect/version.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd {

namespace detail {

/// Where a reader has to look closer within a string: quote, backslash, control character, and whatever is
/// not ASCII.
struct string_stops {
  static constexpr bool has(char letter) noexcept {
    // As a signed number, what is not ASCII is below 0, and so below 0x20.
    return static_cast<signed char>(letter) < 0x20 || letter == '"' || letter == '\\';
  }
#if defined(KOLLECT_SIMD_X86)
  static __m128i where(__m128i text) noexcept {
    const __m128i marks =
        _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')), _mm_cmpeq_epi8(text, _mm_set1_epi8('\\')));
    return _mm_or_si128(marks, _mm_cmplt_epi8(text, _mm_set1_epi8(0x20)));
  }
  KOLLECT_SIMD_AVX2 static bytes_32 where(bytes_32 text) noexcept {
    return (text == all_32('"')) | (text == all_32('\\')) | (text < all_32(0x20));
  }
#elif defined(KOLLECT_SIMD_NEON)
  static uint8x16_t where(uint8x16_t text) noexcept {
    const uint8x16_t marks = vorrq_u8(vceqq_u8(text, vdupq_n_u8('"')), vceqq_u8(text, vdupq_n_u8('\\')));
    return vorrq_u8(marks, vcltq_s8(vreinterpretq_s8_u8(text), vdupq_n_s8(0x20)));
  }
#endif
};

/// Where a writer has to look closer: the same, and what Go escapes for HTML's sake (BYT-03): < > &
struct escape_stops {
  static constexpr bool has(char letter) noexcept {
    return string_stops::has(letter) || letter == '<' || letter == '>' || letter == '&';
  }
#if defined(KOLLECT_SIMD_X86)
  static __m128i where(__m128i text) noexcept {
    // < and > differ by 2.
    const __m128i angles = _mm_cmpeq_epi8(_mm_or_si128(text, _mm_set1_epi8(2)), _mm_set1_epi8('>'));
    const __m128i marks = _mm_or_si128(angles, _mm_cmpeq_epi8(text, _mm_set1_epi8('&')));
    return _mm_or_si128(marks, string_stops::where(text));
  }
  KOLLECT_SIMD_AVX2 static bytes_32 where(bytes_32 text) noexcept {
    const bytes_32 angles = (text | all_32(2)) == all_32('>');
    return angles | (text == all_32('&')) | string_stops::where(text);
  }
#elif defined(KOLLECT_SIMD_NEON)
  static uint8x16_t where(uint8x16_t text) noexcept {
    const uint8x16_t angles = vceqq_u8(vorrq_u8(text, vdupq_n_u8(2)), vdupq_n_u8('>'));
    const uint8x16_t marks = vorrq_u8(angles, vceqq_u8(text, vdupq_n_u8('&')));
    return vorrq_u8(marks, string_stops::where(text));
  }
#endif
};

/// Where white space ends.
struct space_stops {
  static constexpr bool has(char letter) noexcept {
    return letter != ' ' && letter != '\n' && letter != '\r' && letter != '\t';
  }
#if defined(KOLLECT_SIMD_X86)
  static __m128i where(__m128i text) noexcept {
    const __m128i blanks =
        _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(text, _mm_set1_epi8('\t')));
    const __m128i ends =
        _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('\n')), _mm_cmpeq_epi8(text, _mm_set1_epi8('\r')));
    return _mm_cmpeq_epi8(_mm_or_si128(blanks, ends), _mm_setzero_si128());
  }
  KOLLECT_SIMD_AVX2 static bytes_32 where(bytes_32 text) noexcept {
    const bytes_32 blanks = (text == all_32(' ')) | (text == all_32('\t'));
    return ~(blanks | (text == all_32('\n')) | (text == all_32('\r')));
  }
#elif defined(KOLLECT_SIMD_NEON)
  static uint8x16_t where(uint8x16_t text) noexcept {
    const uint8x16_t blanks = vorrq_u8(vceqq_u8(text, vdupq_n_u8(' ')), vceqq_u8(text, vdupq_n_u8('\t')));
    const uint8x16_t ends = vorrq_u8(vceqq_u8(text, vdupq_n_u8('\n')), vceqq_u8(text, vdupq_n_u8('\r')));
    return vmvnq_u8(vorrq_u8(blanks, ends));
  }
#endif
};

template <class Stops>
[[nodiscard]] constexpr std::size_t find_stop_bytewise(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && !Stops::has(text[at]))
    ++at;
  return at;
}

#if defined(KOLLECT_SIMD_X86)

template <class Stops>
[[gnu::always_inline]] inline unsigned stops_in_sixteen(const char* bytes) noexcept {
  const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  return static_cast<unsigned>(_mm_movemask_epi8(Stops::where(text)));
}

template <class Stops>
KOLLECT_SIMD_AVX2 std::size_t find_stop_avx2(std::string_view text, std::size_t at) noexcept {
  for (; text.size() - at >= 32; at += 32) {
    const std::uint32_t stops = highest_bits(Stops::where(load_32(text.data() + at)));
    if (stops != 0)
      return at + static_cast<std::size_t>(std::countr_zero(stops));
  }
  return find_stop_bytewise<Stops>(text, at);
}

/// Further than the first sixteen bytes; apart, so that what comes before fits in where it is called.
template <class Stops>
[[gnu::noinline]] std::size_t find_stop_far(std::string_view text, std::size_t at, level chosen) noexcept {
  if (chosen == level::plain)
    return find_stop_bytewise<Stops>(text, at);
  if (has_avx2(chosen) && text.size() - at >= 64)
    return find_stop_avx2<Stops>(text, at);
  for (; text.size() - at >= 16; at += 16)
    if (const unsigned stops = stops_in_sixteen<Stops>(text.data() + at); stops != 0)
      return at + static_cast<std::size_t>(std::countr_zero(stops));
  return find_stop_bytewise<Stops>(text, at);
}

/// Most runs are short.
template <class Stops>
[[gnu::always_inline]] inline std::size_t find_stop(std::string_view text, std::size_t at,
                                                    level chosen) noexcept {
  if (chosen != level::plain && text.size() - at >= 16) [[likely]] {
    if (const unsigned stops = stops_in_sixteen<Stops>(text.data() + at); stops != 0)
      return at + static_cast<std::size_t>(std::countr_zero(stops));
    at += 16;
  }
  return find_stop_far<Stops>(text, at, chosen);
}

#elif defined(KOLLECT_SIMD_NEON)

template <class Stops>
[[nodiscard]] inline std::size_t find_stop(std::string_view text, std::size_t at, level chosen) noexcept {
  if (chosen == level::plain)
    return find_stop_bytewise<Stops>(text, at);
  for (; text.size() - at >= 16; at += 16) {
    const uint8x16_t stops = Stops::where(vld1q_u8(reinterpret_cast<const std::uint8_t*>(text.data() + at)));
    // Narrowed to four bits a byte, as there is no instruction that takes one.
    const std::uint64_t nibbles =
        vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(stops), 4)), 0);
    if (nibbles != 0)
      return at + static_cast<std::size_t>(std::countr_zero(nibbles)) / 4;
  }
  return find_stop_bytewise<Stops>(text, at);
}

#else

template <class Stops>
[[nodiscard]] inline std::size_t find_stop(std::string_view text, std::size_t at, level) noexcept {
  return find_stop_bytewise<Stops>(text, at);
}

#endif

} // namespace detail

// Each of these answers the first place from `at` on where a reader or writer must look closer, and
// the text's size where there is none. `at` must not be beyond the text, `chosen` must be available.
// Linear, never reads outside `text`.

/// Quote, backslash, control character or a byte that is not ASCII: the end of a plain run in a string.
[[gnu::always_inline]] inline std::size_t find_string_stop(std::string_view text, std::size_t at,
                                                           level chosen = best_level()) noexcept {
  return detail::find_stop<detail::string_stops>(text, at, chosen);
}

/// The same and < > &: what does not go into a JSON string as it is (BYT-03), or not unseen.
[[gnu::always_inline]] inline std::size_t find_escape_stop(std::string_view text, std::size_t at,
                                                           level chosen = best_level()) noexcept {
  return detail::find_stop<detail::escape_stops>(text, at, chosen);
}

/// Anything but JSON's white space.
[[nodiscard]] inline std::size_t find_space_end(std::string_view text, std::size_t at,
                                                level chosen = best_level()) noexcept {
  return detail::find_stop<detail::space_stops>(text, at, chosen);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd

#endif
