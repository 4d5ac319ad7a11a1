#include <support/failure_is.hpp>
#include <support/scope_messages.hpp>
#include <support/seeded_random.hpp>

#include <kollect/message.hpp>
#include <kollect/projection.hpp>
#include <kollect/serialize.hpp>

#include <algorithm>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view usual_key = "c:n/all";
const scope all{"c", "n", "all"};

constexpr assembler::clock::time_point an_hour{1h};

/// The clocks stand still at noon.
arrival at_noon(std::optional<message_position> position = {}) {
  return {.position = position, .now = noon(), .at = an_hour};
}

std::vector<std::string> names_in(const row_map* rows) {
  std::vector<std::string> out;
  if (rows != nullptr)
    for (const auto& [identity, row] : *rows)
      out.push_back(identity.name);
  return out;
}

using names_of_rows = std::vector<std::string>;

class projection_of : public testing::Test {
protected:
  result<step> apply(const std::string& value, std::string_view with_key = usual_key) {
    return fleet_.apply(value, with_key, at_noon());
  }
  names_of_rows names(const scope& which = all) const { return names_in(fleet_.rows(which)); }

  projection fleet_;
};

TEST_F(projection_of, a_snapshot_becomes_the_state_and_tells_what_changed) {
  const auto first = apply(message_at(noon(-20), items_of({"a", "b"})));
  ASSERT_TRUE(has_value(first));
  EXPECT_EQ(first->ending, outcome::applied);
  EXPECT_EQ(first->why, decision_reason::first_of_scope);
  EXPECT_EQ(first->scope, all);
  EXPECT_EQ(first->order.instant, noon(-20));
  ASSERT_EQ(first->changes.size(), 2U);
  EXPECT_EQ(first->changes[0].kind, change_kind::added);
  EXPECT_EQ(first->changes[0].after, row_text("a"));

  const auto second = apply(message_at(noon(-10), items_of({"b", "c"}, R"({"v":2})")));
  ASSERT_TRUE(has_value(second));
  EXPECT_EQ(second->why, decision_reason::newer);
  ASSERT_EQ(second->changes.size(), 3U); // a removed, b changed, c added
  EXPECT_EQ(second->changes[0].kind, change_kind::removed);
  EXPECT_EQ(second->changes[1].kind, change_kind::changed);
  EXPECT_EQ(second->changes[1].changed_paths, names_of_rows{"/attributes/v"});
  EXPECT_EQ(second->changes[2].kind, change_kind::added);
  EXPECT_EQ(names(), (names_of_rows{"b", "c"}));
  EXPECT_EQ(fleet_.held(all)->order->instant, noon(-10));
}

TEST_F(projection_of, duplicates_stale_ones_and_the_same_in_another_envelope_change_nothing) {
  const auto message = message_at(noon(-10), export_at(noon(-10), {"a"}));
  ASSERT_TRUE(has_value(apply(message)));
  EXPECT_EQ(apply(message)->why, decision_reason::known_key);
  const auto again = apply(message_at(noon(-5), export_at(noon(-10), {"a"})));
  EXPECT_EQ(again->ending, outcome::duplicate);
  EXPECT_EQ(again->why, decision_reason::same_snapshot);
  const auto older_one = message_at(noon(-20), items_of({"x"}));
  EXPECT_EQ(apply(older_one)->ending, outcome::stale);
  EXPECT_EQ(apply(older_one)->why, decision_reason::known_key); // a redelivery, whatever it was
  EXPECT_EQ(names(), names_of_rows{"a"});
  EXPECT_EQ(fleet_.counts(), (outcome_counts{5, 1, 3, 1, 0, 0}));
}

