#include "fixture.hpp"

#include <algorithm>
#include <set>

namespace kollect::test {
namespace {

using group_server = nats_test;

TEST_F(group_server, two_members_of_a_durable_share_its_messages) {
  nats::subscriber_options options;
  options.fetch_messages = 5;
  member one, other;
  ASSERT_TRUE(one.join(target_, options));
  ASSERT_TRUE(other.join(target_, options));
  one.poll();
  other.poll();
  publish(200);
  ASSERT_TRUE(one.poll_until([&] {
    other.poll();
    EXPECT_TRUE(one.settle());
    EXPECT_TRUE(other.settle());
    return one.messages.size() + other.messages.size() >= 200;
  }));
  EXPECT_FALSE(one.messages.empty());
  EXPECT_FALSE(other.messages.empty());
  std::set<std::int64_t> seen;
  for (const member* each : {&one, &other})
    for (const auto offset : each->offsets())
      EXPECT_TRUE(seen.insert(offset).second) << offset;
  EXPECT_EQ(seen.size(), 200U);
  EXPECT_EQ(administrator(target_).durable(target_.stream).unacknowledged, 0U);
}

TEST_F(group_server, keep_alive_keeps_messages_from_being_given_to_others) {
  publish(3);
  nats::subscriber_options options;
  options.ack_wait = 1s;
  member holder, other;
  ASSERT_TRUE(holder.join(target_, options));
  ASSERT_TRUE(holder.poll_until_has(3));
  ASSERT_TRUE(other.join(target_, options));
  const auto end = std::chrono::steady_clock::now() + 4s;
  ASSERT_TRUE(other.poll_until([&] {
    EXPECT_TRUE(holder->keep_alive());
    return std::chrono::steady_clock::now() > end;
  }));
  EXPECT_TRUE(other.messages.empty());
  ASSERT_TRUE(holder.settle());
  EXPECT_EQ(administrator(target_).durable(target_.stream).floor_stream, 3U);
}

TEST_F(group_server, keep_alive_keeps_what_was_not_handed_out_yet) {
  publish(10);
  nats::subscriber_options options;
  options.ack_wait = 2s; // a busy machine may well stop us for one
  member holder, other;
  ASSERT_TRUE(holder.join(target_, options));
  ASSERT_TRUE(
      holder.poll_until([&] { return administrator(target_).durable(target_.stream).undelivered == 0; }));
  holder.messages.clear();
  const auto end = std::chrono::steady_clock::now() + 5s;
  member waiting;
  ASSERT_TRUE(holder.settle());
  publish(10, 10);
  // One request of the holder's is under way: it gets these, whether or not it polls.
  ASSERT_TRUE(holder.poll_until([&] { return !holder.messages.empty(); }));
  ASSERT_TRUE(other.join(target_, options));
  ASSERT_TRUE(other.poll_until([&] {
    EXPECT_TRUE(holder->keep_alive());
    return std::chrono::steady_clock::now() > end;
  }));
  while (holder.messages.size() < 10)
    holder.poll();
  EXPECT_TRUE(
      std::ranges::all_of(holder.messages, [](const auto& message) { return message.delivery_count == 1; }));
}

TEST_F(group_server, poll_keeps_what_it_has_not_handed_out_yet) {
  publish(20);
  nats::subscriber_options options;
  options.ack_wait = 1s;
  member slow;
  ASSERT_TRUE(slow.join(target_, options));
  // One message every quarter of a second or so, each settled at once: the last is handed out long
  // after ack_wait, and must still be ours.
  while (slow.messages.size() < 16) {
    const auto next = std::chrono::steady_clock::now() + 200ms;
    slow.poll(1s, 1);
    ASSERT_TRUE(slow.settle());
    while (std::chrono::steady_clock::now() < next)
      ASSERT_TRUE(slow->poll(0, 0, 20ms));
  }
  EXPECT_TRUE(
      std::ranges::all_of(slow.messages, [](const auto& message) { return message.delivery_count == 1; }));
}

TEST_F(group_server, durable_with_another_filter_or_policy_is_refused) {
  administrator admin(target_);
  target_.destination = "events.refused.a";
  ASSERT_TRUE(nats::ensure_stream(target_));
  auto other_target = target_;
  other_target.destination = "events.refused.b";
  ASSERT_TRUE(nats::ensure_stream(other_target));
  const auto create = [&](const std::string& name, boost::json::object config) {
    config["durable_name"] = name;
    admin.ask("CONSUMER.DURABLE.CREATE." + target_.stream + "." + name,
              {{"stream_name", target_.stream}, {"config", config}});
  };
  create("other-filter", {{"ack_policy", "explicit"}, {"filter_subject", "events.refused.b"}});
  create("no-filter", {{"ack_policy", "explicit"}});
  create("ack-all",
         {{"ack_policy", "all"}, {"filter_subject", "events.refused.a"}, {"deliver_subject", "push.all"}});
  create(
      "push",
      {{"ack_policy", "explicit"}, {"filter_subject", "events.refused.a"}, {"deliver_subject", "push.here"}});
  for (const char* name : {"other-filter", "no-filter", "ack-all", "push"}) {
    nats::subscriber_options options;
    options.durable = name;
    member refused;
    const auto joined = refused.join(target_, options);
    ASSERT_FALSE(joined) << name;
    EXPECT_EQ(joined.error().reason(), error::invalid_value) << joined.error();
    EXPECT_NE(joined.error().message.find(name), std::string::npos);
  }
}

TEST_F(group_server, durable_that_fits_keeps_what_loses_nothing) {
  administrator admin(target_);
  ASSERT_TRUE(nats::ensure_stream(target_));
  admin.ask("CONSUMER.DURABLE.CREATE." + target_.stream + ".kollect-consumer",
            {{"stream_name", target_.stream},
             {"config",
              {{"durable_name", "kollect-consumer"},
               {"ack_policy", "explicit"},
               {"ack_wait", 77'000'000'000},
               {"max_batch", 2}}}});
  publish(10);
  nats::subscriber_options options;
  options.ack_wait = 77s;
  member reader;
  ASSERT_TRUE(reader.join(target_, options));
  ASSERT_TRUE(reader.poll_until_has(10)); // two at a time
  EXPECT_TRUE(reader.failures.empty());
  const auto durable = admin.durable(target_.stream);
  EXPECT_EQ(durable.ack_wait, 77s);
  EXPECT_TRUE(durable.filters.empty());
}

TEST_F(group_server, deleted_durable_is_reported) {
  member reader;
  ASSERT_TRUE(reader.join(target_));
  reader.poll();
  administrator(target_).ask("CONSUMER.DELETE." + target_.stream + ".kollect-consumer");
  ASSERT_TRUE(reader.poll_until([&] { return !reader.failures.empty(); }));
  EXPECT_EQ(reader.failures[0].reason(), error::topic_missing);
  EXPECT_NE(reader.failures[0].message.find("durable"), std::string::npos);
  reader.poll();
  EXPECT_EQ(reader.failures.size(), 2U); // it stays so
}

TEST_F(group_server, deleted_stream_is_reported_also_when_it_was_made_again) {
  member reader;
  ASSERT_TRUE(reader.join(target_));
  reader.poll();
  administrator(target_).ask("STREAM.DELETE." + target_.stream);
  ASSERT_TRUE(nats::ensure_stream(target_));
  ASSERT_TRUE(reader.poll_until([&] { return !reader.failures.empty(); }));
  EXPECT_EQ(reader.failures[0].reason(), error::topic_missing);
  EXPECT_EQ(reader->mark_end(10s).error().reason(), error::topic_missing);

  const std::string before = reader->log().name;
  reader.leave();
  member again;
  ASSERT_TRUE(again.join(target_));
  EXPECT_NE(again->log().name, before);
}

} // namespace
} // namespace kollect::test
