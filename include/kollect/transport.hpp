#ifndef KOLLECT_TRANSPORT_HPP
#define KOLLECT_TRANSPORT_HPP

#include <kollect/checksum.hpp>
#include <kollect/error.hpp>
#include <kollect/message.hpp>
#include <kollect/position.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What has become of a message that was posted.
struct settled_message {
  std::shared_ptr<const outgoing_message> message; ///< the one that was posted
  result<receipt> outcome;                         ///< as one of publish()
};

/// Where messages go. kafka::create_publisher and nats::create_publisher make one.
/// Not thread-safe; use one a thread.
class publisher {
public:
  virtual ~publisher() = default;

  /// Sends all messages in order and waits until the broker has confirmed each (KAF-03, NAT-05) or
  /// `timeout` has passed. The answer has one result a message, in their order. A result that is not
  /// a receipt means that the broker did not confirm it: it may or may not have been stored.
  ///
  /// Nothing is sent where one of the messages can never be, and nothing that follows a message that failed
  /// before it was sent: those answer error::not_acknowledged. It is post() of all and take_settled().
  [[nodiscard]] virtual std::vector<result<receipt>> publish(std::span<const outgoing_message> messages,
                                                             std::chrono::milliseconds timeout) = 0;

  /// Hands a message over without waiting for its confirmation (KAF-03, NAT-05), so that many are on their
  /// way at once. Waits only for a connection, for room in the client and, the first time, for the NATS
  /// stream. The publisher shares the message until its client is done with it, and the Kafka client reads
  /// the value where it stands: it must not be changed any more. How many messages are on their way is for
  /// the caller to bound, by those that have not settled. Messages of one key are stored in the order of
  /// post(), as those of publish() are.
  ///
  /// Whatever becomes of it, take_settled() tells it. When one is not confirmed within `timeout` from now on,
  /// it fails, and with it all that are on their way. After any failure no message is sent until
  /// take_settled() has told of all that were posted: they fail with error::not_acknowledged, so that what
  /// the caller publishes again is not overtaken by what it has posted since.
  virtual void post(std::shared_ptr<const outgoing_message> message, std::chrono::milliseconds timeout) = 0;

  /// Tells what has become of posted messages: of each once, in the order of post(). Waits up to `timeout`
  /// for the first, while any is on its way; call it often, as it also serves the connection. publish() and
  /// check() wait until all that was posted has settled; take_settled() tells of it all the same.
  [[nodiscard]] virtual std::vector<settled_message> take_settled(std::chrono::milliseconds timeout) = 0;

  /// The connection test of spec.connectionTest: a Kafka metadata request that also finds the topic,
  /// or a JetStream account request. Sends no message.
  [[nodiscard]] virtual result<void> check(std::chrono::milliseconds timeout) = 0;

  /// Ends the connection; everything unconfirmed counts as not sent: take_settled() answers error::closed for
  /// what was posted. Called by the destructor.
  virtual void close() noexcept = 0;
};

/// How many messages of one partition are waiting.
struct partition_lag {
  std::int32_t partition = 0; ///< Kafka partition; 0 for NATS
  std::int64_t messages = 0;  ///< 0 or more

  friend auto operator<=>(const partition_lag&, const partition_lag&) = default;
  friend bool operator==(const partition_lag&, const partition_lag&) = default;
};

/// A place where a partition stands still, as the messages there cannot be read.
struct unreadable_batch {
  std::int32_t partition = 0; ///< Kafka partition
  std::int64_t offset = 0;    ///< of the first message that cannot be read
  failure reason{};           ///< error::unreadable_batch: what is wrong, and what to do next
};

/// Which log messages come from, so that a topic or stream that was deleted and recreated is not
/// taken for the old one.
struct log_identity {
  broker_system system = broker_system::kafka; ///< of what kind the log is
  /// `kafka/CLUSTER_ID/TOPIC[/TOPIC_ID]` or `nats/STREAM/CREATED/SUBJECT`.
  std::string name{};

  friend auto operator<=>(const log_identity&, const log_identity&) = default;
  friend bool operator==(const log_identity&, const log_identity&) = default;
};

/// How far a log has been read before.
struct read_position {
  /// Read up to before `next_offset`, of which `last_message` was the last.
  read_position(std::int64_t next_offset, std::optional<fingerprint> last_message = {}) noexcept
      : next(next_offset), last(last_message) {}

  std::int64_t next; ///< Kafka offset or stream sequence from which on nothing was read
  /// fingerprint_of() the value of the message before it; nothing: not known. NATS compares it with the
  /// message that stands there now.
  std::optional<fingerprint> last;