TEST_F(projection_of, two_inventories_of_a_namespace_may_send_the_same_payload_in_one_instant) {
  const auto message = message_at(noon(-1), "[]");
  EXPECT_EQ(apply(message, "c:n/pods")->ending, outcome::applied);
  EXPECT_EQ(apply(message, "c:n/nodes")->ending, outcome::applied);
  EXPECT_EQ(apply(message, "c:n/pods")->ending, outcome::duplicate);
  EXPECT_NE(fleet_.rows({"c", "n", "pods"}), nullptr);
  EXPECT_NE(fleet_.rows({"c", "n", "nodes"}), nullptr);
  EXPECT_EQ(fleet_.rows(all), nullptr);
}

TEST_F(projection_of, a_first_snapshot_is_applied_however_old_it_is) {
  EXPECT_EQ(apply(message_at(parse_timestamp("0001-01-01T00:00:00Z").value(), items_of({"a"})))->ending,
            outcome::applied); // Go's zero time
  EXPECT_EQ(apply(message_at(parse_timestamp("0000-01-01T00:00:00Z").value(), items_of({"a"})))->ending,
            outcome::stale);
  EXPECT_EQ(names(), names_of_rows{"a"});
}

TEST_F(projection_of, instants_are_compared_and_not_their_texts) {
  ASSERT_TRUE(has_value(apply(message_at({noon(-1).seconds, 100'000'000}, items_of({"later"})))));
  EXPECT_EQ(apply(message_at(noon(-1), items_of({"earlier"})))->ending, outcome::stale);
  EXPECT_EQ(names(), names_of_rows{"later"});
}

TEST_F(projection_of, an_empty_snapshot_clears_its_scope) {
  ASSERT_TRUE(has_value(apply(message_at(noon(-2), items_of({"a", "b"})))));
  const auto cleared = apply(message_at(noon(-1), "[]"));
  ASSERT_TRUE(has_value(cleared));
  EXPECT_EQ(cleared->changes.size(), 2U);
  ASSERT_NE(fleet_.rows(all), nullptr);
  EXPECT_TRUE(fleet_.rows(all)->empty());
}

TEST_F(projection_of, what_breaks_the_contract_is_refused_and_changes_nothing) {
  ASSERT_TRUE(has_value(apply(message_at(noon(-10), items_of({"a"})))));
  EXPECT_TRUE(failure_is(apply(""), error::empty_message));
  EXPECT_TRUE(failure_is(apply("{"), error::truncated));
  EXPECT_TRUE(failure_is(apply(message_at(noon(), "{}")), error::unknown_payload_form));
  auto forged = message_at(noon(), export_at(noon(), {"b"}));
  forged.replace(forged.find("checksum\":\"") + 11, 4, "0000");
  EXPECT_TRUE(failure_is(apply(forged), error::checksum_mismatch));
  EXPECT_TRUE(failure_is(apply(forged), error::checksum_mismatch)); // it was not remembered
  EXPECT_TRUE(failure_is(apply(message_at(noon(301), items_of({"b"}))), error::future_timestamp));
  EXPECT_EQ(apply(message_at(noon(300), items_of({"b"})))->ending, outcome::applied);
  EXPECT_EQ(fleet_.counts(), (outcome_counts{8, 2, 0, 0, 6, 0}));
}

TEST_F(projection_of, the_brokers_clock_counts_where_it_is_ahead) {
  const auto message = message_at(noon(1000), items_of({"a"}));
  EXPECT_TRUE(failure_is(apply(message), error::future_timestamp));
  auto how = at_noon();
  how.appended_at = noon(999);
  EXPECT_EQ(fleet_.apply(message, usual_key, how)->ending, outcome::applied);
}

// MP-04, MP-05.

