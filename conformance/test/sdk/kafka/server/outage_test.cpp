#include <kafka/server/shared_broker.hpp>

#include <csignal>
#include <set>
#include <thread>

namespace kollect::test {
namespace {

/// These end and stop the shared broker; each leaves it running.
struct kafka_server_outage : shared_broker_test {
  member reader;
};

TEST_F(kafka_server_outage, a_killed_broker_loses_nothing) {
  make_topic(3);
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  auto publisher = open_publisher();
  std::set<std::string> confirmed;
  for (int round = 0; round < 6; ++round) {
    std::vector<outgoing_message> messages;
    for (int number = 0; number < 200; ++number)
      messages.push_back(message_to(topic_, "key-" + std::to_string(number % 9),
                                    std::to_string(round) + "/" + std::to_string(number)));
    if (round == 3) {
      std::jthread crash([] { broker_->kill(); });
      for (const auto& outcome : publisher->publish(messages, 1s))
        (void)outcome; // may or may not be stored
      crash.join();
      for (int polls = 0; polls < 10; ++polls)
        reader.poll(100ms);
      ASSERT_TRUE(has_value(broker_->restart()));
    }
    // What was not confirmed is published again.
    const kafka::detail::deadline end{60s};
    while (!messages.empty() && !end.passed()) {
      const auto results = publisher->publish(messages, 10s);
      std::vector<outgoing_message> open;
      for (std::size_t index = 0; index < messages.size(); ++index) {
        if (results[index])
          confirmed.insert(messages[index].value);
        else
          open.push_back(messages[index]);
      }
      messages = std::move(open);
    }
    reader.poll();
  }
  EXPECT_EQ(confirmed.size(), 1'200U);
  EXPECT_TRUE(reader.poll_until(
      [&] {
        const auto values = reader.values();
        const std::set<std::string> read(values.begin(), values.end());
        return std::ranges::includes(read, confirmed);
      },
      60s));
  for (const auto& failed : reader.failures)
    ADD_FAILURE() << failed;
}

TEST_F(kafka_server_outage, posted_messages_survive_a_killed_broker_in_their_order) {
  make_topic();
  auto publisher = open_publisher();
  std::vector<settled_message> settled;
  const auto take = [&](std::chrono::milliseconds patience) {
    std::ranges::move(publisher->take_settled(patience), std::back_inserter(settled));
  };
  constexpr std::size_t count = 3'000;
  for (std::size_t number = 0; number < count; ++number) {
    if (number == count / 2) {
      while (settled.empty())
        take(1s);
      broker_->kill();
    }
    if (number == count / 2 + 200) {
      ASSERT_TRUE(has_value(broker_->restart()));
    }
    publisher->post(std::make_shared<const outgoing_message>(
                        message_to(topic_, "k", std::to_string(number) + std::string(2'000, ' '))),
                    60s);
    take(0ms);
  }
  while (settled.size() < count)
    take(1s);
  std::int64_t next = 0;
  for (const auto& one : settled) {
    ASSERT_TRUE(has_value(one.outcome));
    EXPECT_EQ(one.outcome->offset, next++) << "each once";
  }
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(reader.poll_until_has(count, 60s));
  for (std::size_t number = 0; number < count; ++number)
    EXPECT_EQ(std::stoul(std::string(reader.messages[number].value)), number);
}

TEST_F(kafka_server_outage, commits_go_on_after_a_restart) {
  make_topic();
  publish(numbered_messages(topic_, 10));
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(reader.poll_until_has(10));
  reader.acknowledge_all();
  broker_->kill();
  EXPECT_FALSE(reader->commit(500ms));
  ASSERT_TRUE(has_value(broker_->restart()));
  EXPECT_TRUE(reader.poll_until([&] { return reader->commit(1s).has_value(); }, 60s));
  EXPECT_EQ(reader.offsets().size(), 10U) << "nothing comes twice while the member keeps its partition";
  for (const auto& failed : reader.failures)
    ADD_FAILURE() << failed;
}

// Whoever comes next would otherwise wait for the end of its session.
TEST_F(kafka_server_outage, a_member_leaves_its_group_as_the_broker_comes_back) {
  make_topic();
  publish(numbered_messages(topic_, 10));
  auto options = grouped();
  options.close_timeout = 120s;
  options.session_timeout = 60s;
  ASSERT_TRUE(has_value(reader.join(target(), options)));
  ASSERT_TRUE(reader.poll_until_has(10));
  broker_->kill();
  std::jthread leaving([&] { reader.leave(); });
  ASSERT_TRUE(has_value(broker_->restart()));
  leaving.join();
  member next;
  ASSERT_TRUE(has_value(next.join(target(), grouped())));
  EXPECT_TRUE(next.poll_until_has(10));
}

TEST_F(kafka_server_outage, a_broker_that_hangs_delays_neither_timeouts_nor_close) {
  make_topic();
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  auto publisher = open_publisher();
  const auto messages = numbered_messages(topic_, 3);
  ASSERT_TRUE(has_value(publisher->publish(messages, 10s).front()));
  ASSERT_TRUE(reader.poll_until_has(3));
  reader.acknowledge_all();
  ASSERT_TRUE(has_value(broker_->child().send_signal(SIGSTOP)));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(failure_is(publisher->publish(messages, 500ms).front(), error::not_acknowledged));
  EXPECT_TRUE(failure_is(publisher->publish(messages, 500ms).front(), error::broker_unavailable));
  publisher->close();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_FALSE(reader->commit(500ms));
  EXPECT_FALSE(reader->mark_end(500ms));
  const auto closing = std::chrono::steady_clock::now();
  reader.messages.clear();
  reader.leave();
  EXPECT_LT(std::chrono::steady_clock::now() - closing, 20s);
  ASSERT_TRUE(has_value(broker_->child().send_signal(SIGCONT)));
}

TEST_F(kafka_server_outage, closes_in_time_after_a_crash) {
  make_topic();
  publish(numbered_messages(topic_, 10));
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(reader.poll_until_has(10));
  reader.acknowledge_all();
  reader.messages.clear();
  broker_->kill();
  EXPECT_FALSE(reader->commit(500ms));
  const auto closing = std::chrono::steady_clock::now();
  reader.leave();
  EXPECT_LT(std::chrono::steady_clock::now() - closing, 20s);
  ASSERT_TRUE(has_value(broker_->restart()));
}

} // namespace
} // namespace kollect::test
