#ifndef KOLLECT_CONFORMANCE_RAW_PUBLISHER_HPP
#define KOLLECT_CONFORMANCE_RAW_PUBLISHER_HPP

#include "consumer_message.hpp"

#include <kollect/connection.hpp>
#include <kollect/error.hpp>

#include <chrono>
#include <functional>
#include <span>

namespace kollect::conformance {

/// Writes messages as they are: any bytes, any key or none, and on Kafka to the partition that they name.
/// On NATS each has a message id of its own, so that no duplicate window swallows one.
class raw_publisher {
public:
  static result<raw_publisher> connect(const connection& target, std::chrono::milliseconds timeout);

  /// In their order; answers when the broker has all of them.
  result<void> publish(std::span<const sent_message> messages);

private:
  using send = std::function<result<void>(std::span<const sent_message>)>;
  explicit raw_publisher(send how) : send_(std::move(how)) {}

  send send_;
};

} // namespace kollect::conformance

#endif