TEST_F(projection_of, a_set_is_applied_when_it_is_whole_and_never_in_part) {
  EXPECT_EQ(apply(part_at(noon(-3), {"b"}, 2, 3))->ending, outcome::pending);
  EXPECT_EQ(apply(part_at(noon(-3), {"c"}, 3, 3))->ending, outcome::pending);
  EXPECT_EQ(fleet_.rows(all), nullptr);
  EXPECT_EQ(apply(part_at(noon(-3), {"c"}, 3, 3))->ending, outcome::duplicate);
  EXPECT_TRUE(failure_is(apply(part_at(noon(-3), {"x"}, 3, 3)), error::part_conflict));
  const auto last = apply(part_at(noon(-3), {"a"}, 1, 3));
  ASSERT_TRUE(has_value(last));
  EXPECT_EQ(last->ending, outcome::applied);
  EXPECT_EQ(last->settled_parts, 2U);
  EXPECT_EQ(last->changes.size(), 3U);
  EXPECT_EQ(names(), (names_of_rows{"a", "b", "c"}));
  EXPECT_EQ(apply(part_at(noon(-3), {"b"}, 2, 3))->ending, outcome::duplicate); // redelivered
  EXPECT_EQ(apply(message_at(noon(-2), export_at(noon(-3), {"b"}, 2, 3)))->why, decision_reason::same_part);
  EXPECT_EQ(fleet_.counts(), (outcome_counts{7, 3, 3, 0, 1, 0}));
  EXPECT_EQ(fleet_.pending_bytes(), 0U);
}

TEST_F(projection_of, parts_of_two_rounds_do_not_mix) {
  EXPECT_EQ(apply(part_at(noon(-9), {"a"}, 1, 2))->ending, outcome::pending);
  EXPECT_EQ(apply(part_at(noon(-8), {"b"}, 2, 2))->ending, outcome::pending);
  EXPECT_EQ(apply(part_at(noon(-8), {"a"}, 1, 2))->settled_parts, 2U); // and the round before is over
  EXPECT_EQ(names(), (names_of_rows{"a", "b"}));
  EXPECT_EQ(fleet_.pending_sets(), 0U);
  EXPECT_EQ(apply(part_at(noon(-9), {"b"}, 2, 2))->ending, outcome::stale);
  EXPECT_EQ(apply(part_at(noon(-9), {"a"}, 1, 2))->ending, outcome::duplicate); // seen, as its key tells
  EXPECT_EQ(fleet_.counts(), (outcome_counts{5, 2, 1, 2, 0, 0}));
}

TEST_F(projection_of, a_torn_set_is_given_up_with_its_bytes_when_it_grows_old) {
  auto how = at_noon(message_position{0, 0});
  ASSERT_TRUE(has_value(fleet_.apply(part_at(noon(-9), {"a"}, 1, 2), usual_key, how)));
  EXPECT_EQ(fleet_.committable(), (std::vector<partition_position>{{0, 0}}));
  EXPECT_TRUE(fleet_.expire(an_hour + 24h).empty());
  const auto torn = fleet_.expire(an_hour + 24h + 1ns);
  ASSERT_EQ(torn.size(), 1U);
  EXPECT_EQ(torn[0].set.exported_at, noon(-9));
  EXPECT_EQ(torn[0].parts.at(0).payload, export_at(noon(-9), {"a"}, 1, 2));
  EXPECT_EQ(fleet_.committable(), (std::vector<partition_position>{{0, 1}}));
  EXPECT_EQ(fleet_.counts(), (outcome_counts{1, 0, 0, 0, 1, 0}));
  // It is not known by its key: read once more, it may yet become whole.
  EXPECT_EQ(apply(part_at(noon(-9), {"a"}, 1, 2))->ending, outcome::pending);
  EXPECT_EQ(apply(part_at(noon(-9), {"b"}, 2, 2))->ending, outcome::applied);
}

TEST(projection, gives_up_sets_that_are_over_its_bounds) {
  projection fleet({.pending = {.max_sets = 1}});
  ASSERT_TRUE(has_value(fleet.apply(part_at(noon(-9), {"a"}, 1, 2), usual_key, at_noon())));
  const auto next = fleet.apply(part_at(noon(-8), {"a"}, 1, 2), usual_key, at_noon());
  ASSERT_TRUE(has_value(next));
  EXPECT_EQ(next->ending, outcome::pending);
  ASSERT_EQ(next->given_up.size(), 1U);
  EXPECT_EQ(next->given_up[0].set.exported_at, noon(-9));
  EXPECT_EQ(fleet.counts(), (outcome_counts{2, 0, 0, 0, 1, 1}));
}

