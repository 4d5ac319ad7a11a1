#ifndef KOLLECT_DETAIL_SIMD_TAKEN_HPP
#define KOLLECT_DETAIL_SIMD_TAKEN_HPP

#include <kollect/version.hpp>

#include <bit>
#include <cstdint>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd::detail {

/// The bytes that runs of backslashes take. `is_taken` tells of the block before, and then of this one.
[[nodiscard]] constexpr std::uint64_t find_taken_by_runs(std::uint64_t backslashes,
                                                         std::uint64_t& is_taken) noexcept {
  constexpr std::uint64_t even = 0x5555'5555'5555'5555U;
  const std::uint64_t first = is_taken;
  backslashes &= ~first;
  // A run of odd length takes the byte after it. Adding a run's first bit carries through to the byte
  // after its end; whether that is an odd way from the start is a matter of even and odd places.
  const std::uint64_t starts = backslashes & ~(backslashes << 1U);
  const std::uint64_t after_even = (backslashes + (starts & even)) & ~backslashes;
  const std::uint64_t after_odd = (backslashes + (starts & ~even)) & ~backslashes;
  is_taken = static_cast<std::uint64_t>(std::countl_one(backslashes)) & 1U;
  return first | (after_even & ~even) | (after_odd & even);
}

/// The bytes that backslashes take. `is_taken` tells of the block before, and then of this one.
[[nodiscard]] constexpr std::uint64_t find_taken(std::uint64_t backslashes,
                                                 std::uint64_t& is_taken) noexcept {
  const std::uint64_t after = (backslashes << 1U) | is_taken;
  if ((backslashes & after) != 0) [[unlikely]] // rarely does one backslash follow another
    return find_taken_by_runs(backslashes, is_taken);
  is_taken = backslashes >> 63U;
  return after;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd::detail

#endif
