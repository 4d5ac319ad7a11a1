#ifndef KOLLECT_KAFKA_DETAIL_POSITIONS_HPP
#define KOLLECT_KAFKA_DETAIL_POSITIONS_HPP

#include <kollect/version.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// Where we are in each partition that is ours: what was delivered, and what of it was acknowledged.
/// Knows nothing of brokers. Look-ups are logarithmic in the number of partitions, acknowledgements in
/// the number of messages that are open.
class positions {
public:
  /// Takes the place of all partitions held before; nothing is known of these yet.
  void take_over(std::span<const std::int32_t> partitions) {
    clear();
    for (const std::int32_t partition : partitions)
      held_.emplace(partition, position{});
  }

  /// None are ours any more. Acknowledgements of messages delivered before are without effect.
  void clear() {
    ++generation_;
    held_.clear();
  }

  /// Reading goes on at `offset`; nothing: at the log's beginning. What was open is forgotten.
  void start(std::int32_t partition, std::optional<std::int64_t> offset) {
    if (const auto found = held_.find(partition); found != held_.end())
      found->second = position{offset, {}};
  }

  /// Notes that a message is handed out. False: it must not be, as it is not ours or was handed out before.
  bool deliver(std::int32_t partition, std::int64_t offset) {
    const auto found = held_.find(partition);
    if (found == held_.end())
      return false;
    position& here = found->second;
    if (here.next && offset < *here.next)
      return false;
    here.next = offset + 1;
    here.open.push_back({offset, false});
    return true;
  }

  /// Notes that there is nothing to deliver before `offset`: the end of the log, after records that are
  /// not messages, such as a transaction's marker. True if the next one was not known to be that far.
  bool skip_to(std::int32_t partition, std::int64_t offset) {
    const auto found = held_.find(partition);
    if (found == held_.end() || found->second.next.value_or(-1) >= offset)
      return false;
    found->second.next = offset;
    return true;
  }

  /// Notes that a message handed out in `generation` is processed.
  void acknowledge(std::uint64_t generation, std::int32_t partition, std::int64_t offset) {
    const auto found = held_.find(partition);
    if (generation != generation_ || found == held_.end())
      return;
    auto& open = found->second.open;
    const auto message = std::ranges::lower_bound(open, offset, {}, &open_message::offset);
    if (message == open.end() || message->offset != offset)
      return;
    message->acknowledged = true;
    while (!open.empty() && open.front().acknowledged)
      open.pop_front();
  }

  /// The offset of the next message to deliver; nothing while that is the log's beginning, or not ours.
  std::optional<std::int64_t> next(std::int32_t partition) const {
    const auto found = held_.find(partition);
    return found == held_.end() ? std::nullopt : found->second.next;
  }

  /// The offset before which everything is processed; nothing while that is not known.
  std::optional<std::int64_t> settled(std::int32_t partition) const {
    const auto found = held_.find(partition);
    if (found == held_.end())
      return std::nullopt;
    const position& here = found->second;
    return here.open.empty() ? here.next : here.open.front().offset;
  }

  /// The same of all partitions of which it is known.
  std::map<std::int32_t, std::int64_t> settled() const {
    std::map<std::int32_t, std::int64_t> offsets;
    for (const auto& [partition, unused] : held_)
      if (const auto known = settled(partition))
        offsets.emplace(partition, *known);
    return offsets;
  }

  /// Whether everything that was handed out is processed.
  bool is_settled() const {
    return std::ranges::all_of(held_, [](const auto& one) { return one.second.open.empty(); });
  }

  bool holds(std::int32_t partition) const { return held_.contains(partition); }
  std::uint64_t generation() const noexcept { return generation_; }

  std::vector<std::int32_t> partitions() const {
    std::vector<std::int32_t> numbers;
    for (const auto& [partition, unused] : held_)
      numbers.push_back(partition);
    return numbers;
  }

private:
  struct open_message {
    std::int64_t offset;
    bool acknowledged;
  };
  struct position {
    std::optional<std::int64_t> next;
    std::deque<open_message> open; // by rising offset
  };

  std::map<std::int32_t, position> held_;
  std::uint64_t generation_ = 0;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
