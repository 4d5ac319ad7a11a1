#include "fixture.hpp"

#include <servers/wait_until.hpp>

#include <csignal>
#include <ctime>
#include <future>
#include <set>

namespace kollect::test {
namespace {

using std::chrono::steady_clock;

/// A server of its own for each test, as each ends or stops it.
class outage_server : public nats_test {
protected:
  static void SetUpTestSuite() {}
  void SetUp() override {
    start({});
    nats_test::SetUp();
  }
  void TearDown() override { server_.reset(); }
};

nats::client_options quick_to_reconnect() {
  nats::client_options options;
  options.reconnect_wait = std::chrono::milliseconds(50);
  return options;
}

TEST_F(outage_server, crash_and_restart_on_the_same_store_loses_nothing) {
  nats::publisher_options sending{.client = quick_to_reconnect()};
  nats::subscriber_options reading{.client = quick_to_reconnect()};
  reading.ack_wait = 2s;
  const auto sender = make_publisher(sending);
  for (const auto& answer : sender->publish(numbered_messages(target_, 100), 30s))
    ASSERT_TRUE(answer);
  member reader;
  ASSERT_TRUE(reader.join(target_, reading));
  ASSERT_TRUE(reader.poll_until_has(40));
  ASSERT_TRUE(reader.settle());

  server_->kill();
  for (int count = 0; count < 5; ++count)
    reader.poll(); // it says so, and does not fail
  EXPECT_TRUE(reader.failures.empty());
  for (auto& message : reader.messages)
    message.acknowledge();
  if (const auto committed = reader->commit(200ms); !committed) {
    EXPECT_EQ(committed.error().reason(), error::not_acknowledged);
  }
  EXPECT_TRUE(reader->keep_alive());
  for (const auto& answer : sender->publish(numbered_messages(target_, 10, 100), 200ms))
    EXPECT_TRUE(answer.error().code == condition::unavailable) << answer.error();

  ASSERT_TRUE(server_->restart());
  for (const auto& answer : sender->publish(numbered_messages(target_, 10, 100), 30s))
    ASSERT_TRUE(answer) << answer.error();
  std::set<std::string> seen;
  ASSERT_TRUE(reader.poll_until([&] {
    (void)reader.settle(); // may fail until the connection is back
    for (const std::string& value : reader.values())
      seen.insert(value);
    return seen.size() == 110;
  }));
  EXPECT_TRUE(reader.failures.empty());
  EXPECT_TRUE(reader.has_logged("lost"));
  EXPECT_TRUE(reader.has_logged("again"));
  ASSERT_TRUE(reader->mark_end(10s));
  ASSERT_TRUE(reader.poll_until([&] {
    (void)reader.settle();
    const auto done = reader->caught_up(10s);
    return done && *done;
  }));
  EXPECT_EQ(reader->settled_sequence(), 110);
}

TEST_F(outage_server, messages_under_way_when_the_server_dies_are_not_confirmed) {
  const auto sender = make_publisher({.client = quick_to_reconnect()});
  ASSERT_TRUE(sender->publish(numbered_messages(target_, 1), 10s)[0]);
  ASSERT_TRUE(server_->child().send_signal(SIGSTOP)); // it takes messages and does not answer
  const auto begin = steady_clock::now();
  const auto unanswered = sender->publish(numbered_messages(target_, 3, 1), 300ms);
  EXPECT_LT(steady_clock::now() - begin, 5s);
  for (const auto& answer : unanswered)
    EXPECT_EQ(answer.error().reason(), error::not_acknowledged);
  server_->kill();
  ASSERT_TRUE(server_->restart());
  // Sent again with the same ids, each is stored once, whatever happened before.
  for (const auto& answer : sender->publish(numbered_messages(target_, 3, 1), 30s))
    ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(administrator(target_).stream(target_.stream).messages, 4U);
}

TEST_F(outage_server, waiting_for_a_dead_server_costs_no_time) {
  member reader;
  ASSERT_TRUE(reader.join(target_));
  reader.poll();
  server_->kill();
  ASSERT_TRUE(reader.poll_until([&] { return reader.has_logged("lost"); }));
  const auto cpu = std::clock();
  const auto begin = steady_clock::now();
  ASSERT_TRUE(reader->poll(10, 1'000, 2s));
  EXPECT_GE(steady_clock::now() - begin, 1'900ms);
  EXPECT_LT(std::clock() - cpu, CLOCKS_PER_SEC / 2);
}

TEST_F(outage_server, calls_end_in_time_when_the_server_is_frozen) {
  publish(2);
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(2));
  ASSERT_TRUE(server_->child().send_signal(SIGSTOP));
  const auto begin = steady_clock::now();
  EXPECT_EQ(reader.settle(300ms).error().reason(), error::not_acknowledged);
  EXPECT_EQ(reader->mark_end(300ms).error().reason(), error::broker_timeout);
  EXPECT_TRUE(reader->poll(10, 1'000, 100ms));
  EXPECT_TRUE(reader->keep_alive());
  reader.leave();
  EXPECT_LT(steady_clock::now() - begin, 10s);
  ASSERT_TRUE(server_->child().send_signal(SIGCONT));

  // The acknowledgements were on their way all the same.
  ASSERT_TRUE(
      servers::wait_until([&] { return administrator(target_).durable(target_.stream).floor_stream == 2; }));
}

TEST_F(outage_server, acknowledgements_that_were_not_confirmed_are_sent_again) {
  publish(2);
  nats::subscriber_options options{.client = quick_to_reconnect()};
  member reader;
  ASSERT_TRUE(reader.join(target_, options));
  ASSERT_TRUE(reader.poll_until_has(2));
  server_->kill();
  EXPECT_FALSE(reader.settle(300ms));
  ASSERT_TRUE(server_->restart());
  ASSERT_TRUE(reader->commit(30s)); // long before ack_wait
  EXPECT_EQ(administrator(target_).durable(target_.stream).floor_stream, 2U);
}

TEST_F(outage_server, acknowledgements_under_way_when_the_server_dies_are_sent_over_the_next_connection) {
  publish(2);
  member reader;
  ASSERT_TRUE(reader.join(target_, {.client = quick_to_reconnect()}));
  ASSERT_TRUE(reader.poll_until_has(2));
  ASSERT_TRUE(server_->child().send_signal(SIGSTOP)); // it takes them and does not answer
  auto settled = std::async(std::launch::async, [&] { return reader.settle(30s); });
  ASSERT_EQ(settled.wait_for(300ms), std::future_status::timeout);
  server_->kill();
  ASSERT_TRUE(server_->restart());
  const auto done = settled.get();
  EXPECT_TRUE(done) << done.error();
  EXPECT_EQ(administrator(target_).durable(target_.stream).floor_stream, 2U);
}

TEST_F(outage_server, server_that_is_ended_in_order_comes_back_as_well) {
  nats::subscriber_options options{.client = quick_to_reconnect()};
  const auto sender = make_publisher({.client = quick_to_reconnect()});
  member reader;
  ASSERT_TRUE(reader.join(target_, options));
  reader.poll();
  ASSERT_TRUE(server_->stop());
  ASSERT_TRUE(server_->restart());
  ASSERT_TRUE(sender->publish(numbered_messages(target_, 1), 30s)[0]);
  ASSERT_TRUE(reader.poll_until_has(1));
  EXPECT_TRUE(reader.failures.empty());
}

TEST_F(outage_server, stream_lost_with_its_store_is_reported_after_the_restart) {
  nats::subscriber_options options{.client = quick_to_reconnect()};
  member reader;
  ASSERT_TRUE(reader.join(target_, options));
  reader.poll();
  const auto port = server_->port();
  server_.reset();
  start({.port = port}); // another store
  ASSERT_TRUE(reader.poll_until([&] { return !reader.failures.empty(); }));
  EXPECT_EQ(reader.failures[0].reason(), error::topic_missing);
}

TEST_F(outage_server, is_unavailable_at_once_when_nothing_listens) {
  server_->kill();
  const auto begin = steady_clock::now();
  const auto sender = nats::create_publisher(target_);
  const auto reader = nats::create_subscriber(target_, {}, {});
  EXPECT_LT(steady_clock::now() - begin, 5s);
  EXPECT_EQ(sender.error().reason(), error::broker_unavailable);
  EXPECT_EQ(reader.error().reason(), error::broker_unavailable);
  EXPECT_NE(sender.error().message.find(server_->url()), std::string::npos);
}

TEST_F(outage_server, another_server_of_the_list_is_taken) {
  target_.addresses = {"nats://127.0.0.1:1", server_->url()};
  EXPECT_TRUE(nats::create_publisher(target_));
}

} // namespace
} // namespace kollect::test
