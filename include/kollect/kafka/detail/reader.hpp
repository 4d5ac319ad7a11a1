#ifndef KOLLECT_KAFKA_DETAIL_READER_HPP
#define KOLLECT_KAFKA_DETAIL_READER_HPP

#include <kollect/kafka/detail/log_check.hpp>
#include <kollect/kafka/detail/message.hpp>
#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/kafka/detail/prefetch.hpp>
#include <kollect/kafka/detail/topic.hpp>
#include <kollect/kafka/detail/unreadable.hpp>
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
  const std::string what = "asking for offsets by time of Kafka topic " + topic;
  const partitions_pointer list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
  // Rounded up: a message of the same millisecond may be older.
  const auto milliseconds = instant.seconds * 1'000 + (instant.nanoseconds + 999'999) / 1'000'000;
  for (const std::int32_t partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = milliseconds;
  const auto code = rd_kafka_offsets_for_times(source.native(), list.get(), milliseconds_of(timeout));
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

/// The reader of create_reader().
class topic_reader final : public log_reader {
public:
  topic_reader(connection target, reader_options options)
      : target_(std::move(target)), options_(std::move(options)), topic_(target_.destination),
        places_(target_, settings_of(options_)) {}
  topic_reader(const topic_reader&) = delete;
  topic_reader& operator=(const topic_reader&) = delete;
  ~topic_reader() noexcept override { close(); }

  /// Connects and begins to read. To be called once, first.
  [[nodiscard]] result<void> open() {
    auto config = make_config(target_, settings_of(options_));
    if (!config)
      return config.error();
    prefetch_ = make_prefetch_meter(config->get());
    auto made = client::create(RD_KAFKA_CONSUMER, std::move(*config), target_, options_.client);
    if (!made)
      return made.error();
    client_ = std::move(*made);
    const deadline end{options_.client.connect_timeout};
    const auto held = await_extents(*client_, target_, end.left());
    if (!held)
      return held.error();
    auto log = identify_log(*client_, topic_, end.left());
    if (!log)
      return log.error();
    log_ = std::move(*log);
    if (auto found = find_starts(*held, end); !found)
      return found;
    rd_kafka_poll_set_consumer(client_->native());
    return fetch();
  }

  const log_identity& log() const noexcept override { return log_; }

  [[nodiscard]] result<std::vector<received_message>> poll(std::size_t max_messages, std::size_t max_bytes,
                                                           std::chrono::milliseconds timeout) override {
    if (!client_)
      return make_failure(error::closed, "the Kafka reader has been closed; open another one");
    const deadline end{timeout};
    std::vector<received_message> messages;
    std::size_t bytes = 0;
    while (messages.size() < max_messages && (messages.empty() || bytes < max_bytes)) {
      note(pass_unreadable());
      for (auto& skipped : places_.take_skipped()) {
        skipped.acknowledge();
        messages.push_back(std::move(skipped));
      }
      // What was taken is given first.
      if (problem_ || client_->events().refused)
        break;
      message_pointer native{rd_kafka_consumer_poll(
          client_->native(), milliseconds_of(messages.empty() ? end.left() : std::chrono::milliseconds(0)))};
      if (!native) {
        if (!messages.empty() || end.passed())
          break;
      } else if (native->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        notice(*native);
      } else if (read_->deliver(native->partition, native->offset)) {
        read_->acknowledge(read_->generation(), native->partition, native->offset);
        bytes += native->len;
        if (prefetch_ && prefetch_->take(native->len))
          client_->wake(target_);
        messages.push_back(receive(client_, std::move(native), topic_, read_));
      }
      // An end that is reached is worth telling at once.
      if (messages.empty() && at_end() && !was_at_end_)
        break;
    }
    was_at_end_ = at_end();
    if (messages.empty() && (problem_ || client_->events().refused))
      return problem_ ? *std::exchange(problem_, std::nullopt)
                      : *std::exchange(client_->events().refused, std::nullopt);
    return messages;
  }

  bool at_end() const noexcept override {
    return std::ranges::all_of(
        ends_, [&](const auto& end) { return read_->next(end.first).value_or(0) >= end.second; });
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
    if (client_)
      rd_kafka_assign(client_->native(), nullptr);
    client_.reset(); // for good with the last message that is still held
  }

private:
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
    if (!client_)
      return make_failure(error::closed, "the Kafka reader has been closed; open another one");
    auto records = record_reader::open(target_, settings_of(options_));
    if (!records)
      return records.error();
    auto found = ((**records).*ask)(partition, offset, timeout);
    if (!found)
      return found.error();
    if (!*found)
      return std::optional<received_message>{};
    return std::optional(receive((*records)->shared_source(), std::move(*found), topic_, read_));
  }

  [[nodiscard]] result<void> find_starts(const extents& held, const deadline& end) {
    std::vector<std::int32_t> partitions;
    for (const auto& [partition, extent] : held)
      partitions.push_back(partition);
    std::map<std::int32_t, std::int64_t> by_time;
    if (const auto* const instant = std::get_if<timestamp>(&options_.start)) {
      auto found = offsets_at(*client_, topic_, partitions, *instant, end.left());
      if (!found)
        return found.error();
      by_time = std::move(*found);
    }
    read_->take_over(partitions);
    for (const auto& [partition, extent] : held) {
      begins_[partition] = extent.first;
      ends_[partition] = extent.end;
      const bool is_earliest = options_.start == read_from(read_start::earliest);
      const auto dated = by_time.find(partition);
      read_->start(partition, is_earliest              ? extent.first
                              : dated != by_time.end() ? dated->second
                                                       : extent.end);
    }
    was_at_end_ = at_end();
    return {};
  }

  [[nodiscard]] result<void> fetch() {
    std::map<std::int32_t, std::int64_t> offsets;
    for (const std::int32_t partition : read_->partitions())
      if (!places_.is_held(partition))
        offsets.emplace(partition, read_->next(partition).value_or(0));
    return fetch_from(*client_, topic_, offsets);
  }

  /// Comes past what cannot be read.
  [[nodiscard]] result<void> pass_unreadable() {
    if (std::exchange(client_->events().oversized, std::nullopt))
      places_.suspect_all();
    auto is_changed = places_.look(*client_, read_);
    if (!is_changed)
      return is_changed.error();
    return *is_changed ? fetch() : result<void>{};
  }

  /// What librdkafka gives in the place of a message.
  void notice(const rd_kafka_message_t& native) {
    if (native.err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
      return (void)read_->skip_to(native.partition, native.offset);
    if (native.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
      return note(pass_gap(native.partition));
    const char* const text = rd_kafka_message_errstr(&native);
    report(client_->events(), "Kafka topic " + topic_ + ": " + text);
    if (is_damage(native.err) && read_->holds(native.partition)) {
      places_.suspect(native.partition);
      return note(fetch());
    }
    const error kind = describe(native.err).reason;
    if (kind == error::topic_missing || kind == error::transport_fatal ||
        kind == error::authentication_failed || kind == error::message_exceeds_limit)
      note(about_topic(make_kafka_failure(native.err, "reading Kafka topic " + topic_, text), topic_));
  }

  /// Retention has removed what comes next: goes on with what is there.
  [[nodiscard]] result<void> pass_gap(std::int32_t partition) {
    auto held = measure(*client_, topic_, partition, options_.client.connect_timeout);
    if (!held)
      return held.error();
    report(client_->events(), "Kafka topic " + topic_ + ": partition " + std::to_string(partition) +
                                  " no longer holds what comes next; reading goes on at offset " +
                                  std::to_string(held->first));
    read_->start(partition, held->first);
    return fetch();
  }

  void note(result<void> outcome) {
    if (!outcome && !problem_)
      problem_ = std::move(outcome).error();
  }

  connection target_;
  reader_options options_;
  std::string topic_;
  unreadable_places places_;
  log_identity log_;
  std::shared_ptr<client> client_;
  std::optional<prefetch_meter> prefetch_;                          // where librdkafka has to be woken
  std::shared_ptr<positions> read_ = std::make_shared<positions>(); // shared with messages
  std::map<std::int32_t, std::int64_t> begins_, ends_;              // as they were at the start
  bool was_at_end_ = false;
  std::optional<failure> problem_; // to be reported by poll()
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
