#ifndef KOLLECT_KAFKA_DETAIL_READER_HPP
#define KOLLECT_KAFKA_DETAIL_READER_HPP

#include <kollect/kafka/detail/fetch.hpp>
#include <kollect/kafka/detail/log_check.hpp>
#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/kafka/detail/topic.hpp>
#include <kollect/log_reader.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// The offset of each partition's first message dated at `instant` or later; where there is none, nothing.
[[nodiscard]] inline result<std::map<std::int32_t, std::int64_t>>
offsets_at(client& source, const std::string& topic, std::span<const std::int32_t> partitions,
           const timestamp& instant, std::chrono::milliseconds timeout) {
  const partitions_pointer list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
  // Rounded up: a message of the same millisecond may be older.
  const auto milliseconds = instant.seconds * 1'000 + (instant.nanoseconds + 999'999) / 1'000'000;
  for (const std::int32_t partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = milliseconds;
  const auto code = rd_kafka_offsets_for_times(source.native(), list.get(), milliseconds_of(timeout));
  return known_offsets(*list, code, "asking for offsets by time of Kafka topic " + topic);
}

/// The reader of create_reader().
class topic_reader final : public log_reader {
public:
  topic_reader(connection target, reader_options options)
      : target_(std::move(target)), options_(std::move(options)), fetch_(target_, settings_of(options_)) {}
  topic_reader(const topic_reader&) = delete;
  topic_reader& operator=(const topic_reader&) = delete;
  ~topic_reader() noexcept override { close(); }

  /// Connects and begins to read. To be called once, first.
  [[nodiscard]] result<void> open() {
    if (auto opened = fetch_.open(); !opened)
      return opened;
    const deadline end{options_.client.connect_timeout};
    const auto held = await_extents(fetch_.source(), target_, end.left());
    if (!held)
      return held.error();
    auto log = identify_log(fetch_.source(), fetch_.topic(), end.left());
    if (!log)
      return log.error();
    log_ = std::move(*log);
    if (auto found = find_starts(*held, end); !found)
      return found;
    rd_kafka_poll_set_consumer(fetch_.source().native());
    return fetch_.start();
  }

  const log_identity& log() const noexcept override { return log_; }

  [[nodiscard]] result<std::vector<received_message>> poll(std::size_t max_messages, std::size_t max_bytes,
                                                           std::chrono::milliseconds timeout) override {
    if (!fetch_.is_open())
      return closed_failure();
    const deadline end{timeout};
    std::vector<received_message> messages;
    std::size_t bytes = 0;
    while (messages.size() < max_messages && (messages.empty() || bytes < max_bytes)) {
      fetch_.note(pass_unreadable());
      for (auto& skipped : fetch_.places().take_skipped()) {
        skipped.acknowledge();
        messages.push_back(std::move(skipped));
      }
      // What was taken is given first.
      if (fetch_.has_problem())
        break;
      auto native = fetch_.next(messages.empty() ? end.left() : std::chrono::milliseconds(0));
      if (!native) {
        if (!messages.empty() || end.passed())
          break;
      } else if (native->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        notice(*native);
      } else if (auto message = fetch_.deliver(std::move(native))) {
        message->acknowledge();
        bytes += message->value.size();
        messages.push_back(std::move(*message));
      }
      // An end that is reached is worth telling at once.
      if (messages.empty() && at_end() && !was_at_end_)
        break;
    }
    was_at_end_ = at_end();
    if (messages.empty())
      if (auto problem = fetch_.take_problem())
        return std::move(*problem);
    return messages;
  }

  bool at_end() const noexcept override {
    return std::ranges::all_of(
        ends_, [&](const auto& end) { return fetch_.read().next(end.first).value_or(0) >= end.second; });
  }

  std::vector<partition_position> ends() const override {
    std::vector<partition_position> out;
    for (const auto& [partition, end] : ends_)
      out.push_back({partition, end});
    return out;
  }

  std::vector<partition_position> begins() const override {
    std::vector<partition_position> out;
    for (const auto& [partition, begin] : begins_)
      out.push_back({partition, begin});
    return out;
  }

