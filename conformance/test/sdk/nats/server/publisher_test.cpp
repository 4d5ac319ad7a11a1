#include "fixture.hpp"

#include <algorithm>

namespace kollect::test {
namespace {

using publisher_server = nats_test;

TEST_F(publisher_server, answers_one_receipt_a_message_in_their_order) {
  const auto sender = make_publisher();
  const auto answers = sender->publish(numbered_messages(target_, 3), 10s);
  ASSERT_EQ(answers.size(), 3U);
  for (std::size_t index = 0; index < answers.size(); ++index) {
    ASSERT_TRUE(answers[index]) << answers[index].error();
    EXPECT_EQ(answers[index]->offset, static_cast<std::int64_t>(index + 1));
    EXPECT_EQ(answers[index]->partition, 0);
    EXPECT_FALSE(answers[index]->duplicate);
  }
  EXPECT_TRUE(sender->publish({}, 10s).empty());
}

TEST_F(publisher_server, keeps_the_order_of_many_with_few_in_flight) {
  nats::publisher_options options;
  options.max_in_flight = 16;
  options.max_in_flight_bytes = 40;
  const auto sender = make_publisher(options);
  const auto answers = sender->publish(numbered_messages(target_, 3'000), 60s);
  for (std::size_t index = 0; index < answers.size(); ++index) {
    ASSERT_TRUE(answers[index]) << answers[index].error();
    ASSERT_EQ(answers[index]->offset, static_cast<std::int64_t>(index + 1));
  }
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until([&] {
    EXPECT_TRUE(reader.settle()); // more than max_ack_pending do not come
    return reader.messages.size() >= 3'000;
  }));
  EXPECT_EQ(reader.values(), numbered_values(3'000));
}

TEST_F(publisher_server, takes_a_duplicate_for_success) {
  const auto sender = make_publisher();
  const auto message = numbered_messages(target_, 1);
  const auto first = sender->publish(message, 10s), second = sender->publish(message, 10s);
  ASSERT_TRUE(first[0] && second[0]);
  EXPECT_FALSE(first[0]->duplicate);
  EXPECT_TRUE(second[0]->duplicate);
  EXPECT_EQ(second[0]->offset, first[0]->offset);
  EXPECT_EQ(administrator(target_).stream(target_.stream).messages, 1U);
}

TEST_F(publisher_server, says_when_no_stream_takes_the_subject) {
  const auto sender = make_publisher();
  auto messages = numbered_messages(target_, 3);
  messages[1].destination = "nobody.takes.this";
  const auto answers = sender->publish(messages, 10s);
  EXPECT_TRUE(answers[0]);
  ASSERT_FALSE(answers[1]);
  EXPECT_EQ(answers[1].error().reason(), error::topic_missing);
  EXPECT_TRUE(answers[2]);
}

TEST_F(publisher_server, passes_on_why_a_stream_refuses) {
  administrator admin(target_);
  admin.ask("STREAM.CREATE." + target_.stream, {{"name", target_.stream},
                                                {"subjects", {target_.destination}},
                                                {"max_msgs", 2},
                                                {"discard", "new"},
                                                {"max_msg_size", 100}});
  const auto sender = make_publisher();
  auto large = numbered_messages(target_, 1, 100);
  large[0].value.assign(200, 'x');
  EXPECT_EQ(sender->publish(large, 10s)[0].error().reason(), error::message_exceeds_limit);
  const auto answers = sender->publish(numbered_messages(target_, 3), 10s);
  EXPECT_TRUE(answers[0] && answers[1]);
  ASSERT_FALSE(answers[2]);
  EXPECT_EQ(answers[2].error().reason(), error::not_acknowledged);
  EXPECT_NE(answers[2].error().message.find("maximum messages"), std::string::npos) << answers[2].error();
}

TEST_F(publisher_server, sends_nothing_when_one_message_cannot_be_sent) {
  const auto sender = make_publisher();
  auto messages = numbered_messages(target_, 3);
  messages[1].headers.push_back({"x", "y\r\nNats-Msg-Id: forged"});
  const auto answers = sender->publish(messages, 10s);
  EXPECT_EQ(answers[0].error().reason(), error::not_acknowledged);
  EXPECT_EQ(answers[1].error().reason(), error::invalid_value);
  EXPECT_EQ(answers[2].error().reason(), error::not_acknowledged);
  EXPECT_FALSE(has_stream());
}

TEST_F(publisher_server, without_time_nothing_counts_as_confirmed) {
  const auto sender = make_ready_publisher();
  EXPECT_EQ(sender->publish(numbered_messages(target_, 1), 0ms)[0].error().reason(), error::not_acknowledged);
  // The late answer is not taken for that of the next message.
  const auto answers = sender->publish(numbered_messages(target_, 2, 1), 10s);
  ASSERT_TRUE(answers[0] && answers[1]);
  EXPECT_EQ(answers[0]->offset, 3);
  EXPECT_EQ(answers[1]->offset, 4);
}

TEST_F(publisher_server, is_tested_without_leaving_anything_behind) {
  const auto sender = make_publisher();
  EXPECT_TRUE(sender->check(10s));
  EXPECT_TRUE(sender->publish({}, 10s).empty());
  EXPECT_TRUE(sender->take_settled(0ms).empty());
  EXPECT_FALSE(has_stream());
  EXPECT_TRUE(sender->publish(numbered_messages(target_, 1), 10s)[0]);
  EXPECT_TRUE(has_stream());
}

TEST_F(publisher_server, says_that_the_stream_cannot_be_made_and_tries_again) {
  administrator admin(target_);
  admin.ask("STREAM.CREATE.taker", {{"name", "taker"}, {"subjects", {target_.destination}}});
  const auto sender = make_publisher();
  EXPECT_TRUE(sender->check(10s));
  const auto refused = sender->publish(numbered_messages(target_, 2), 10s);
  ASSERT_EQ(refused.size(), 2U);
  ASSERT_FALSE(refused[0]);
  EXPECT_EQ(refused[0].error().reason(), error::invalid_value);
  EXPECT_NE(refused[0].error().message.find("overlap"), std::string::npos) << refused[0].error();
  ASSERT_FALSE(refused[1]);
  EXPECT_EQ(refused[1].error().reason(), error::not_acknowledged);
  EXPECT_EQ(admin.stream("taker").messages, 0U);
  admin.ask("STREAM.DELETE.taker");
  for (const auto& answer : sender->publish(numbered_messages(target_, 2), 10s))
    EXPECT_TRUE(answer) << answer.error();
}

TEST_F(publisher_server, is_of_no_use_once_closed) {
  const auto sender = make_publisher();
  sender->close();
  sender->close();
  EXPECT_EQ(sender->publish(numbered_messages(target_, 1), 1s)[0].error().reason(), error::closed);
  EXPECT_EQ(sender->check(1s).error().reason(), error::closed);
}

} // namespace
} // namespace kollect::test
