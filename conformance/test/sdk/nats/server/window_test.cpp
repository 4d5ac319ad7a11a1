#include "fixture.hpp"

#include <algorithm>
#include <csignal>

namespace kollect::test {
namespace {

/// What publisher::post() and take_settled() promise.
class nats_window : public nats_test {
protected:
  /// Posts messages, of which nobody else keeps anything, and answers what has become of each.
  static std::vector<settled_message> post_all(publisher& sender, std::vector<outgoing_message> messages,
                                               std::chrono::milliseconds timeout) {
    std::vector<settled_message> settled;
    for (auto& message : messages) {
      sender.post(std::make_shared<const outgoing_message>(std::move(message)), timeout);
      std::ranges::move(sender.take_settled(0ms), std::back_inserter(settled));
    }
    const auto end = std::chrono::steady_clock::now() + timeout + 10s;
    while (settled.size() < messages.size() && std::chrono::steady_clock::now() < end)
      std::ranges::move(sender.take_settled(1s), std::back_inserter(settled));
    return settled;
  }
};

TEST_F(nats_window, tells_of_each_message_once_in_the_order_of_post) {
  nats::publisher_options options;
  options.max_in_flight = 16;
  options.max_in_flight_bytes = 40;
  const auto sender = make_publisher(options);
  const auto settled = post_all(*sender, numbered_messages(target_, 3'000), 60s);
  ASSERT_EQ(settled.size(), 3'000U);
  for (std::size_t index = 0; index < settled.size(); ++index) {
    ASSERT_TRUE(settled[index].outcome) << settled[index].outcome.error();
    EXPECT_EQ(settled[index].outcome->offset, static_cast<std::int64_t>(index + 1));
    EXPECT_EQ(settled[index].message->value, std::to_string(index));
  }
  EXPECT_TRUE(sender->take_settled(20s).empty()) << "and does not wait, as nothing is on its way";
  EXPECT_EQ(administrator(target_).stream(target_.stream).messages, 3'000U);
}

TEST_F(nats_window, takes_a_duplicate_for_success) {
  const auto sender = make_publisher();
  auto messages = numbered_messages(target_, 1);
  messages.push_back(messages.front());
  const auto settled = post_all(*sender, messages, 10s);
  ASSERT_EQ(settled.size(), 2U);
  ASSERT_TRUE(settled[0].outcome && settled[1].outcome);
  EXPECT_FALSE(settled[0].outcome->duplicate);
  EXPECT_TRUE(settled[1].outcome->duplicate);
}

TEST_F(nats_window, says_when_no_stream_takes_the_subject) {
  const auto sender = make_publisher();
  auto messages = numbered_messages(target_, 3);
  messages[1].destination = "nobody.takes.this";
  for (auto& message : messages)
    sender->post(std::make_shared<const outgoing_message>(message), 10s);
  std::vector<settled_message> settled;
  while (settled.size() < 3)
    std::ranges::move(sender->take_settled(20s), std::back_inserter(settled));
  EXPECT_TRUE(settled[0].outcome);
  EXPECT_EQ(settled[1].outcome.error().reason(), error::topic_missing);
  EXPECT_TRUE(settled[2].outcome) << "it was on its way";
}

TEST_F(nats_window, holds_messages_back_until_a_failure_has_been_told) {
  const auto sender = make_publisher();
  auto messages = numbered_messages(target_, 3);
  messages[1].headers.push_back({"x", "y\r\nNats-Msg-Id: forged"});
  for (auto& message : messages)
    sender->post(std::make_shared<const outgoing_message>(message), 10s);
  std::vector<settled_message> settled;
  while (settled.size() < 3)
    std::ranges::move(sender->take_settled(20s), std::back_inserter(settled));
  EXPECT_TRUE(settled[0].outcome);
  EXPECT_EQ(settled[1].outcome.error().reason(), error::invalid_value);
  EXPECT_EQ(settled[2].outcome.error().reason(), error::not_acknowledged);
  EXPECT_EQ(administrator(target_).stream(target_.stream).messages, 1U);
  EXPECT_TRUE(post_all(*sender, numbered_messages(target_, 1, 3), 10s).at(0).outcome);
}

TEST_F(nats_window, is_settled_before_anything_is_published) {
  const auto sender = make_publisher();
  for (auto& message : numbered_messages(target_, 10))
    sender->post(std::make_shared<const outgoing_message>(std::move(message)), 10s);
  EXPECT_EQ(sender->publish(numbered_messages(target_, 1, 10), 10s).at(0)->offset, 11);
  EXPECT_EQ(sender->take_settled(0ms).size(), 10U);
}

TEST_F(nats_window, answers_for_all_when_it_is_closed) {
  const auto sender = make_ready_publisher();
  ASSERT_TRUE(server_->child().send_signal(SIGSTOP)); // it takes messages and does not answer
  for (auto& message : numbered_messages(target_, 3))
    sender->post(std::make_shared<const outgoing_message>(std::move(message)), 10s);
  sender->close();
  ASSERT_TRUE(server_->child().send_signal(SIGCONT));
  sender->post(std::make_shared<const outgoing_message>(numbered_messages(target_, 1, 3).front()), 10s);
  const auto settled = sender->take_settled(10s);
  ASSERT_EQ(settled.size(), 4U);
  for (const auto& one : settled)
    EXPECT_EQ(one.outcome.error().reason(), error::closed);
}

TEST_F(nats_window, gives_up_what_is_not_answered_in_time_and_goes_on) {
  const auto sender = make_ready_publisher();
  ASSERT_TRUE(server_->child().send_signal(SIGSTOP));
  const auto lost = post_all(*sender, numbered_messages(target_, 3), 300ms);
  ASSERT_TRUE(server_->child().send_signal(SIGCONT));
  ASSERT_EQ(lost.size(), 3U);
  for (const auto& one : lost)
    EXPECT_EQ(one.outcome.error().reason(), error::not_acknowledged);
  // Late answers are not taken for those of the next messages: ids that are there already are duplicates.
  const auto again = post_all(*sender, numbered_messages(target_, 4), 10s);
  ASSERT_EQ(again.size(), 4U);
  for (std::size_t index = 0; index < again.size(); ++index) {
    ASSERT_TRUE(again[index].outcome) << again[index].outcome.error();
    EXPECT_EQ(again[index].outcome->offset, static_cast<std::int64_t>(index + 2));
  }
  EXPECT_EQ(administrator(target_).stream(target_.stream).messages, 5U);
}

TEST_F(nats_window, messages_on_their_way_when_the_server_dies_are_not_confirmed) {
  nats::publisher_options options;
  options.client.reconnect_wait = std::chrono::milliseconds(50);
  const auto sender = make_ready_publisher(options);
  ASSERT_TRUE(server_->child().send_signal(SIGSTOP));
  for (auto& message : numbered_messages(target_, 3))
    sender->post(std::make_shared<const outgoing_message>(std::move(message)), 30s);
  server_->kill();
  ASSERT_TRUE(server_->restart());
  std::vector<settled_message> settled;
  while (settled.size() < 3)
    std::ranges::move(sender->take_settled(30s), std::back_inserter(settled));
  for (const auto& one : settled)
    EXPECT_EQ(one.outcome.error().reason(), error::not_acknowledged);
  // Sent again with the same ids, each is stored once, whatever happened before.
  for (const auto& one : post_all(*sender, numbered_messages(target_, 3), 30s))
    EXPECT_TRUE(one.outcome) << one.outcome.error();
  EXPECT_EQ(administrator(target_).stream(target_.stream).messages, 4U);
}

TEST_F(nats_window, makes_the_stream_with_the_first_message_and_tells_when_it_cannot) {
  administrator admin(target_);
  admin.ask("STREAM.CREATE.taker", {{"name", "taker"}, {"subjects", {target_.destination}}});
  const auto sender = make_publisher();
  for (const auto& one : post_all(*sender, numbered_messages(target_, 1), 10s))
    EXPECT_EQ(one.outcome.error().reason(), error::invalid_value);
  EXPECT_EQ(admin.stream("taker").messages, 0U);
  admin.ask("STREAM.DELETE.taker");
  const auto settled = post_all(*sender, numbered_messages(target_, 2), 10s);
  ASSERT_EQ(settled.size(), 2U);
  for (const auto& one : settled)
    EXPECT_TRUE(one.outcome) << one.outcome.error();
  EXPECT_TRUE(has_stream());
}

} // namespace
} // namespace kollect::test
