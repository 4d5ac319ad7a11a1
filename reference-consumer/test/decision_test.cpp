#include "decision.hpp"

#include "support/assertions.hpp"
#include "support/messages.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace kollect::consumer::test {
namespace {

using namespace std::chrono_literals;

snapshot_order order_at(std::int64_t seconds, std::uint32_t nanoseconds = 0, std::int64_t generation = 1,
                        unsigned char digest = 1) {
  snapshot_order order{{seconds, nanoseconds}, generation, {}};
  order.digest.bytes.front() = digest;
  return order;
}

sha256_digest digest_with(unsigned char first) {
  sha256_digest digest;
  digest.bytes.front() = first;
  return digest;
}

// DED-03: the order is total, and only what is newer is applied.

TEST(decide_snapshot, the_first_of_a_scope_is_applied) {
  EXPECT_EQ(decide_snapshot({}, order_at(0)), outcome::applied);
  EXPECT_EQ(decide_snapshot({}, order_at(std::numeric_limits<std::int64_t>::min())), outcome::applied);
}

TEST(decide_snapshot, goes_by_the_instant_first) {
  EXPECT_EQ(decide_snapshot(order_at(5), order_at(6, 0, 0, 0)), outcome::applied);
  EXPECT_EQ(decide_snapshot(order_at(5), order_at(5, 1, 0, 0)), outcome::applied);
  EXPECT_EQ(decide_snapshot(order_at(5, 1), order_at(5, 0, 9, 9)), outcome::stale);
  EXPECT_EQ(decide_snapshot(order_at(-5), order_at(-6, 999'999'999, 9, 9)), outcome::stale);
}

TEST(decide_snapshot, then_by_the_generation) {
  EXPECT_EQ(decide_snapshot(order_at(5, 0, 2), order_at(5, 0, 3, 0)), outcome::applied);
  EXPECT_EQ(decide_snapshot(order_at(5, 0, 2), order_at(5, 0, 1, 9)), outcome::stale);
}

TEST(decide_snapshot, then_by_the_digest) {
  EXPECT_EQ(decide_snapshot(order_at(5, 0, 2, 0x7F), order_at(5, 0, 2, 0x80)), outcome::applied);
  EXPECT_EQ(decide_snapshot(order_at(5, 0, 2, 0x80), order_at(5, 0, 2, 0x7F)), outcome::stale);
}

TEST(decide_snapshot, the_very_same_place_is_a_duplicate) {
  EXPECT_EQ(decide_snapshot(order_at(5, 6, 7, 8), order_at(5, 6, 7, 8)), outcome::duplicate);
}

// MP-04, MP-05: what is certain about a part before its set is looked at.

class decide_early_on : public testing::Test {
protected:
  std::optional<outcome> decide(std::int64_t seconds, std::int64_t generation, std::uint32_t total,
                                std::uint32_t index, unsigned char digest) const {
    return decide_early(record_, {web_scope(), {seconds, 0}, generation, total},
                        {index, digest_with(digest)});
  }

  scope_record record_{1, order_at(100, 0, 5), {}, {digest_with(1), digest_with(2), digest_with(3)}, 0, 0};
};

TEST_F(decide_early_on, nothing_is_certain_in_a_new_scope) {
  record_.order.reset();
  EXPECT_EQ(decide(0, 0, 3, 1, 1), std::nullopt);
}

TEST_F(decide_early_on, a_part_of_an_older_set_is_stale) {
  EXPECT_EQ(decide(99, 9, 3, 1, 1), outcome::stale);
  EXPECT_EQ(decide(100, 4, 3, 1, 1), outcome::stale);
}

TEST_F(decide_early_on, a_part_of_a_newer_set_waits_for_the_others) {
  EXPECT_EQ(decide(101, 0, 3, 1, 1), std::nullopt);
  EXPECT_EQ(decide(100, 6, 3, 1, 1), std::nullopt);
}

TEST_F(decide_early_on, a_part_of_the_set_that_is_held_is_a_duplicate) {
  EXPECT_EQ(decide(100, 5, 3, 1, 1), outcome::duplicate);
  EXPECT_EQ(decide(100, 5, 3, 3, 3), outcome::duplicate);
}

TEST_F(decide_early_on, parts_with_other_content_or_of_another_total_are_not) {
  EXPECT_EQ(decide(100, 5, 3, 1, 2), std::nullopt);
  EXPECT_EQ(decide(100, 5, 2, 1, 1), std::nullopt);
  EXPECT_EQ(decide(100, 5, 4, 4, 1), std::nullopt);
}

TEST_F(decide_early_on, a_part_beside_a_whole_snapshot_of_the_same_instant_waits) {
  record_.applied_parts.clear();
  EXPECT_EQ(decide(100, 5, 3, 1, 1), std::nullopt);
}

// A snapshot from the future would hold its scope back until that time comes.

class refuse_future_when : public testing::Test {
protected:
  std::optional<failure> refuse(const timestamp& instant, std::optional<timestamp> appended_at = {}) const {
    return refuse_future(instant, appended_at, now_, bounds_);
  }

