#ifndef KOLLECT_DETAIL_SIMD_BLOCK_HPP
#define KOLLECT_DETAIL_SIMD_BLOCK_HPP

#include <kollect/detail/simd/level.hpp>
#include <kollect/detail/simd/wide.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <cstdint>

#if defined(KOLLECT_SIMD_NEON)
#include <arm_neon.h>
#endif

// What one instruction set knows of 64 bytes of JSON text. Each block type has four functions:
//   find_string_marks(bytes) what matters within a string
//   find_separators(bytes)   where commas and colons stand
//   find_brackets(bytes)     where brackets stand: apart, as a block within a string needs none of it
//   prefix_xor(bits)         each bit the exclusive or of itself and all below: between quotes, ones
// Values of vector type stay within functions that have the target attribute: they have no
// calling convention outside.

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd::detail {

inline constexpr std::size_t block_size = 64;

// One bit a byte, the first byte lowest.

struct string_marks {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  std::uint64_t others = 0; ///< control characters, and all that is not ASCII
};

struct bracket_marks {
  std::uint64_t opens = 0;  ///< { and [
  std::uint64_t closes = 0; ///< } and ]
};

struct separator_marks {
  std::uint64_t commas = 0;
  std::uint64_t colons = 0;
};

/// prefix_xor where there is no instruction for it.
[[nodiscard]] constexpr std::uint64_t prefix_xor_by_shifts(std::uint64_t bits) noexcept {
  for (unsigned shift = 1; shift < 64; shift *= 2)
    bits ^= bits << shift;
  return bits;
}

#if defined(KOLLECT_SIMD_X86)

struct sse2_block {
  static string_marks find_string_marks(const char* bytes) noexcept {
    string_marks out;
    for (unsigned part = 0; part < 4; ++part) {
      const __m128i text = load(bytes, part);
      out.quotes |= where_equal(text, '"') << (16 * part);
      out.backslashes |= where_equal(text, '\\') << (16 * part);
      // As a signed number, what is not ASCII is below 0, and so below 0x20.
      out.others |= bits_of(_mm_cmplt_epi8(text, _mm_set1_epi8(0x20))) << (16 * part);
    }
    return out;
  }

  static bracket_marks find_brackets(const char* bytes) noexcept {
    bracket_marks out;
    for (unsigned part = 0; part < 4; ++part) {
      // 0x20 is what [ and {, and ] and }, differ by.
      const __m128i folded = _mm_or_si128(load(bytes, part), _mm_set1_epi8(0x20));
      out.opens |= where_equal(folded, '{') << (16 * part);
      out.closes |= where_equal(folded, '}') << (16 * part);
    }
    return out;
  }

  static separator_marks find_separators(const char* bytes) noexcept {
    separator_marks out;
    for (unsigned part = 0; part < 4; ++part) {
      const __m128i text = load(bytes, part);
      out.commas |= where_equal(text, ',') << (16 * part);
      out.colons |= where_equal(text, ':') << (16 * part);
    }
    return out;
  }

  static std::uint64_t prefix_xor(std::uint64_t bits) noexcept { return prefix_xor_by_shifts(bits); }

private:
  static __m128i load(const char* bytes, unsigned part) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + part);
  }
  static std::uint64_t where_equal(__m128i text, char letter) noexcept {
    return bits_of(_mm_cmpeq_epi8(text, _mm_set1_epi8(letter)));
  }
  static std::uint64_t bits_of(__m128i bytes) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(bytes));
  }
};

struct avx2_block {
  KOLLECT_SIMD_AVX2 static string_marks find_string_marks(const char* bytes) noexcept {
    const bytes_32 low = load_32(bytes), high = load_32(bytes + 32);
    const bytes_32 backslash = all_32('\\'), space = all_32(0x20);
    const bytes_32 first = low == backslash, second = high == backslash;
    const std::uint64_t quotes = where_equal(low, high, '"');
    // As a signed number, what is not ASCII is below 0, and so below 0x20.
    const std::uint64_t others = bits_of(low < space, high < space);
    if (!is_zero(first | second)) [[unlikely]]
      return {quotes, bits_of(first, second), others};
    return {quotes, 0, others};
  }

  KOLLECT_SIMD_AVX2 static bracket_marks find_brackets(const char* bytes) noexcept {
    const bytes_32 fold = all_32(0x20); // what [ and {, and ] and }, differ by
    const bytes_32 low = load_32(bytes) | fold, high = load_32(bytes + 32) | fold;
    return {where_equal(low, high, '{'), where_equal(low, high, '}')};
  }

  KOLLECT_SIMD_AVX2 static separator_marks find_separators(const char* bytes) noexcept {
    const bytes_32 low = load_32(bytes), high = load_32(bytes + 32);
    return {where_equal(low, high, ','), where_equal(low, high, ':')};
  }

