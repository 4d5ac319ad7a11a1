#ifndef KOLLECT_CONSUMER_TEST_SEEDED_RANDOM_HPP
#define KOLLECT_CONSUMER_TEST_SEEDED_RANDOM_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace kollect::consumer::test {

/// Random choices that can be made again from their seed.
class seeded_random {
public:
  explicit seeded_random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }

  /// 0 to `limit` - 1.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }

  /// True once in `times` on average.
  bool once_in(std::size_t times) { return below(times) == 0; }

  template <class Value>
  void shuffle(std::vector<Value>& values) {
    std::shuffle(values.begin(), values.end(), engine_);
  }

private:
  std::mt19937_64 engine_;
};

} // namespace kollect::consumer::test

#endif