// What may be committed.

TEST_F(projection_of, a_part_that_waits_holds_its_partition_back) {
  const auto take = [&](const std::string& message, std::int32_t partition, std::int64_t offset) {
    return outcome_of(fleet_.apply(message, usual_key, at_noon(message_position{partition, offset})));
  };
  using positions = std::vector<partition_position>;
  EXPECT_EQ(fleet_.committable(), positions{});
  EXPECT_EQ(take(message_at(noon(-9), "[]"), 0, 10), outcome::applied);
  EXPECT_EQ(take(part_at(noon(-5), {"a"}, 1, 3), 0, 11), outcome::pending);
  EXPECT_EQ(take(part_at(noon(-5), {"b"}, 2, 3), 1, 7), outcome::pending);
  EXPECT_EQ(take("x", 0, 12), outcome::dead_lettered);
  EXPECT_EQ(take(message_at(noon(-8), items_of({"y"})), 1, 8), outcome::applied);
  EXPECT_EQ(fleet_.committable(), (positions{{0, 11}, {1, 7}}));
  EXPECT_EQ(take(part_at(noon(-5), {"c"}, 3, 3), 0, 13), outcome::applied);
  EXPECT_EQ(fleet_.committable(), (positions{{0, 14}, {1, 9}}));
  EXPECT_EQ(take(message_at(noon(-9), "[]"), 0, 10), outcome::duplicate); // older offsets move nothing back
  EXPECT_EQ(fleet_.committable(), (positions{{0, 14}, {1, 9}}));
}

TEST_F(projection_of, a_part_that_waits_may_not_be_acknowledged_even_if_it_comes_again) {
  const auto take = [&](std::uint32_t index, std::int64_t offset) {
    return outcome_of(fleet_.apply(part_at(noon(-5), {index == 1 ? "a" : "b"}, index, 2), usual_key,
                                   at_noon(message_position{0, offset})));
  };
  EXPECT_EQ(take(1, 5), outcome::pending);
  EXPECT_FALSE(fleet_.can_acknowledge({0, 5}));
  EXPECT_EQ(take(1, 5), outcome::duplicate); // redelivered
  EXPECT_FALSE(fleet_.can_acknowledge({0, 5}));
  EXPECT_EQ(take(1, 6), outcome::duplicate); // a copy: the first one is kept back in its stead
  EXPECT_TRUE(fleet_.can_acknowledge({0, 6}));
  EXPECT_FALSE(fleet_.can_acknowledge({0, 5}));
  EXPECT_TRUE(fleet_.can_acknowledge({1, 5}));
  EXPECT_EQ(take(2, 7), outcome::applied);
  EXPECT_TRUE(fleet_.can_acknowledge({0, 5}));
  EXPECT_TRUE(fleet_.can_acknowledge({0, 7}));
}

TEST_F(projection_of, the_positions_of_a_set_that_was_overtaken_are_free) {
  ASSERT_TRUE(
      has_value(fleet_.apply(part_at(noon(-5), {"a"}, 1, 2), usual_key, at_noon(message_position{0, 3}))));
  ASSERT_TRUE(
      has_value(fleet_.apply(message_at(noon(-1), "[]"), usual_key, at_noon(message_position{0, 4}))));
  EXPECT_EQ(fleet_.committable(), (std::vector<partition_position>{{0, 5}}));
}