  [[nodiscard]] result<std::optional<received_message>> find(std::int32_t partition, std::int64_t offset,
                                                             std::chrono::milliseconds timeout) override {
    return look_up(&record_reader::read, partition, offset, timeout);
  }

  [[nodiscard]] result<std::optional<received_message>>
  find_next(std::int32_t partition, std::int64_t offset, std::chrono::milliseconds timeout) override {
    return look_up(&record_reader::read_next, partition, offset, timeout);
  }

  void close() noexcept override {
    if (fetch_.is_open())
      rd_kafka_assign(fetch_.source().native(), nullptr);
    fetch_.close();
  }

private:
  static failure closed_failure() {
    return make_failure(error::closed, "the Kafka reader has been closed; open another one");
  }

  static subscriber_options settings_of(const reader_options& options) {
    // Without subscribing no group is ever joined; librdkafka wants a name all the same.
    subscriber_options settings{.client = options.client, .group = "kollect-reader"};
    settings.max_message_bytes = options.max_message_bytes;
    settings.skip_unreadable = true;
    return settings;
  }

  using question = result<message_pointer> (record_reader::*)(std::int32_t, std::int64_t,
                                                              std::chrono::milliseconds);

  [[nodiscard]] result<std::optional<received_message>>
  look_up(question ask, std::int32_t partition, std::int64_t offset, std::chrono::milliseconds timeout) {
    if (!fetch_.is_open())
      return closed_failure();
    auto records = record_reader::open(target_, settings_of(options_));
    if (!records)
      return records.error();
    auto found = ((**records).*ask)(partition, offset, timeout);
    if (!found)
      return found.error();
    if (!*found)
      return std::optional<received_message>{};
    return std::optional(fetch_.show((*records)->shared_source(), std::move(*found)));
  }

  [[nodiscard]] result<void> find_starts(const extents& held, const deadline& end) {
    std::vector<std::int32_t> partitions;
    for (const auto& [partition, extent] : held)
      partitions.push_back(partition);
    std::map<std::int32_t, std::int64_t> by_time;
    if (const auto* const instant = std::get_if<timestamp>(&options_.start)) {
      auto found = offsets_at(fetch_.source(), fetch_.topic(), partitions, *instant, end.left());
      if (!found)
        return found.error();
      by_time = std::move(*found);
    }
    fetch_.read().take_over(partitions);
    for (const auto& [partition, extent] : held) {
      begins_[partition] = extent.first;
      ends_[partition] = extent.end;
      const bool is_earliest = options_.start == read_from(read_start::earliest);
      const auto dated = by_time.find(partition);
      fetch_.read().start(partition, is_earliest              ? extent.first
                                     : dated != by_time.end() ? dated->second
                                                              : extent.end);
    }
    was_at_end_ = at_end();
    return {};
  }

  /// Comes past what cannot be read.
  [[nodiscard]] result<void> pass_unreadable() {
    auto is_changed = fetch_.pass_unreadable();
    if (!is_changed)
      return is_changed.error();
    return *is_changed ? fetch_.start() : result<void>{};
  }

  /// What librdkafka gives in the place of a message.
  void notice(const rd_kafka_message_t& native) {
    if (native.err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
      return (void)fetch_.read().skip_to(native.partition, native.offset);
    if (native.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
      return fetch_.note(pass_gap(native.partition));
    if (fetch_.note_error(native))
      return fetch_.note(fetch_.start());
    if (describe(native.err).reason == error::topic_missing)
      fetch_.note(fetch_.failure_of(native));
  }

  /// Retention has removed what comes next: goes on with what is there.
  [[nodiscard]] result<void> pass_gap(std::int32_t partition) {
    client& source = fetch_.source();
    auto held = measure(source, fetch_.topic(), partition, options_.client.connect_timeout);
    if (!held)
      return held.error();
    report(source.events(), "Kafka topic " + fetch_.topic() + ": partition " + std::to_string(partition) +
                                " no longer holds what comes next; reading goes on at offset " +
                                std::to_string(held->first));
    fetch_.read().start(partition, held->first);
    return fetch_.start();
  }

  connection target_;
  reader_options options_;
  topic_fetch fetch_;
  log_identity log_;
  std::map<std::int32_t, std::int64_t> begins_, ends_; // as they were at the start
  bool was_at_end_ = false;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
