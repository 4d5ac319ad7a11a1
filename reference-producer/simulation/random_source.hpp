#ifndef KOLLECT_PRODUCER_RANDOM_SOURCE_HPP
#define KOLLECT_PRODUCER_RANDOM_SOURCE_HPP

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace kollect::producer {

/// Numbers that look random and are the same for one seed with every compiler and library, which those
/// of the standard distributions are not. SplitMix64: one addition and some mixing a number, so that a
/// source can be made for every row.
class random_source {
public:
  explicit constexpr random_source(std::uint64_t seed) noexcept : state_(seed) {}

  constexpr std::uint64_t next() noexcept {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31U);
  }

  /// 0 to bound - 1; `bound` must not be 0. The bias is below 2^-32 for every bound used here.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }

  /// True for about `share` of all calls; never for 0, always for 1.
  constexpr bool chance(double share) noexcept {
    constexpr double steps = 9007199254740992.0; // 2^53
    return static_cast<double>(next() >> 11U) / steps < share;
  }

  /// How often something happens that happens `share` times on average: 2.5 gives 2 or 3.
  constexpr std::size_t times(double share) noexcept {
    const auto whole = static_cast<std::size_t>(share);
    return whole + (chance(share - static_cast<double>(whole)) ? 1 : 0);
  }

  template <class Range>
  constexpr const auto& pick(const Range& range) noexcept {
    return range[below(std::size(range))];
  }

private:
  std::uint64_t state_;
};

/// One seed out of several numbers, so that each place in a run has numbers of its own.
constexpr std::uint64_t combine_seeds(std::uint64_t first, std::uint64_t second) noexcept {
  return random_source(random_source(first).next() ^ (second * 0xD6E8FEB86659FD93ULL)).next();
}

} // namespace kollect::producer

#endif
