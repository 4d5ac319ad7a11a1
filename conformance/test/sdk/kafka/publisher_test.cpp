#include <kafka/embedded.hpp>

#include <set>

namespace kollect::test {
namespace {

struct kafka_publisher : embedded_broker_test {};

TEST_F(kafka_publisher, gives_a_receipt_for_each_message_in_order) {
  start();
  const auto receipts = publish(numbered_messages(topic, 100));
  ASSERT_EQ(receipts.size(), 100U);
  for (std::size_t index = 0; index < receipts.size(); ++index) {
    EXPECT_EQ(receipts[index].offset, static_cast<std::int64_t>(index));
    EXPECT_FALSE(receipts[index].duplicate);
  }
}

TEST_F(kafka_publisher, sends_all_messages_of_a_key_to_one_partition) {
  start(4);
  const auto messages = numbered_messages(topic, 200, 20);
  const auto receipts = publish(messages);
  ASSERT_EQ(receipts.size(), messages.size());
  std::map<std::string, std::set<std::int32_t>> partitions;
  std::set<std::int32_t> used;
  for (std::size_t index = 0; index < messages.size(); ++index) {
    partitions[*messages[index].key].insert(receipts[index].partition);
    used.insert(receipts[index].partition);
  }
  for (const auto& [key, chosen] : partitions)
    EXPECT_EQ(chosen.size(), 1U) << key;
  EXPECT_EQ(used.size(), 4U);
}

TEST_F(kafka_publisher, chooses_the_partition_that_java_clients_choose) {
  // Utils.toPositive(Utils.murmur2(key)) % 4 in Apache Kafka.
  start(4);
  const auto receipts = publish({message_to(topic, "21", ""), message_to(topic, "foobar", ""),
                                 message_to(topic, "a-little-bit-long-string", "")});
  ASSERT_EQ(receipts.size(), 3U);
  // Kafka's own UtilsTest gives these hashes.
  const auto partition_of = [](std::int32_t hash) { return (hash & 0x7fffffff) % 4; };
  EXPECT_EQ(receipts[0].partition, partition_of(-973932308));
  EXPECT_EQ(receipts[1].partition, partition_of(-790332482));
  EXPECT_EQ(receipts[2].partition, partition_of(-985981536));
}

TEST_F(kafka_publisher, publishes_nothing_as_nothing) {
  start();
  EXPECT_TRUE(open_publisher()->publish({}, 1s).empty());
}

TEST_F(kafka_publisher, names_a_missing_topic_and_sends_nothing_after_it) {
  start();
  hide_topic("absent");
  auto publisher = open_publisher();
  const std::vector messages{message_to(topic, "k", "1"), message_to("absent", "k", "2"),
                             message_to(topic, "k", "3")};
  for (int round = 0; round < 2; ++round) {
    const auto results = publisher->publish(messages, 20s);
    ASSERT_EQ(results.size(), 3U);
    ASSERT_TRUE(has_value(results[0]));
    EXPECT_EQ(results[0]->offset, round);
    EXPECT_TRUE(failure_is(results[1], error::topic_missing));
    EXPECT_EQ(results[1].error().clause, "KAF-06");
    EXPECT_TRUE(failure_is(results[2], error::not_acknowledged));
  }
}

TEST_F(kafka_publisher, sends_nothing_when_one_message_cannot_be_sent) {
  start();
  auto publisher = open_publisher();
  auto messages = numbered_messages(topic, 3);
  messages[1].headers.push_back({std::string(message_id_header), "made for NATS"});
  const auto results = publisher->publish(messages, 20s);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_TRUE(failure_is(results[0], error::not_acknowledged));
  EXPECT_TRUE(failure_is(results[1], error::invalid_value));
  EXPECT_TRUE(failure_is(results[2], error::not_acknowledged));
  EXPECT_EQ(publish({message_to(topic, "k", "1")}).at(0).offset, 0);
}

TEST_F(kafka_publisher, checks_that_the_topic_is_there) {
  start();
  EXPECT_TRUE(has_value(open_publisher()->check(10s)));
  hide_topic("absent");
  auto other = kafka::create_publisher(connection_to(broker_->bootstrap(), "absent"));
  ASSERT_TRUE(has_value(other));
  EXPECT_TRUE(failure_is((*other)->check(10s), error::topic_missing));
}

TEST_F(kafka_publisher, refuses_a_message_over_its_own_limit_and_sends_nothing_after_it) {
  start();
  auto publisher = open_publisher({.max_message_bytes = 10'000});
  const std::vector messages{message_to(topic, "k", "1"), message_to(topic, "k", std::string(20'000, 'x')),
                             message_to(topic, "k", "3")};
  const auto results = publisher->publish(messages, 10s);
  EXPECT_TRUE(has_value(results[0]));
  ASSERT_TRUE(failure_is(results[1], error::message_exceeds_limit));
  EXPECT_EQ(results[1].error().clause, "SIZE-01");
  EXPECT_TRUE(failure_is(results[2], error::not_acknowledged));
}

TEST_F(kafka_publisher, a_request_that_is_too_large_is_split) {
  start();
  auto publisher = open_publisher();
  ASSERT_TRUE(has_value(publisher->check(10s)));
  // The request with all three, then the second message alone.
  inject(produce_request, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_NO_ERROR,
                           RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  const auto messages = numbered_messages(topic, 3, 1);
  const auto results = publisher->publish(messages, 10s);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_TRUE(has_value(results[0]));
  EXPECT_TRUE(failure_is(results[1], error::message_exceeds_limit));
  EXPECT_TRUE(has_value(results[2]));
}

TEST_F(kafka_publisher, starts_over_after_a_fatal_error) {
  start();
  auto publisher = open_publisher();
  const std::vector messages{message_to(topic, "k", "1")};
  ASSERT_TRUE(has_value(publisher->publish(messages, 10s).front()));
  inject(produce_request, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  EXPECT_TRUE(failure_is(publisher->publish(messages, 10s).front(), error::not_acknowledged));
  EXPECT_TRUE(has_value(publisher->publish(messages, 10s).front()));
}

TEST_F(kafka_publisher, goes_on_when_its_queue_is_full) {
  start();
  auto publisher = open_publisher({.client = {.properties = {{"queue.buffering.max.messages", "3"}}}});
  const auto results = publisher->publish(numbered_messages(topic, 50), 20s);
  ASSERT_EQ(results.size(), 50U);
  for (const auto& outcome : results)
    EXPECT_TRUE(has_value(outcome));
}

TEST_F(kafka_publisher, names_the_addresses_when_no_broker_answers) {
  auto made = kafka::create_publisher(connection_to("127.0.0.1:1", topic));
  ASSERT_TRUE(has_value(made));
  const auto results = (*made)->publish(numbered_messages(topic, 2), 300ms);
  ASSERT_EQ(results.size(), 2U);
  ASSERT_TRUE(failure_is(results[0], error::broker_unavailable));
  EXPECT_NE(results[0].error().message.find("127.0.0.1:1"), std::string::npos);
  EXPECT_TRUE(failure_is(results[1], error::not_acknowledged));
}

TEST_F(kafka_publisher, confirms_nothing_during_an_outage_and_works_after_it) {
  start();
  auto publisher = open_publisher();
  const auto messages = numbered_messages(topic, 10);
  ASSERT_TRUE(has_value(publisher->publish(messages, 10s).front()));
  take_down();
  for (const auto& outcome : publisher->publish(messages, 300ms))
    EXPECT_TRUE(failure_is(outcome, error::not_acknowledged));
  bring_up();
  for (const auto& outcome : publisher->publish(messages, 20s))
    EXPECT_TRUE(has_value(outcome));
}

TEST_F(kafka_publisher, is_closed_for_good) {
  start();
  auto publisher = open_publisher();
  publisher->close();
  publisher->close();
  EXPECT_TRUE(failure_is(publisher->publish(numbered_messages(topic, 1), 1s).front(), error::closed));
  EXPECT_TRUE(failure_is(publisher->check(1s), error::closed));
}

} // namespace
} // namespace kollect::test