  timestamp now_{1000, 0};
  limits bounds_{.max_future = 300s};
};

TEST_F(refuse_future_when, the_past_and_the_bound_itself_are_believed) {
  EXPECT_FALSE(refuse({0, 0}));
  EXPECT_FALSE(refuse({-62'167'219'200, 0}));
  EXPECT_FALSE(refuse({1000, 0}));
  EXPECT_FALSE(refuse({1300, 0}));
}

TEST_F(refuse_future_when, one_nanosecond_more_is_refused_with_reason) {
  const auto refused = refuse({1300, 1});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->reason(), error::future_timestamp);
  EXPECT_EQ(refused->clause, "DED-03");
  EXPECT_NE(refused->message.find("1970-01-01T00:21:40.000000001Z"), std::string::npos) << refused->message;
}

TEST_F(refuse_future_when, the_later_of_both_clocks_counts) {
  EXPECT_FALSE(refuse({2300, 0}, timestamp{2000, 0}));
  EXPECT_TRUE(refuse({2300, 1}, timestamp{2000, 0}));
  EXPECT_FALSE(refuse({1300, 0}, timestamp{500, 0})); // a broker that is behind takes nothing away
}

TEST_F(refuse_future_when, the_year_9999_does_not_overflow) {
  EXPECT_TRUE(refuse(at("9999-12-31T23:59:59.999999999Z")));
  now_ = at("9999-12-31T23:59:59.999999999Z");
  EXPECT_FALSE(refuse(at("9999-12-31T23:59:59.999999999Z")));
}

// Several inventories in one scope: their targets are disjoint and take turns.

row_map rows_with_targets(const std::vector<std::string>& targets) {
  std::vector<item> rows;
  for (const auto& target : targets)
    rows.push_back(make_row("row-of-" + target, 1, target));
  return rows_of(rows);
}

class notice_alternation : public testing::Test {
protected:
  bool notice(const std::vector<std::string>& before, const std::vector<std::string>& after) {
    return notice_alternating_targets(record_, rows_with_targets(before), rows_with_targets(after));
  }

  scope_record record_;
};

TEST_F(notice_alternation, is_noticed_when_the_first_set_comes_back) {
  EXPECT_FALSE(notice({"a"}, {"b"})); // somebody may have renamed the target
  EXPECT_EQ(record_.target_conflicts, 0);
  EXPECT_TRUE(notice({"b"}, {"a"}));
  EXPECT_TRUE(notice({"a"}, {"b"}));
  EXPECT_EQ(record_.target_conflicts, 2);
}

TEST_F(notice_alternation, works_for_sets_of_targets) {
  EXPECT_FALSE(notice({"a", "b"}, {"c", "d", "e"}));
  EXPECT_TRUE(notice({"c", "d", "e"}, {"a", "b"}));
}

TEST_F(notice_alternation, other_sets_each_time_are_no_turns) {
  EXPECT_FALSE(notice({"a"}, {"b"}));
  EXPECT_FALSE(notice({"b"}, {"c"}));
  EXPECT_FALSE(notice({"c"}, {"d"}));
  EXPECT_EQ(record_.target_conflicts, 0);
}

TEST_F(notice_alternation, a_common_target_means_one_inventory) {
  EXPECT_FALSE(notice({"a", "b"}, {"b", "c"}));
  EXPECT_FALSE(notice({"b", "c"}, {"a", "b"}));
  EXPECT_EQ(record_.target_digest, 0U);
}

TEST_F(notice_alternation, an_empty_snapshot_says_nothing) {
  EXPECT_FALSE(notice({}, {"a"}));
  EXPECT_FALSE(notice({"a"}, {}));
  EXPECT_EQ(record_.target_digest, 0U);
}

TEST(digest_of, keeps_namespace_and_name_apart) {
  EXPECT_NE(digest_of({{"a", "bc"}}), digest_of({{"ab", "c"}}));
  EXPECT_NE(digest_of({{"a", "b"}, {"c", "d"}}), digest_of({{"a", "b"}}));
  EXPECT_NE(digest_of({{"", ""}}), digest_of({}));
}

TEST(targets_of, names_each_target_once) {
  auto rows = make_rows(3);
  rows.push_back(make_row("other", 1, "services"));
  EXPECT_EQ(targets_of(rows_of(rows)), (target_set{{"team-a", "deployments"}, {"team-a", "services"}}));
}

// Every message ends as exactly one of these.

TEST(outcome_counts, counts_each_outcome_in_its_own_place) {
  outcome_counts counts;
  for (const auto ended : {outcome::applied, outcome::duplicate, outcome::duplicate, outcome::stale,
                           outcome::dead_lettered, outcome::pending, outcome::pending, outcome::pending})
    counts.add(ended);
  EXPECT_EQ(counts, (outcome_counts{8, 1, 2, 1, 1, 3}));
  EXPECT_TRUE(counts.is_conserved());
}

TEST(outcome_counts, settling_moves_parts_and_consumes_nothing) {
  outcome_counts counts{3, 0, 0, 0, 0, 3};
  counts.settle(2, outcome::applied);
  counts.settle(1, outcome::stale);
  EXPECT_EQ(counts, (outcome_counts{3, 2, 0, 1, 0, 0}));
  EXPECT_TRUE(counts.is_conserved());
}

TEST(outcome_counts, add_up) {
  outcome_counts sum{1, 1, 0, 0, 0, 0};
  sum += {6, 0, 2, 1, 1, 2};
  EXPECT_EQ(sum, (outcome_counts{7, 1, 2, 1, 1, 2}));
}

TEST(outcome_counts, one_that_is_missing_anywhere_is_noticed) {
  EXPECT_FALSE((outcome_counts{1, 0, 0, 0, 0, 0}).is_conserved());
  EXPECT_FALSE((outcome_counts{1, 1, 1, 0, 0, 0}).is_conserved());
  for (const auto ended :
       {outcome::applied, outcome::duplicate, outcome::stale, outcome::dead_lettered, outcome::pending}) {
    outcome_counts counts{1, 0, 0, 0, 0, 0};
    counts[ended] = 1;
    EXPECT_TRUE(counts.is_conserved()) << ended;
  }
}

TEST(outcome_counts, are_one_line_of_json) {
  EXPECT_EQ(to_json({15, 5, 4, 3, 2, 1}),
            R"({"consumed":15,"applied":5,"duplicate":4,"stale":3,"dead_lettered":2,"pending":1})");
  EXPECT_EQ(to_json({0, 3, 0, 0, 0, -3}),
            R"({"consumed":0,"applied":3,"duplicate":0,"stale":0,"dead_lettered":0,"pending":-3})");
}

TEST(outcome, has_the_names_of_the_counters) {
  EXPECT_EQ(to_string(outcome::applied), "applied");
  EXPECT_EQ(to_string(outcome::duplicate), "duplicate");
  EXPECT_EQ(to_string(outcome::stale), "stale");
  EXPECT_EQ(to_string(outcome::dead_lettered), "dead_lettered");
  EXPECT_EQ(to_string(outcome::pending), "pending");
}

} // namespace
} // namespace kollect::consumer::test
