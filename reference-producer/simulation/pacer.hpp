#ifndef KOLLECT_PRODUCER_PACER_HPP
#define KOLLECT_PRODUCER_PACER_HPP

#include <chrono>
#include <cstdint>

namespace kollect::producer {

/// When messages are due at a constant rate. Every due time is counted from the start, so delays do not
/// add up: what was late is caught up with.
class pacer {
public:
  using clock = std::chrono::steady_clock;

  /// `rate` in messages per second, over 0.
  pacer(double rate, clock::time_point start) noexcept : rate_(rate), start_(start) {}

  /// When message number `index`, from 0, is due.
  clock::time_point due_at(std::uint64_t index) const noexcept {
    const std::chrono::duration<double> wait(static_cast<double>(index) / rate_);
    return start_ + std::chrono::ceil<clock::duration>(wait);
  }

  /// How many messages are due by `now` in all.
  std::uint64_t due_by(clock::time_point now) const noexcept {
    if (now < start_)
      return 0;
    const std::chrono::duration<double> passed = now - start_;
    return static_cast<std::uint64_t>(passed.count() * rate_) + 1;
  }

private:
  double rate_;
  clock::time_point start_;
};

} // namespace kollect::producer

#endif
