#include <kafka/server/raw_producer.hpp>
#include <kafka/server/shared_broker.hpp>

namespace kollect::test {
namespace {

struct kafka_server_subscriber : shared_broker_test {
  member reader;
};

TEST_F(kafka_server_subscriber, reads_everything_and_is_caught_up) {
  make_topic(3);
  publish(numbered_messages(topic_, 3'000, 30));
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(has_value(reader->mark_end(10s)));
  ASSERT_TRUE(reader.poll_until_caught_up(60s));
  EXPECT_EQ(reader.messages.size(), 3'000U);
  for (const auto& [partition, waiting] : reader->lag())
    EXPECT_EQ(waiting, 0) << "partition " << partition;
}

TEST_F(kafka_server_subscriber, tells_when_the_broker_appended) {
  make_topic(1, {{"message.timestamp.type", "LogAppendTime"}});
  const auto before = from_system_clock(std::chrono::system_clock::now() - 1s);
  publish(numbered_messages(topic_, 1));
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(reader.poll_until_has(1));
  ASSERT_TRUE(reader.messages.front().appended_at);
  EXPECT_GE(*reader.messages.front().appended_at, before);
  EXPECT_LE(*reader.messages.front().appended_at, from_system_clock(std::chrono::system_clock::now() + 1s));
}

TEST_F(kafka_server_subscriber, tells_a_tombstone_from_an_empty_value) {
  make_topic();
  raw_producer producer(broker_->bootstrap(), topic_);
  producer.send_tombstone();
  producer.send("");
  producer.flush();
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(reader.poll_until_has(2));
  EXPECT_TRUE(reader.messages[0].is_tombstone);
  EXPECT_FALSE(reader.messages[1].is_tombstone);
  EXPECT_TRUE(reader.messages[1].value.empty());
}

TEST_F(kafka_server_subscriber, is_caught_up_behind_the_markers_of_transactions) {
  make_topic();
  raw_producer producer(broker_->bootstrap(), topic_, topic_);
  producer.begin();
  for (const char* value : {"1", "2"})
    producer.send(value);
  producer.commit();
  producer.begin();
  for (const char* value : {"3", "4"})
    producer.send(value);
  producer.abort();
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(has_value(reader->mark_end(10s)));
  ASSERT_TRUE(reader.poll_until_caught_up());
  EXPECT_EQ(reader.values(), (std::vector<std::string>{"1", "2"}));
}

TEST_F(kafka_server_subscriber, is_told_of_a_gap) {
  make_topic();
  publish(numbered_messages(topic_, 10));
  delete_records(broker_->bootstrap(), topic_, 6);
  reader.start = {{0, 2}};
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(reader.poll_until_has(4));
  EXPECT_EQ(reader.gaps, (std::vector<gap>{{0, 2, 6}}));
  EXPECT_EQ(reader.offsets(), (std::vector<std::int64_t>{6, 7, 8, 9}));
}

TEST_F(kafka_server_subscriber, is_caught_up_with_a_log_that_retention_has_emptied) {
  make_topic();
  publish(numbered_messages(topic_, 10));
  delete_records(broker_->bootstrap(), topic_, 10);
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(has_value(reader->mark_end(10s)));
  EXPECT_TRUE(reader.poll_until_caught_up());
  EXPECT_TRUE(reader.messages.empty());
}

TEST_F(kafka_server_subscriber, loses_and_doubles_nothing_around_keep_alive) {
  make_topic(3);
  publish(numbered_messages(topic_, 3'000, 30));
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  reader.at_once = 100;
  for (std::size_t wanted = 100; wanted <= 3'000; wanted += 100) {
    ASSERT_TRUE(reader.poll_until_has(wanted));
    if (wanted % 500 == 0) {
      ASSERT_TRUE(has_value(reader->keep_alive()));
    }
  }
  for (std::int32_t partition = 0; partition < 3; ++partition) {
    const auto offsets = reader.offsets(partition);
    for (std::size_t index = 0; index < offsets.size(); ++index)
      ASSERT_EQ(offsets[index], static_cast<std::int64_t>(index)) << "partition " << partition;
  }
}

TEST_F(kafka_server_subscriber, does_not_make_a_missing_topic) {
  EXPECT_TRUE(failure_is(reader.join(target(), grouped()), error::topic_missing));
  make_topic(); // fails if it is there
}

TEST_F(kafka_server_subscriber, says_that_the_topic_was_deleted_and_reads_its_successor) {
  make_topic();
  publish(numbered_messages(topic_, 3));
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(reader.poll_until_has(3));
  ASSERT_TRUE(has_value(broker_->delete_topic(topic_)));
  ASSERT_TRUE(reader.poll_until([&] { return !reader.failures.empty(); }, 60s));
  EXPECT_EQ(reader.failures.front().reason(), error::topic_missing) << reader.failures.front();

  // More than was read of the old one. Where there are no topic ids, the listener answers for that one.
#if RD_KAFKA_VERSION < 0x020300ff
  reader.start = {{0, 3}};
#endif
  make_topic();
  publish(numbered_messages(topic_, 10));
  reader.messages.clear();
  ASSERT_TRUE(reader.poll_until_has(10, 60s));
  EXPECT_EQ(reader.offsets(), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
#if RD_KAFKA_VERSION >= 0x020300ff
  EXPECT_EQ(reader.identities.size(), 2U) << "the new topic is another log";
#else
  EXPECT_EQ(reader.gaps, (std::vector<gap>{{0, 3, 0}}));
#endif
  reader.messages.clear();
  const auto closing = std::chrono::steady_clock::now();
  reader.leave();
  EXPECT_LT(std::chrono::steady_clock::now() - closing, 20s) << "librdkafka 2.0 hangs here";
}

} // namespace
} // namespace kollect::test