TEST_F(projection_of, a_partition_that_was_taken_away_is_told_of_no_more) {
  ASSERT_TRUE(
      has_value(fleet_.apply(part_at(noon(-5), {"a"}, 1, 2), usual_key, at_noon(message_position{0, 3}))));
  ASSERT_TRUE(
      has_value(fleet_.apply(message_at(noon(-9), "[]"), usual_key, at_noon(message_position{1, 8}))));
  fleet_.forget(0);
  EXPECT_EQ(fleet_.committable(), (std::vector<partition_position>{{1, 9}}));
  const auto last = fleet_.apply(part_at(noon(-5), {"b"}, 2, 2), usual_key, at_noon(message_position{1, 9}));
  ASSERT_TRUE(has_value(last));
  EXPECT_EQ(last->ending, outcome::applied);
  EXPECT_EQ(fleet_.committable(), (std::vector<partition_position>{{1, 10}}));
}

// DEL-01.

TEST(projection, holds_a_mass_deletion_back_until_the_same_rows_come_again) {
  projection fleet({.max_delete_percent = 50});
  const auto take = [&](std::int64_t second, const names_of_rows& names) {
    return fleet.apply(message_at(noon(second), items_of(names)), usual_key, at_noon());
  };
  ASSERT_TRUE(has_value(take(-9, {"a", "b", "c", "d"})));
  EXPECT_TRUE(failure_is(take(-8, {"a"}), error::mass_deletion));
  EXPECT_EQ(names_in(fleet.rows(all)).size(), 4U);
  EXPECT_EQ(take(-8, {"a"})->ending, outcome::duplicate); // a redelivery confirms nothing
  EXPECT_TRUE(failure_is(take(-7, {"b"}), error::mass_deletion));
  EXPECT_TRUE(failure_is(take(-6, {"a"}), error::mass_deletion));
  EXPECT_EQ(take(-5, {"a"})->ending, outcome::applied);
  EXPECT_EQ(names_in(fleet.rows(all)), names_of_rows{"a"});
  EXPECT_TRUE(failure_is(take(-4, {}), error::mass_deletion));
}

TEST(projection, holds_a_whole_set_back_as_well) {
  projection fleet({.max_delete_percent = 0});
  const auto take = [&](const std::string& message) { return fleet.apply(message, usual_key, at_noon()); };
  ASSERT_TRUE(has_value(take(message_at(noon(-9), items_of({"a", "b", "c"})))));
  ASSERT_TRUE(has_value(take(part_at(noon(-8), {"a"}, 1, 2))));
  EXPECT_TRUE(failure_is(take(part_at(noon(-8), {"b"}, 2, 2)), error::mass_deletion));
  EXPECT_EQ(fleet.counts(), (outcome_counts{3, 1, 0, 0, 2, 0}));
  EXPECT_EQ(fleet.pending_sets(), 0U);
  ASSERT_TRUE(has_value(take(part_at(noon(-7), {"a"}, 1, 2))));
  EXPECT_EQ(take(part_at(noon(-7), {"b"}, 2, 2))->ending, outcome::applied);
}

TEST(projection, loses_no_torn_set_to_a_whole_one_that_is_held_back) {
  projection fleet({.max_delete_percent = 0});
  auto how = at_noon();
  const auto take = [&](const std::string& message) { return fleet.apply(message, usual_key, how); };
  ASSERT_TRUE(has_value(take(message_at(noon(-9), items_of({"a", "b", "c"})))));
  ASSERT_TRUE(has_value(take(part_at(noon(-7), {"a"}, 1, 2))));
  how.at = an_hour + 23h;
  ASSERT_TRUE(has_value(take(part_at(noon(-8), {"a"}, 1, 2))));
  how.at = an_hour + 25h; // the first set is too old now
  EXPECT_TRUE(failure_is(take(part_at(noon(-8), {"b"}, 2, 2)), error::mass_deletion));
  const auto torn = fleet.expire(how.at);
  ASSERT_EQ(torn.size(), 1U);
  EXPECT_EQ(torn[0].set.exported_at, noon(-7));
}

