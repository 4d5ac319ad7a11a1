#ifndef KOLLECT_DETAIL_SIMD_UNESCAPE_HPP
#define KOLLECT_DETAIL_SIMD_UNESCAPE_HPP

#include <kollect/detail/simd/level.hpp>
#include <kollect/detail/simd/wide.hpp>
#include <kollect/version.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd {

/// Where a writer stands: in the raw text, and in the room that it writes to.
struct writing_place {
  std::size_t at;
  char* to;
};

namespace detail {

/// The backslashes that begin an escape, of those in a piece of text that begins with none.
[[nodiscard]] constexpr unsigned find_escapes(unsigned backslashes) noexcept {
  if ((backslashes & backslashes << 1U) == 0) [[likely]]
    return backslashes;
  unsigned escapes = 0;
  while (backslashes != 0) {
    const unsigned first = backslashes & (0 - backslashes);
    escapes |= first;
    backslashes &= ~(first | first << 1U);
  }
  return escapes;
}

#if defined(KOLLECT_SIMD_X86)

/// For each choice of bytes out of eight, one bit a byte, the places of those that are chosen, closed up.
inline constexpr auto chosen_places = [] {
  std::array<std::array<std::uint8_t, 8>, 256> out{};
  for (std::size_t choice = 0; choice < out.size(); ++choice)
    for (std::uint8_t place = 0, count = 0; place < 8; ++place)
      if ((choice >> place & 1U) != 0)
        out[choice][count++] = place;
  return out;
}();

struct avx2_unescaper {
  /// Sixteen bytes, of which those in `letters` come after a backslash, as they are meant.
  KOLLECT_SIMD_AVX2 static __m128i decode(__m128i text, unsigned letters) noexcept {
    // Half of their code tells apart the letters that stand for something else: b f n r t are 1 3 7 9 10.
    const __m128i meanings = _mm_setr_epi8(0, '\b', 0, '\f', 0, 0, 0, '\n', 0, '\r', '\t', 0, 0, 0, 0, 0);
    const __m128i halves = _mm_and_si128(_mm_srli_epi16(text, 1), _mm_set1_epi8(0xF));
    const __m128i is_letter = _mm_and_si128(spread(letters), _mm_cmpgt_epi8(text, _mm_set1_epi8('a')));
    return _mm_blendv_epi8(text, _mm_shuffle_epi8(meanings, halves), is_letter);
  }

  /// Writes the bytes of eight that are chosen, and rubbish behind them up to the eighth.
  KOLLECT_SIMD_AVX2 static char* write_chosen(char* to, __m128i eight, unsigned choice) noexcept {
    const auto* const places = reinterpret_cast<const __m128i*>(chosen_places[choice].data());
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(eight, _mm_loadl_epi64(places)));
    return to + std::popcount(choice);
  }

  KOLLECT_SIMD_AVX2 static unsigned where_equal(__m128i text, char letter) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8(letter))));
  }

private:
  /// A byte of ones for each bit.
  KOLLECT_SIMD_AVX2 static __m128i spread(unsigned bits) noexcept {
    const __m128i bit = _mm_set1_epi64x(static_cast<long long>(0x8040'2010'0804'0201U));
    const __m128i bytes =
        _mm_shuffle_epi8(_mm_cvtsi32_si128(static_cast<int>(bits)), _mm_set_epi64x(0x0101'0101'0101'0101, 0));
    return _mm_cmpeq_epi8(_mm_and_si128(bytes, bit), bit);
  }
};

KOLLECT_SIMD_AVX2 inline writing_place write_simple_escapes_avx2(std::string_view raw, writing_place place,
                                                                 std::size_t stop) noexcept {
  auto [at, to] = place;
  while (at < stop && raw.size() - at >= 16) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(raw.data() + at));
    const unsigned escapes = find_escapes(avx2_unescaper::where_equal(text, '\\'));
    const unsigned letters = escapes << 1U & 0xFFFFU;
    if (_mm_movemask_epi8(text) != 0 || (avx2_unescaper::where_equal(text, 'u') & letters) != 0)
      break;
    const __m128i meant = avx2_unescaper::decode(text, letters);
    const unsigned kept = ~escapes & 0xFFFFU;
    to = avx2_unescaper::write_chosen(to, meant, kept & 0xFFU);
    to = avx2_unescaper::write_chosen(to, _mm_srli_si128(meant, 8), kept >> 8U);
    at += 16 - (escapes >> 15U); // an escape whose letter is the next byte is read again
  }
  return {at, to};
}

#endif

} // namespace detail

/// Within a well-formed JSON string, writes what text without escapes, and escapes of two bytes, mean, until
/// something else, `stop` or the last bytes come; as much as this level is good at, which may be nothing.
/// There must be room for sixteen bytes more than are written. Linear, never reads outside `raw`.
[[nodiscard]] inline writing_place write_simple_escapes([[maybe_unused]] std::string_view raw,
                                                        writing_place place,
                                                        [[maybe_unused]] std::size_t stop,
                                                        [[maybe_unused]] level chosen) noexcept {
#if defined(KOLLECT_SIMD_X86)
  if (has_avx2(chosen))
    return detail::write_simple_escapes_avx2(raw, place, stop);
#endif
  return place;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd

#endif
