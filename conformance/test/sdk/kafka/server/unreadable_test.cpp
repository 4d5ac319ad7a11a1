#include <kollect/kafka/reader.hpp>

#include <kafka/server/raw_producer.hpp>
#include <kafka/server/shared_broker.hpp>
#include <servers/temporary_directory.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace kollect::test {
namespace {

constexpr std::size_t mib = 1024U * 1024;

/// What a subscriber that reads answers of up to 2 MiB cannot read, and what it makes of it.
struct kafka_server_unreadable : shared_broker_test {
  kafka::subscriber_options small_answers(bool skip) const {
    auto options = grouped();
    options.max_message_bytes = 2 * mib;
    options.fetch_bytes = options.partition_fetch_bytes = mib;
    options.skip_unreadable = skip;
    options.unreadable_retry = 1s;
    return options;
  }

  void make_large_topic(int partitions = 1) {
    make_topic(partitions, {{"max.message.bytes", std::to_string(64 * mib)}});
  }

  /// To partition 0, each in a batch of its own.
  void send(const std::vector<std::string>& values) {
    for (const auto& value : values) {
      raw_producer producer(broker_->bootstrap(), topic_);
      producer.send(value);
      producer.flush();
    }
  }

  /// To partition 0, in one batch that is small until it is decompressed.
  void send_bomb(int messages) {
    raw_producer producer(
        broker_->bootstrap(), topic_, {},
        {{"compression.codec", "zstd"}, {"batch.size", std::to_string(64 * mib)}, {"linger.ms", "2000"}});
    for (int sent = 0; sent < messages; ++sent)
      producer.send(std::string(8 * mib / static_cast<std::size_t>(messages), ' '));
    producer.flush();
  }

  std::vector<std::string> good_values() const {
    std::vector<std::string> values;
    for (const auto& message : reader.messages)
      if (!message.unreadable)
        values.emplace_back(message.value);
    return values;
  }

  std::vector<const received_message*> passed_over() const {
    std::vector<const received_message*> found;
    for (const auto& message : reader.messages)
      if (message.unreadable)
        found.push_back(&message);
    return found;
  }

