#include "store/store_suite.hpp"

namespace kollect::consumer::test {
namespace {

part_set set_at(std::int64_t seconds, std::uint32_t total = 3, std::int64_t generation = 1) {
  return {web_scope(), noon(seconds), generation, total};
}

pending_part make_part(const part_set& set, std::uint32_t index, std::string message,
                       std::int64_t arrived = 0) {
  pending_part part;
  part.set = set;
  part.part = {index, sha256(message)};
  part.origin = {std::string(kafka_log), 2, 100 + index};
  part.message_key = "key";
  part.message = std::move(message);
  part.arrived_at = noon(arrived);
  return part;
}

using indexes = std::vector<std::uint32_t>;

TEST_P(parts_suite, parts_are_held_until_they_are_taken) {
  hold(make_part(set_at(0), 3, "third"));
  hold(make_part(set_at(0), 1, "first"));
  reopen();
  EXPECT_EQ(held(set_at(0)), (indexes{1, 3}));
  commit([&](transaction& in) {
    const auto parts = take_parts(in, scope_id(in), set_at(0));
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(parts[0].part.part_index, 1U);
    EXPECT_EQ(parts[0].message, "first");
    EXPECT_EQ(parts[1].part.part_index, 3U);
    EXPECT_EQ(parts[1].message, "third");
    EXPECT_TRUE(in.waiting(scope_id(in), set_at(0)).value().parts.empty());
  });
  EXPECT_TRUE(held(set_at(0)).empty());
}

TEST_P(parts_suite, a_part_comes_back_as_it_came) {
  part_set set{web_scope(), {-1, 999'999'999}, std::numeric_limits<std::int64_t>::max(), 10'000};
  auto part = make_part(set, 10'000, std::string("{\0\xFF\"'}", 6), -77);
  part.message_key.reset();
  auto with_empty_key = make_part(set, 1, std::string(2'000'000, 'x'));
  with_empty_key.message_key = "";
  auto with_odd_key = make_part(set, 2, "");
  with_odd_key.message_key = std::string("\xFF\0'", 3);
  for (const auto& one : {part, with_empty_key, with_odd_key})
    hold(one);
  const auto in = begin();
  const auto taken = take_parts(*in, scope_id(*in), set);
  ASSERT_EQ(taken.size(), 3U);
  const std::array expected{with_empty_key, with_odd_key, part};
  for (std::size_t index = 0; index < 3; ++index) {
    EXPECT_EQ(taken[index].set, set);
    EXPECT_EQ(taken[index].part, expected[index].part);
    EXPECT_EQ(taken[index].origin.log, expected[index].origin.log);
    EXPECT_EQ(taken[index].origin.partition, 2);
    EXPECT_EQ(taken[index].origin.offset, expected[index].origin.offset);
    EXPECT_EQ(taken[index].message_key, expected[index].message_key);
    EXPECT_EQ(taken[index].message, expected[index].message);
    EXPECT_EQ(taken[index].arrived_at, expected[index].arrived_at);
  }
}

TEST_P(parts_suite, sets_are_told_apart_by_all_that_names_them) {
  const part_set set = set_at(0);
  part_set later = set, newer = set, longer = set, elsewhere = set;
  later.exported_at.nanoseconds = 1;
  newer.generation = 2;
  longer.part_total = 4;
  elsewhere.scope.inventory = "other";
  for (const auto& one : {set, later, newer, longer, elsewhere})
    hold(make_part(one, 1, "a part"));
  commit([&](transaction& in) { EXPECT_EQ(take_parts(in, scope_id(in), set).size(), 1U); });
  EXPECT_TRUE(held(set).empty());
  for (const auto& one : {later, newer, longer, elsewhere})
    EXPECT_EQ(held(one), indexes{1});
}

TEST_P(parts_suite, parts_that_are_not_committed_are_not_held_nor_taken) {
  hold(make_part(set_at(0), 1, "first"));
  {
    const auto in = begin();
    EXPECT_TRUE(succeeds(in->hold_part(scope_id(*in), make_part(set_at(0), 2, "second"))));
    EXPECT_EQ(take_parts(*in, scope_id(*in), set_at(0)).size(), 2U);
  }
  EXPECT_EQ(held(set_at(0)), indexes{1});
}

TEST_P(parts_suite, parts_older_than_the_snapshot_held_are_dropped) {
  part_set of_older_generation = set_at(10, 3, 4), of_same_place = set_at(10, 3, 5), elsewhere = set_at(0);
  elsewhere.scope.inventory = "other";
  hold(make_part(set_at(0), 1, "old"));
  hold(make_part(set_at(0), 2, "old too"));
  hold(make_part(of_older_generation, 1, "older generation"));
  hold(make_part(of_same_place, 1, "same place"));
  hold(make_part(set_at(11), 1, "newer"));
  hold(make_part(elsewhere, 1, "of another scope"));
  commit([&](transaction& in) {
    const snapshot_order applied{noon(10), 5, {}};
    EXPECT_EQ(in.drop_superseded_parts(scope_id(in), applied).value(), 3);
    EXPECT_EQ(in.drop_superseded_parts(scope_id(in), applied).value(), 0);
  });
  EXPECT_TRUE(held(set_at(0)).empty());
  EXPECT_TRUE(held(of_older_generation).empty());
  EXPECT_EQ(held(of_same_place), indexes{1});
  EXPECT_EQ(held(set_at(11)), indexes{1});
  EXPECT_EQ(held(elsewhere), indexes{1});
}

TEST_P(parts_suite, a_nanosecond_counts) {
  part_set early = set_at(10), late = set_at(10);
  early.exported_at.nanoseconds = 1;
  late.exported_at.nanoseconds = 3;
  hold(make_part(early, 1, "early"));
  hold(make_part(late, 1, "late"));
  commit([&](transaction& in) {
    const snapshot_order applied{{noon(10).seconds, 2}, 0, {}};
    EXPECT_EQ(in.drop_superseded_parts(scope_id(in), applied).value(), 1);
  });
  EXPECT_EQ(held(late), indexes{1});
}

TEST_P(parts_suite, a_set_is_torn_when_its_last_part_is_too_old) {
  const retention bounds{.pending_seconds = 60};
  hold(make_part(set_at(0), 1, "first", 0));
  hold(make_part(set_at(0), 2, "second", 50));
  hold(make_part(set_at(1), 1, "of a later set", 20));
  EXPECT_TRUE(take_torn(bounds, 80).empty()); // exactly as old as allowed
  auto torn = take_torn(bounds, 81);
  ASSERT_EQ(torn.size(), 1U);
  EXPECT_EQ(torn[0].set, set_at(1));
  EXPECT_TRUE(take_torn(bounds, 110).empty());
  torn = take_torn(bounds, 111);
  ASSERT_EQ(torn.size(), 2U);
  EXPECT_EQ(torn[0].message, "first");
  EXPECT_EQ(torn[1].message, "second");
  EXPECT_TRUE(take_torn(bounds, 1'000'000).empty());
}

TEST_P(parts_suite, over_the_bytes_the_set_that_waits_longest_is_given_up) {
  const retention bounds{.pending_bytes = 250};
  hold(make_part(set_at(2), 1, std::string(100, 'a'), 5));
  hold(make_part(set_at(1), 1, std::string(100, 'b'), 3));
  EXPECT_TRUE(take_torn(bounds, 10).empty());
  hold(make_part(set_at(3), 1, std::string(50, 'c'), 9));
  EXPECT_TRUE(take_torn(bounds, 10).empty()); // exactly as much as allowed
  hold(make_part(set_at(1), 2, std::string(1, 'd'), 7));
  const auto torn = take_torn(bounds, 10);
  ASSERT_EQ(torn.size(), 1U);
  EXPECT_EQ(torn[0].set, set_at(2));
  EXPECT_TRUE(take_torn(bounds, 10).empty());
}

TEST_P(parts_suite, one_set_is_given_up_at_a_time) {
  for (std::int64_t second = 0; second < 4; ++second)
    hold(make_part(set_at(second), 1, std::string(100, 'x'), second));
  const auto in = begin();
  for (std::int64_t second = 0; second < 4; ++second) {
    const auto torn = take_torn_set(*in, {.pending_bytes = 0}, noon());
    ASSERT_EQ(torn.size(), 1U);
    EXPECT_EQ(torn[0].set, set_at(second));
  }
  EXPECT_TRUE(take_torn_set(*in, {.pending_bytes = 0}, noon()).empty());
}

TEST_P(parts_suite, bytes_that_went_do_not_count) {
  hold(make_part(set_at(0), 1, std::string(100, 'x')));
  hold(make_part(set_at(1), 1, std::string(100, 'x')));
  hold(make_part(set_at(2), 1, std::string(100, 'x')));
  EXPECT_TRUE(is_over(299));
  EXPECT_FALSE(is_over(300));
  commit([&](transaction& in) { take_parts(in, scope_id(in), set_at(2)); });
  EXPECT_TRUE(is_over(199));
  EXPECT_FALSE(is_over(200));
  commit([&](transaction& in) {
    EXPECT_EQ(in.drop_superseded_parts(scope_id(in), {noon(1), 0, {}}).value(), 1);
  });
  EXPECT_TRUE(is_over(99));
  EXPECT_FALSE(is_over(100));
  EXPECT_EQ(take_torn({.pending_bytes = 0}, 0).size(), 1U);
  hold(make_part(set_at(3), 1, std::string(10, 'x')));
  EXPECT_TRUE(is_over(9));
  EXPECT_FALSE(is_over(10));
}

} // namespace
} // namespace kollect::consumer::test
