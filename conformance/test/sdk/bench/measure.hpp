#ifndef KOLLECT_SDK_BENCH_MEASURE_HPP
#define KOLLECT_SDK_BENCH_MEASURE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <functional>
#include <utility>

namespace kollect::bench {

/// Something that can be run `count` times in a row and answers how long that took, in seconds of CPU time.
using contender = std::function<double(std::size_t count)>;

/// CPU time of this process in seconds: what other programs on the machine take does not count.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// A contender that calls `work`, whose answer the compiler must not do without.
template <class Work>
contender make_contender(Work work) {
  return [work = std::move(work)](std::size_t count) mutable {
    const double start = cpu_seconds();
    for (std::size_t index = 0; index < count; ++index) {
      auto answer = work();
      asm volatile("" : : "g"(&answer) : "memory");
    }
    return cpu_seconds() - start;
  };
}

/// Median and range of something measured once a pair.
struct spread {
  double median = 0, least = 0, most = 0;
};

/// What the pairs gave.
struct comparison {
  spread ratio;          ///< time of the second by time of the first: how many times the first is faster
  spread first_seconds;  ///< for one run
  spread second_seconds; ///< for one run
};

inline constexpr std::size_t pair_count = 15;

inline spread spread_of(std::array<double, pair_count> values) {
  std::sort(values.begin(), values.end());
  return {values[pair_count / 2], values.front(), values.back()};
}

/// How many runs take about four milliseconds.
inline std::size_t calibrate(const contender& one) {
  for (std::size_t count = 1;; count *= 2)
    if (const double took = one(count); took > 2e-3 || count > (1U << 24U))
      return std::max<std::size_t>(1, static_cast<std::size_t>(4e-3 / took * static_cast<double>(count)));
}

/// Runs first, second, first, second, …: fifteen pairs, each some milliseconds.
inline comparison compare(const contender& first, const contender& second) {
  const std::size_t first_count = calibrate(first), second_count = calibrate(second);
  std::array<double, pair_count> ratios{}, firsts{}, seconds{};
  for (std::size_t pair = 0; pair < pair_count; ++pair) {
    firsts[pair] = first(first_count) / static_cast<double>(first_count);
    seconds[pair] = second(second_count) / static_cast<double>(second_count);
    ratios[pair] = seconds[pair] / firsts[pair];
  }
  return {spread_of(ratios), spread_of(firsts), spread_of(seconds)};
}

} // namespace kollect::bench

#endif
