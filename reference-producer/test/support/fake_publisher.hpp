#ifndef KOLLECT_PRODUCER_TEST_FAKE_PUBLISHER_HPP
#define KOLLECT_PRODUCER_TEST_FAKE_PUBLISHER_HPP

#include <kollect/transport.hpp>

#include <functional>
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

  std::vector<result<receipt>> publish(std::span<const outgoing_message> messages,
                                       std::chrono::milliseconds) override {
    calls.push_back(messages.size());
    std::vector<result<receipt>> results;
    for (const auto& message : messages) {
      if (auto reason = refuse(message)) {
        results.emplace_back(*reason);
        continue;
      }
      values.push_back(message.value);
      results.emplace_back(next);
      ++next.offset;
    }
    return results;
  }

  result<void> check(std::chrono::milliseconds) override { return {}; }
  void close() noexcept override {}
};

} // namespace kollect::test

#endif
