#ifndef KOLLECT_KAFKA_DETAIL_FETCH_HPP
#define KOLLECT_KAFKA_DETAIL_FETCH_HPP

#include <kollect/kafka/detail/message.hpp>
#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/kafka/detail/prefetch.hpp>
#include <kollect/kafka/detail/topic.hpp>
#include <kollect/kafka/detail/unreadable.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// Fetches a topic's messages through one instance of librdkafka: from where on in each partition, without
/// pauses, and past what cannot be read. Keeps the first failure until somebody reports it.
class topic_fetch {
public:
  topic_fetch(connection target, const subscriber_options& options)
      : target_(std::move(target)), options_(options), places_(target_, options_) {}

  /// Makes the instance.
  [[nodiscard]] result<void> open() {
    auto config = make_config(target_, options_);
    if (!config)
      return config.error();
    prefetch_ = make_prefetch_meter(config->get());
    auto made = client::create(RD_KAFKA_CONSUMER, std::move(*config), target_, options_.client);
    if (!made)
      return made.error();
    client_ = std::move(*made);
    return {};
  }

  bool is_open() const noexcept { return client_ != nullptr; }
  client& source() const noexcept { return *client_; }
  const std::string& topic() const noexcept { return target_.destination; }
  positions& read() const noexcept { return *read_; }
  unreadable_places& places() noexcept { return places_; }
  const unreadable_places& places() const noexcept { return places_; }

  /// Has librdkafka fetch what follows the messages that were delivered, of partitions that can be read. What
  /// it has fetched ahead is dropped.
  [[nodiscard]] result<void> start() {
    std::map<std::int32_t, std::int64_t> offsets;
    for (const std::int32_t partition : read_->partitions())
      if (!places_.is_held(partition))
        offsets.emplace(partition, read_->next(partition).value_or(RD_KAFKA_OFFSET_BEGINNING));
    return fetch_from(*client_, topic(), offsets);
  }

  /// Has it fetch nothing.
  [[nodiscard]] result<void> stop() { return fetch_from(*client_, topic(), {}); }

  /// What librdkafka gives next: a message, an error in its place, or nothing in that time. Serves callbacks.
  [[nodiscard]] message_pointer next(std::chrono::milliseconds timeout) {
    return message_pointer{rd_kafka_consumer_poll(client_->native(), milliseconds_of(timeout))};
  }

  /// Makes our message of librdkafka's; nothing for one that is not ours, or that was delivered before.
  [[nodiscard]] std::optional<received_message> deliver(message_pointer native) {
    if (!read_->deliver(native->partition, native->offset))
      return std::nullopt;
    if (prefetch_ && prefetch_->take(native->len))
      client_->wake(target_);
    return receive(client_, std::move(native), topic(), read_);
  }

  /// The same of one that was looked up beside the fetching, by another instance.
  [[nodiscard]] received_message show(std::shared_ptr<client> source, message_pointer native) const {
    return receive(std::move(source), std::move(native), topic(), read_);
  }

  /// Looks at what cannot be read. True if start() would have other partitions fetched now, or from
  /// elsewhere.
  [[nodiscard]] result<bool> pass_unreadable() {
    if (std::exchange(client_->events().oversized, std::nullopt))
      places_.suspect_all();
    return places_.look(*client_, read_);
  }

  /// Reports an error that came in the place of a message. True if the partition is damaged: librdkafka has
  /// passed that over, and whatever follows it must not come first.
  [[nodiscard]] bool note_error(const rd_kafka_message_t& native) {
    report(client_->events(), "Kafka topic " + topic() + ": " + rd_kafka_message_errstr(&native));
    if (is_damage(native.err) && read_->holds(native.partition)) {
      places_.suspect(native.partition);
      return true;
    }
    const error kind = describe(native.err).reason;
    if (kind == error::transport_fatal || kind == error::instance_replaced ||
        kind == error::authentication_failed || kind == error::message_exceeds_limit)
      note(failure_of(native));
    return false;
  }

  [[nodiscard]] failure failure_of(const rd_kafka_message_t& native) const {
    return about_topic(
        make_kafka_failure(native.err, "reading Kafka topic " + topic(), rd_kafka_message_errstr(&native)),
        topic());
  }

  /// Keeps a failure for take_problem(), if there is none yet.
  void note(result<void> outcome) {
    if (!outcome && !problem_)
      problem_ = std::move(outcome).error();
  }

  bool has_problem() const { return problem_ || client_->events().refused; }

  /// What is to be reported, once.
  [[nodiscard]] std::optional<failure> take_problem() {
    return problem_ ? std::exchange(problem_, std::nullopt)
                    : std::exchange(client_->events().refused, std::nullopt);
  }

  /// How many messages wait behind the position of each partition, as far as the brokers' answers have told.
  [[nodiscard]] std::vector<partition_lag> lag() const {
    std::vector<partition_lag> waiting;
    for (const std::int32_t partition : read_->partitions()) {
      extent held;
      const auto code = rd_kafka_get_watermark_offsets(client_->native(), topic().c_str(), partition,
                                                       &held.first, &held.end);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR || held.end < 0)
        continue; // nothing was fetched yet
      const std::int64_t position = read_->next(partition).value_or(std::max<std::int64_t>(held.first, 0));
      waiting.push_back({partition, std::max<std::int64_t>(held.end - position, 0)});
    }
    return waiting;
  }

  /// The instance ends for good with the last message that is still held.
  void close() noexcept { client_.reset(); }

private:
  connection target_;
  subscriber_options options_;
  std::shared_ptr<client> client_;
  std::optional<prefetch_meter> prefetch_;                          // where librdkafka has to be woken
  std::shared_ptr<positions> read_ = std::make_shared<positions>(); // shared with messages
  unreadable_places places_;
  std::optional<failure> problem_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
