#ifndef KOLLECT_FUZZ_REQUIRE_HPP
#define KOLLECT_FUZZ_REQUIRE_HPP

#include <cstdlib>
#include <iostream>

namespace kollect::fuzz {

/// Ends the run, so that the fuzzer keeps the input, where something that must hold does not.
inline void require(bool holds, const char* what) {
  if (holds)
    return;
  std::cerr << "does not hold: " << what << '\n';
  std::abort();
}

} // namespace kollect::fuzz

#endif
