#include <kollect/kafka/reader.hpp>

#include <kafka/server/raw_producer.hpp>
#include <kafka/server/shared_broker.hpp>

namespace kollect::test {
namespace {

/// F48: the end of a log that no message stands at. Who watches a group's lag, as KEDA does, sees only what
/// is committed.
struct kafka_log_end : shared_broker_test {
  std::optional<std::int64_t> committed() const {
    using namespace kafka::detail;
    auto config = make_config(target(), grouped());
    auto client = client::create(RD_KAFKA_CONSUMER, std::move(config).value(), target(), {}).value();
    const std::int32_t partition = 0;
    const auto found = committed_offsets(*client, topic_, std::span(&partition, 1), 10s);
    EXPECT_TRUE(has_value(found));
    return found && found->contains(0) ? std::optional(found->at(0)) : std::nullopt;
  }

  /// Polls until the group has committed this.
  void expect_committed(std::int64_t offset) {
    std::optional<std::int64_t> last;
    EXPECT_TRUE(reader.poll_until([&] {
      last = committed();
      return last == offset;
    })) << last.value_or(-1);
  }

  std::unique_ptr<log_reader> open_log() const {
    auto made = kafka::create_reader(target());
    EXPECT_TRUE(has_value(made));
    return made ? std::move(*made) : nullptr;
  }

  member reader;
};

TEST_F(kafka_log_end, of_an_emptied_partition_is_committed) {
  make_topic();
  publish(numbered_messages(topic_, 60));
  delete_records(broker_->bootstrap(), topic_, 60);
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  expect_committed(60);
  EXPECT_TRUE(reader.messages.empty());
  const auto log = open_log();
  ASSERT_TRUE(log);
  EXPECT_EQ(log->begins(), (std::vector<partition_position>{{0, 60}}));
  EXPECT_EQ(log->ends(), log->begins());
}

TEST_F(kafka_log_end, that_retention_has_emptied_while_we_were_away_is_committed) {
  make_topic();
  publish(numbered_messages(topic_, 60));
  delete_records(broker_->bootstrap(), topic_, 60);
  reader.start[0] = 10;
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  expect_committed(60);
  EXPECT_EQ(reader.gaps.size(), 1U);
}

TEST_F(kafka_log_end, behind_a_transaction_is_committed_when_its_messages_are) {
  make_topic();
  raw_producer writer(broker_->bootstrap(), topic_, topic_);
  writer.begin();
  for (const char* const value : {"0", "1", "2"})
    writer.send(value);
  writer.commit();
  ASSERT_TRUE(has_value(reader.join(target(), grouped())));
  ASSERT_TRUE(reader.poll_until_has(3));
  reader.poll(1s); // the end
  EXPECT_LT(committed().value_or(0), 4) << "nothing is acknowledged";
  reader.acknowledge_all();
  expect_committed(4);
  writer.begin();
  for (int count = 0; count < 5; ++count)
    writer.send("never");
  writer.abort();
  expect_committed(10);
  EXPECT_EQ(reader.messages.size(), 3U);
  const auto log = open_log();
  ASSERT_TRUE(log);
  const auto behind = log->find_next(0, 3, 10s);
  ASSERT_TRUE(has_value(behind));
  EXPECT_FALSE(*behind);
  const auto first = log->find_next(0, 0, 10s);
  ASSERT_TRUE(has_value(first) && *first);
  EXPECT_EQ((*first)->value, "0");
}

} // namespace
} // namespace kollect::test
