#ifndef KOLLECT_SDK_TEST_LEVELS_HPP
#define KOLLECT_SDK_TEST_LEVELS_HPP

#include <kollect/simd/level.hpp>

#include <vector>

namespace kollect::test {

/// The levels that this machine has.
inline std::vector<simd::level> available_levels() {
  std::vector<simd::level> out;
  for (const auto one : simd::all_levels)
    if (simd::is_available(one))
      out.push_back(one);
  return out;
}

} // namespace kollect::test

#endif
