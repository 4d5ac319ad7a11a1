#include <kafka/server/shared_broker.hpp>

#include <set>

namespace kollect::test {
namespace {

struct kafka_server_group : shared_broker_test {
  kafka::subscriber_options named(std::string instance_id) const {
    auto options = grouped();
    options.instance_id = std::move(instance_id);
    return options;
  }

  member one, other;
};

TEST_F(kafka_server_group, two_members_read_every_message_through_rebalances) {
  make_topic(6);
  publish(numbered_messages(topic_, 2'000, 60));
  ASSERT_TRUE(has_value(one.join(target(), grouped())));
  one.at_once = 50;
  ASSERT_TRUE(one.poll_until_has(200));
  ASSERT_TRUE(has_value(other.join(target(), grouped())));
  ASSERT_TRUE(poll_both_until(one, other, [&] { return one.owned.size() == 3 && other.owned.size() == 3; }));
  publish(numbered_messages(topic_, 500, 60));
  std::set<std::pair<std::int32_t, std::int64_t>> read;
  EXPECT_TRUE(poll_both_until(one, other, [&] {
    for (const member* each : {&one, &other})
      for (const auto& message : each->messages)
        read.emplace(message.partition, message.offset);
    return read.size() == 2'500;
  }));
  other.leave();
  EXPECT_TRUE(one.poll_until([&] { return one.owned.size() == 6; }));
}

TEST_F(kafka_server_group, both_members_see_when_the_whole_topic_is_done) {
  make_topic(2);
  publish(numbered_messages(topic_, 500, 20));
  ASSERT_TRUE(has_value(one.join(target(), grouped())));
  ASSERT_TRUE(has_value(other.join(target(), grouped())));
  for (member* each : {&one, &other})
    ASSERT_TRUE(has_value((*each)->mark_end(10s)));
  const auto done = [](member& each) {
    each.acknowledge_all();
    if (!each->commit(10s))
      return false; // in the middle of a rebalance
    const auto answer = each->caught_up(10s);
    return answer && *answer;
  };
  EXPECT_TRUE(poll_both_until(one, other, [&] {
    const bool one_done = done(one), other_done = done(other);
    return one_done && other_done && one.owned.size() == 1;
  }));
}

TEST_F(kafka_server_group, a_static_member_that_returns_in_time_disturbs_nobody) {
  make_topic(2);
  ASSERT_TRUE(has_value(one.join(target(), named("one"))));
  ASSERT_TRUE(has_value(other.join(target(), named("other"))));
  ASSERT_TRUE(poll_both_until(one, other, [&] { return one.owned.size() == 1 && other.owned.size() == 1; }));
  const auto owned = other.owned;
  const auto rebalances = one.revoked.size();
  other.leave();
  member returned;
  ASSERT_TRUE(has_value(returned.join(target(), named("other"))));
  ASSERT_TRUE(poll_both_until(one, returned, [&] { return !returned.owned.empty(); }));
  EXPECT_EQ(returned.owned, owned);
  EXPECT_EQ(one.revoked.size(), rebalances);
}

TEST_F(kafka_server_group, an_instance_id_that_is_taken_over_ends_the_first_member) {
  make_topic();
  ASSERT_TRUE(has_value(one.join(target(), named("same"))));
  ASSERT_TRUE(one.poll_until([&] { return one.owned.size() == 1; }));
  ASSERT_TRUE(has_value(other.join(target(), named("same"))));
  ASSERT_TRUE(poll_both_until(
      one, other, [&] { return !one.failures.empty(); }, 60s));
  EXPECT_EQ(one.failures.front().reason(), error::instance_replaced) << one.failures.front();
  EXPECT_NE(one.failures.front().message.find("instance id"), std::string::npos) << one.failures.front();
  EXPECT_TRUE(failure_is(one->keep_alive(), error::instance_replaced));
  EXPECT_TRUE(other.poll_until([&] { return other.owned.size() == 1; }));
  const auto began = std::chrono::steady_clock::now();
  one.leave();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

TEST_F(kafka_server_group, a_member_that_was_away_for_too_long_is_fenced_and_rejoins) {
  make_topic();
  publish(numbered_messages(topic_, 3));
  auto options = grouped();
  options.max_poll_interval = 6s;
  ASSERT_TRUE(has_value(one.join(target(), options)));
  ASSERT_TRUE(one.poll_until_has(3));
  one.acknowledge_all();
  // Without a poll() for longer than max_poll_interval, the other member gets the partition.
  ASSERT_TRUE(has_value(other.join(target(), grouped())));
  ASSERT_TRUE(other.poll_until([&] { return other.owned.size() == 1; }, 30s));
  EXPECT_FALSE(one->commit(10s)) << "it must not commit for the new owner";
  other.leave();
  EXPECT_TRUE(one.poll_until([&] { return one.assigned.size() == 2; }));
  EXPECT_EQ(one.revoked.size(), 1U);
}

} // namespace
} // namespace kollect::test
