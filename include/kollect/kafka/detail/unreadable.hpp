#ifndef KOLLECT_KAFKA_DETAIL_UNREADABLE_HPP
#define KOLLECT_KAFKA_DETAIL_UNREADABLE_HPP

#include <kollect/kafka/detail/batch_probe.hpp>
#include <kollect/kafka/detail/positions.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// Shortest pause between two looks at one partition: what comes and goes must not become a busy loop.
inline constexpr std::chrono::milliseconds look_pause{1'000};

/// How long after an answer that is too large the partition that it is of is searched for.
inline constexpr std::chrono::milliseconds oversized_time{60'000};

/// Longest wait for one answer of a probe.
inline constexpr std::chrono::milliseconds look_timeout{10'000};

/// What stands in a partition's way.
[[nodiscard]] inline unreadable_batch cannot_read(const std::string& topic, std::int32_t partition,
                                                  std::int64_t offset, const batch_fault& fault) {
  auto reason = make_failure(
      error::unreadable_batch,
      "partition " + std::to_string(partition) + " of Kafka topic " + topic + " cannot be read at offset " +
          std::to_string(offset) + ": " + fault.sentence +
          "; the partition stands still. Repair the topic, raise the limit (--answer-bytes), or pass "
          "over the batch (--skip-unreadable)");
  reason.source = topic;
  return {partition, offset, std::move(reason)};
}

/// Which partitions of a subscriber cannot be read on, and how it comes past that. Each suspected partition
/// is looked at where it is to be read next, beside the subscriber, so that no other one waits for it.
class unreadable_places {
public:
  unreadable_places(const connection& target, const subscriber_options& options)
      : topic_(target.destination), skip_(options.skip_unreadable), retry_(options.unreadable_retry),
        take_lack_of_room_(options.take_lack_of_room), probe_(target, options) {}

  /// librdkafka says that what it has fetched of a partition is damaged. It is not fetched until it was
  /// looked at.
  void suspect(std::int32_t partition) {
    const auto looked = looked_at_.find(partition);
    const auto due = looked == looked_at_.end() ? clock::time_point{} : looked->second + look_pause;
    suspects_.insert_or_assign(partition, due);
  }

  /// An answer was too large, and librdkafka does not say which partition it is of.
  void suspect_all() { oversized_until_ = clock::now() + oversized_time; }

  /// The partitions are not ours any more, or ours again from somewhere else.
  void forget() {
    suspects_.clear();
    looked_at_.clear();
    readable_.clear();
    held_.clear();
    skipped_.clear();
  }

  /// Whether a partition is not to be fetched.
  [[nodiscard]] bool is_held(std::int32_t partition) const {
    return suspects_.contains(partition) ||
           std::ranges::find(held_, partition, &unreadable_batch::partition) != held_.end();
  }

  /// The partitions that stand still.
  [[nodiscard]] std::span<const unreadable_batch> held() const noexcept { return held_; }

  /// What stands in the place of messages that were passed over.
  [[nodiscard]] std::vector<received_message> take_skipped() { return std::exchange(skipped_, {}); }

  /// Looks at the partitions that it is time for. True if others are to be fetched now than before, or from
  /// elsewhere. Returns at once while all is well.
  [[nodiscard]] result<bool> look(client& source, const std::shared_ptr<positions>& read) {
    if (suspects_.empty() && held_.empty() && clock::now() >= oversized_until_)
      return false;
    bool is_changed = false;
    for (const std::int32_t partition : read->partitions()) {
      if (!is_due(partition, *read))
        continue;
      auto looked = look_at(source, read, partition);
      if (!looked)
        return looked.error();
      is_changed |= *looked;
    }
    return is_changed;
  }

private:
  using clock = std::chrono::steady_clock;

  [[nodiscard]] bool is_due(std::int32_t partition, const positions& read) const {
    const auto now = clock::now();
    const auto looked = looked_at_.find(partition);
    const auto last = looked == looked_at_.end() ? clock::time_point{} : looked->second;
    if (const auto found = suspects_.find(partition); found != suspects_.end())
      return now >= found->second;
    if (is_held(partition))
      return now >= last + retry_;
    // What was found readable still is; it has to move on before it is looked at again.
    const auto found = readable_.find(partition);
    const bool is_known = found != readable_.end() && found->second == read.next(partition);
    return now < oversized_until_ && now >= last + look_pause && !is_known;
  }

  [[nodiscard]] result<bool> look_at(client& source, const std::shared_ptr<positions>& read,
                                     std::int32_t partition) {
    looked_at_.insert_or_assign(partition, clock::now());
    auto offset = read->next(partition);
    if (!offset) {
      auto held = measure(source, topic_, partition, look_timeout);
      if (!held)
        return try_later(partition, held.error());
      offset = held->first;
    }
    lacks_room(); // of earlier
    auto fault = probe_.look(partition, *offset, look_timeout);
    if (!fault)
      return try_later(partition, fault.error());
    if (*fault && lacks_room())
      return try_later(partition, no_room());
    if (!*fault) {
      readable_.insert_or_assign(partition, read->next(partition));
      return release(partition);
    }
    if (clock::now() < oversized_until_)
      suspect_all(); // librdkafka is silent for 30 s about another one of the same size
    return skip_ ? skip(read, partition, *offset, **fault) : hold(partition, *offset, **fault);
  }

  /// A broker that does not answer has other troubles, which the subscriber reports.
  [[nodiscard]] result<bool> try_later(std::int32_t partition, const failure& reason) {
    if (reason.code != condition::unavailable)
      return reason;
    if (const auto found = suspects_.find(partition); found != suspects_.end())
      found->second = clock::now() + look_pause;
    return false;
  }

  bool lacks_room() const { return take_lack_of_room_ && take_lack_of_room_(); }

  static failure no_room() {
    return make_failure(error::not_acknowledged, "there is no room for the batch now; it is asked for again");
  }

  bool release(std::int32_t partition) {
    const bool was_held = std::erase_if(held_, [partition](const unreadable_batch& one) {
                            return one.partition == partition;
                          }) > 0;
    return suspects_.erase(partition) > 0 || was_held;
  }

  bool hold(std::int32_t partition, std::int64_t offset, const batch_fault& fault) {
    const bool was_fetched = !is_held(partition);
    release(partition);
    held_.push_back(cannot_read(topic_, partition, offset, fault));
    return was_fetched;
  }

  [[nodiscard]] result<bool> skip(const std::shared_ptr<positions>& read, std::int32_t partition,
                                  std::int64_t offset, const batch_fault& fault) {
    auto end = probe_.find_end(partition, offset, fault, look_timeout);
    if (!end)
      return try_later(partition, end.error());
    if (lacks_room())
      return try_later(partition, no_room());
    release(partition);
    received_message message;
    message.partition = partition;
    message.offset = *end - 1;
    message.subject = topic_;
    message.unreadable = make_failure(
        error::unreadable_batch, "offsets " + std::to_string(offset) + " to " + std::to_string(*end - 1) +
                                     " of partition " + std::to_string(partition) +
                                     " cannot be read and were passed over: " + fault.sentence);
    message.unreadable->source = topic_;
    read->deliver(partition, message.offset);
    message.on_acknowledge = [read, generation = read->generation(), partition, last = message.offset] {
      read->acknowledge(generation, partition, last);
    };
    skipped_.push_back(std::move(message));
    return true;
  }

  std::string topic_;
  bool skip_;
  std::chrono::milliseconds retry_;
  std::function<bool()> take_lack_of_room_;
  batch_probe probe_;
  std::map<std::int32_t, clock::time_point> suspects_;           // and when to look at each
  std::map<std::int32_t, clock::time_point> looked_at_;          // when each was looked at last
  std::map<std::int32_t, std::optional<std::int64_t>> readable_; // and where it could be read
  std::vector<unreadable_batch> held_;
  std::vector<received_message> skipped_;
  clock::time_point oversized_until_{};
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
