#ifndef KOLLECT_SDK_TEST_SEEDED_RANDOM_HPP
#define KOLLECT_SDK_TEST_SEEDED_RANDOM_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string_view>

namespace kollect::test {

/// Random choices that can be made again: from KOLLECT_SEED if that is set, else from the test's own seed.
/// Prints the seed.
class seeded_random {
public:
  explicit seeded_random(std::uint64_t seed) {
    if (const char* const given = std::getenv("KOLLECT_SEED"))
      seed = std::strtoull(given, nullptr, 10);
    std::cout << "KOLLECT_SEED=" << seed << '\n';
    engine_.seed(seed);
  }

  std::uint64_t bits() { return engine_(); }

  /// 0 to `limit` - 1.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }

  /// True once in `times` on average.
  bool once_in(std::size_t times) { return below(times) == 0; }

  template <class Range>
  const auto& pick(const Range& range) {
    return range[below(std::size(range))];
  }

  std::mt19937_64& engine() noexcept { return engine_; }

private:
  std::mt19937_64 engine_;
};

} // namespace kollect::test

#endif