  friend bool operator==(const read_position&, const read_position&) = default;
};

/// Where to start in each of some partitions: what was read before, or nothing for the log's beginning.
using start_positions = std::vector<std::optional<read_position>>;

/// What a subscriber asks and tells its owner about partitions. Called from poll() only.
struct partition_listener {
  /// These Kafka partitions are ours from now on. Answers where to start, one entry a partition:
  /// a position, or nothing to start at the log's beginning. A failure is passed on by poll(), and
  /// the question is asked again at the next poll(). NATS has the one partition 0 and a durable with a
  /// position of its own: there an answer only says that the owner knows the log, and, from 1 on, that
  /// it has seen nothing from that sequence on, so that what is gone from there is a gap. `log` is what
  /// subscriber::log() will answer, which may not exist yet when the question comes.
  std::function<result<start_positions>(const log_identity& log, std::span<const std::int32_t>)> assigned;

  /// These partitions are not ours any more; messages of theirs that are still held must be dropped.
  std::function<void(std::span<const std::int32_t>)> revoked;

  /// The log no longer holds what should come next. With `found` above `expected` retention has removed
  /// [expected, found). With `found` below `expected` another log stands in the place of the one that was
  /// read: it was recreated, or has lost its tail, and may have been filled again. It is read from `found`
  /// on, its beginning; what of it was read before comes again.
  std::function<void(std::int32_t partition, std::int64_t expected, std::int64_t found)> gap;
};

/// Where messages come from. kafka::create_subscriber and nats::create_subscriber make one.
/// Not thread-safe: every call from one thread.
class subscriber {
public:
  virtual ~subscriber() = default;

  /// Which log this reads; known after creation.
  [[nodiscard]] virtual const log_identity& log() const noexcept = 0;

  /// Takes up to `max_messages` messages or about `max_bytes` bytes of values, whichever comes first;
  /// waits up to `timeout` for the first of them. No messages is not a failure. Serves rebalances.
  [[nodiscard]] virtual result<std::vector<received_message>>
  poll(std::size_t max_messages, std::size_t max_bytes, std::chrono::milliseconds timeout) = 0;

  /// Tells the broker of every message acknowledged so far, and waits for its answer. To be called
  /// only after the effect of those messages has been committed to the store. A failure loses
  /// nothing: the messages come again and are recognised.
  [[nodiscard]] virtual result<void> commit(std::chrono::milliseconds timeout) = 0;

  /// Begins to do the same. What an earlier call has begun is waited for, up to `timeout`, and told of; what
  /// this one begins, by the next call or by commit(). NATS confirms at once, and there it is commit(). A
  /// Kafka broker takes its time on purpose (4.1: 5 ms), in which the next messages can be processed.
  [[nodiscard]] virtual result<void> begin_commit(std::chrono::milliseconds timeout) = 0;

  /// Stays a member of the group, and keeps unacknowledged messages ours, without taking new ones,
  /// while the owner waits for its store. To be called at least every few seconds then.
  [[nodiscard]] virtual result<void> keep_alive() = 0;

  /// Fixes the present end of the log, for caught_up().
  [[nodiscard]] virtual result<void> mark_end(std::chrono::milliseconds timeout) = 0;

  /// True when everything before the marked end has been delivered to and acknowledged by this
  /// group. Pending deliveries to other members count as not yet caught up.
  [[nodiscard]] virtual result<bool> caught_up(std::chrono::milliseconds timeout) = 0;

  /// How many messages are waiting behind the position, per owned partition, as last seen.
  [[nodiscard]] virtual std::vector<partition_lag> lag() const = 0;

  /// The partitions that stand still, while others go on, until what stands there can be read or the
  /// subscriber is told to pass over it. They are tried again now and then.
  [[nodiscard]] virtual std::span<const unreadable_batch> unreadable() const noexcept { return {}; }

  /// Sequence up to which the broker will never deliver again (NATS acknowledgement floor); 0 for Kafka.
  [[nodiscard]] virtual std::int64_t settled_sequence() const noexcept = 0;

  /// For how long messages that were given out stay ours without a word from us, be it poll(), commit() or
  /// keep_alive(); then others get them. Nothing where a position is what fences us off: Kafka.
  [[nodiscard]] virtual std::optional<std::chrono::milliseconds> ack_wait() const noexcept { return {}; }

  /// Leaves the group; bounded in time even if the broker is gone. Called by the destructor.
  virtual void close() noexcept = 0;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
