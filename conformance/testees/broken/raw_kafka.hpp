#ifndef KOLLECT_TESTEES_RAW_KAFKA_HPP
#define KOLLECT_TESTEES_RAW_KAFKA_HPP

#include "fault.hpp"

#include <kollect/error.hpp>

#include <chrono>
#include <memory>
#include <span>

namespace kollect::testees {

/// A Kafka producer with the settings that the contract forbids, and that the SDK's publisher does not have.
/// Without security.
class raw_kafka {
public:
  static result<raw_kafka> create(const connection& target, delivery how, std::chrono::milliseconds timeout);

  /// Publishes and waits until the broker has said what it says with these settings.
  result<void> publish(std::span<const outgoing_message> messages);

private:
  struct state;
  explicit raw_kafka(std::shared_ptr<state> made) : state_(std::move(made)) {}

  std::shared_ptr<state> state_;
};

} // namespace kollect::testees

#endif
