#ifndef KOLLECT_SDK_TEST_SEEDED_RANDOM_HPP
#define KOLLECT_SDK_TEST_SEEDED_RANDOM_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <random>

namespace kollect::test {

/// KOLLECT_SEED if that is set, else the test's own seed. Prints it, so that a failure can be repeated.
inline std::uint64_t test_seed(std::uint64_t seed) {
  if (const char* const given = std::getenv("KOLLECT_SEED"))
    seed = std::strtoull(given, nullptr, 10);
  std::cout << "KOLLECT_SEED=" << seed << '\n';
  return seed;
}

/// Random choices that can be made again from their seed.
class seeded_random {
public:
  explicit seeded_random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }

  /// 0 to `limit` - 1.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }

  /// True once in `times` on average.
  bool once_in(std::size_t times) { return below(times) == 0; }

  template <class Range>
  const auto& pick(const Range& range) {
    return range[below(std::size(range))];
  }

  template <class Range>
  void shuffle(Range& values) {
    std::shuffle(values.begin(), values.end(), engine_);
  }

private:
  std::mt19937_64 engine_;
};

} // namespace kollect::test

#endif