  KOLLECT_SIMD_AVX2 static std::uint64_t prefix_xor(std::uint64_t bits) noexcept {
    // To multiply by all ones without carries adds every bit to all above it.
    const __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(bits)),
                                                 _mm_set1_epi8(static_cast<char>(-1)), 0);
    return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
  }

private:
  KOLLECT_SIMD_AVX2 static std::uint64_t where_equal(bytes_32 low, bytes_32 high,
                                                     signed char letter) noexcept {
    const bytes_32 wanted = all_32(letter);
    return bits_of(low == wanted, high == wanted);
  }
  KOLLECT_SIMD_AVX2 static std::uint64_t bits_of(bytes_32 low, bytes_32 high) noexcept {
    return highest_bits(low) | std::uint64_t{highest_bits(high)} << 32U;
  }
};

/// A block is one register, and comparing it answers its bits.
struct avx512_block {
  KOLLECT_SIMD_AVX512 static string_marks find_string_marks(const char* bytes) noexcept {
    const bytes_64 text = load_64(bytes);
    // As a signed number, what is not ASCII is below 0, and so below 0x20.
    return {where_equal(text, all_64('"')), where_equal(text, all_64('\\')), where_less(text, all_64(0x20))};
  }

  KOLLECT_SIMD_AVX512 static bracket_marks find_brackets(const char* bytes) noexcept {
    // 0x20 is what [ and {, and ] and }, differ by.
    const bytes_64 folded = load_64(bytes) | all_64(0x20);
    return {where_equal(folded, all_64('{')), where_equal(folded, all_64('}'))};
  }

  KOLLECT_SIMD_AVX512 static separator_marks find_separators(const char* bytes) noexcept {
    const bytes_64 text = load_64(bytes);
    return {where_equal(text, all_64(',')), where_equal(text, all_64(':'))};
  }

  KOLLECT_SIMD_AVX512 static std::uint64_t prefix_xor(std::uint64_t bits) noexcept {
    return avx2_block::prefix_xor(bits);
  }
};

#elif defined(KOLLECT_SIMD_NEON)

struct neon_block {
  static string_marks find_string_marks(const char* bytes) noexcept {
    const quarters text = load(bytes);
    return {
        where_equal(text, '"'), where_equal(text, '\\'),
        bits_of(is_other(text.first), is_other(text.second), is_other(text.third), is_other(text.fourth))};
  }

  static bracket_marks find_brackets(const char* bytes) noexcept {
    const quarters text = load(bytes);
    const uint8x16_t fold = vdupq_n_u8(0x20); // what [ and {, and ] and }, differ by
    const quarters folded{vorrq_u8(text.first, fold), vorrq_u8(text.second, fold), vorrq_u8(text.third, fold),
                          vorrq_u8(text.fourth, fold)};
    return {where_equal(folded, '{'), where_equal(folded, '}')};
  }

  static separator_marks find_separators(const char* bytes) noexcept {
    const quarters text = load(bytes);
    return {where_equal(text, ','), where_equal(text, ':')};
  }

  static std::uint64_t prefix_xor(std::uint64_t bits) noexcept { return prefix_xor_by_shifts(bits); }

private:
  struct quarters {
    uint8x16_t first, second, third, fourth;
  };

  static quarters load(const char* bytes) noexcept {
    const auto* const text = reinterpret_cast<const std::uint8_t*>(bytes);
    return {vld1q_u8(text), vld1q_u8(text + 16), vld1q_u8(text + 32), vld1q_u8(text + 48)};
  }

  // As a signed number, what is not ASCII is below 0, and so below 0x20.
  static uint8x16_t is_other(uint8x16_t text) noexcept {
    return vcltq_s8(vreinterpretq_s8_u8(text), vdupq_n_s8(0x20));
  }

  static std::uint64_t where_equal(const quarters& text, char letter) noexcept {
    const uint8x16_t wanted = vdupq_n_u8(static_cast<std::uint8_t>(letter));
    return bits_of(vceqq_u8(text.first, wanted), vceqq_u8(text.second, wanted), vceqq_u8(text.third, wanted),
                   vceqq_u8(text.fourth, wanted));
  }

  /// One bit a byte: each byte keeps the bit of its place within eight, then neighbours are added up.
  static std::uint64_t bits_of(uint8x16_t first, uint8x16_t second, uint8x16_t third,
                               uint8x16_t fourth) noexcept {
    const uint8x16_t place = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t low = vpaddq_u8(vandq_u8(first, place), vandq_u8(second, place));
    const uint8x16_t high = vpaddq_u8(vandq_u8(third, place), vandq_u8(fourth, place));
    const uint8x16_t pairs = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(pairs, pairs)), 0);
  }
};

#endif

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd::detail

#endif
