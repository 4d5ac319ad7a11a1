#include "fixture.hpp"

namespace kollect::test {
namespace {

/// A server that takes messages of up to 2000 bytes, headers included.
class limits_server : public nats_test {
protected:
  static void SetUpTestSuite() { start({.max_payload = 2'000}); }
};

TEST_F(limits_server, message_over_max_payload_is_refused_before_anything_is_sent) {
  const auto sender = make_publisher();
  auto messages = numbered_messages(target_, 3);
  messages[1].value.assign(2'000, 'x'); // the header makes it too long
  const auto answers = sender->publish(messages, 10s);
  EXPECT_EQ(answers[0].error().reason(), error::not_acknowledged);
  ASSERT_FALSE(answers[1]);
  EXPECT_EQ(answers[1].error().reason(), error::message_exceeds_limit);
  EXPECT_EQ(answers[1].error().clause, "SIZE-01");
  EXPECT_EQ(answers[2].error().reason(), error::not_acknowledged);
  EXPECT_FALSE(has_stream());
}

TEST_F(limits_server, message_of_just_max_payload_passes) {
  const auto sender = make_publisher();
  auto messages = numbered_messages(target_, 1);
  messages[0].value.assign(2'000 - (nats::detail::sent_size(messages[0]) - messages[0].value.size()), 'x');
  ASSERT_EQ(nats::detail::sent_size(messages[0]), 2'000U);
  const auto answers = sender->publish(messages, 10s);
  ASSERT_TRUE(answers[0]) << answers[0].error();
  messages[0].value += 'x';
  EXPECT_EQ(sender->publish(messages, 10s)[0].error().reason(), error::message_exceeds_limit);
  EXPECT_TRUE(sender->publish(numbered_messages(target_, 1, 1), 10s)[0]); // the connection has survived that
}

} // namespace
} // namespace kollect::test