  member reader;
};

TEST_F(kafka_server_unreadable, answer_that_is_too_large_stops_its_partition_alone_and_says_so) {
  make_large_topic(2);
  send({"a", "b", std::string(8 * mib, 'x'), "c"});
  const auto before = publish(numbered_messages(topic_, 20));
  ASSERT_TRUE(has_value(reader.join(target(), small_answers(false))));
  ASSERT_TRUE(reader.poll_until([&] { return !reader->unreadable().empty(); }));
  const auto stuck = reader->unreadable().front();
  EXPECT_EQ(stuck.partition, 0);
  EXPECT_EQ(stuck.offset, 2);
  EXPECT_EQ(stuck.reason.reason(), error::unreadable_batch);
  EXPECT_NE(to_string(stuck.reason).find("offset 2"), std::string::npos) << stuck.reason;

  const auto after = publish(numbered_messages(topic_, 20));
  const auto of_other = [&](const std::vector<receipt>& all) {
    return std::ranges::count(all, 1, &receipt::partition);
  };
  const auto wanted = static_cast<std::size_t>(of_other(before) + of_other(after));
  ASSERT_GT(wanted, 0U);
  ASSERT_TRUE(reader.poll_until([&] { return reader.offsets(1).size() == wanted; }));
  EXPECT_EQ(reader.offsets(0), (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(reader->unreadable().size(), 1U);
  EXPECT_TRUE(reader.failures.empty()) << reader.failures.front();
}

TEST_F(kafka_server_unreadable, answer_that_is_too_large_is_passed_over_when_told_to) {
  make_large_topic();
  send({"a", "b", std::string(8 * mib, 'x'), "c", std::string(9 * mib, 'x'), std::string(9 * mib, 'x'), "d"});
  ASSERT_TRUE(has_value(reader.join(target(), small_answers(true))));
  ASSERT_TRUE(has_value(reader->mark_end(10s)));
  ASSERT_TRUE(reader.poll_until_caught_up(60s))
      << reader.messages.size() << " messages; "
      << (reader.failures.empty() ? "" : to_string(reader.failures.back()));
  EXPECT_EQ(good_values(), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_TRUE(reader->unreadable().empty());
  const auto lost = passed_over();
  ASSERT_GE(lost.size(), 2U);
  EXPECT_EQ(lost.front()->offset, 2);
  EXPECT_EQ(lost.back()->offset, 5);
  EXPECT_EQ(lost.front()->unreadable->reason(), error::unreadable_batch);
}

TEST_F(kafka_server_unreadable, batch_that_is_too_large_when_decompressed_is_passed_over_as_a_whole) {
  make_large_topic();
  send({"a", "b"});
  send_bomb(30);
  send({"c"});
  send_bomb(1);
  send({"d"});
  ASSERT_TRUE(has_value(reader.join(target(), small_answers(true))));
  ASSERT_TRUE(has_value(reader->mark_end(10s)));
  ASSERT_TRUE(reader.poll_until_caught_up(60s))
      << reader.messages.size() << " messages; "
      << (reader.failures.empty() ? "" : to_string(reader.failures.back()));
  EXPECT_EQ(good_values(), (std::vector<std::string>{"a", "b", "c", "d"}));
  const auto lost = passed_over();
  ASSERT_EQ(lost.size(), 2U);
  EXPECT_EQ(lost[0]->offset, 31);
  EXPECT_NE(to_string(*lost[0]->unreadable).find("offsets 2 to 31 of partition 0"), std::string::npos)
      << *lost[0]->unreadable;
  EXPECT_EQ(lost[1]->offset, 33);
}

TEST_F(kafka_server_unreadable, partition_goes_on_when_what_stood_in_its_way_is_gone) {
  make_large_topic();
  send({"a"});
  send_bomb(3);
  send({"b"});
  ASSERT_TRUE(has_value(reader.join(target(), small_answers(false))));
  ASSERT_TRUE(reader.poll_until([&] { return !reader->unreadable().empty(); }));
  EXPECT_EQ(reader->unreadable().front().offset, 1);
  delete_records(broker_->bootstrap(), topic_, 4);
  ASSERT_TRUE(reader.poll_until_has(2));
  EXPECT_EQ(good_values(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(reader->unreadable().empty());
}

TEST_F(kafka_server_unreadable, reader_beside_the_group_passes_it_over) {
  make_large_topic();
  send({"a", std::string(8 * mib, 'x'), "b"});
  send_bomb(5);
  send({"c"});
  kafka::reader_options options;
  options.max_message_bytes = 2 * mib;
  // Its fetches are larger than that: see make_config().
  options.client.properties = {{"fetch.max.bytes", std::to_string(mib)},
                               {"receive.message.max.bytes", std::to_string(3 * mib)},
                               {"fetch.message.max.bytes", std::to_string(mib)}};
  auto log = kafka::create_reader(target(), options);
  ASSERT_TRUE(has_value(log));
  std::vector<std::string> values;
  std::vector<std::int64_t> lost;
  const kafka::detail::deadline end{60s};
  while (!(*log)->at_end() && !end.passed()) {
    auto taken = (*log)->poll(100, 64 * mib, 100ms);
    ASSERT_TRUE(has_value(taken));
    for (const auto& message : *taken)
      if (message.unreadable)
        lost.push_back(message.offset);
      else
        values.emplace_back(message.value);
  }
  EXPECT_EQ(values, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(lost, (std::vector<std::int64_t>{1, 7}));
}

/// Turns the bits of the last byte of a partition's only segment before `behind`.
void damage(const std::filesystem::path& folder, const std::string& text) {
  const auto file = folder / "00000000000000000000.log";
  std::string bytes;
  {
    std::ifstream in(file, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto at = bytes.find(text);
  ASSERT_NE(at, std::string::npos);
  bytes[at] = '?';
  std::ofstream(file, std::ios::binary) << bytes;
}

TEST_F(kafka_server_unreadable, damage_on_the_brokers_disk_stops_one_partition_or_is_passed_over) {
  const auto disk = servers::temporary_directory::create().value();
  auto own = servers::kafka_server::start({.properties = {{"log.dirs", disk.path().string()}}}).value();
  ASSERT_TRUE(has_value(own.create_topic(topic_, 1)));
  for (const char* value : {"one", "damaged", "three"}) {
    raw_producer producer(own.bootstrap(), topic_);
    producer.send(value);
    producer.flush();
  }
  ASSERT_TRUE(has_value(own.stop()));
  damage(disk.path() / (topic_ + "-0"), "damaged");
  ASSERT_TRUE(has_value(own.restart()));

  const auto there = connection_to(own.bootstrap(), topic_);
  ASSERT_TRUE(has_value(reader.join(there, small_answers(false))));
  ASSERT_TRUE(reader.poll_until([&] { return !reader->unreadable().empty(); }, 30s));
  EXPECT_EQ(reader->unreadable().front().offset, 1);
  EXPECT_EQ(good_values(), (std::vector<std::string>{"one"}));
  reader.leave();
  reader.messages.clear();

  ASSERT_TRUE(has_value(reader.join(there, small_answers(true))));
  ASSERT_TRUE(reader.poll_until_has(3, 30s));
  EXPECT_EQ(good_values(), (std::vector<std::string>{"one", "three"}));
  ASSERT_EQ(passed_over().size(), 1U);
  EXPECT_EQ(passed_over().front()->offset, 1);
  reader.leave();
}

} // namespace
} // namespace kollect::test
