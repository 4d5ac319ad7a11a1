#ifndef KOLLECT_DETAIL_SIMD_WIDE_HPP
#define KOLLECT_DETAIL_SIMD_WIDE_HPP

#include <kollect/detail/simd/level.hpp>
#include <kollect/version.hpp>

#include <cstdint>
#include <cstring>

// The few instructions for more than 128 bits, and for SHA-256, that the scanner uses. <immintrin.h> has
// them with thousands of others, and costs whoever includes the SDK a quarter of a second for each file:
// more than all that reads an envelope. What follows spells them by the compiler's own vectors and
// functions where the compiler is a tried one, and by <immintrin.h> elsewhere.

#if defined(KOLLECT_SIMD_X86)

#if defined(KOLLECT_SIMD_IMMINTRIN)
// as somebody wishes
#elif defined(__clang__)
#if __clang_major__ < 14 || __clang_major__ > 19
#define KOLLECT_SIMD_IMMINTRIN 1
#endif
#elif __GNUC__ < 11 || __GNUC__ > 14
#define KOLLECT_SIMD_IMMINTRIN 1
#endif

#if defined(KOLLECT_SIMD_IMMINTRIN)
#include <immintrin.h>
#else
#include <smmintrin.h>
#include <wmmintrin.h>
#endif

#define KOLLECT_SIMD_AVX2 __attribute__((target("avx2,pclmul,bmi,bmi2,popcnt")))
#define KOLLECT_SIMD_AVX512 __attribute__((target("avx512f,avx512bw,avx2,pclmul,bmi,bmi2,popcnt")))
#define KOLLECT_SIMD_SHA __attribute__((target("avx2,pclmul,bmi,bmi2,popcnt,sha")))

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd::detail {

/// Compared as signed numbers: what is not ASCII is below 0.
using bytes_32 = signed char __attribute__((vector_size(32), may_alias));
using bytes_64 = signed char __attribute__((vector_size(64), may_alias));

[[gnu::always_inline]] KOLLECT_SIMD_AVX2 inline bytes_32 load_32(const char* from) noexcept {
  bytes_32 out;
  std::memcpy(&out, from, sizeof out);
  return out;
}

[[gnu::always_inline]] KOLLECT_SIMD_AVX2 inline bytes_32 all_32(signed char letter) noexcept {
  return bytes_32{} + letter;
}

[[gnu::always_inline]] KOLLECT_SIMD_AVX512 inline bytes_64 load_64(const char* from) noexcept {
  bytes_64 out;
  std::memcpy(&out, from, sizeof out);
  return out;
}

[[gnu::always_inline]] KOLLECT_SIMD_AVX512 inline bytes_64 all_64(signed char letter) noexcept {
  return bytes_64{} + letter;
}

#if defined(KOLLECT_SIMD_IMMINTRIN)

[[gnu::always_inline]] KOLLECT_SIMD_AVX2 inline std::uint32_t highest_bits(bytes_32 bytes) noexcept {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(reinterpret_cast<__m256i>(bytes)));
}
[[gnu::always_inline]] KOLLECT_SIMD_AVX2 inline bool is_zero(bytes_32 bytes) noexcept {
  return _mm256_testz_si256(reinterpret_cast<__m256i>(bytes), reinterpret_cast<__m256i>(bytes)) != 0;
}
[[gnu::always_inline]] KOLLECT_SIMD_AVX2 inline void empty_upper_halves() noexcept {
  _mm256_zeroupper();
}
[[gnu::always_inline]] KOLLECT_SIMD_AVX512 inline std::uint64_t where_equal(bytes_64 one,
                                                                            bytes_64 other) noexcept {
  return _mm512_cmpeq_epi8_mask(reinterpret_cast<__m512i>(one), reinterpret_cast<__m512i>(other));
}
[[gnu::always_inline]] KOLLECT_SIMD_AVX512 inline std::uint64_t where_less(bytes_64 one,
                                                                           bytes_64 other) noexcept {
  return _mm512_cmplt_epi8_mask(reinterpret_cast<__m512i>(one), reinterpret_cast<__m512i>(other));
}
[[gnu::always_inline]] KOLLECT_SIMD_SHA inline __m128i sha256_two_rounds(__m128i cdgh, __m128i abef,
                                                                         __m128i words) noexcept {
  return _mm_sha256rnds2_epu32(cdgh, abef, words);
}
[[gnu::always_inline]] KOLLECT_SIMD_SHA inline __m128i sha256_message_1(__m128i one, __m128i other) noexcept {
  return _mm_sha256msg1_epu32(one, other);
}
[[gnu::always_inline]] KOLLECT_SIMD_SHA inline __m128i sha256_message_2(__m128i one, __m128i other) noexcept {
  return _mm_sha256msg2_epu32(one, other);
}

