#ifndef KOLLECT_MESSAGE_HPP
#define KOLLECT_MESSAGE_HPP

#include <kollect/error.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// The kind of broker a message goes through.
enum class broker_system { kafka, nats };

[[nodiscard]] constexpr std::string_view to_string(broker_system system) noexcept {
  return system == broker_system::kafka ? "kafka" : "nats";
}

inline std::ostream& operator<<(std::ostream& out, broker_system system) {
  return out << to_string(system);
}

/// A Kafka record header or a NATS message header.
struct header {
  std::string name{};  ///< case-sensitive
  std::string value{}; ///< any bytes for Kafka, one line for NATS

  friend auto operator<=>(const header&, const header&) = default;
  friend bool operator==(const header&, const header&) = default;
};

/// The name of the NATS header that a stream recognises a message by (NAT-02).
inline constexpr std::string_view message_id_header = "Nats-Msg-Id";

/// A message as it is handed to a publisher. The value's bytes are the same for Kafka and NATS (ENV-04).
///
/// make_message() makes one for the broker it goes to. A publisher refuses one for the other kind of broker
/// with error::invalid_value, as what its broker needs would be missing: for Kafka one with the header
/// Nats-Msg-Id, for NATS one with a key, or without that header. A Kafka message that is filled in by hand
/// without a key goes to any partition, so that its scope's order is lost (KAF-02).
struct outgoing_message {
  std::string destination{};        ///< Kafka topic or NATS subject
  std::optional<std::string> key{}; ///< Kafka message key (KAF-01); NATS has none
  std::vector<header> headers{};    ///< KAF-04; NAT-02: Nats-Msg-Id
  std::string value{};              ///< the serialized envelope

  friend bool operator==(const outgoing_message&, const outgoing_message&) = default;
};

namespace detail {

/// Fails for a message that was made for the other kind of broker, or lacks what this one needs.
[[nodiscard]] inline result<void> check_made_for(broker_system system, const outgoing_message& message) {
  const bool has_id = std::any_of(message.headers.begin(), message.headers.end(),
                                  [](const header& one) { return one.name == message_id_header; });
  if (system == broker_system::kafka && has_id)
    return make_failure(error::invalid_value,
                        "the message was made for NATS, with a Nats-Msg-Id: make it for this connection",
                        "KAF-01");
  if (system == broker_system::nats && message.key)
    return make_failure(error::invalid_value,
                        "the message was made for Kafka, with a key that NATS would lose: make it for this "
                        "connection",
                        "NAT-02");
  if (system == broker_system::nats && !has_id)
    return make_failure(error::invalid_value,
                        "a message to NATS needs the header Nats-Msg-Id, as make_message() gives it",
                        "NAT-02");
  return {};
}

} // namespace detail

/// What the broker said when it had stored a message.
struct receipt {
  std::int32_t partition = 0; ///< Kafka partition; 0 for NATS
  std::int64_t offset = 0;    ///< Kafka offset or stream sequence
  bool duplicate = false;     ///< NAT-05: the stream had this Nats-Msg-Id already, which is success

  friend auto operator<=>(const receipt&, const receipt&) = default;
  friend bool operator==(const receipt&, const receipt&) = default;
};

/// A message as it came from the broker, carrying its own acknowledgement. Movable, not copyable.
///
/// The value is a view into memory that `owner` keeps alive: nothing is copied between the
/// broker client and the consumer. Destroying a message that was not acknowledged leaves it to
/// be delivered again.
struct received_message {
  std::int32_t partition = 0;           ///< Kafka partition; 0 for NATS
  std::int64_t offset = 0;              ///< Kafka offset or stream sequence
  std::uint64_t delivery_count = 1;     ///< NATS: 2 or more for a redelivery; Kafka does not tell
  std::optional<timestamp> appended_at; ///< when the broker took it in
  std::optional<timestamp> created_at;  ///< Kafka, where the broker does not say: when its producer made it
  std::optional<std::string> key;       ///< Kafka message key
  std::string subject;                  ///< NATS subject or Kafka topic
  std::vector<header> headers;          ///< in the order they were sent in
  std::string_view value;               ///< the bytes as sent; empty for a tombstone too
  bool is_tombstone = false;            ///< a Kafka record without a value
  /// Set where the log could not be read, and the subscriber was told to pass over that. It says which
  /// offsets are missing and why; `offset` is the last of them, and there is no value. Such a message is to
  /// be buried and acknowledged, as others are.
  std::optional<failure> unreadable;
  std::shared_ptr<const void> owner;    ///< keeps `value` alive
  std::function<void()> on_acknowledge; ///< set by the subscriber

  received_message() = default;
  received_message(received_message&&) = default;
  received_message& operator=(received_message&&) = default;
  received_message(const received_message&) = delete;
  received_message& operator=(const received_message&) = delete;

  /// Marks the message as processed. The broker hears of it at the next subscriber::commit().
  void acknowledge() {
    if (on_acknowledge)
      std::exchange(on_acknowledge, nullptr)();
  }
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
