#ifndef KOLLECT_SDK_TEST_NATS_MEMBER_HPP
#define KOLLECT_SDK_TEST_NATS_MEMBER_HPP

#include <kollect/nats/subscriber.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::test {

using namespace std::chrono_literals;

/// Messages that the stream no longer holds, as a listener was told.
struct gap {
  std::int64_t expected;
  std::int64_t found;

  friend bool operator==(const gap&, const gap&) = default;
  friend std::ostream& operator<<(std::ostream& out, const gap& lost) {
    return out << '[' << lost.expected << ", " << lost.found << ')';
  }
};

/// A subscriber with a listener that remembers what it was told.
class member {
public:
  std::optional<read_position> stored =
      read_position(0);                ///< what the listener answers; nothing: the store never saw the log
  int refusals = 0;                    ///< how often `assigned` is to fail first
  int questions = 0;                   ///< how often it was asked
  std::vector<std::string> identities; ///< of the log, as it was told
  std::vector<gap> gaps;
  std::vector<received_message> messages; ///< all that poll() has given
  std::vector<failure> failures;          ///< all that poll() has failed with
  std::vector<std::string> log;

  result<void> join(const connection& target, nats::subscriber_options options = {}) {
    options.client.log = [this](std::string_view line) { log.emplace_back(line); };
    auto made = nats::create_subscriber(target, options, listener());
    if (!made)
      return made.error();
    subscriber_ = std::move(*made);
    return {};
  }

  subscriber* operator->() noexcept { return subscriber_.get(); }

  /// Lets go of the subscriber, as the end of a program would.
  void leave() { subscriber_.reset(); }

  void poll(std::chrono::milliseconds timeout = 50ms, std::size_t most = 1'000) {
    auto taken = subscriber_->poll(most, 64U * 1024 * 1024, timeout);
    if (!taken) {
      failures.push_back(std::move(taken).error());
      return;
    }
    std::ranges::move(*taken, std::back_inserter(messages));
  }

  /// Polls until the condition holds; false after `timeout`.
  template <class Condition>
  bool poll_until(Condition condition, std::chrono::milliseconds timeout = 30s) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= end)
        return false;
      poll();
    }
    return true;
  }

  bool poll_until_has(std::size_t count) {
    return poll_until([&] { return messages.size() >= count; });
  }

  /// Acknowledges all and commits.
  result<void> settle(std::chrono::milliseconds timeout = 10s) {
    for (received_message& message : messages)
      message.acknowledge();
    return subscriber_->commit(timeout);
  }

  bool is_caught_up() {
    const auto done = subscriber_->caught_up(10s);
    return done && *done;
  }

  std::vector<std::string> values() const {
    std::vector<std::string> all;
    for (const received_message& message : messages)
      all.emplace_back(message.value);
    return all;
  }

  std::vector<std::int64_t> offsets() const {
    std::vector<std::int64_t> all;
    for (const received_message& message : messages)
      all.push_back(message.offset);
    return all;
  }

  bool has_logged(std::string_view words) const {
    return std::ranges::any_of(
        log, [&](const std::string& line) { return line.find(words) != std::string::npos; });
  }

private:
  partition_listener listener() {
    partition_listener made;
    made.assigned = [this](const log_identity& identity, std::span<const std::int32_t> partitions)
        -> result<std::vector<std::optional<read_position>>> {
      ++questions;
      identities.push_back(identity.name);
      if (partitions.size() != 1 || partitions[0] != 0)
        return make_failure(error::internal, "not the partition 0");
      if (refusals-- > 0)
        return make_failure(error::store_unavailable, "the store is away");
      return std::vector{stored};
    };
    made.gap = [this](std::int32_t, std::int64_t expected, std::int64_t found) {
      gaps.push_back({expected, found});
    };
    return made;
  }

  std::unique_ptr<subscriber> subscriber_;
};

} // namespace kollect::test

#endif
