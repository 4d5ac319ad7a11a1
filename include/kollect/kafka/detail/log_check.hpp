#ifndef KOLLECT_KAFKA_DETAIL_LOG_CHECK_HPP
#define KOLLECT_KAFKA_DETAIL_LOG_CHECK_HPP

#include <kollect/checksum.hpp>
#include <kollect/kafka/detail/message.hpp>
#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/kafka/detail/topic.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// A record by which a log is recognised: another log holds another one at its offset, or none.
struct known_record {
  std::int64_t offset = 0;
  std::int64_t timestamp = 0; ///< milliseconds, by whatever clock the topic goes
  fingerprint value;

  friend bool operator==(const known_record&, const known_record&) = default;
};

[[nodiscard]] inline known_record known_record_of(const rd_kafka_message_t& native) {
  rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  return {native.offset, rd_kafka_message_timestamp(&native, &kind),
          fingerprint_of({static_cast<const char*>(native.payload), native.len})};
}

/// What a log has at the offset of a record that it once held.
enum class record_finding {
  same,      ///< that record
  replaced,  ///< another one, or it ends before: the log was recreated, or has lost its tail
  forgotten, ///< nothing any more, as after retention or compaction: nobody can tell
};

/// Looks up single records of a topic through a connection of its own, so that those who read the topic are
/// not disturbed. It joins no group.
class record_reader {
public:
  [[nodiscard]] static result<std::unique_ptr<record_reader>> open(const connection& target,
                                                                   subscriber_options options) {
    options.instance_id.clear();
    options.client.log = nullptr; // whoever reads the topic tells of the same brokers
    auto config = make_config(target, options);
    if (!config)
      return config.error();
    config_builder builder{config->get()};
    // One record batch in one answer, be it as large as it may, and never a pause for a queue that is full,
    // which all partitions share.
    builder.set("message.max.bytes", "1000")
        .set("fetch.max.bytes", "1000")
        .set("fetch.message.max.bytes", "1")
        .set("fetch.wait.max.ms", "10")
        .set("fetch.error.backoff.ms", "10")
        .set("queued.min.messages", "1000")
        .set("queued.max.messages.kbytes", "65536");
    if (auto set = builder.finish(); !set)
      return set.error();
    auto made = client::create(RD_KAFKA_CONSUMER, std::move(*config), target, options.client);
    if (!made)
      return made.error();
    rd_kafka_poll_set_consumer((*made)->native());
    return std::unique_ptr<record_reader>(new record_reader(std::move(*made), target.destination));
  }

  client& source() noexcept { return *client_; }
  const std::shared_ptr<client>& shared_source() const noexcept { return client_; }

  /// The record at an offset; nothing where none stands there, or none that can be read.
  [[nodiscard]] result<message_pointer> read(std::int32_t partition, std::int64_t offset,
                                             std::chrono::milliseconds timeout) {
    auto found = read_next(partition, offset, timeout);
    if (!found && found.error().reason() == error::unreadable_batch)
      return message_pointer{};
    if (found && *found && (*found)->offset != offset)
      found->reset();
    return found;
  }

