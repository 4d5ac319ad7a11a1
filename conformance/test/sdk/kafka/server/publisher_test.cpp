#include <kafka/server/shared_broker.hpp>

#include <kollect/kafka/message_limit.hpp>

#include <set>

namespace kollect::test {
namespace {

struct kafka_server_publisher : shared_broker_test {};

TEST_F(kafka_server_publisher, is_confirmed_by_the_broker) {
  make_topic();
  auto publisher = open_publisher();
  EXPECT_TRUE(has_value(publisher->check(10s)));
  const auto messages = numbered_messages(topic_, 5'000);
  const auto results = publisher->publish(messages, 60s);
  ASSERT_EQ(results.size(), messages.size());
  for (std::size_t index = 0; index < results.size(); ++index) {
    ASSERT_TRUE(has_value(results[index]));
    ASSERT_EQ(results[index]->offset, static_cast<std::int64_t>(index));
  }
}

TEST_F(kafka_server_publisher, keeps_a_key_in_one_partition_and_in_order) {
  make_topic(4);
  const auto messages = numbered_messages(topic_, 2'000, 25);
  const auto receipts = publish(messages);
  ASSERT_EQ(receipts.size(), messages.size());
  std::map<std::string, receipt> last;
  std::set<std::int32_t> used;
  for (std::size_t index = 0; index < messages.size(); ++index) {
    const auto [before, is_first] = last.try_emplace(*messages[index].key, receipts[index]);
    used.insert(receipts[index].partition);
    if (is_first)
      continue;
    EXPECT_EQ(before->second.partition, receipts[index].partition);
    EXPECT_LT(before->second.offset, receipts[index].offset);
    before->second = receipts[index];
  }
  EXPECT_EQ(used.size(), 4U);
}

TEST_F(kafka_server_publisher, stores_posted_messages_as_they_are_whatever_their_size) {
  make_topic();
  // Beyond 64 KiB librdkafka sends a value from where it stands.
  std::vector<outgoing_message> messages;
  for (std::size_t number = 0; number < 200; ++number)
    messages.push_back(
        message_to(topic_, "k", std::string(1 + number * 997, static_cast<char>('a' + number % 26))));
  auto publisher = open_publisher();
  const auto settled = post_all(*publisher, messages, 60s);
  ASSERT_EQ(settled.size(), messages.size());
  for (std::size_t index = 0; index < settled.size(); ++index) {
    ASSERT_TRUE(has_value(settled[index].outcome));
    EXPECT_EQ(settled[index].outcome->offset, static_cast<std::int64_t>(index));
  }
  member reader;
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(reader.poll_until_has(messages.size()));
  for (std::size_t index = 0; index < messages.size(); ++index)
    EXPECT_TRUE(reader.messages[index].value == messages[index].value) << index;
}

TEST_F(kafka_server_publisher, does_not_make_a_missing_topic) {
  auto publisher = open_publisher();
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(failure_is(publisher->check(20s), error::topic_missing));
    const auto results = publisher->publish(numbered_messages(topic_, 1), 20s);
    ASSERT_TRUE(failure_is(results.front(), error::topic_missing));
    EXPECT_EQ(results.front().error().clause, "KAF-06");
  }
  make_topic(); // fails if it is there
  EXPECT_TRUE(has_value(publisher->publish(numbered_messages(topic_, 1), 20s).front()));
}

TEST_F(kafka_server_publisher, names_a_message_over_the_brokers_limit) {
  make_topic(1, {{"max.message.bytes", "20000"}});
  const std::vector messages{message_to(topic_, "k", "1"), message_to(topic_, "k", std::string(50'000, 'x')),
                             message_to(topic_, "k", "3")};
  const auto results = open_publisher()->publish(messages, 30s);
  EXPECT_TRUE(has_value(results[0]));
  ASSERT_TRUE(failure_is(results[1], error::message_exceeds_limit));
  EXPECT_EQ(results[1].error().clause, "SIZE-01");
  EXPECT_TRUE(has_value(results[2]));
}

TEST_F(kafka_server_publisher, is_told_the_topics_limit_before_it_publishes) {
  make_topic(1, {{"max.message.bytes", "20000"}});
  const auto found = kafka::find_message_limit(target(), {}, 20s);
  ASSERT_TRUE(has_value(found));
  EXPECT_EQ(*found, std::optional<std::size_t>(20'000));
  auto unknown = target();
  unknown.destination = "no-such-topic";
  const auto none = kafka::find_message_limit(unknown, {}, 20s);
  ASSERT_TRUE(has_value(none));
  EXPECT_EQ(*none, std::nullopt);
  auto of_nats = target();
  of_nats.system = broker_system::nats;
  EXPECT_TRUE(failure_is(kafka::find_message_limit(of_nats, {}, 20s), error::invalid_value));
}

TEST_F(kafka_server_publisher, is_told_any_setting_of_the_topic) {
  make_topic(1, {{"cleanup.policy", "compact,delete"}});
  const auto policy = kafka::find_topic_setting(target(), {}, "cleanup.policy", 20s);
  ASSERT_TRUE(has_value(policy));
  EXPECT_EQ(*policy, "compact,delete");
  const auto none = kafka::find_topic_setting(target(), {}, "no.such.setting", 20s);
  ASSERT_TRUE(has_value(none));
  EXPECT_EQ(*none, std::nullopt);
}

TEST_F(kafka_server_publisher, small_messages_pass_a_limit_that_their_request_exceeds) {
  make_topic(1, {{"max.message.bytes", "3000"}});
  std::vector<outgoing_message> messages;
  for (int number = 0; number < 40; ++number)
    messages.push_back(message_to(topic_, "k", std::string(1'000, 'x')));
  for (const auto& outcome : open_publisher()->publish(messages, 60s))
    EXPECT_TRUE(has_value(outcome));
  const auto settled = post_all(*open_publisher(), messages, 60s);
  EXPECT_EQ(settled.size(), messages.size());
  for (const auto& one : settled)
    EXPECT_TRUE(has_value(one.outcome));
}

TEST_F(kafka_server_publisher, leaves_large_messages_to_the_broker_to_judge) {
  make_topic(1, {{"max.message.bytes", "12000000"}});
  const auto receipts = publish({message_to(topic_, "k", std::string(10'000'000, 'x'))});
  EXPECT_EQ(receipts.size(), 1U);
  member reader;
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(reader.poll_until_has(1));
  EXPECT_EQ(reader.messages.front().value.size(), 10'000'000U);
}

TEST_F(kafka_server_publisher, notices_that_a_topic_was_deleted) {
  make_topic();
  auto publisher = open_publisher();
  const auto messages = numbered_messages(topic_, 1);
  ASSERT_TRUE(has_value(publisher->publish(messages, 20s).front()));
  ASSERT_TRUE(has_value(broker_->delete_topic(topic_)));
  EXPECT_TRUE(failure_is(publisher->publish(messages, 30s).front(), error::topic_missing));
  make_topic(); // fails if it was made on demand
  EXPECT_TRUE(has_value(publisher->publish(messages, 20s).front()));
}

} // namespace
} // namespace kollect::test
