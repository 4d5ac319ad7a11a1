#include "simulation/publish_run.hpp"
#include "test/support/fake_publisher.hpp"

#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <utility>

#include <unistd.h>

namespace kollect::producer {
namespace {

using namespace std::chrono_literals;
using test::failure_is;
using test::has_value;

/// A source of the messages "0", "1" … that calls `on_message` before each.
message_source numbers(
    int count, std::function<void(int)> on_message = [](int) {}) {
  return [count, on_message, next = 0]() mutable -> result<std::shared_ptr<const outgoing_message>> {
    if (next == count)
      return std::shared_ptr<const outgoing_message>();
    on_message(next);
    return std::make_shared<const outgoing_message>(outgoing_message{"t", "k", {}, std::to_string(next++)});
  };
}

std::vector<std::string> first_numbers(int count) {
  std::vector<std::string> all;
  for (int number = 0; number < count; ++number)
    all.push_back(std::to_string(number));
  return all;
}

class publish_run_test : public testing::Test {
protected:
  /// Takes away the signals that a test has sent, so that they do not stop the next one.
  void TearDown() override {
    sigset_t sent;
    sigemptyset(&sent);
    sigaddset(&sent, SIGINT);
    sigaddset(&sent, SIGTERM);
    const timespec at_once{};
    while (sigtimedwait(&sent, nullptr, &at_once) > 0) {
    }
  }

  result<run_outcome> run(const message_source& source) {
    return publish_run(source, target_, settings_, stop_, log_);
  }

