#include <kafka/embedded.hpp>

namespace kollect::test {
namespace {

/// What publisher::post() and take_settled() promise.
struct kafka_window : embedded_broker_test {
  static std::vector<std::string> values_of(const std::vector<settled_message>& settled) {
    std::vector<std::string> values;
    for (const auto& one : settled)
      values.push_back(one.message->value);
    return values;
  }

  static std::vector<std::string> values_of(const std::vector<outgoing_message>& messages) {
    std::vector<std::string> values;
    for (const auto& one : messages)
      values.push_back(one.value);
    return values;
  }
};

TEST_F(kafka_window, tells_of_each_message_once_in_the_order_of_post) {
  start(3);
  auto publisher = open_publisher();
  const auto messages = numbered_messages(topic, 500);
  const auto settled = post_all(*publisher, messages, 20s);
  EXPECT_EQ(values_of(settled), values_of(messages));
  std::map<std::int32_t, std::int64_t> next;
  for (const auto& one : settled) {
    ASSERT_TRUE(has_value(one.outcome));
    EXPECT_EQ(one.outcome->offset, next[one.outcome->partition]++) << "stored in the order of post()";
  }
  EXPECT_EQ(next.size(), 3U);
  EXPECT_TRUE(publisher->take_settled(20s).empty()) << "and does not wait, as nothing is on its way";
}

TEST_F(kafka_window, keeps_a_message_until_librdkafka_is_done_with_it) {
  start();
  auto publisher = open_publisher();
  auto message = std::make_shared<const outgoing_message>(message_to(topic, "k", std::string(300'000, 'x')));
  const std::weak_ptr<const outgoing_message> watched = message;
  publisher->post(std::move(message), 20s);
  EXPECT_FALSE(watched.expired());
  ASSERT_EQ(publisher->take_settled(20s).size(), 1U);
  EXPECT_TRUE(watched.expired());
}

TEST_F(kafka_window, keeps_messages_on_their_way_for_a_client_that_is_given_up) {
  start();
  auto publisher = open_publisher();
  ASSERT_TRUE(has_value(publisher->publish(numbered_messages(topic, 1), 10s).front()));
  take_down();
  std::vector<std::weak_ptr<const outgoing_message>> watched;
  for (int number = 0; number < 20; ++number) {
    auto message =
        std::make_shared<const outgoing_message>(message_to(topic, "k", std::string(300'000, 'x')));
    watched.push_back(message);
    publisher->post(std::move(message), 300ms);
  }
  std::size_t count = 0;
  for (const auto& one : publisher->take_settled(20s)) {
    ASSERT_TRUE(failure_is(one.outcome, error::not_acknowledged));
    EXPECT_NE(one.outcome.error().message.find("within 300 ms"), std::string::npos) << one.outcome.error();
    ++count;
  }
  EXPECT_EQ(count, 20U) << "with the oldest all are given up";
  bring_up();
  EXPECT_TRUE(has_value(publisher->publish(numbered_messages(topic, 1), 20s).front()));
  publisher->close();
  for (const auto& one : watched)
    EXPECT_TRUE(one.expired());
}

TEST_F(kafka_window, holds_messages_back_until_a_failure_has_been_told) {
  start();
  hide_topic("absent");
  auto publisher = open_publisher();
  for (auto message :
       {message_to(topic, "k", "1"), message_to("absent", "k", "2"), message_to(topic, "k", "3")})
    publisher->post(std::make_shared<const outgoing_message>(std::move(message)), 20s);
  std::vector<settled_message> settled;
  while (settled.size() < 3)
    std::ranges::move(publisher->take_settled(20s), std::back_inserter(settled));
  EXPECT_TRUE(has_value(settled[0].outcome));
  EXPECT_TRUE(failure_is(settled[1].outcome, error::topic_missing));
  ASSERT_TRUE(failure_is(settled[2].outcome, error::not_acknowledged));
  const auto next = post_all(*publisher, {message_to(topic, "k", "4")}, 20s);
  ASSERT_EQ(next.size(), 1U);
  ASSERT_TRUE(has_value(next.front().outcome));
  EXPECT_EQ(next.front().outcome->offset, 1) << "the message that was held back has not been sent";
}

TEST_F(kafka_window, a_request_that_is_too_large_is_split) {
  start();
  auto publisher = open_publisher();
  ASSERT_TRUE(has_value(publisher->check(10s)));
  // The request with all three, then the second message alone.
  inject(produce_request, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_NO_ERROR,
                           RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  const auto settled = post_all(*publisher, numbered_messages(topic, 3, 1), 10s);
  ASSERT_EQ(settled.size(), 3U);
  EXPECT_TRUE(has_value(settled[0].outcome));
  EXPECT_TRUE(failure_is(settled[1].outcome, error::message_exceeds_limit));
  EXPECT_TRUE(has_value(settled[2].outcome));
}

TEST_F(kafka_window, starts_over_after_a_fatal_error) {
  start();
  auto publisher = open_publisher();
  ASSERT_TRUE(has_value(publisher->publish(numbered_messages(topic, 1), 10s).front()));
  inject(produce_request, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  for (const auto& one : post_all(*publisher, numbered_messages(topic, 3), 10s))
    EXPECT_TRUE(failure_is(one.outcome, error::not_acknowledged));
  for (const auto& one : post_all(*publisher, numbered_messages(topic, 3), 10s))
    EXPECT_TRUE(has_value(one.outcome));
}

TEST_F(kafka_window, waits_for_room_in_the_client) {
  start();
  auto publisher = open_publisher({.client = {.properties = {{"queue.buffering.max.messages", "3"}}}});
  const auto messages = numbered_messages(topic, 50);
  const auto settled = post_all(*publisher, messages, 20s);
  EXPECT_EQ(values_of(settled), values_of(messages));
  for (const auto& one : settled)
    EXPECT_TRUE(has_value(one.outcome));
}

TEST_F(kafka_window, a_message_without_room_is_not_overtaken) {
  start();
  auto publisher = open_publisher({.client = {.properties = {{"queue.buffering.max.messages", "1"}}}});
  ASSERT_TRUE(has_value(publisher->publish(numbered_messages(topic, 1), 10s).front()));
  take_down();
  const auto post = [&](std::string value, std::chrono::milliseconds timeout) {
    publisher->post(std::make_shared<const outgoing_message>(message_to(topic, "k", std::move(value))),
                    timeout);
  };
  post("in the queue", 20s);
  post("without room", 300ms);
  bring_up();
  post("later", 20s);
  std::vector<settled_message> settled;
  while (settled.size() < 3)
    std::ranges::move(publisher->take_settled(20s), std::back_inserter(settled));
  EXPECT_TRUE(has_value(settled[0].outcome));
  EXPECT_TRUE(failure_is(settled[1].outcome, error::not_acknowledged));
  EXPECT_TRUE(failure_is(settled[2].outcome, error::not_acknowledged)) << "before the failure has been told";
}

TEST_F(kafka_window, names_the_addresses_when_no_broker_answers) {
  auto made = kafka::create_publisher(connection_to("127.0.0.1:1", topic));
  ASSERT_TRUE(has_value(made));
  const auto settled = post_all(**made, numbered_messages(topic, 1), 300ms);
  ASSERT_EQ(settled.size(), 1U);
  ASSERT_TRUE(failure_is(settled[0].outcome, error::broker_unavailable));
  EXPECT_NE(settled[0].outcome.error().message.find("127.0.0.1:1"), std::string::npos);
}

TEST_F(kafka_window, is_settled_before_anything_is_published) {
  start();
  auto publisher = open_publisher();
  const auto messages = numbered_messages(topic, 11, 1);
  for (std::size_t index = 0; index < 10; ++index)
    publisher->post(std::make_shared<const outgoing_message>(messages[index]), 20s);
  const auto results = publisher->publish(std::span(messages).last(1), 20s);
  ASSERT_TRUE(has_value(results.front()));
  EXPECT_EQ(results.front()->offset, 10);
  EXPECT_EQ(publisher->take_settled(0ms).size(), 10U);
}

TEST_F(kafka_window, answers_for_all_when_it_is_closed) {
  start();
  auto publisher = open_publisher();
  ASSERT_TRUE(has_value(publisher->publish(numbered_messages(topic, 1), 10s).front()));
  take_down();
  for (auto& message : numbered_messages(topic, 3))
    publisher->post(std::make_shared<const outgoing_message>(std::move(message)), 20s);
  publisher->close();
  publisher->post(std::make_shared<const outgoing_message>(message_to(topic, "k", "late")), 20s);
  const auto settled = publisher->take_settled(20s);
  ASSERT_EQ(settled.size(), 4U);
  for (const auto& one : settled)
    EXPECT_TRUE(failure_is(one.outcome, error::closed));
}

} // namespace
} // namespace kollect::test