#else

using chars_32 = char __attribute__((vector_size(32)));
using chars_64 = char __attribute__((vector_size(64)));
using integers_16 = int __attribute__((vector_size(16)));
using integers_32 = long long __attribute__((vector_size(32)));

[[gnu::always_inline]] KOLLECT_SIMD_AVX2 inline std::uint32_t highest_bits(bytes_32 bytes) noexcept {
  return static_cast<std::uint32_t>(__builtin_ia32_pmovmskb256(reinterpret_cast<chars_32>(bytes)));
}
[[gnu::always_inline]] KOLLECT_SIMD_AVX2 inline bool is_zero(bytes_32 bytes) noexcept {
  const auto integers = reinterpret_cast<integers_32>(bytes);
  return __builtin_ia32_ptestz256(integers, integers) != 0;
}
[[gnu::always_inline]] KOLLECT_SIMD_AVX2 inline void empty_upper_halves() noexcept {
  __builtin_ia32_vzeroupper();
}
[[gnu::always_inline]] KOLLECT_SIMD_AVX512 inline std::uint64_t where_equal(bytes_64 one,
                                                                            bytes_64 other) noexcept {
  return static_cast<std::uint64_t>(__builtin_ia32_cmpb512_mask(
      reinterpret_cast<chars_64>(one), reinterpret_cast<chars_64>(other), 0, ~0ULL)); // 0: equal
}
[[gnu::always_inline]] KOLLECT_SIMD_AVX512 inline std::uint64_t where_less(bytes_64 one,
                                                                           bytes_64 other) noexcept {
  return static_cast<std::uint64_t>(__builtin_ia32_cmpb512_mask(
      reinterpret_cast<chars_64>(one), reinterpret_cast<chars_64>(other), 1, ~0ULL)); // 1: less
}
[[gnu::always_inline]] KOLLECT_SIMD_SHA inline __m128i sha256_two_rounds(__m128i cdgh, __m128i abef,
                                                                         __m128i words) noexcept {
  return reinterpret_cast<__m128i>(__builtin_ia32_sha256rnds2(reinterpret_cast<integers_16>(cdgh),
                                                              reinterpret_cast<integers_16>(abef),
                                                              reinterpret_cast<integers_16>(words)));
}
[[gnu::always_inline]] KOLLECT_SIMD_SHA inline __m128i sha256_message_1(__m128i one, __m128i other) noexcept {
  return reinterpret_cast<__m128i>(
      __builtin_ia32_sha256msg1(reinterpret_cast<integers_16>(one), reinterpret_cast<integers_16>(other)));
}
[[gnu::always_inline]] KOLLECT_SIMD_SHA inline __m128i sha256_message_2(__m128i one, __m128i other) noexcept {
  return reinterpret_cast<__m128i>(
      __builtin_ia32_sha256msg2(reinterpret_cast<integers_16>(one), reinterpret_cast<integers_16>(other)));
}

#endif

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd::detail

#endif

#endif
