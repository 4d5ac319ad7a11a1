#include <kafka/server/shared_broker.hpp>

#include <kollect/kafka/detail/log_check.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

namespace kollect::test {
namespace {

/// A log is replaced while it is being read, and librdkafka says nothing.
struct kafka_server_replaced_log : shared_broker_test {
  member reader;

  kafka::subscriber_options watchful() const {
    auto options = grouped();
    options.log_check_interval = 500ms;
    return options;
  }

  /// Messages of which every partition gets some.
  void publish_named(const std::string& name, int count) {
    std::vector<outgoing_message> messages;
    for (int number = 0; number < count; ++number)
      messages.push_back(
          message_to(topic_, "key-" + std::to_string(number % 20), name + std::to_string(number)));
    publish(messages);
  }

  std::set<std::string> read() const {
    std::set<std::string> names;
    for (const auto& message : reader.messages)
      names.emplace(message.value);
    return names;
  }

  bool poll_until_read(const std::string& name, int count) {
    return reader.poll_until(
        [&] {
          const auto names = read();
          for (int number = 0; number < count; ++number)
            if (!names.contains(name + std::to_string(number)))
              return false;
          return true;
        },
        40s);
  }

  /// A copy of the only partition's folder, as it is now.
  std::filesystem::path copy_log() {
    EXPECT_TRUE(has_value(broker_->stop()));
    const auto copy = broker_->store().parent_path() / "copy";
    std::filesystem::copy(broker_->store() / (topic_ + "-0"), copy, std::filesystem::copy_options::recursive);
    EXPECT_TRUE(has_value(broker_->restart()));
    return copy;
  }

  /// The partition is what it was when it was copied.
  void put_back(const std::filesystem::path& copy) {
    broker_->kill();
    const auto folder = broker_->store() / (topic_ + "-0");
    std::filesystem::remove_all(folder);
    std::filesystem::rename(copy, folder);
    EXPECT_TRUE(has_value(broker_->restart()));
  }

  /// What stands at these offsets of the only partition, as it is given out.
  std::vector<received_message> batch_of(std::int64_t first, std::int64_t end) const {
    std::vector<received_message> batch;
    auto source = kafka::detail::record_reader::open(target(), grouped());
    for (std::int64_t offset = first; source && offset != end; ++offset) {
      auto native = (*source)->read(0, offset, 20s);
      if (!native || !*native)
        break;
      batch.emplace_back().owner = std::make_shared<kafka::detail::kept_message>(
          kafka::detail::kept_message{(*source)->shared_source(), std::move(*native)});
    }
    EXPECT_EQ(batch.size(), static_cast<std::size_t>(end - first));
    return batch;
  }

  /// The listener answers as a store does that knows the log by its name.
  void remember_positions(int partitions) {
    for (std::int32_t partition = 0; partition < partitions; ++partition) {
      const auto offsets = reader.offsets(partition);
      if (!offsets.empty())
        reader.start[partition] = offsets.back(); // one early, as the reference consumer does
    }
  }

  void expect_told() const {
#if RD_KAFKA_VERSION >= 0x020300ff
    EXPECT_EQ(reader.identities.size(), 2U) << "the new topic is another log";
#else
    EXPECT_FALSE(reader.gaps.empty());
    for (const auto& one : reader.gaps)
      EXPECT_LT(one.found, one.expected) << "partition " << one.partition;
#endif
  }

