#include <support/failure_is.hpp>
#include <support/messages.hpp>

#include <kollect/decision.hpp>

#include <limits>

namespace kollect::test {
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

held_snapshot holding(const snapshot_order& order) {
  held_snapshot held;
  held.order = order;
  return held;
}

constexpr decision newer{outcome::applied, decision_reason::newer};
constexpr decision older{outcome::stale, decision_reason::older};
constexpr decision waits{outcome::pending, decision_reason::parts_missing};
constexpr decision completes{outcome::pending, decision_reason::last_part};
constexpr decision same_part{outcome::duplicate, decision_reason::same_part};

// DED-03: the order is total, and only what is newer is applied.

TEST(decide_snapshot, applies_the_first_of_a_scope_however_old_it_is) {
  constexpr decision first{outcome::applied, decision_reason::first_of_scope};
  EXPECT_EQ(decide_snapshot({}, order_at(0)), first);
  EXPECT_EQ(decide_snapshot({}, order_at(-62'135'596'800)), first); // Go's zero time
  EXPECT_EQ(decide_snapshot({}, order_at(std::numeric_limits<std::int64_t>::min())), first);
}

TEST(decide_snapshot, goes_by_the_instant_first) {
  EXPECT_EQ(decide_snapshot(holding(order_at(5)), order_at(6, 0, 0, 0)), newer);
  EXPECT_EQ(decide_snapshot(holding(order_at(5)), order_at(5, 1, 0, 0)), newer);
  EXPECT_EQ(decide_snapshot(holding(order_at(5, 1)), order_at(5, 0, 9, 9)), older);
  EXPECT_EQ(decide_snapshot(holding(order_at(-5)), order_at(-6, 999'999'999, 9, 9)), older);
}

TEST(decide_snapshot, then_by_the_generation) {
  EXPECT_EQ(decide_snapshot(holding(order_at(5, 0, 2)), order_at(5, 0, 3, 0)), newer);
  EXPECT_EQ(decide_snapshot(holding(order_at(5, 0, 2)), order_at(5, 0, 1, 9)), older);
}

TEST(decide_snapshot, then_by_the_digest) {
  EXPECT_EQ(decide_snapshot(holding(order_at(5, 0, 2, 0x7F)), order_at(5, 0, 2, 0x80)), newer);
  EXPECT_EQ(decide_snapshot(holding(order_at(5, 0, 2, 0x80)), order_at(5, 0, 2, 0x7F)), older);
}

TEST(decide_snapshot, the_very_same_place_is_a_duplicate) {
  EXPECT_EQ(decide_snapshot(holding(order_at(5, 6, 7, 8)), order_at(5, 6, 7, 8)),
            (decision{outcome::duplicate, decision_reason::same_snapshot}));
}

// MP-04, MP-05.

class decide_part_of_a_set : public testing::Test {
protected:
  decision decide(std::int64_t seconds, std::int64_t generation, std::uint32_t total, std::uint32_t index,
                  unsigned char digest, const std::vector<held_part>& waiting = {}) const {
    return try_to_decide(seconds, generation, total, index, digest, waiting).value();
  }
  result<decision> try_to_decide(std::int64_t seconds, std::int64_t generation, std::uint32_t total,
                                 std::uint32_t index, unsigned char digest,
                                 const std::vector<held_part>& waiting = {}) const {
    return decide_part(held_, {{"c", "n", "all"}, {seconds, 0}, generation, total}, waiting,
                       {index, digest_with(digest)});
  }

  held_snapshot held_{order_at(100, 0, 5), {}, {digest_with(1), digest_with(2), digest_with(3)}, 0, 0, {}};
  const std::vector<held_part> first_and_third_{{1, digest_with(1)}, {3, digest_with(3)}};
};

TEST_F(decide_part_of_a_set, it_waits_until_the_last_one_has_come) {
  EXPECT_EQ(decide(101, 0, 3, 1, 1), waits);
  EXPECT_EQ(decide(101, 0, 4, 2, 2, first_and_third_), waits);
  EXPECT_EQ(decide(101, 0, 3, 2, 2, first_and_third_), completes);
  EXPECT_EQ(decide(101, 0, 3, 2, 1, first_and_third_), completes); // two parts may well be equal
}

TEST_F(decide_part_of_a_set, one_that_waits_already_is_a_duplicate_or_a_conflict) {
  EXPECT_EQ(decide(101, 0, 3, 3, 3, first_and_third_), same_part);
  EXPECT_TRUE(failure_is(try_to_decide(101, 0, 3, 3, 9, first_and_third_), error::part_conflict));
}

TEST_F(decide_part_of_a_set, an_index_that_cannot_be_is_refused) {
  EXPECT_TRUE(failure_is(try_to_decide(101, 0, 2, 3, 3), error::part_out_of_range));
  EXPECT_TRUE(failure_is(try_to_decide(101, 0, 2, 0, 3), error::part_out_of_range));
  EXPECT_TRUE(failure_is(try_to_decide(99, 0, 0, 1, 3), error::part_out_of_range));
}

TEST_F(decide_part_of_a_set, nothing_else_is_certain_in_a_new_scope) {
  held_.order.reset();
  EXPECT_EQ(decide(0, 0, 3, 1, 1), waits);
}

TEST_F(decide_part_of_a_set, a_part_of_an_older_set_is_stale) {
  EXPECT_EQ(decide(99, 9, 3, 1, 1), older);
  EXPECT_EQ(decide(100, 4, 3, 1, 1), older);
}

TEST_F(decide_part_of_a_set, a_part_of_a_newer_set_waits) {
  EXPECT_EQ(decide(101, 0, 3, 1, 1), waits);
  EXPECT_EQ(decide(100, 6, 3, 1, 1), waits);
}

TEST_F(decide_part_of_a_set, a_part_of_the_set_that_is_held_is_a_duplicate) {
  EXPECT_EQ(decide(100, 5, 3, 1, 1), same_part);
  EXPECT_EQ(decide(100, 5, 3, 3, 3), same_part);
}

TEST_F(decide_part_of_a_set, with_other_content_or_of_another_total_it_is_not) {
  EXPECT_EQ(decide(100, 5, 3, 1, 2), waits);
  EXPECT_EQ(decide(100, 5, 2, 1, 1), waits);
  EXPECT_EQ(decide(100, 5, 4, 4, 1), waits);
}

TEST_F(decide_part_of_a_set, beside_a_whole_snapshot_of_the_same_instant_it_waits) {
  held_.applied_parts.clear();
  EXPECT_EQ(decide(100, 5, 3, 1, 1), waits);
}

// A snapshot from the future would hold its scope back until that time comes.

class check_future_of : public testing::Test {
protected:
  /// Of an array, whose envelope dates it.
  result<void> check(std::string_view dated, std::optional<timestamp> appended_at = {}) const {
    auto message = message_with("[]");
    message.replace(message.find("2026-01-15T12:00:00Z"), 20, dated);
    const auto head = read_head(message).value();
    return check_future(head, parse_snapshot(head.envelope).value(), appended_at, now_, bounds_);
  }

  timestamp now_{1000, 0};
  limits bounds_{.max_future = 300s};
};

TEST_F(check_future_of, the_past_and_the_bound_itself_are_believed) {
  EXPECT_TRUE(check("1970-01-01T00:00:00Z"));
  EXPECT_TRUE(check("0000-01-01T00:00:00Z"));
  EXPECT_TRUE(check("1970-01-01T00:16:40Z"));
  EXPECT_TRUE(check("1970-01-01T00:21:40Z"));
}

TEST_F(check_future_of, one_nanosecond_more_is_refused_with_reason) {
  const auto checked = check("1970-01-01T00:21:40.000000001Z");
  ASSERT_TRUE(failure_is(checked, error::future_timestamp));
  EXPECT_EQ(checked.error().clause, "DED-03");
  EXPECT_NE(checked.error().message.find("1970-01-01T00:21:40.000000001Z"), std::string::npos);
}

TEST_F(check_future_of, the_later_of_both_clocks_counts) {
  EXPECT_TRUE(check("1970-01-01T00:38:20Z", timestamp{2000, 0}));
  EXPECT_FALSE(check("1970-01-01T00:38:20.000000001Z", timestamp{2000, 0}));
  EXPECT_TRUE(check("1970-01-01T00:21:40Z", timestamp{500, 0})); // a broker that is behind takes nothing away
}

TEST_F(check_future_of, a_bound_of_nothing_allows_nothing) {
  bounds_.max_future = 0s;
  EXPECT_TRUE(check("1970-01-01T00:16:40Z"));
  EXPECT_FALSE(check("1970-01-01T00:16:40.000000001Z"));
}

TEST_F(check_future_of, the_year_9999_does_not_overflow) {
  EXPECT_FALSE(check("9999-12-31T23:59:59.999999999Z"));
  now_ = parse_timestamp("9999-12-31T23:59:59.999999999Z").value();
  EXPECT_TRUE(check("9999-12-31T23:59:59.999999999Z"));
}

TEST_F(check_future_of, the_later_of_envelope_and_export_counts) {
  const auto message = message_with(export_envelope_text("[]", 0)); // exported half a second after 12:00
  const auto head = read_head(message).value();
  const auto snapshot = parse_snapshot(head.envelope).value();
  const auto noon = parse_timestamp("2026-01-15T12:00:00Z").value();
  EXPECT_TRUE(check_future(head, snapshot, {}, noon, {.max_future = 500ms}));
  EXPECT_FALSE(check_future(head, snapshot, {}, noon, {.max_future = 499ms}));
}

// DEL-01: a snapshot that removes too much is held back until it is repeated.

class check_deletions_of : public testing::Test {
protected:
  result<void> check(std::size_t held_rows, std::size_t removed, std::optional<std::int64_t> percent,
                     std::string_view items = "[]") const {
    return check_deletions(held_, sha256(items), held_rows, removed, percent);
  }

  held_snapshot held_ = holding(order_at(1));
};

TEST_F(check_deletions_of, nothing_is_held_back_unasked) {
  EXPECT_TRUE(check(10, 10, {}));
}

TEST_F(check_deletions_of, the_share_itself_passes_and_one_row_more_does_not) {
  EXPECT_TRUE(check(10, 5, 50));
  EXPECT_TRUE(failure_is(check(10, 6, 50), error::mass_deletion));
  EXPECT_TRUE(check(0, 0, 0));
  EXPECT_FALSE(check(3, 1, 0));
  EXPECT_FALSE(check(3, 2, 66));
  EXPECT_TRUE(check(3, 2, 67));
}

TEST_F(check_deletions_of, the_items_held_back_last_pass_when_they_come_again) {
  held_.held_back = sha256("[]");
  EXPECT_TRUE(check(10, 10, 0));
  EXPECT_FALSE(check(10, 10, 0, "[1]"));
}

// Several inventories in one scope: their targets are disjoint and take turns.

class notice_alternation : public testing::Test {
protected:
  static row_map with_targets(const std::vector<std::string>& targets) {
    row_map rows;
    for (const auto& target : targets)
      rows.emplace(row_identity{"team-a", target, "", "row of " + target, ""}, "{}");
    return rows;
  }
  bool notice(const std::vector<std::string>& before, const std::vector<std::string>& after) {
    return notice_alternating_targets(held_, targets_of(with_targets(before)),
                                      targets_of(with_targets(after)));
  }

  held_snapshot held_;
};

TEST_F(notice_alternation, is_noticed_when_the_first_set_comes_back) {
  EXPECT_FALSE(notice({"a"}, {"b"})); // somebody may have renamed the target
  EXPECT_EQ(held_.target_conflicts, 0);
  EXPECT_TRUE(notice({"b"}, {"a"}));
  EXPECT_TRUE(notice({"a"}, {"b"}));
  EXPECT_EQ(held_.target_conflicts, 2);
}

TEST_F(notice_alternation, works_for_sets_of_targets) {
  EXPECT_FALSE(notice({"a", "b"}, {"c", "d", "e"}));
  EXPECT_TRUE(notice({"c", "d", "e"}, {"a", "b"}));
}

TEST_F(notice_alternation, other_sets_each_time_are_no_turns) {
  EXPECT_FALSE(notice({"a"}, {"b"}));
  EXPECT_FALSE(notice({"b"}, {"c"}));
  EXPECT_FALSE(notice({"c"}, {"d"}));
  EXPECT_EQ(held_.target_conflicts, 0);
}

TEST_F(notice_alternation, a_common_target_means_one_inventory) {
  EXPECT_FALSE(notice({"a", "b"}, {"b", "c"}));
  EXPECT_FALSE(notice({"b", "c"}, {"a", "b"}));
  EXPECT_EQ(held_.target_digest, 0U);
}

TEST_F(notice_alternation, an_empty_snapshot_says_nothing) {
  EXPECT_FALSE(notice({}, {"a"}));
  EXPECT_FALSE(notice({"a"}, {}));
  EXPECT_EQ(held_.target_digest, 0U);
}

TEST_F(notice_alternation, keeps_namespace_and_name_apart) {
  const auto digest = [](const std::vector<std::pair<std::string, std::string>>& targets) {
    row_map rows;
    for (const auto& [namespace_, name] : targets)
      rows.emplace(row_identity{namespace_, name, "", "row", ""}, "{}");
    return detail::digest_of(targets_of(rows));
  };
  EXPECT_NE(digest({{"a", "bc"}}), digest({{"ab", "c"}}));
  EXPECT_NE(digest({{"a", "b"}, {"c", "d"}}), digest({{"a", "b"}}));
  EXPECT_NE(digest({{"", ""}}), digest({}));
}

TEST(part_set, has_an_order_that_its_parts_tell) {
  const part_set set{{"c", "n", "all"}, {100, 0}, 1, 2};
  const std::vector payloads{sha256("a"), sha256("b")};
  const auto order = order_of(set, payloads);
  EXPECT_NE(order, order_of(set, std::vector{payloads[1], payloads[0]}));
  EXPECT_EQ(order.instant, (timestamp{100, 0}));
  EXPECT_EQ(order.generation, 1);
  std::string digests;
  for (const std::string_view payload : {"a", "b"}) {
    const auto digest = sha256(payload);
    digests.append(digest.bytes.begin(), digest.bytes.end());
  }
  EXPECT_EQ(order.digest, sha256(digests));
}

} // namespace
} // namespace kollect::test
