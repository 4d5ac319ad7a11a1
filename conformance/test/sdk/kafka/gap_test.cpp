#include <kafka/embedded.hpp>

namespace kollect::test {
namespace {

/// The embedded broker keeps 5 MiB of a partition, so it forgets the first of these.
struct kafka_gap : embedded_broker_test {
  void publish_more_than_is_kept() {
    auto publisher = open_publisher();
    const std::vector messages{message_to(topic, "k", std::string(1024U * 1024, 'x'))};
    for (int count = 0; count < 8; ++count)
      ASSERT_TRUE(has_value(publisher->publish(messages, 20s).front()));
  }

  member reader;
};

TEST_F(kafka_gap, is_told_and_reading_goes_on_at_the_beginning) {
  start();
  publish_more_than_is_kept();
  reader.start = {{0, 1}};
  ASSERT_TRUE(has_value(reader.join(target(), quick())));
  ASSERT_TRUE(
      reader.poll_until([&] { return !reader.messages.empty() && reader.messages.back().offset == 7; }));
  ASSERT_EQ(reader.gaps.size(), 1U);
  EXPECT_EQ(reader.gaps.front().expected, 1);
  EXPECT_EQ(reader.gaps.front().found, reader.offsets().front());
  EXPECT_GT(reader.gaps.front().found, 1);
  EXPECT_TRUE(reader.failures.empty());
}

TEST_F(kafka_gap, is_told_when_retention_overtakes_a_reader_that_waits) {
  start();
  publish({message_to(topic, "k", "0"), message_to(topic, "k", "1")});
  ASSERT_TRUE(has_value(reader.join(target(), quick())));
  ASSERT_TRUE(reader.poll_until_has(2));
  ASSERT_TRUE(has_value(reader->keep_alive()));
  publish_more_than_is_kept();
  ASSERT_TRUE(reader.poll_until([&] { return reader.messages.back().offset == 9; }));
  ASSERT_EQ(reader.gaps.size(), 1U);
  EXPECT_EQ(reader.gaps.front().expected, 2);
}

TEST_F(kafka_gap, there_is_none_at_the_beginning_of_the_log) {
  start();
  publish_more_than_is_kept();
  ASSERT_TRUE(has_value(reader.join(target(), quick())));
  ASSERT_TRUE(reader.poll_until_has(1));
  EXPECT_GT(reader.offsets().front(), 0);
  EXPECT_TRUE(reader.gaps.empty());
}

TEST_F(kafka_gap, a_log_that_is_shorter_than_what_was_read_is_read_from_its_beginning) {
  start();
  publish(numbered_messages(topic, 3));
  reader.start = {{0, 1'000}};
  ASSERT_TRUE(has_value(reader.join(target(), quick())));
  ASSERT_TRUE(reader.poll_until_has(3));
  EXPECT_EQ(reader.gaps, (std::vector<gap>{{0, 1'000, 0}}));
  EXPECT_EQ(reader.offsets(), (std::vector<std::int64_t>{0, 1, 2}));
}

} // namespace
} // namespace kollect::test