TEST(projection, says_when_several_inventories_share_a_scope) {
  projection fleet;
  int alternations = 0;
  for (std::int64_t second = -9; second < 0; ++second) {
    auto items = items_of({"x"});
    if (second % 2 == 0)
      items.replace(items.find("deployments"), 11, "services");
    const auto done = fleet.apply(message_at(noon(second), items), "c/n", at_noon());
    ASSERT_TRUE(has_value(done));
    alternations += done->targets_alternate ? 1 : 0;
  }
  EXPECT_EQ(alternations, 7);
  EXPECT_EQ(fleet.held({"c", "n", ""})->target_conflicts, 7);
}

TEST(projection, goes_on_where_another_one_ended) {
  projection first;
  ASSERT_TRUE(has_value(first.apply(message_at(noon(-5), items_of({"a"})), usual_key, at_noon())));
  projection second;
  first.for_each(
      [&](const scope& which, const row_map& rows) { second.restore(which, *first.held(which), rows); });
  EXPECT_EQ(second.apply(message_at(noon(-6), items_of({"x"})), usual_key, at_noon())->ending,
            outcome::stale);
  EXPECT_EQ(second.apply(message_at(noon(-5), items_of({"a"})), usual_key, at_noon())->ending,
            outcome::duplicate);
  EXPECT_EQ(second.apply(message_at(noon(-4), items_of({"b"})), usual_key, at_noon())->changes.size(), 2U);
}

TEST(projection, takes_messages_without_a_key_and_with_clocks_of_its_own) {
  projection fleet;
  EXPECT_EQ(fleet.apply(message_at(noon(), items_of({"a"})))->scope, (scope{"c", "n", ""}));
  std::optional<std::string> absent;
  EXPECT_EQ(fleet.apply(message_at(noon(), items_of({"a"})), absent)->ending, outcome::duplicate);
  projection moved = std::move(fleet);
  EXPECT_EQ(names_in(moved.rows({"c", "n", ""})), names_of_rows{"a"});
}

// F34: any order of arrival and any repetition gives the same state, and every message is counted once.

TEST(projection, is_the_same_whatever_the_order_of_arrival) {
  seeded_random random(test_seed(23));
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> messages;
    std::map<std::string, std::pair<std::int64_t, names_of_rows>> newest; // by cluster
    for (std::int64_t second = -12; second < 0; ++second) {
      const std::string cluster(1, static_cast<char>('c' + random.below(2)));
      names_of_rows names;
      for (std::size_t count = random.below(4); count > 0; --count)
        names.push_back("row-" + std::to_string(random.below(6)));
      std::sort(names.begin(), names.end());
      names.erase(std::unique(names.begin(), names.end()), names.end());
      if (names.size() > 1 && random.once_in(2)) {
        messages.push_back(part_at(noon(second), {names.front()}, 1, 2, cluster));
        messages.push_back(part_at(noon(second), {names.begin() + 1, names.end()}, 2, 2, cluster));
      } else {
        messages.push_back(message_at(noon(second), items_of(names), cluster));
      }
      newest[cluster] = {second, names};
    }
    for (std::size_t again = random.below(10); again > 0; --again)
      messages.push_back(messages[random.below(messages.size())]);
    messages.push_back("poison");
    random.shuffle(messages);
    projection fleet;
    for (const auto& message : messages)
      (void)fleet.apply(message, {}, at_noon());
    for (const auto& [cluster, expected] : newest)
      ASSERT_EQ(names_in(fleet.rows({cluster, "n", ""})), expected.second) << "round " << round;
    const auto& counts = fleet.counts();
    ASSERT_EQ(counts.consumed, static_cast<std::int64_t>(messages.size()));
    ASSERT_EQ(counts.consumed,
              counts.applied + counts.duplicate + counts.stale + counts.pending + counts.dead_lettered);
    ASSERT_EQ(counts.dead_lettered, 1);
    ASSERT_EQ(counts.pending == 0, fleet.pending_sets() == 0);
  }
}

} // namespace
} // namespace kollect::test
