#ifndef KOLLECT_CONSUMER_GROWING_PAUSE_HPP
#define KOLLECT_CONSUMER_GROWING_PAUSE_HPP

#include <algorithm>
#include <chrono>

namespace kollect::consumer {

/// How long to wait before what failed is tried again: twice as long from failure to failure, from 100 ms on.
class growing_pause {
public:
  explicit growing_pause(std::chrono::milliseconds longest) noexcept : longest_(longest) {}

  /// After a failure.
  std::chrono::milliseconds next() noexcept {
    constexpr std::chrono::milliseconds first{100};
    last_ = std::min(std::max(last_ * 2, first), longest_);
    return last_;
  }
  /// After a success.
  void reset() noexcept { last_ = {}; }

private:
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds last_{0};
};

} // namespace kollect::consumer

#endif
