#ifndef KOLLECT_PRODUCER_SIMULATED_CLOCK_HPP
#define KOLLECT_PRODUCER_SIMULATED_CLOCK_HPP

#include <kollect/timestamp.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

namespace kollect::producer {

/// The time that messages of a simulation are dated with: each instant is later than the one before.
class simulated_clock {
public:
  /// With a base time the instants are that one and each further millisecond, so that runs can be
  /// repeated byte for byte; without, they are those of the system's clock.
  explicit simulated_clock(std::optional<timestamp> base) : base_(base) {}

  timestamp tick() {
    if (base_)
      last_ = last_ ? *last_ + std::chrono::milliseconds(1) : *base_;
    else
      last_ = std::max(kollect::now(), earliest());
    return *last_;
  }

private:
  timestamp earliest() const { return last_ ? *last_ + std::chrono::nanoseconds(1) : timestamp{}; }

  std::optional<timestamp> base_;
  std::optional<timestamp> last_;
};

} // namespace kollect::producer

#endif
