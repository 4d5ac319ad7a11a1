#include "fixture.hpp"

#include <algorithm>
#include <set>

namespace kollect::test {
namespace {

using subscriber_server = nats_test;

TEST_F(subscriber_server, tells_all_about_a_message) {
  const auto sender = make_publisher();
  const outgoing_message message{
      target_.destination, {}, {{"Nats-Msg-Id", "one"}, {"x", "1"}, {"x", "2"}}, "a value"};
  ASSERT_TRUE(sender->publish(std::vector{message}, 10s)[0]);
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(1));
  const auto& got = reader.messages[0];
  EXPECT_EQ(got.value, "a value");
  EXPECT_EQ(got.subject, target_.destination);
  EXPECT_EQ(got.partition, 0);
  EXPECT_EQ(got.offset, 1);
  EXPECT_EQ(got.delivery_count, 1U);
  EXPECT_FALSE(got.key);
  EXPECT_FALSE(got.is_tombstone);
  ASSERT_TRUE(got.appended_at);
  const auto now = kollect::now();
  EXPECT_LE(*got.appended_at, now);
  EXPECT_GT(*got.appended_at + 60s, now);
  for (const header& field : message.headers)
    EXPECT_NE(std::ranges::find(got.headers, field), got.headers.end()) << field.name << field.value;
  EXPECT_EQ(got.headers.size(), 3U);
  EXPECT_EQ(reader->log().system, broker_system::nats);
  EXPECT_TRUE(reader->log().name.starts_with("nats/" + target_.stream + "/1")) << reader->log().name;
  EXPECT_TRUE(reader->log().name.ends_with("/" + target_.destination));
}

TEST_F(subscriber_server, may_come_before_its_producer) {
  member reader;
  ASSERT_TRUE(reader.join(target_));
  reader.poll();
  EXPECT_TRUE(reader.messages.empty());
  publish(2);
  ASSERT_TRUE(reader.poll_until_has(2));
  EXPECT_EQ(reader.values(), numbered_values(2));
  EXPECT_TRUE(reader.failures.empty());
}

TEST_F(subscriber_server, delivers_what_is_not_acknowledged_again_after_ack_wait) {
  publish(2);
  nats::subscriber_options options;
  options.ack_wait = 500ms;
  member reader;
  ASSERT_TRUE(reader.join(target_, options));
  ASSERT_TRUE(reader.poll_until_has(2));
  reader.messages[0].acknowledge();
  ASSERT_TRUE(reader->commit(10s));
  ASSERT_TRUE(reader.poll_until_has(3));
  EXPECT_EQ(reader.messages[2].offset, 2);
  EXPECT_EQ(reader.messages[2].delivery_count, 2U);
  ASSERT_TRUE(reader.settle());
  const auto durable = administrator(target_).durable(target_.stream);
  EXPECT_EQ(durable.unacknowledged, 0U);
  EXPECT_EQ(durable.floor_stream, 2U);
}

TEST_F(subscriber_server, goes_on_where_its_durable_is) {
  publish(5);
  member first;
  ASSERT_TRUE(first.join(target_));
  ASSERT_TRUE(first.poll_until_has(5));
  for (int index : {0, 1, 2})
    first.messages[static_cast<std::size_t>(index)].acknowledge();
  ASSERT_TRUE(first->commit(10s));
  EXPECT_EQ(first->settled_sequence(), 0); // as last read; that is done at most once a second
  first.leave();
  publish(2, 5);
  member second;
  ASSERT_TRUE(second.join(target_));
  EXPECT_EQ(second->settled_sequence(), 3);
  // What the first gave back when it left comes at once, not after ack_wait.
  const auto begin = std::chrono::steady_clock::now();
  // At least once: one of them may come twice.
  std::set<std::int64_t> offsets;
  for (std::size_t count = 4; offsets.size() < 4 && count <= 8; ++count) {
    ASSERT_TRUE(second.poll_until_has(count));
    const auto taken = second.offsets();
    offsets = {taken.begin(), taken.end()};
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
  EXPECT_EQ(offsets, (std::set<std::int64_t>{4, 5, 6, 7}));
}

TEST_F(subscriber_server, takes_no_more_than_it_is_asked_for) {
  publish(20);
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader->lag() == (std::vector<partition_lag>{{0, 20}})); // it knows without taking any
  const auto three = reader->poll(3, 1'000, 10s);
  ASSERT_TRUE(three);
  EXPECT_GE(three->size(), 1U);
  EXPECT_LE(three->size(), 3U);
  const auto few_bytes = reader->poll(100, 4, 10s); // each value has one or two bytes
  ASSERT_TRUE(few_bytes);
  EXPECT_GE(few_bytes->size(), 1U);
  std::size_t bytes = 0;
  for (const auto& message : *few_bytes)
    bytes += message.value.size();
  EXPECT_LE(bytes, 4U);
}

TEST_F(subscriber_server, waits_no_longer_than_it_is_asked_to) {
  member reader;
  ASSERT_TRUE(reader.join(target_));
  reader.poll();
  const auto begin = std::chrono::steady_clock::now();
  const auto none = reader->poll(10, 1'000, 300ms);
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  EXPECT_GE(took, 290ms);
  EXPECT_LT(took, 5s);
  EXPECT_TRUE(reader->commit(1s)); // of nothing
}

TEST_F(subscriber_server, gets_messages_larger_than_a_request_may_bring) {
  const auto sender = make_publisher();
  auto messages = numbered_messages(target_, 6);
  messages[0].value.assign(5'000, 'a');
  messages[3].value.assign(50'000, 'b');
  messages[4].value.assign(60'000, 'c');
  for (const auto& answer : sender->publish(messages, 10s))
    ASSERT_TRUE(answer);
  nats::subscriber_options options;
  options.fetch_messages = 3;
  options.fetch_bytes = 1'000;
  member reader;
  ASSERT_TRUE(reader.join(target_, options));
  ASSERT_TRUE(reader.poll_until_has(6));
  EXPECT_EQ(reader.offsets(), (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
  for (std::size_t index = 0; index < 6; ++index)
    EXPECT_EQ(reader.messages[index].value, messages[index].value);
  EXPECT_TRUE(reader.failures.empty());
}

TEST_F(subscriber_server, gets_many_messages_in_order_by_small_requests) {
  publish(1'000);
  nats::subscriber_options options;
  options.fetch_messages = 7;
  member reader;
  ASSERT_TRUE(reader.join(target_, options));
  ASSERT_TRUE(reader.poll_until([&] {
    EXPECT_TRUE(reader.settle());
    return reader.messages.size() >= 1'000;
  }));
  EXPECT_EQ(reader.values(), numbered_values(1'000));
  ASSERT_TRUE(reader.settle());
  EXPECT_EQ(administrator(target_).durable(target_.stream).floor_stream, 1'000U);
}

TEST_F(subscriber_server, goes_on_when_its_request_expires) {
  nats::subscriber_options options;
  options.fetch_expiry = 200ms;
  member reader;
  ASSERT_TRUE(reader.join(target_, options));
  const auto end = std::chrono::steady_clock::now() + 1s;
  ASSERT_TRUE(reader.poll_until([&] { return std::chrono::steady_clock::now() > end; }));
  publish(1);
  ASSERT_TRUE(reader.poll_until_has(1));
  EXPECT_TRUE(reader.failures.empty());
}

TEST_F(subscriber_server, takes_an_empty_message_with_a_status_header_for_a_message) {
  const auto sender = make_publisher();
  ASSERT_TRUE(sender->publish(
      std::vector<outgoing_message>{
          {target_.destination, {}, {{"Status", "404"}, {"Nats-Msg-Id", "one"}}, ""}},
      10s)[0]);
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(1));
  EXPECT_EQ(reader.messages[0].value, "");
  auto headers = reader.messages[0].headers; // in no particular order
  std::ranges::sort(headers, {}, &header::name);
  EXPECT_EQ(headers, (std::vector<header>{{"Nats-Msg-Id", "one"}, {"Status", "404"}}));
}

TEST_F(subscriber_server, messages_outlive_it) {
  publish(1);
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(1));
  reader->close();
  EXPECT_EQ(reader->poll(1, 1, 1s).error().reason(), error::closed);
  EXPECT_EQ(reader->commit(1s).error().reason(), error::closed);
  EXPECT_EQ(reader->keep_alive().error().reason(), error::closed);
  reader.leave();
  EXPECT_EQ(reader.messages[0].value, "0");
  reader.messages[0].acknowledge();
}

TEST_F(subscriber_server, message_dropped_without_acknowledgement_comes_again) {
  publish(1);
  nats::subscriber_options options;
  options.ack_wait = 500ms;
  member reader;
  ASSERT_TRUE(reader.join(target_, options));
  ASSERT_TRUE(reader.poll_until_has(1));
  reader.messages.clear();
  ASSERT_TRUE(reader.poll_until([&] {
    EXPECT_TRUE(reader->keep_alive()); // must not keep what nobody holds
    return !reader.messages.empty();
  }));
  EXPECT_EQ(reader.messages[0].delivery_count, 2U);
}

} // namespace
} // namespace kollect::test
