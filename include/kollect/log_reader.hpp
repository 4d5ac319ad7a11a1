#ifndef KOLLECT_LOG_READER_HPP
#define KOLLECT_LOG_READER_HPP

#include <kollect/error.hpp>
#include <kollect/message.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// The ends of a log, as places to begin at.
enum class read_start { earliest, latest };

/// Where a log_reader begins: at an end of the log, or with the first message that the broker dates at
/// this instant or later. (Kafka dates by the topic's message.timestamp.type, in milliseconds.)
using read_from = std::variant<read_start, timestamp>;

/// Reads a topic or subject beside those who consume it: joins no group, makes no durable, acknowledges
/// nothing, and so changes nothing for anybody. kafka::create_reader and nats::create_reader make one.
/// Not thread-safe: every call from one thread.
class log_reader {
public:
  virtual ~log_reader() = default;

  /// Which log this reads.
  [[nodiscard]] virtual const log_identity& log() const noexcept = 0;

  /// Takes up to `max_messages` messages or about `max_bytes` bytes of values, whichever comes first;
  /// waits up to `timeout` for the first of them. Each partition's messages come in its order, none
  /// twice. No messages is not a failure. Acknowledging them is without effect.
  [[nodiscard]] virtual result<std::vector<received_message>>
  poll(std::size_t max_messages, std::size_t max_bytes, std::chrono::milliseconds timeout) = 0;

  /// True once everything that was there when the reader was made has been given out.
  [[nodiscard]] virtual bool at_end() const noexcept = 0;

  /// Where each partition ended when the reader was made: the offset after its last message.
  [[nodiscard]] virtual std::vector<partition_position> ends() const = 0;

  /// Where each partition began when the reader was made: the offset of its first message.
  [[nodiscard]] virtual std::vector<partition_position> begins() const = 0;

  /// The message at one place of the log, beside what poll() gives; nothing where the log holds none there
  /// (any more, or yet). Waits up to `timeout` for the broker's answer.
  [[nodiscard]] virtual result<std::optional<received_message>>
  find(std::int32_t partition, std::int64_t offset, std::chrono::milliseconds timeout) = 0;

  /// The first message at or after a place; nothing where none follows (yet). Waits up to `timeout`.
  /// error::unreadable_batch where one stands there that cannot be read.
  [[nodiscard]] virtual result<std::optional<received_message>>
  find_next(std::int32_t partition, std::int64_t offset, std::chrono::milliseconds timeout) = 0;

  /// Ends the connection. Called by the destructor.
  virtual void close() noexcept = 0;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
