#include <kafka/embedded.hpp>

namespace kollect::test {
namespace {

struct kafka_subscriber : embedded_broker_test {
  /// Publishes "0", "1" … and joins as the only member.
  void start_with(int count, int partitions = 1) {
    start(partitions);
    publish(numbered_messages(topic, count));
    ASSERT_TRUE(has_value(reader.join(target(), quick())));
  }

  member reader;
};

TEST_F(kafka_subscriber, receives_what_was_published) {
  start();
  auto message = message_to(topic, "west:team-a/pods", "{\"a\":1}");
  message.headers = {{"kollect.dev/cluster", "west"}, {"kollect.dev/namespace", ""}};
  publish({message});
  ASSERT_TRUE(has_value(reader.join(target(), quick())));
  ASSERT_TRUE(reader.poll_until_has(1));
  const auto& received = reader.messages.front();
  EXPECT_EQ(received.partition, 0);
  EXPECT_EQ(received.offset, 0);
  EXPECT_EQ(received.subject, topic);
  EXPECT_EQ(received.key, "west:team-a/pods");
  EXPECT_EQ(received.headers, message.headers);
  EXPECT_EQ(received.value, "{\"a\":1}");
  EXPECT_FALSE(received.is_tombstone);
}

TEST_F(kafka_subscriber, takes_the_producers_time_for_no_time_of_appending) {
  start_with(1);
  ASSERT_TRUE(reader.poll_until_has(1));
  EXPECT_EQ(reader.messages.front().appended_at, std::nullopt);
}

TEST_F(kafka_subscriber, an_empty_value_is_no_tombstone) {
  start();
  publish({message_to(topic, "k", "")});
  ASSERT_TRUE(has_value(reader.join(target(), quick())));
  ASSERT_TRUE(reader.poll_until_has(1));
  EXPECT_TRUE(reader.messages.front().value.empty());
}

TEST_F(kafka_subscriber, names_its_log) {
  start();
  ASSERT_TRUE(has_value(reader.join(target(), quick())));
  EXPECT_EQ(reader->log().system, broker_system::kafka);
  EXPECT_TRUE(reader->log().name.starts_with("kafka/")) << reader->log().name;
  EXPECT_NE(reader->log().name.find("/topic"), std::string::npos) << reader->log().name;
}

TEST_F(kafka_subscriber, names_a_missing_topic) {
  start();
  hide_topic("absent");
  EXPECT_TRUE(
      failure_is(reader.join(connection_to(broker_->bootstrap(), "absent"), quick()), error::topic_missing));
}

TEST_F(kafka_subscriber, starts_where_the_listener_says) {
  start();
  publish(numbered_messages(topic, 20));
  reader.start = {{0, 13}};
  ASSERT_TRUE(has_value(reader.join(target(), quick())));
  ASSERT_TRUE(reader.poll_until_has(7));
  EXPECT_EQ(reader.offsets(), (std::vector<std::int64_t>{13, 14, 15, 16, 17, 18, 19}));
}

TEST_F(kafka_subscriber, does_not_start_where_the_group_has_committed) {
  start_with(5);
  ASSERT_TRUE(reader.poll_until_has(5));
  reader.acknowledge_all();
  ASSERT_TRUE(has_value(reader->commit(10s)));
  reader.leave();
  member other;
  ASSERT_TRUE(has_value(other.join(target(), quick())));
  ASSERT_TRUE(other.poll_until_has(5));
  EXPECT_EQ(other.offsets().front(), 0);
}

TEST_F(kafka_subscriber, asks_again_when_the_listener_fails) {
  start();
  publish(numbered_messages(topic, 3));
  reader.refusals = 2;
  reader.start = {{0, 1}};
  ASSERT_TRUE(has_value(reader.join(target(), quick())));
  ASSERT_TRUE(reader.poll_until_has(2));
  EXPECT_EQ(reader.assigned.size(), 3U);
  ASSERT_EQ(reader.failures.size(), 2U);
  EXPECT_EQ(reader.failures.front().reason(), error::store_unavailable);
  EXPECT_EQ(reader.offsets(), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(kafka_subscriber, keeps_to_the_limits_of_a_poll) {
  start_with(30);
  reader.at_once = 4;
  ASSERT_TRUE(reader.poll_until_has(1));
  EXPECT_LE(reader.messages.size(), 4U);
  reader.messages.clear();
  reader.poll(5s);
  EXPECT_LE(reader.messages.size(), 4U);
  EXPECT_FALSE(reader.messages.empty());
  const auto one = reader->poll(100, 1, 5s);
  ASSERT_TRUE(has_value(one));
  EXPECT_EQ(one->size(), 1U);
}

TEST_F(kafka_subscriber, a_poll_without_messages_is_no_failure) {
  start();
  ASSERT_TRUE(has_value(reader.join(target(), quick())));
  const auto began = std::chrono::steady_clock::now();
  for (int round = 0; round < 3; ++round)
    reader.poll(100ms);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 290ms) << "poll() must wait, not spin";
  EXPECT_TRUE(reader.messages.empty());
  EXPECT_TRUE(reader.failures.empty());
}

TEST_F(kafka_subscriber, loses_and_doubles_nothing_around_keep_alive) {
  start_with(300, 3);
  reader.at_once = 10;
  ASSERT_TRUE(reader.poll_until_has(20));
  for (int round = 0; round < 3; ++round) {
    const auto before = reader.messages.size();
    for (int calls = 0; calls < 20; ++calls)
      ASSERT_TRUE(has_value(reader->keep_alive()));
    ASSERT_LT(before, 300U);
    ASSERT_TRUE(reader.poll_until_has(before + 10));
  }
  ASSERT_TRUE(reader.poll_until_has(300));
  ASSERT_EQ(reader.messages.size(), 300U);
  for (std::int32_t partition = 0; partition < 3; ++partition) {
    const auto offsets = reader.offsets(partition);
    for (std::size_t index = 0; index < offsets.size(); ++index)
      ASSERT_EQ(offsets[index], static_cast<std::int64_t>(index)) << "partition " << partition;
  }
  EXPECT_EQ(reader.assigned.size(), 1U);
}

TEST_F(kafka_subscriber, stays_in_the_group_by_keep_alive_alone) {
  start();
  publish(numbered_messages(topic, 10));
  auto options = quick();
  options.max_poll_interval = 6s; // as short as the session
  ASSERT_TRUE(has_value(reader.join(target(), options)));
  reader.at_once = 1;
  ASSERT_TRUE(reader.poll_until_has(1));
  const kafka::detail::deadline end{8s};
  while (!end.passed()) {
    ASSERT_TRUE(has_value(reader->keep_alive()));
    reader->caught_up(10ms); // stands for the wait for a store
  }
  EXPECT_TRUE(reader.revoked.empty());
  reader.acknowledge_all();
  EXPECT_TRUE(has_value(reader->commit(10s)));
  ASSERT_TRUE(reader.poll_until_has(10));
  EXPECT_EQ(reader.messages.size(), 10U);
  EXPECT_TRUE(reader.revoked.empty());
}

TEST_F(kafka_subscriber, is_caught_up_when_all_is_acknowledged) {
  start_with(50, 4);
  ASSERT_TRUE(has_value(reader->mark_end(10s)));
  EXPECT_FALSE(reader->caught_up(10s).value()) << "before it has any partition";
  ASSERT_TRUE(reader.poll_until_has(50));
  EXPECT_FALSE(reader->caught_up(10s).value()) << "before anything is acknowledged";
  EXPECT_TRUE(reader.poll_until_caught_up());
}

TEST_F(kafka_subscriber, is_not_caught_up_without_a_mark) {
  start_with(1);
  ASSERT_TRUE(reader.poll_until_has(1));
  reader.acknowledge_all();
  EXPECT_FALSE(reader->caught_up(10s).value());
}

TEST_F(kafka_subscriber, an_empty_topic_is_caught_up_once_it_is_ours) {
  start_with(0, 2);
  ASSERT_TRUE(has_value(reader->mark_end(10s)));
  EXPECT_TRUE(reader.poll_until_caught_up());
}

TEST_F(kafka_subscriber, messages_after_the_mark_do_not_matter) {
  start_with(5);
  ASSERT_TRUE(has_value(reader->mark_end(10s)));
  publish(numbered_messages(topic, 5));
  ASSERT_TRUE(reader.poll_until_has(10));
  for (std::size_t index = 0; index < 5; ++index)
    reader.messages[index].acknowledge();
  EXPECT_TRUE(reader->caught_up(10s).value());
}

TEST_F(kafka_subscriber, commits_no_further_than_the_first_open_message) {
  start_with(10);
  ASSERT_TRUE(reader.poll_until_has(10));
  for (const std::size_t index : {0U, 1U, 2U, 5U})
    reader.messages[index].acknowledge();
  ASSERT_TRUE(has_value(reader->commit(10s)));
  ASSERT_TRUE(has_value(reader->commit(10s))) << "a second time without news";
  reader.leave();
  // Another group's member asks for the first one's commits.
  auto config = kafka::detail::make_config(target(), quick());
  ASSERT_TRUE(has_value(config));
  auto client = kafka::detail::client::create(RD_KAFKA_CONSUMER, std::move(*config), target(), {});
  ASSERT_TRUE(has_value(client));
  const auto committed = kafka::detail::committed_offsets(**client, topic, std::array{0}, 10s);
  ASSERT_TRUE(has_value(committed));
  EXPECT_EQ(*committed, (std::map<std::int32_t, std::int64_t>{{0, 3}}));
}

TEST_F(kafka_subscriber, a_failed_commit_is_reported_and_can_be_repeated) {
  start_with(3);
  ASSERT_TRUE(reader.poll_until_has(3));
  reader.acknowledge_all();
  inject(offset_commit_request, {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED});
  EXPECT_TRUE(failure_is(reader->commit(10s), error::authentication_failed));
  EXPECT_TRUE(has_value(reader->commit(10s)));
}

TEST_F(kafka_subscriber, tells_the_lag) {
  start_with(10);
  reader.at_once = 1;
  ASSERT_TRUE(reader.poll_until_has(1));
  const auto taken = static_cast<std::int64_t>(reader.messages.size());
  EXPECT_EQ(reader->lag(), (std::vector<partition_lag>{{0, 10 - taken}}));
  ASSERT_TRUE(reader.poll_until_has(10));
  EXPECT_EQ(reader->lag(), (std::vector<partition_lag>{{0, 0}}));
  EXPECT_EQ(reader->settled_sequence(), 0);
}

TEST_F(kafka_subscriber, values_stay_readable_after_close) {
  start_with(3);
  ASSERT_TRUE(reader.poll_until_has(3));
  reader->close();
  EXPECT_EQ(reader.values(), (std::vector<std::string>{"0", "1", "2"}));
  reader.acknowledge_all();
  reader.leave();
  EXPECT_EQ(reader.values(), (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(kafka_subscriber, is_closed_for_good) {
  start_with(0);
  reader->close();
  reader->close();
  EXPECT_TRUE(failure_is(reader->poll(1, 1, 0ms), error::closed));
  EXPECT_TRUE(failure_is(reader->commit(1s), error::closed));
  EXPECT_TRUE(failure_is(reader->keep_alive(), error::closed));
  EXPECT_TRUE(failure_is(reader->mark_end(1s), error::closed));
  EXPECT_TRUE(failure_is(reader->caught_up(1s), error::closed));
  EXPECT_TRUE(reader->lag().empty());
}

TEST_F(kafka_subscriber, sits_an_outage_out) {
  start_with(5);
  ASSERT_TRUE(reader.poll_until_has(5));
  take_down();
  const auto began = std::chrono::steady_clock::now();
  for (int round = 0; round < 5; ++round)
    reader.poll(200ms);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 990ms) << "poll() must wait, not spin";
  EXPECT_TRUE(reader.failures.empty()) << reader.failures.front();
  EXPECT_FALSE(reader.log.empty());
  bring_up();
  publish(numbered_messages(topic, 5));
  EXPECT_TRUE(reader.poll_until_has(10));
  EXPECT_EQ(reader.offsets(), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(kafka_subscriber, closes_in_time_when_the_broker_is_gone) {
  start_with(5);
  ASSERT_TRUE(reader.poll_until_has(5));
  take_down();
  reader.acknowledge_all();
  EXPECT_FALSE(reader->commit(100ms));
  const auto began = std::chrono::steady_clock::now();
  reader.messages.clear();
  reader.leave();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

TEST_F(kafka_subscriber, names_the_addresses_when_no_broker_answers) {
  auto options = quick();
  options.client.connect_timeout = 300ms;
  const auto joined = reader.join(connection_to("127.0.0.1:1", topic), options);
  ASSERT_TRUE(failure_is(joined, error::broker_unavailable));
  EXPECT_NE(joined.error().message.find("127.0.0.1:1"), std::string::npos) << joined.error();
}

} // namespace
} // namespace kollect::test
