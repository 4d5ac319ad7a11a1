#ifndef KOLLECT_KAFKA_DETAIL_OFFSETS_HPP
#define KOLLECT_KAFKA_DETAIL_OFFSETS_HPP

#include <kollect/kafka/detail/client.hpp>
#include <kollect/kafka/detail/topic.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// What a partition holds: offsets from `first` up to, not including, `end`.
struct extent {
  std::int64_t first = 0;
  std::int64_t end = 0;
};

/// What partitions hold.
using extents = std::map<std::int32_t, extent>;

/// Asks the leaders of partitions where each of them begins or ends. rd_kafka_query_watermark_offsets() would
/// be the function for it, but before librdkafka 2.3 it waits for a leader for as long as that takes.
[[nodiscard]] inline rd_kafka_resp_err_t ask_for_offsets(client& source, const std::string& topic,
                                                         std::span<const std::int32_t> partitions,
                                                         std::int64_t which, const deadline& end,
                                                         std::map<std::int32_t, std::int64_t>& found) {
  const partitions_pointer list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
  for (const std::int32_t partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = which;
  const auto code = rd_kafka_offsets_for_times(source.native(), list.get(), milliseconds_of(end.left()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return code;
  for (const auto& one : std::span(list->elems, static_cast<std::size_t>(list->cnt))) {
    if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return one.err;
    found.insert_or_assign(one.partition, one.offset);
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/// `partition 3` or `partitions 1, 2, 7`.
[[nodiscard]] inline std::string name_partitions(std::span<const std::int32_t> partitions) {
  std::string text = partitions.size() == 1 ? "partition" : "partitions";
  for (const std::int32_t partition : partitions)
    text.append(text.ends_with('n') || text.ends_with('s') ? " " : ", ").append(std::to_string(partition));
  return text;
}

/// Why the leader of some partitions has not told what they hold.
[[nodiscard]] inline failure no_answer_of(const client_events& events, const std::string& leader,
                                          const std::string& topic, std::span<const std::int32_t> partitions,
                                          rd_kafka_resp_err_t code, std::chrono::milliseconds timeout) {
  const auto what = name_partitions(partitions) + " of Kafka topic " + topic;
  if (describe(code).reason != error::broker_timeout && describe(code).reason != error::broker_unavailable)
    return make_kafka_failure(code, "asking for the extent of " + what);
  if (leader.empty())
    return make_failure(error::broker_unavailable,
                        what + (partitions.size() == 1 ? " has" : " have") +
                            " no leader: the brokers that hold copies do not run, or have just elected none; "
                            "start them",
                        "KAF-05");
  auto why = events.unreachable.reason(leader);
  if (why.empty() && events.trouble.find(leader) != std::string::npos)
    why = events.trouble;
  if (why.empty())
    why = "it has not answered within " +
          std::to_string(std::chrono::ceil<std::chrono::seconds>(timeout).count()) + " s";
  return make_failure(error::broker_unavailable,
                      "the leader of " + what + " names itself " + leader + " (advertised.listeners): " +
                          why + "; check that it runs, and its advertised.listeners and the network",
                      "KAF-05");
}

/// Asks the leaders of these partitions what each holds, for no longer than `timeout`. Three questions, and
/// two more for each further leader. A failure names the leader that has not answered. Serves no callbacks.
[[nodiscard]] inline result<extents> measure(client& source, const std::string& topic,
                                             std::span<const std::int32_t> partitions,
                                             std::chrono::milliseconds timeout) {
  const deadline end{timeout};
  auto led = look_up_leaders(source, topic, end.left());
  if (!led)
    return led.error();
  std::map<std::string, std::vector<std::int32_t>> by_leader;
  for (const std::int32_t partition : partitions) {
    const auto found = std::ranges::find(*led, partition, &led_partition::partition);
    if (found == led->end())
      return about_topic(
          make_kafka_failure(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
                             "partition " + std::to_string(partition) + " of Kafka topic " + topic),
          topic);
    by_leader[found->leader].push_back(partition);
  }
  std::map<std::int32_t, std::int64_t> firsts, ends;
  for (const auto& [leader, its] : by_leader) {
    auto code = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    if (!leader.empty())
      code = ask_for_offsets(source, topic, its, RD_KAFKA_OFFSET_BEGINNING, end, firsts);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
      code = ask_for_offsets(source, topic, its, RD_KAFKA_OFFSET_END, end, ends);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return no_answer_of(source.events(), leader, topic, its, code, timeout);
  }
  extents held;
  for (const std::int32_t partition : partitions)
    held.emplace(partition, extent{firsts.at(partition), ends.at(partition)});
  return held;
}

/// The same of one partition.
[[nodiscard]] inline result<extent> measure(client& source, const std::string& topic, std::int32_t partition,
                                            std::chrono::milliseconds timeout) {
  auto held = measure(source, topic, std::span(&partition, 1), timeout);
  if (!held)
    return held.error();
  return held->at(partition);
}

/// Asks again and again until the leaders of all partitions have told what these hold, or time is up: a topic
/// that was made just now has none for a moment. Serves callbacks, as await_topic() does.
[[nodiscard]] inline result<extents> await_extents(client& source, const connection& target,
                                                   std::chrono::milliseconds timeout) {
  constexpr std::chrono::milliseconds pause{50};
  const deadline end{timeout};
  auto partitions = await_topic(source, target, target.destination, end.left());
  for (;;) {
    if (!partitions)
      return partitions.error();
    auto held = measure(source, target.destination, *partitions, end.left());
    if (held || held.error().code != condition::unavailable)
      return held;
    rd_kafka_poll(source.native(), milliseconds_of(end.left(pause)));
    if (end.passed())
      return held;
  }
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

/// The offsets in an answer about partitions, after `code`; those without one are left out.
[[nodiscard]] inline result<std::map<std::int32_t, std::int64_t>>
known_offsets(const rd_kafka_topic_partition_list_t& answer, rd_kafka_resp_err_t code,
              const std::string& doing) {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return make_kafka_failure(code, doing);
  std::map<std::int32_t, std::int64_t> offsets;
  for (const auto& one : std::span(answer.elems, static_cast<std::size_t>(answer.cnt))) {
    if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return make_kafka_failure(one.err, doing);
    if (one.offset >= 0)
      offsets.emplace(one.partition, one.offset);
  }
  return offsets;
}

/// What the group has committed of these partitions; those without a commit are left out.
[[nodiscard]] inline result<std::map<std::int32_t, std::int64_t>>
committed_offsets(client& source, const std::string& topic, std::span<const std::int32_t> partitions,
                  std::chrono::milliseconds timeout) {
  const partitions_pointer list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
  for (const std::int32_t partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  const auto code = rd_kafka_committed(source.native(), list.get(), milliseconds_of(timeout));
  return known_offsets(*list, code, "asking for committed offsets of Kafka topic " + topic);
}

/// Waits until a member of a group knows its coordinator, which a restarted broker has made it forget.
/// librdkafka takes leave of a coordinator that it knows and otherwise goes without a word. Whoever asks
/// for what the group has committed waits for the coordinator first; the answer does not matter.
inline void await_coordinator(client& source, const std::string& topic,
                              std::chrono::milliseconds timeout) noexcept {
  char* const member = rd_kafka_memberid(source.native());
  const bool has_joined = member && *member != '\0';
  rd_kafka_mem_free(source.native(), member);
  if (!has_joined)
    return;
  const partitions_pointer any{rd_kafka_topic_partition_list_new(1)};
  rd_kafka_topic_partition_list_add(any.get(), topic.c_str(), 0);
  rd_kafka_committed(source.native(), any.get(), milliseconds_of(timeout));
}

/// Leaves the group, so that others need not wait for our session to end, for no longer than `timeout`.
/// rd_kafka_consumer_close() would wait for as long as it takes.
inline void leave_group(client& source, std::chrono::milliseconds timeout) noexcept {
  const queue_pointer queue{rd_kafka_queue_new(source.native())};
  source.events().rebalances.clear();
  rd_kafka_assign(source.native(), nullptr); // answers a rebalance that was not followed
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
