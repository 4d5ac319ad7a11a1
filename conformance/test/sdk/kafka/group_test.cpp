#include <kafka/embedded.hpp>

#include <set>

namespace kollect::test {
namespace {

struct kafka_group : embedded_broker_test {
  member one, other;
};

TEST_F(kafka_group, shares_partitions_between_members) {
  start(4);
  ASSERT_TRUE(has_value(one.join(target(), quick())));
  ASSERT_TRUE(one.poll_until([&] { return one.owned.size() == 4; }));
  ASSERT_TRUE(has_value(other.join(target(), quick())));
  ASSERT_TRUE(poll_both_until(one, other, [&] { return one.owned.size() == 2 && other.owned.size() == 2; }));
  EXPECT_EQ(one.revoked.front().size(), 4U);
  std::set<std::int32_t> all = one.owned;
  all.insert(other.owned.begin(), other.owned.end());
  EXPECT_EQ(all.size(), 4U);
}

TEST_F(kafka_group, hands_partitions_over_when_a_member_leaves) {
  start(4);
  ASSERT_TRUE(has_value(one.join(target(), quick())));
  ASSERT_TRUE(has_value(other.join(target(), quick())));
  ASSERT_TRUE(poll_both_until(one, other, [&] { return one.owned.size() == 2 && other.owned.size() == 2; }));
  other->close();
  EXPECT_TRUE(one.poll_until([&] { return one.owned.size() == 4; }));
}

TEST_F(kafka_group, reads_every_message_through_a_rebalance) {
  start(4);
  publish(numbered_messages(topic, 400, 40));
  ASSERT_TRUE(has_value(one.join(target(), quick())));
  one.at_once = 10;
  ASSERT_TRUE(one.poll_until_has(50));
  ASSERT_TRUE(has_value(other.join(target(), quick())));
  const auto all_read = [&] {
    std::set<std::pair<std::int32_t, std::int64_t>> read;
    for (const member* each : {&one, &other})
      for (const auto& message : each->messages)
        read.emplace(message.partition, message.offset);
    return read.size() == 400;
  };
  EXPECT_TRUE(poll_both_until(one, other, [&] { return other.owned.size() == 2 && all_read(); }));
}

TEST_F(kafka_group, gives_no_message_of_a_partition_after_it_was_revoked) {
  start(2);
  publish(numbered_messages(topic, 200, 20));
  ASSERT_TRUE(has_value(one.join(target(), quick())));
  ASSERT_TRUE(one.poll_until_has(1));
  ASSERT_TRUE(has_value(other.join(target(), quick())));
  ASSERT_TRUE(poll_both_until(one, other, [&] {
    for (const auto& message : one.messages)
      EXPECT_TRUE(one.owned.contains(message.partition) || one.owned.empty());
    one.messages.clear();
    other.messages.clear();
    return other.owned.size() == 1 && one.owned.size() == 1;
  }));
}

TEST_F(kafka_group, forgets_acknowledgements_of_partitions_it_lost) {
  start(1);
  publish(numbered_messages(topic, 5));
  ASSERT_TRUE(has_value(one.join(target(), quick())));
  ASSERT_TRUE(one.poll_until_has(5));
  ASSERT_TRUE(has_value(other.join(target(), quick())));
  ASSERT_TRUE(poll_both_until(
      one, other, [&] { return !one.revoked.empty() && one.assigned.size() + other.assigned.size() >= 2; }));
  for (std::size_t index = 0; index < 5; ++index)
    one.messages[index].acknowledge();
  ASSERT_TRUE(has_value(one->mark_end(10s)));
  EXPECT_FALSE(one->caught_up(10s).value());
}

TEST_F(kafka_group, is_caught_up_when_the_other_member_has_committed) {
  start(2);
  publish(numbered_messages(topic, 100, 10));
  ASSERT_TRUE(has_value(one.join(target(), quick())));
  ASSERT_TRUE(has_value(other.join(target(), quick())));
  ASSERT_TRUE(has_value(one->mark_end(10s)));
  ASSERT_TRUE(poll_both_until(one, other, [&] { return one.owned.size() == 1 && other.owned.size() == 1; }));
  ASSERT_TRUE(one.poll_until([&] {
    one.acknowledge_all();
    return has_value(one->commit(10s)) && one->lag() == std::vector<partition_lag>{{*one.owned.begin(), 0}};
  }));
  EXPECT_FALSE(one->caught_up(10s).value()) << "the other member has not read its partition";
  EXPECT_TRUE(poll_both_until(one, other, [&] {
    other.acknowledge_all();
    one.acknowledge_all();
    EXPECT_TRUE(has_value(other->commit(10s)));
    return one->caught_up(10s).value();
  }));
}

TEST_F(kafka_group, a_member_that_waits_for_its_store_lets_others_join) {
  start(2);
  ASSERT_TRUE(has_value(one.join(target(), quick())));
  ASSERT_TRUE(one.poll_until([&] { return one.owned.size() == 2; }));
  ASSERT_TRUE(has_value(other.join(target(), quick())));
  // The first member only keeps alive: it hears of the rebalance at its next poll().
  ASSERT_TRUE(other.poll_until([&] {
    EXPECT_TRUE(has_value(one->keep_alive()));
    return other.owned.size() == 1;
  }));
  EXPECT_TRUE(one.revoked.empty());
  one.poll(0ms);
  EXPECT_EQ(one.revoked.size(), 1U);
  EXPECT_TRUE(one.poll_until([&] { return one.owned.size() == 1; }));
}

TEST_F(kafka_group, can_be_two_groups) {
  start(2);
  publish(numbered_messages(topic, 10));
  ASSERT_TRUE(has_value(one.join(target(), quick("first"))));
  ASSERT_TRUE(has_value(other.join(target(), quick("second"))));
  EXPECT_TRUE(
      poll_both_until(one, other, [&] { return one.messages.size() == 10 && other.messages.size() == 10; }));
}

} // namespace
} // namespace kollect::test
