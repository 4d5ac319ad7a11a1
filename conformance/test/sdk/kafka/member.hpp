#ifndef KOLLECT_SDK_TEST_KAFKA_MEMBER_HPP
#define KOLLECT_SDK_TEST_KAFKA_MEMBER_HPP

#include <kollect/kafka/subscriber.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kollect::test {

using namespace std::chrono_literals;

/// A manifest's connection to one topic, without security.
inline connection connection_to(std::string bootstrap, std::string topic) {
  connection target;
  target.addresses = {std::move(bootstrap)};
  target.destination = std::move(topic);
  return target;
}

/// A message to a topic.
inline outgoing_message message_to(std::string topic, std::string key, std::string value) {
  return {std::move(topic), std::move(key), {}, std::move(value)};
}

/// Messages "0", "1" … with as many different keys.
inline std::vector<outgoing_message> numbered_messages(const std::string& topic, int count, int keys = 7) {
  std::vector<outgoing_message> messages;
  for (int number = 0; number < count; ++number)
    messages.push_back(message_to(topic, "key-" + std::to_string(number % keys), std::to_string(number)));
  return messages;
}

/// Posts messages, of which nobody else keeps anything, and answers what has become of each.
inline std::vector<settled_message> post_all(publisher& target, std::vector<outgoing_message> messages,
                                             std::chrono::milliseconds timeout) {
  std::vector<settled_message> settled;
  const auto take = [&](std::chrono::milliseconds patience) {
    std::ranges::move(target.take_settled(patience), std::back_inserter(settled));
  };
  for (auto& message : messages) {
    target.post(std::make_shared<const outgoing_message>(std::move(message)), timeout);
    take(0ms);
  }
  const kafka::detail::deadline end{timeout + 10s};
  while (settled.size() < messages.size() && !end.passed())
    take(1s);
  return settled;
}

/// A log that a listener was told not to hold what should come next.
struct gap {
  std::int32_t partition;
  std::int64_t expected;
  std::int64_t found;

  friend bool operator==(const gap&, const gap&) = default;
};

/// A subscriber with a listener that remembers what it was told.
class member {
public:
  /// Where the listener lets a partition start; those that are not in it start at the log's beginning.
  std::map<std::int32_t, std::int64_t> start;
  int refusals = 0;            ///< how often `assigned` is to fail first
  std::size_t at_once = 1'000; ///< messages a poll may take
  std::vector<std::vector<std::int32_t>> assigned, revoked;
  std::set<std::string> identities; ///< of the log, as the listener was told
  std::set<std::int32_t> owned;
  std::vector<gap> gaps;
  std::vector<received_message> messages; ///< all that poll() has given
  std::vector<failure> failures;          ///< all that poll() has failed with
  std::vector<std::string> log;

  result<void> join(const connection& target, kafka::subscriber_options options = {}) {
    if (!options.client.log)
      options.client.log = [this](std::string_view line) { log.emplace_back(line); };
    auto made = kafka::create_subscriber(target, options, listener());
    if (!made)
      return made.error();
    subscriber_ = std::move(*made);
    return {};
  }

  subscriber& operator*() noexcept { return *subscriber_; }
  subscriber* operator->() noexcept { return subscriber_.get(); }

  /// Lets go of the subscriber, as the end of a program would.
  void leave() { subscriber_.reset(); }

  void poll(std::chrono::milliseconds timeout = 50ms) {
    auto taken = subscriber_->poll(at_once, 64U * 1024 * 1024, timeout);
    if (!taken) {
      failures.push_back(std::move(taken).error());
      return;
    }
    std::ranges::move(*taken, std::back_inserter(messages));
  }

  /// Polls until the condition holds; false after `timeout`.
  template <class Condition>
  bool poll_until(Condition condition, std::chrono::milliseconds timeout = 20s) {
    const kafka::detail::deadline end{timeout};
    while (!condition()) {
      if (end.passed())
        return false;
      poll();
    }
    return true;
  }

  bool poll_until_has(std::size_t count, std::chrono::milliseconds timeout = 20s) {
    return poll_until([&] { return messages.size() >= count; }, timeout);
  }

  /// Polls, acknowledging everything and committing, until the marked end is reached.
  bool poll_until_caught_up(std::chrono::milliseconds timeout = 20s) {
    return poll_until(
        [&] {
          acknowledge_all();
          if (!subscriber_->commit(5s))
            return false;
          const auto done = subscriber_->caught_up(5s);
          return done && *done;
        },
        timeout);
  }

  void acknowledge_all() {
    for (received_message& message : messages)
      message.acknowledge();
  }

  std::vector<std::string> values() const {
    std::vector<std::string> all;
    for (const received_message& message : messages)
      all.emplace_back(message.value);
    return all;
  }

  std::vector<std::int64_t> offsets(std::int32_t partition = 0) const {
    std::vector<std::int64_t> all;
    for (const received_message& message : messages)
      if (message.partition == partition)
        all.push_back(message.offset);
    return all;
  }

private:
  partition_listener listener() {
    partition_listener made;
    made.assigned = [this](const log_identity& identity, std::span<const std::int32_t> partitions)
        -> result<std::vector<std::optional<read_position>>> {
      identities.insert(identity.name);
      assigned.emplace_back(partitions.begin(), partitions.end());
      if (refusals-- > 0)
        return make_failure(error::store_unavailable, "the store is away");
      owned.insert(partitions.begin(), partitions.end());
      std::vector<std::optional<read_position>> offsets;
      for (const std::int32_t partition : partitions) {
        const auto known = start.find(partition);
        offsets.push_back(known == start.end() ? std::nullopt : std::optional<read_position>(known->second));
      }
      return offsets;
    };
    made.revoked = [this](std::span<const std::int32_t> partitions) {
      revoked.emplace_back(partitions.begin(), partitions.end());
      for (const std::int32_t partition : partitions)
        owned.erase(partition);
    };
    made.gap = [this](std::int32_t partition, std::int64_t expected, std::int64_t found) {
      gaps.push_back({partition, expected, found});
    };
    return made;
  }

  std::unique_ptr<subscriber> subscriber_;
};

/// Polls two members in turn until the condition holds; false after `timeout`.
template <class Condition>
bool poll_both_until(member& one, member& other, Condition condition,
                     std::chrono::milliseconds timeout = 30s) {
  return one.poll_until(
      [&] {
        other.poll();
        return condition();
      },
      timeout);
}

} // namespace kollect::test

#endif
