#ifndef KOLLECT_SDK_TEST_LEVELS_HPP
#define KOLLECT_SDK_TEST_LEVELS_HPP

#include <kollect/detail/simd/level.hpp>

#include <vector>

namespace kollect::test {

/// The levels that this machine has.
inline std::vector<detail::simd::level> available_levels() {
  std::vector<detail::simd::level> out;
  for (const auto one : detail::simd::all_levels)
    if (detail::simd::is_available(one))
      out.push_back(one);
  return out;
}

} // namespace kollect::test

#endif
