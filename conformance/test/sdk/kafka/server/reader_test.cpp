#include <kollect/kafka/reader.hpp>

#include <kafka/server/raw_producer.hpp>
#include <kafka/server/shared_broker.hpp>
#include <servers/wait_until.hpp>

namespace kollect::test {
namespace {

struct kafka_server_reader : shared_broker_test {
  std::unique_ptr<log_reader> open(read_from start = read_start::earliest) const {
    auto made = kafka::create_reader(target(), {.start = start});
    EXPECT_TRUE(has_value(made));
    return made ? std::move(*made) : nullptr;
  }

  /// What comes until `is_enough`, by place.
  template <class Enough>
  static std::map<std::pair<std::int32_t, std::int64_t>, std::string> read(log_reader& reader,
                                                                           Enough&& is_enough) {
    std::map<std::pair<std::int32_t, std::int64_t>, std::string> values;
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!is_enough(values) && std::chrono::steady_clock::now() < deadline) {
      auto taken = reader.poll(1'000, 1U << 20U, 250ms);
      EXPECT_TRUE(has_value(taken));
      if (!taken)
        break;
      for (const auto& message : *taken)
        EXPECT_TRUE(values.emplace(std::pair(message.partition, message.offset), message.value).second)
            << "twice";
    }
    EXPECT_TRUE(is_enough(values)) << values.size() << " messages";
    return values;
  }

  static auto until_end(const log_reader& reader) {
    return [&reader](const auto&) { return reader.at_end(); };
  }
};

TEST_F(kafka_server_reader, reads_all_partitions_to_the_end_that_was_there_at_the_start) {
  make_topic(3);
  publish(numbered_messages(topic_, 2'000, 30));
  const auto reader = open();
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->at_end());
  publish(numbered_messages(topic_, 10, 30));
  const auto values = read(*reader, until_end(*reader));
  EXPECT_GE(values.size(), 2'000U);
  std::set<std::string> texts;
  for (const auto& [place, value] : values)
    texts.insert(value);
  EXPECT_EQ(texts.size(), 2'000U);
}

TEST_F(kafka_server_reader, is_at_the_end_of_an_empty_topic_at_once) {
  make_topic(2);
  EXPECT_TRUE(open()->at_end());
}

TEST_F(kafka_server_reader, begins_with_what_is_published_after_it_was_made) {
  make_topic(2);
  publish(numbered_messages(topic_, 20));
  const auto reader = open(read_start::latest);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->at_end());
  publish({message_to(topic_, "key", "new")});
  const auto values = read(*reader, [](const auto& found) { return !found.empty(); });
  EXPECT_EQ(values.begin()->second, "new");
}

TEST_F(kafka_server_reader, begins_at_a_time) {
  make_topic(1, {{"message.timestamp.type", "LogAppendTime"}});
  publish({message_to(topic_, "key", "old")});
  const auto old = read(*open(), [](const auto& found) { return !found.empty(); });
  ASSERT_EQ(old.size(), 1U);
  const auto between = std::chrono::system_clock::now() + 5ms;
  while (std::chrono::system_clock::now() <= between + 5ms)
    std::this_thread::yield();
  publish({message_to(topic_, "key", "new")});
  const auto reader = open(from_system_clock(between));
  ASSERT_TRUE(reader);
  const auto values = read(*reader, until_end(*reader));
  ASSERT_EQ(values.size(), 1U);
  EXPECT_EQ(values.begin()->second, "new");
  EXPECT_TRUE(open(from_system_clock(between + 1h))->at_end());
}

TEST_F(kafka_server_reader, passes_over_the_marker_of_a_transaction_at_the_end) {
  make_topic();
  raw_producer producer(broker_->bootstrap(), topic_, "reader-" + topic_);
  producer.begin();
  producer.send("kept");
  producer.commit();
  // The marker, which ends the transaction for readers, is written a moment after that.
  std::unique_ptr<log_reader> reader;
  ASSERT_TRUE(servers::wait_until([&] { return !(reader = open())->at_end(); }, 30s));
  EXPECT_EQ(read(*reader, until_end(*reader)).size(), 1U);
}

TEST_F(kafka_server_reader, joins_no_group) {
  make_topic();
  publish(numbered_messages(topic_, 5));
  const auto reader = open();
  ASSERT_TRUE(reader);
  read(*reader, until_end(*reader));
  auto config = kafka::detail::make_config(target(), kafka::publisher_options{});
  auto client =
      kafka::detail::client::create(RD_KAFKA_PRODUCER, std::move(config).value(), target(), {}).value();
  const rd_kafka_group_list* groups = nullptr;
  ASSERT_EQ(rd_kafka_list_groups(client->native(), "kollect-reader", &groups, 10'000),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  for (int index = 0; index < groups->group_cnt; ++index)
    EXPECT_EQ(groups->groups[index].member_cnt, 0);
  rd_kafka_group_list_destroy(groups);
}

TEST_F(kafka_server_reader, names_a_missing_topic) {
  // This broker makes topics on demand; that we never ask for it is what keeps this one missing.
  EXPECT_TRUE(failure_is(kafka::create_reader(target()), error::topic_missing));
}

} // namespace
} // namespace kollect::test
