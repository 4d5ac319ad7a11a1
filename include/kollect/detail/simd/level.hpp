#ifndef KOLLECT_DETAIL_SIMD_LEVEL_HPP
#define KOLLECT_DETAIL_SIMD_LEVEL_HPP

#include <kollect/version.hpp>

#include <array>
#include <cstdlib>
#include <string_view>

#if defined(__x86_64__)
#define KOLLECT_SIMD_X86 1
#elif defined(__aarch64__) && defined(__ARM_NEON)
#define KOLLECT_SIMD_NEON 1
#endif

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd {

/// The instruction sets that the scanner is written for. All give the same results.
enum class level {
  plain,  ///< C++ without intrinsics: every machine, and what the others are tested against
  sse2,   ///< every x86-64
  avx2,   ///< with carry-less multiply (PCLMULQDQ), BMI and POPCNT: found at run time
  avx512, ///< that and AVX-512 with VBMI, which processors that slow down for 512 bits do not have
  neon    ///< every AArch64
};

inline constexpr std::array all_levels{level::plain, level::sse2, level::avx2, level::avx512, level::neon};

[[nodiscard]] constexpr std::string_view to_string(level value) noexcept {
  switch (value) {
  case level::plain:
    return "plain";
  case level::sse2:
    return "sse2";
  case level::avx2:
    return "avx2";
  case level::avx512:
    return "avx512";
  case level::neon:
    return "neon";
  }
  return "unknown";
}

/// Whether code for AVX2 may be run at a level.
[[nodiscard]] constexpr bool has_avx2(level value) noexcept {
  return value == level::avx2 || value == level::avx512;
}

/// Whether this machine has it.
[[nodiscard]] inline bool is_available(level wanted) noexcept {
  switch (wanted) {
  case level::plain:
    return true;
#if defined(KOLLECT_SIMD_X86)
  case level::sse2:
    return true;
  case level::avx2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
  case level::avx512:
    return is_available(level::avx2) && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
#elif defined(KOLLECT_SIMD_NEON)
  case level::neon:
    return true;
#endif
  default:
    return false;
  }
}

namespace detail {

/// The last available level, which is the fastest, unless KOLLECT_SIMD names another available one.
[[nodiscard]] inline level choose_level() noexcept {
  const char* const named = std::getenv("KOLLECT_SIMD");
  level chosen = level::plain;
  for (const auto candidate : all_levels) {
    if (!is_available(candidate))
      continue;
    if (named != nullptr && to_string(candidate) == named)
      return candidate;
    chosen = candidate;
  }
  return chosen;
}

} // namespace detail

/// The level that everything uses unless told otherwise: the fastest available one, or the available
/// one that the environment variable KOLLECT_SIMD names, so that a whole program can be tested on
/// each. Decided at the first call.
[[nodiscard]] inline level best_level() noexcept {
  static const level chosen = detail::choose_level();
  return chosen;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd

#endif
