#ifndef KOLLECT_PRODUCER_TEST_FAKE_PUBLISHER_HPP
#define KOLLECT_PRODUCER_TEST_FAKE_PUBLISHER_HPP

#include <kollect/transport.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kollect::test {

/// A publisher that keeps what it is given, and fails where a test wants it to.
class fake_publisher final : public publisher {
public:
  /// Asked for each message; a failure is that message's result, and it is not kept.
  std::function<std::optional<failure>(const outgoing_message&)> refuse = [](const auto&) {
    return std::nullopt;
  };
  std::vector<std::string> values; ///< in the order they were taken
  std::vector<std::size_t> calls;  ///< how many messages each call had
  receipt next{};                  ///< the offset counts up
  std::size_t most_on_the_way = 0; ///< posted and not settled

  std::vector<result<receipt>> publish(std::span<const outgoing_message> messages,
                                       std::chrono::milliseconds) override {
    calls.push_back(messages.size());
    std::vector<result<receipt>> results;
    for (const auto& message : messages)
      results.push_back(take(message));
    return results;
  }

  void post(std::shared_ptr<const outgoing_message> message, std::chrono::milliseconds) override {
    auto outcome = has_failed_ ? make_failure(error::not_acknowledged, "held back") : take(*message);
    has_failed_ = !outcome;
    on_the_way_.push_back({std::move(message), std::move(outcome)});
    most_on_the_way = std::max(most_on_the_way, on_the_way_.size());
  }

  /// Messages settle one by one, and only for who waits.
  std::vector<settled_message> take_settled(std::chrono::milliseconds timeout) override {
    if (timeout == std::chrono::milliseconds(0) || on_the_way_.empty())
      return {};
    std::vector<settled_message> settled{std::move(on_the_way_.front())};
    on_the_way_.pop_front();
    has_failed_ = has_failed_ && !on_the_way_.empty();
    return settled;
  }

  result<void> check(std::chrono::milliseconds) override { return {}; }
  void close() noexcept override {}

private:
  result<receipt> take(const outgoing_message& message) {
    if (auto reason = refuse(message))
      return *reason;
    values.push_back(message.value);
    const auto stored = next;
    ++next.offset;
    return stored;
  }

  std::deque<settled_message> on_the_way_;
  bool has_failed_ = false;
};

} // namespace kollect::test

#endif
