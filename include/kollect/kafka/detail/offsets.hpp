#ifndef KOLLECT_KAFKA_DETAIL_OFFSETS_HPP
#define KOLLECT_KAFKA_DETAIL_OFFSETS_HPP

#include <kollect/kafka/detail/client.hpp>
#include <kollect/version.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// What a partition holds: offsets from `first` up to, not including, `end`.
struct extent {
  std::int64_t first = 0;
  std::int64_t end = 0;
};

/// Asks the broker what a partition holds. Serves no callbacks.
[[nodiscard]] inline result<extent> measure(client& source, const std::string& topic, std::int32_t partition,
                                            std::chrono::milliseconds timeout) {
  extent found;
  const auto code = rd_kafka_query_watermark_offsets(source.native(), topic.c_str(), partition, &found.first,
                                                     &found.end, milliseconds_of(timeout));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
    return found;
  return make_kafka_failure(code, "asking for the extent of Kafka topic " + topic + ", partition " +
                                      std::to_string(partition));
}

/// Makes these partitions, from these offsets on, what is fetched; what was fetched ahead is dropped.
[[nodiscard]] inline result<void> fetch_from(client& source, const std::string& topic,
                                             const std::map<std::int32_t, std::int64_t>& offsets) {
  const partitions_pointer list{rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()))};
  for (const auto& [partition, offset] : offsets)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  const auto code = rd_kafka_assign(source.native(), list.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
    return {};
  return make_kafka_failure(code, "starting to read Kafka topic " + topic);
}

/// A commit of offsets for the group that is on its way. To be gone before the client is.
class offset_commit {
public:
  [[nodiscard]] static result<offset_commit> begin(client& source, const std::string& topic,
                                                   const std::map<std::int32_t, std::int64_t>& offsets) {
    offset_commit begun(source, "committing offsets of Kafka topic " + topic);
    const partitions_pointer list{rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()))};
    for (const auto& [partition, offset] : offsets)
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
    const auto sent =
        rd_kafka_commit_queue(source.native(), list.get(), begun.answer_.get(), nullptr, nullptr);
    if (sent != RD_KAFKA_RESP_ERR_NO_ERROR)
      return make_kafka_failure(sent, begun.what_);
    return begun;
  }

  /// Waits for the broker's answer. To be called once.
  [[nodiscard]] result<void> wait(std::chrono::milliseconds timeout) {
    const event_pointer event{rd_kafka_queue_poll(answer_.get(), milliseconds_of(timeout))};
    if (!event)
      return make_kafka_failure(RD_KAFKA_RESP_ERR__TIMED_OUT, what_);
    if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return make_kafka_failure(code, what_);
    const auto* answers = rd_kafka_event_topic_partition_list(event.get()); // the event's own
    for (int index = 0; answers != nullptr && index < answers->cnt; ++index)
      if (answers->elems[index].err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return make_kafka_failure(answers->elems[index].err, what_);
    return {};
  }

private:
  offset_commit(client& source, std::string what)
      : answer_(rd_kafka_queue_new(source.native())), what_(std::move(what)) {}

  queue_pointer answer_;
  std::string what_;
};

/// What the group has committed of these partitions; those without a commit are left out.
[[nodiscard]] inline result<std::map<std::int32_t, std::int64_t>>
committed_offsets(client& source, const std::string& topic, std::span<const std::int32_t> partitions,
                  std::chrono::milliseconds timeout) {
  const std::string what = "asking for committed offsets of Kafka topic " + topic;
  const partitions_pointer list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
  for (const std::int32_t partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  const auto code = rd_kafka_committed(source.native(), list.get(), milliseconds_of(timeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return make_kafka_failure(code, what);
  std::map<std::int32_t, std::int64_t> offsets;
  for (int index = 0; index < list->cnt; ++index) {
    if (list->elems[index].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return make_kafka_failure(list->elems[index].err, what);
    if (list->elems[index].offset >= 0)
      offsets.emplace(list->elems[index].partition, list->elems[index].offset);
  }
  return offsets;
}

/// Leaves the group, so that others need not wait for our session to end, for no longer than `timeout`.
/// rd_kafka_consumer_close() would wait for as long as it takes.
inline void leave_group(client& source, std::chrono::milliseconds timeout) noexcept {
  const queue_pointer queue{rd_kafka_queue_new(source.native())};
  source.events().rebalances.clear();
  rd_kafka_assign(source.native(), nullptr); // answers a rebalance that was not dealt with
  const error_pointer refused{rd_kafka_consumer_close_queue(source.native(), queue.get())};
  if (refused)
    return; // after a fatal error there is nothing to leave
  const deadline end{timeout};
  while (rd_kafka_consumer_closed(source.native()) == 0 && !end.passed()) {
    // Serves callbacks; messages that were fetched ahead come too, and nobody wants them any more.
    const message_pointer unwanted{
        rd_kafka_consume_queue(queue.get(), milliseconds_of(end.left(std::chrono::milliseconds(50))))};
    if (source.events().rebalances.empty())
      continue;
    source.events().rebalances.clear();
    rd_kafka_assign(source.native(), nullptr);
  }
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
