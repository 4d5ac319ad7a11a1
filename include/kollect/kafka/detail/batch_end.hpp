#ifndef KOLLECT_KAFKA_DETAIL_BATCH_END_HPP
#define KOLLECT_KAFKA_DETAIL_BATCH_END_HPP

#include <kollect/version.hpp>

#include <algorithm>
#include <cstdint>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// Finds where a batch ends that cannot be read: the first offset from which the broker answers with
/// something else. librdkafka does not tell, and an offset too few would lose a good message. Asks first
/// further and further ahead, then halves: some 2 log n questions for a batch of n messages.
class batch_end_search {
public:
  /// For a batch that holds `first`, in a log that ends at `log_end`, which is over `first`.
  constexpr batch_end_search(std::int64_t first, std::int64_t log_end) noexcept
      : inside_(first), outside_(std::max(log_end, first + 1)) {}

  /// Whether the end is known.
  [[nodiscard]] constexpr bool is_done() const noexcept { return outside_ - inside_ == 1; }

  /// The first offset behind the batch, once it is known.
  [[nodiscard]] constexpr std::int64_t end() const noexcept { return outside_; }

  /// Which offset to ask for next.
  [[nodiscard]] constexpr std::int64_t question() const noexcept {
    const auto half = (outside_ - inside_) / 2;
    return inside_ + (is_ahead_ ? std::min(step_, half) : half);
  }

  /// What came when question() was asked for: the same batch, or anything else.
  constexpr void answer(bool is_same_batch) noexcept {
    const auto asked = question();
    if (is_same_batch) {
      inside_ = asked;
      step_ *= 2;
    } else {
      outside_ = asked;
      is_ahead_ = false;
    }
  }

private:
  std::int64_t inside_, outside_; // an offset of the batch, and one behind it
  std::int64_t step_ = 1;
  bool is_ahead_ = true;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