  /// The first record from an offset on; nothing where none follows. error::unreadable_batch for one that
  /// cannot be read.
  [[nodiscard]] result<message_pointer> read_next(std::int32_t partition, std::int64_t offset,
                                                  std::chrono::milliseconds timeout) {
    const deadline end{timeout};
    if (auto begun = fetch_from(*client_, topic_, {{partition, offset}}); !begun)
      return begun.error();
    std::optional<message_pointer> found;
    bool is_unreadable = false;
    client_->events().oversized.reset();
    constexpr std::chrono::milliseconds most{100}; // an answer that is too large wakes nobody
    while (!found && !is_unreadable && !end.passed()) {
      message_pointer native{rd_kafka_consumer_poll(client_->native(), milliseconds_of(end.left(most)))};
      is_unreadable = client_->events().oversized.has_value();
      if (!native || native->partition != partition)
        continue;
      if (native->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        found = std::move(native);
      else if (native->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
               native->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        found = nullptr;
      else
        is_unreadable |= is_damage(native->err);
    }
    rd_kafka_assign(client_->native(), nullptr);
    if (!found && is_unreadable)
      return make_failure(error::unreadable_batch, "what stands at offset " + std::to_string(offset) +
                                                       " of partition " + std::to_string(partition) +
                                                       " of Kafka topic " + topic_ + " cannot be read");
    if (!found)
      return make_kafka_failure(RD_KAFKA_RESP_ERR__TIMED_OUT, "reading one record of Kafka topic " + topic_);
    return std::move(*found);
  }

  /// Compares what stands at the offsets of these records, by partition, with them. Those of which no broker
  /// has told anything in time are left out.
  [[nodiscard]] result<std::map<std::int32_t, record_finding>>
  compare(const std::map<std::int32_t, known_record>& records, std::chrono::milliseconds timeout) {
    const deadline end{timeout};
    std::map<std::int32_t, std::int64_t> offsets;
    for (const auto& [partition, record] : records)
      offsets.emplace(partition, record.offset);
    if (auto begun = fetch_from(*client_, topic_, offsets); !begun)
      return begun.error();
    std::map<std::int32_t, record_finding> found;
    while (found.size() < records.size() && !end.passed()) {
      const message_pointer native{rd_kafka_consumer_poll(client_->native(), milliseconds_of(end.left()))};
      if (!native)
        continue;
      const auto wanted = records.find(native->partition);
      if (wanted == records.end() || found.contains(native->partition))
        continue;
      if (native->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        auto held = measure(*client_, topic_, native->partition, end.left());
        if (held)
          found.emplace(native->partition, held->end <= wanted->second.offset ? record_finding::replaced
                                                                              : record_finding::forgotten);
      } else if (native->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        found.emplace(native->partition, native->offset <= wanted->second.offset ? record_finding::replaced
                                                                                 : record_finding::forgotten);
      } else if (is_damage(native->err)) {
        found.emplace(native->partition, record_finding::forgotten);
      } else if (native->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        found.emplace(native->partition, compare(*native, wanted->second));
      }
    }
    rd_kafka_assign(client_->native(), nullptr);
    return found;
  }

private:
  record_reader(std::shared_ptr<client> made, std::string topic)
      : client_(std::move(made)), topic_(std::move(topic)) {}

  static record_finding compare(const rd_kafka_message_t& native, const known_record& record) {
    if (native.offset > record.offset)
      return record_finding::forgotten;
    return known_record_of(native) == record ? record_finding::same : record_finding::replaced;
  }

  std::shared_ptr<client> client_;
  std::string topic_;
};

/// Sees whether the log that is being read still is the one that was read: librdkafka says nothing of a topic
/// that is deleted and recreated within seconds, or of one whose tail is lost, once it is long enough again.
///
/// Of each partition it knows a record that was in the log when it was last looked at, and the last one that
/// was given out since. As long as the first is in its place, the second is of the same log, and takes its
/// place. So whatever happens between two looks is noticed at the second, even where the partition was
/// another member's meanwhile.
///
/// A log that has lost its tail still holds the first. That takes a broker that goes away: so after an
/// interruption it is the record that was given out last before it which must be in its place.
class log_check {
public:
  log_check(connection target, subscriber_options options)
      : target_(std::move(target)), options_(std::move(options)) {}

  void forget_all() { known_.clear(); }
  void forget(std::int32_t partition) { known_.erase(partition); }

  /// Notes what was given out last. To be called before the look that precedes the giving out, if one is due.
  void note(const std::vector<received_message>& batch) {
    std::set<std::int32_t> seen;
    for (auto message = batch.rbegin(); message != batch.rend(); ++message)
      // What stands for a message that could not be read has no owner, and nothing to compare.
      if (message->owner && !message->unreadable && seen.insert(message->partition).second) {
        const auto& kept = *static_cast<const kept_message*>(message->owner.get());
        auto record = known_record_of(*kept.native);
        known_.try_emplace(message->partition, partition_records{record, record}).first->second.last = record;
      }
  }

  /// Has the next look come at once: something has happened to the connection or the topic. To be called
  /// before what has come since is noted.
  void hurry() noexcept {
    is_hurried_ = true;
    for (auto& [_, records] : known_)
      if (!records.before_interruption)
        records.before_interruption = records.last;
  }

  /// Whether it is time for a look; `is_idle` says that no messages have come.
  bool is_due(bool is_idle) const noexcept {
    const auto now = std::chrono::steady_clock::now();
    const bool has_failed = pause_after_failure_ > first_pause;
    if (known_.empty() || (now < not_before_ && (has_failed || !is_hurried_)))
      return false;
    return !is_idle || is_hurried_ || now - looked_at_ >= options_.log_check_interval;
  }

  /// Looks, for no longer than `longest_look`, at those of these partitions of which a record is known.
  /// Answers those whose log is another one. A failure says that it is not known; the next look finds out.
  [[nodiscard]] result<std::vector<std::int32_t>> look(const std::vector<std::int32_t>& partitions) {
    const auto begun = std::chrono::steady_clock::now();
    auto found = compare(partitions);
    looked_at_ = std::chrono::steady_clock::now();
    is_hurried_ = !found;
    // However slow the broker is, looking takes a small share of the time; so it does while a leader is away.
    pause_after_failure_ = found ? first_pause : std::min(2 * pause_after_failure_, share * longest_look);
    not_before_ =
        looked_at_ + (found ? std::max<std::chrono::nanoseconds>(shortest_pause, (looked_at_ - begun) * share)
                            : std::chrono::nanoseconds(pause_after_failure_));
    if (!found)
      reader_.reset(); // a new one has no memory of a topic that is gone
    return found;
  }

  /// What a partition holds now. Only after look() has succeeded.
  [[nodiscard]] result<extent> measure(std::int32_t partition, std::chrono::milliseconds timeout) {
    return detail::measure(reader_->source(), target_.destination, partition, timeout);
  }

  /// Which log the topic is now. Only after look() has succeeded.
  [[nodiscard]] result<log_identity> identify(std::chrono::milliseconds timeout) {
    return identify_log(reader_->source(), target_.destination, timeout);
  }

  /// To be called before these messages are given out, after the look if one was due. A client that was told
  /// to stop keeps what it was fetching until it is asked again: a large batch, for as long as these take.
  void rest(const std::vector<received_message>& given_out) noexcept {
    if (std::any_of(given_out.begin(), given_out.end(),
                    [](const auto& message) { return message.value.size() >= large_message; }))
      close();
  }

  void close() noexcept { reader_.reset(); }

private:
  static constexpr std::size_t large_message = 4U * 1024 * 1024;
  static constexpr std::chrono::milliseconds longest_look{1'000};
  static constexpr std::chrono::milliseconds shortest_pause{200};
  static constexpr std::chrono::milliseconds first_pause{500}; ///< doubled before the first use
  static constexpr int share = 20; ///< at least so many times as long as a look is the pause after it

  struct partition_records {
    known_record seen; ///< in the log at the last look
    known_record last; ///< given out
    std::optional<known_record>
        before_interruption{}; ///< given out last before one that no look has followed
  };

  /// The log is the one that was read: so what was given out last is in it.
  static void accept(partition_records& records) {
    records.seen = records.last;
    records.before_interruption.reset();
  }

  [[nodiscard]] result<std::vector<std::int32_t>> compare(const std::vector<std::int32_t>& partitions) {
    if (!reader_) {
      auto opened = record_reader::open(target_, options_);
      if (!opened)
        return opened.error();
      reader_ = std::move(*opened);
    }
    std::map<std::int32_t, known_record> records;
    for (const std::int32_t partition : partitions)
      if (const auto known = known_.find(partition); known != known_.end())
        records.emplace(partition, known->second.before_interruption.value_or(known->second.seen));
    auto found = reader_->compare(records, longest_look);
    if (!found)
      return found.error();
    std::vector<std::int32_t> replaced;
    for (const auto& [partition, finding] : *found)
      if (finding == record_finding::replaced)
        replaced.push_back(partition);
      else
        accept(known_.at(partition));
    if (found->size() < records.size() && replaced.empty())
      return make_kafka_failure(RD_KAFKA_RESP_ERR__TIMED_OUT, "looking whether Kafka topic " +
                                                                  target_.destination +
                                                                  " still is the one that was read");
    return replaced;
  }

  connection target_;
  subscriber_options options_;
  std::unique_ptr<record_reader> reader_;
  std::map<std::int32_t, partition_records> known_;
  std::chrono::steady_clock::time_point looked_at_{}, not_before_{};
  std::chrono::milliseconds pause_after_failure_ = first_pause;
  bool is_hurried_ = false;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
