#ifndef KOLLECT_KAFKA_SUBSCRIBER_HPP
#define KOLLECT_KAFKA_SUBSCRIBER_HPP

#include <kollect/kafka/detail/subscriber.hpp>
#include <kollect/version.hpp>

#include <memory>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka {

/// Makes a member of a Kafka consumer group for the topic of `target`. Waits up to
/// `options.client.connect_timeout` for a broker to tell that the topic exists and which log it is.
///
/// Where to start is asked of `listener.assigned` and of nobody else: neither committed offsets nor
/// auto.offset.reset are ever used. An offset that the log does not hold is reported to `listener.gap`, and
/// reading goes on at the log's beginning, never at its end; `found` below `expected` says that the log is
/// shorter than what was read of it, as after the loss of a broker's disk.
///
/// librdkafka says nothing of a topic that is deleted and recreated within seconds, or has lost its tail,
/// once it is long enough again. So the last record that was given out is compared with what stands at its
/// offset, through a connection of its own: before messages are given out, unless that was done within 0.2 s
/// (or twenty times as long as it takes), after every interruption, and every `options.log_check_interval`
/// while none come. A log that was replaced is read from its beginning, and `listener.gap` is told, with
/// `found` below `expected`. With librdkafka 2.3 or later the topic's id is compared too: then log() changes,
/// and where to start is asked again. Across restarts the owner compares: it answers one message early, and
/// keeps fingerprint_of() that one's value.
///
/// A message's value is a view into librdkafka's memory, kept by its owner, which also keeps the
/// connection: drop messages before, or soon after, close(). appended_at is set for topics with
/// message.timestamp.type=LogAppendTime only, as else the time is the producer's word.
///
/// Acknowledging may happen in any order: commit() tells the broker the offset below which nothing is open.
/// It returns error::fenced when the group has moved on, which the next poll() mends.
///
/// poll() gives no messages, and no failure, while brokers are out of reach. Its failures are
/// error::authentication_failed and error::tls_failed, error::topic_missing when the topic has been
/// deleted, error::instance_replaced when another process has taken our instance id (the one that came later
/// goes on), error::transport_fatal when the broker sends damaged data (which is asked for again),
/// error::broker_timeout when the log's limits cannot be
/// learned, and what `assigned` fails with.
///
/// Errors: as of create_publisher(), and error::topic_missing [KAF-06], error::broker_unavailable.
[[nodiscard]] inline result<std::unique_ptr<subscriber>>
create_subscriber(const connection& target, const subscriber_options& options, partition_listener listener) {
  if (auto right = kollect::detail::check_system(target, broker_system::kafka); !right)
    return right.error();
  auto made = std::make_unique<detail::group_subscriber>(target, options, std::move(listener));
  if (auto opened = made->open(); !opened)
    return std::move(opened).error();
  return std::unique_ptr<subscriber>(std::move(made));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka

#endif
