#ifndef KOLLECT_CONSUMER_TEST_SCRIPTED_BROKER_HPP
#define KOLLECT_CONSUMER_TEST_SCRIPTED_BROKER_HPP

#include "support/messages.hpp"

#include <kollect/transport.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kollect::consumer::test {

/// A log of one partition in memory, which does and fails what a test wants, and remembers in `events`
/// what was asked of it. Subscribers come and go; it stays.
struct scripted_broker {
  log_identity log{broker_system::kafka, std::string(kafka_log)};
  std::vector<outgoing_message> messages; ///< at offset 0 and on, for NATS at sequence 1 and on
  std::size_t messages_per_poll = 1'000;
  std::optional<timestamp> appended_at;              ///< of all messages, by the broker's clock
  std::optional<std::chrono::milliseconds> ack_wait; ///< as a durable has one
  bool assigns_again = false;                        ///< within the next poll, after on_poll

  // Each entry fails one call.
  std::deque<failure> connect_faults, poll_faults, commit_faults, mark_end_faults, caught_up_faults,
      keep_alive_faults;
  std::function<void(const partition_listener&)> on_poll; ///< before messages are given out
  std::function<void(const partition_listener&)> on_keep_alive;
  std::function<void()> on_connect;

  std::vector<std::string> events;
  std::set<std::int64_t> acknowledged;
  std::vector<std::optional<std::int64_t>> starts; ///< what the listener answered, in turn

  std::int64_t first() const { return log.system == broker_system::kafka ? 0 : 1; }
  std::size_t count(const std::string& event) const {
    return static_cast<std::size_t>(std::count(events.begin(), events.end(), event));
  }

  /// As consumer_loop::open_subscriber.
  result<std::unique_ptr<subscriber>> connect(partition_listener listener);
};

} // namespace kollect::consumer::test

#endif