  void recreate_under_the_reader(int partitions, int before, int after, std::chrono::milliseconds absence) {
    make_topic(partitions);
    ASSERT_TRUE(has_value(reader.join(target(), watchful())));
    publish_named("old ", before);
    ASSERT_TRUE(poll_until_read("old ", before));
#if RD_KAFKA_VERSION < 0x020300ff
    remember_positions(partitions);
#endif
    ASSERT_TRUE(has_value(broker_->delete_topic(topic_)));
    const kafka::detail::deadline away{absence};
    reader.poll_until([&] { return away.passed(); });
    make_topic(partitions);
    publish_named("new ", after);
    EXPECT_TRUE(poll_until_read("new ", after));
    expect_told();
  }
};

TEST_F(kafka_server_replaced_log, filled_beyond_the_position) {
  recreate_under_the_reader(1, 3, 30, 0ms);
}

TEST_F(kafka_server_replaced_log, filled_exactly_to_the_position) {
  recreate_under_the_reader(1, 3, 3, 0ms);
}

TEST_F(kafka_server_replaced_log, filled_to_below_the_position) {
  recreate_under_the_reader(1, 30, 3, 0ms);
}

TEST_F(kafka_server_replaced_log, away_for_a_moment) {
  recreate_under_the_reader(1, 3, 30, 300ms);
}

TEST_F(kafka_server_replaced_log, away_for_seconds) {
  recreate_under_the_reader(1, 3, 30, 4s);
}

TEST_F(kafka_server_replaced_log, with_several_partitions) {
  recreate_under_the_reader(4, 100, 300, 0ms);
}

TEST_F(kafka_server_replaced_log, with_several_partitions_filled_to_below) {
  recreate_under_the_reader(4, 300, 100, 500ms);
}

TEST_F(kafka_server_replaced_log, the_end_that_is_waited_for_is_the_new_ones) {
  make_topic();
  publish_named("old ", 3);
  ASSERT_TRUE(has_value(reader.join(target(), watchful())));
  ASSERT_TRUE(poll_until_read("old ", 3));
  ASSERT_TRUE(has_value(reader->mark_end(10s)));
#if RD_KAFKA_VERSION < 0x020300ff
  remember_positions(1);
#endif
  ASSERT_TRUE(has_value(broker_->delete_topic(topic_)));
  make_topic();
  publish_named("new ", 3); // as long as the old one, which was read up to its end
  ASSERT_TRUE(reader.poll_until_caught_up(40s));
  const auto names = read();
  for (const char* const name : {"new 0", "new 1", "new 2"})
    EXPECT_TRUE(names.contains(name)) << name;
}

/// The folder of a topic's only partition is replaced by an older copy of itself while the broker is down,
/// and filled again beyond the position before the reader can fetch.
TEST_F(kafka_server_replaced_log, shortened_and_filled_again) {
  make_topic();
  publish_named("kept ", 5);
  ASSERT_TRUE(has_value(reader.join(target(), watchful())));
  ASSERT_TRUE(poll_until_read("kept ", 5));
  const auto copy = copy_log();
  publish_named("lost ", 5);
  ASSERT_TRUE(poll_until_read("lost ", 5));
  remember_positions(1); // the group may well be formed again
  put_back(copy);
  publish_named("new ", 12);
  EXPECT_TRUE(poll_until_read("new ", 12));
  ASSERT_EQ(reader.gaps.size(), 1U);
  EXPECT_EQ(reader.gaps.front().found, 0);
  EXPECT_EQ(reader.gaps.front().partition, 0);
}

/// The same, and what fills it is fetched before the first look: a record that was seen long ago is in its
/// place, and so is the last one.
TEST_F(kafka_server_replaced_log, shortened_and_filled_again_between_two_looks) {
  make_topic();
  publish_named("kept ", 5);
  kafka::detail::log_check check(target(), grouped());
  check.note(batch_of(0, 5));
  EXPECT_EQ(check.look({0}).value(), std::vector<std::int32_t>{});
  const auto copy = copy_log();
  publish_named("lost ", 5);
  check.note(batch_of(5, 10));
  put_back(copy);
  publish_named("new ", 12);
  check.hurry();
  check.note(batch_of(10, 17));
  auto found = check.look({0});
  for (int tries = 1; !found && tries < 20;
       ++tries) // a look takes a second at most, and leaders may take more
    found = check.look({0});
  ASSERT_TRUE(has_value(found));
  EXPECT_EQ(*found, std::vector<std::int32_t>{0});
}

TEST_F(kafka_server_replaced_log, one_that_is_as_it_was_is_never_said_to_be_another) {
  make_topic(3);
  auto options = watchful();
  options.log_check_interval = 1ms;
  ASSERT_TRUE(has_value(reader.join(target(), options)));
  for (int round = 0; round < 10; ++round) {
    publish_named("round " + std::to_string(round) + " ", 30);
    ASSERT_TRUE(poll_until_read("round " + std::to_string(round) + " ", 30));
    if (round == 5) {
      for (std::int32_t partition = 0; partition < 3; ++partition)
        if (const auto offsets = reader.offsets(partition); !offsets.empty())
          reader.start[partition] =
              offsets.back() + 1; // the group is formed again where the broker takes long
      ASSERT_TRUE(has_value(broker_->restart()));
    }
  }
  EXPECT_EQ(reader.messages.size(), 300U) << "each once";
  EXPECT_TRUE(reader.gaps.empty());
  for (const auto& failed : reader.failures)
    ADD_FAILURE() << failed;
}

/// An answer holds one batch, and the partitions share the queue that answers go into: none may wait for
/// another.
TEST_F(kafka_server_replaced_log, many_partitions_are_looked_at_at_once) {
  constexpr std::int32_t partitions = 12;
  make_topic(partitions);
  std::vector<outgoing_message> messages;
  for (int number = 0; number < 200; ++number)
    messages.push_back(message_to(topic_, "key-" + std::to_string(number), std::string(5'000, 'x')));
  publish(messages);
  auto looking = kafka::detail::record_reader::open(target(), grouped());
  ASSERT_TRUE(has_value(looking));
  std::map<std::int32_t, kafka::detail::known_record> known;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    const auto record = (*looking)->read(partition, 0, 20s);
    ASSERT_TRUE(has_value(record));
    ASSERT_TRUE(*record) << "no key went to partition " << partition;
    known.emplace(partition, kafka::detail::known_record_of(**record));
  }
  const auto found = (*looking)->compare(known, 5s);
  ASSERT_TRUE(has_value(found));
  EXPECT_EQ(found->size(), known.size());
  for (const auto& [partition, finding] : *found)
    EXPECT_EQ(finding, kafka::detail::record_finding::same) << partition;
}

} // namespace
} // namespace kollect::test