  run_settings settings_{.timeout = 10s};
  program::stop_signal stop_;
  program::log log_{"test", program::log::format::json, program::log::level::off};
  test::fake_publisher target_;
};

TEST_F(publish_run_test, publishes_everything_in_order_with_a_window_full_on_the_way) {
  settings_.window_messages = 4;
  const auto outcome = run(numbers(10));
  ASSERT_TRUE(has_value(outcome));
  EXPECT_TRUE(outcome->is_complete);
  EXPECT_EQ(outcome->messages, 10U);
  EXPECT_EQ(target_.values, first_numbers(10));
  EXPECT_EQ(target_.most_on_the_way, 4U);
  EXPECT_TRUE(target_.calls.empty()) << "nothing was published a batch at a time";
  EXPECT_EQ(outcome->partition_bytes.at(0), 10U);
}

TEST_F(publish_run_test, bounds_its_window_by_bytes_too) {
  settings_.window_bytes = 3;
  ASSERT_TRUE(has_value(run(numbers(7))));
  EXPECT_EQ(target_.most_on_the_way, 3U);
}

TEST_F(publish_run_test, publishes_a_paced_run_in_batches) {
  settings_.rate = 1e9; // all are due at once
  settings_.batch_messages = 4;
  const auto outcome = run(numbers(10));
  ASSERT_TRUE(has_value(outcome));
  EXPECT_EQ(target_.values, first_numbers(10));
  EXPECT_EQ(target_.most_on_the_way, 0U);
  EXPECT_LE(*std::max_element(target_.calls.begin(), target_.calls.end()), 4U);
  settings_.batch_messages = 10'000;
  settings_.batch_bytes = 3;
  target_.calls.clear();
  ASSERT_TRUE(has_value(run(numbers(7))));
  EXPECT_LE(*std::max_element(target_.calls.begin(), target_.calls.end()), 3U);
}

TEST_F(publish_run_test, publishes_again_in_order_what_was_not_confirmed) {
  settings_.window_messages = 4;
  int outages = 2;
  target_.refuse = [&](const auto& message) -> std::optional<failure> {
    if (message.value != "5" || outages-- <= 0)
      return {};
    return make_failure(error::not_acknowledged, "the connection was lost");
  };
  const auto outcome = run(numbers(10));
  ASSERT_TRUE(has_value(outcome));
  EXPECT_TRUE(outcome->is_complete);
  EXPECT_EQ(outcome->messages, 10U);
  EXPECT_EQ(outcome->partition_bytes.at(0), 10U);
  ASSERT_EQ(target_.calls.size(), 2U);
  auto sorted = target_.values;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, first_numbers(10)) << "each once";
  const auto place = [&](const char* value) {
    return std::find(target_.values.begin(), target_.values.end(), value);
  };
  EXPECT_LT(place("5"), place("9")) << "what failed is not overtaken by what comes after it has been told";
}

TEST_F(publish_run_test, ends_when_what_was_not_confirmed_never_is) {
  settings_.timeout = 300ms;
  target_.refuse = [](const auto& message) -> std::optional<failure> {
    if (message.value != "2")
      return {};
    return make_failure(error::broker_unavailable, "nobody is there");
  };
  EXPECT_TRUE(failure_is(run(numbers(10)), error::broker_unavailable));
}

TEST_F(publish_run_test, confirms_what_is_on_its_way_before_it_fails) {
  settings_.max_message_bytes = 1'000;
  settings_.window_messages = 5;
  std::size_t made = 0;
  const auto outcome = run([&]() -> result<std::shared_ptr<const outgoing_message>> {
    const std::string value(++made == 4 ? 2'000 : 10, 'x');
    return std::make_shared<const outgoing_message>(outgoing_message{"t", "k", {}, value});
  });
  EXPECT_TRUE(failure_is(outcome, error::message_exceeds_limit));
  EXPECT_EQ(target_.values.size(), 3U);
  EXPECT_TRUE(target_.take_settled(1s).empty()) << "all are accounted for";
}

TEST_F(publish_run_test, keeps_the_pace_it_is_given) {
  settings_.rate = 100;
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome = run(numbers(31));
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_TRUE(has_value(outcome));
  EXPECT_TRUE(outcome->is_complete);
  EXPECT_EQ(target_.values, first_numbers(31));
  // The last message is due after 0.3 s. How late a loaded machine is says nothing about the pace.
  EXPECT_GE(took, 299ms);
}

TEST_F(publish_run_test, makes_paced_messages_only_when_they_are_due) {
  settings_.rate = 50;
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(has_value(run(
      numbers(11, [&](int number) { EXPECT_GE(std::chrono::steady_clock::now() - begin, number * 20ms); }))));
}

TEST_F(publish_run_test, stops_at_a_signal) {
  for (const double rate : {0.0, 1'000.0}) {
    settings_.rate = rate;
    settings_.batch_messages = settings_.window_messages = 5;
    const auto outcome = run(numbers(1'000'000, [](int number) {
      if (number == 12)
        kill(getpid(), SIGTERM);
    }));
    ASSERT_TRUE(has_value(outcome));
    EXPECT_FALSE(outcome->is_complete);
    EXPECT_LT(outcome->messages, 100U);
  }
}

TEST_F(publish_run_test, does_not_wait_for_its_pace_once_stopped) {
  settings_.rate = 0.01; // the second message would be due after 100 s
  const auto outcome = run(numbers(2, [](int) { kill(getpid(), SIGINT); }));
  ASSERT_TRUE(has_value(outcome));
  EXPECT_EQ(outcome->messages, 1U);
}

TEST_F(publish_run_test, ends_at_a_message_that_cannot_be_published) {
  target_.refuse = [](const auto& message) -> std::optional<failure> {
    if (message.value != "5")
      return {};
    return make_failure(error::topic_missing, "there is no such topic");
  };
  EXPECT_TRUE(failure_is(run(numbers(10)), error::topic_missing));
}

TEST_F(publish_run_test, ends_at_a_message_that_is_too_large_before_it_is_sent) {
  settings_.max_message_bytes = 50;
  EXPECT_TRUE(failure_is(run(numbers(3)), error::message_exceeds_limit));
  EXPECT_TRUE(target_.values.empty());
}

TEST_F(publish_run_test, ends_where_its_source_does) {
  for (const double rate : {0.0, 10'000.0}) {
    settings_.rate = rate;
    EXPECT_TRUE(failure_is(run([]() -> result<std::shared_ptr<const outgoing_message>> {
                             return make_failure(error::item_exceeds_limit, "too large");
                           }),
                           error::item_exceeds_limit));
  }
}

/// The answer to the first attempt was lost, and the stream has stored it.
TEST_F(publish_run_test, does_not_count_what_the_stream_has_from_an_earlier_attempt_of_its_own) {
  for (const double rate : {0.0, 1e9}) {
    settings_.rate = rate;
    bool is_lost = true;
    target_.next.duplicate = false;
    target_.refuse = [&](const auto& message) -> std::optional<failure> {
      target_.next.duplicate = message.value == "1" && !is_lost;
      if (message.value != "1" || !std::exchange(is_lost, false))
        return {};
      return make_failure(error::not_acknowledged, "the answer was lost");
    };
    const auto outcome = run(numbers(3));
    ASSERT_TRUE(has_value(outcome));
    EXPECT_EQ(outcome->messages, 3U);
    EXPECT_EQ(outcome->duplicates, 0U) << rate;
  }
}

TEST_F(publish_run_test, counts_what_the_stream_had_already) {
  target_.next.duplicate = true;
  EXPECT_EQ(run(numbers(3))->duplicates, 3U);
}

} // namespace
} // namespace kollect::producer
