#include <kollect/nats/reader.hpp>

#include "fixture.hpp"

#include <thread>

namespace kollect::test {
namespace {

class nats_reader : public nats_test {
protected:
  std::unique_ptr<log_reader> open(read_from start = read_start::earliest) const {
    auto made = nats::create_reader(target_, {.start = start});
    EXPECT_TRUE(made) << made.error();
    return made ? std::move(*made) : nullptr;
  }

  /// What comes until `is_enough`, in order; nothing may come twice or out of order.
  template <class Enough>
  static std::vector<std::string> read(log_reader& reader, Enough&& is_enough) {
    std::vector<std::string> values;
    std::int64_t last = 0;
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!is_enough(values) && std::chrono::steady_clock::now() < deadline) {
      auto taken = reader.poll(100, 1U << 20U, 250ms);
      EXPECT_TRUE(taken) << taken.error();
      if (!taken)
        break;
      for (const auto& message : *taken) {
        EXPECT_GT(message.offset, last);
        last = message.offset;
        values.emplace_back(message.value);
      }
    }
    EXPECT_TRUE(is_enough(values)) << values.size() << " messages";
    return values;
  }

  static auto until_end(const log_reader& reader) {
    return [&reader](const auto&) { return reader.at_end(); };
  }
};

TEST_F(nats_reader, reads_to_the_end_that_was_there_at_the_start) {
  publish(1'000);
  const auto reader = open();
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->at_end());
  auto values = read(*reader, until_end(*reader));
  EXPECT_EQ(values, numbered_values(1'000));
  publish(3, 1'000);
  values = read(*reader, [](const auto& found) { return found.size() == 3; });
  EXPECT_EQ(values, numbered_values(3, 1'000));
}

TEST_F(nats_reader, is_at_the_end_of_an_empty_stream_at_once) {
  ASSERT_TRUE(nats::ensure_stream(target_));
  EXPECT_TRUE(open()->at_end());
}

TEST_F(nats_reader, begins_with_what_is_published_after_it_was_made) {
  publish(10);
  const auto reader = open(read_start::latest);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->at_end());
  publish(1, 10);
  EXPECT_EQ(read(*reader, [](const auto& found) { return !found.empty(); }), numbered_values(1, 10));
}

TEST_F(nats_reader, begins_at_a_time) {
  publish(2);
  const auto first = open();
  std::optional<timestamp> stored;
  while (!first->at_end())
    for (const auto& message : first->poll(10, 1U << 20U, 250ms).value())
      stored = message.appended_at;
  ASSERT_TRUE(stored);
  publish(2, 2);
  const auto reader = open(*stored + std::chrono::nanoseconds(1));
  ASSERT_TRUE(reader);
  EXPECT_EQ(read(*reader, until_end(*reader)), numbered_values(2, 2));
}

TEST_F(nats_reader, sees_the_end_although_the_last_messages_were_removed) {
  publish(5);
  const auto reader = open();
  ASSERT_TRUE(reader);
  administrator(target_).ask("STREAM.PURGE." + target_.stream);
  read(*reader, until_end(*reader));
}

TEST_F(nats_reader, leaves_no_consumer_behind) {
  publish(5);
  administrator admin(target_);
  {
    const auto reader = open();
    ASSERT_TRUE(reader);
    read(*reader, until_end(*reader));
  }
  const auto info = admin.ask("STREAM.INFO." + target_.stream);
  EXPECT_EQ(nats::detail::number(nats::detail::child(info, "state"), "consumer_count"), 0U);
}

TEST_F(nats_reader, makes_neither_stream_nor_subject) {
  EXPECT_EQ(nats::create_reader(target_).error().reason(), error::topic_missing);
  EXPECT_EQ(nats::create_reader(target_).error().reason(), error::topic_missing);
  publish(1);
  auto other = target_;
  other.destination = "another.subject";
  EXPECT_EQ(nats::create_reader(other).error().reason(), error::topic_missing);
}

TEST_F(nats_reader, goes_on_where_it_was_when_its_consumer_is_gone) {
  publish(300);
  const auto reader = open();
  ASSERT_TRUE(reader);
  auto values = read(*reader, [](const auto& found) { return !found.empty(); });
  administrator admin(target_);
  const auto listed = admin.ask("CONSUMER.NAMES." + target_.stream);
  for (const auto& name : listed.at("consumers").as_array())
    admin.ask("CONSUMER.DELETE." + target_.stream + "." + std::string(name.as_string()));
  publish(100, 300);
  for (auto& value : read(*reader, [&](const auto& found) { return values.size() + found.size() >= 400; }))
    values.push_back(std::move(value));
  EXPECT_EQ(values, numbered_values(400));
}

TEST(nats_reader_outage, goes_on_where_it_was_after_the_server_was_killed) {
  auto server = servers::nats_server::start().value();
  const auto target = connection_to(server.url(), "outage", "events.outage");
  const auto send = [&](int count, int first) {
    for (const auto& answer :
         nats::create_publisher(target).value()->publish(numbered_messages(target, count, first), 30s))
      ASSERT_TRUE(answer) << answer.error();
  };
  send(500, 0);
  const auto reader = nats::create_reader(target, {.start = read_start::latest}).value();
  server.kill();
  ASSERT_TRUE(server.restart());
  send(500, 500);
  std::vector<std::string> values;
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (values.size() < 500 && std::chrono::steady_clock::now() < deadline) {
    auto taken = reader->poll(100, 1U << 20U, 250ms);
    ASSERT_TRUE(taken) << taken.error();
    for (const auto& message : *taken)
      values.emplace_back(message.value);
  }
  EXPECT_EQ(values, numbered_values(500, 500));
}

} // namespace
} // namespace kollect::test
