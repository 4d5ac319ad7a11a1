#include <kollect/assembler.hpp>

#include <sstream>

namespace kollect::test {

namespace {

part_set set_of(std::uint32_t part_total, std::int64_t seconds = 100, std::string cluster = "c") {
  return {{std::move(cluster), "n", "all"}, {seconds, 0}, 1, part_total};
}

held_part part(std::uint32_t index, std::string_view payload) {
  return {index, sha256(payload)};
}

} // namespace

TEST(decide_part, is_by_the_parts_that_are_held) {
  const std::vector<held_part> held{part(1, "a"), part(3, "c")};
  EXPECT_EQ(decide_part({}, part(1, "a"), 2), part_outcome::pending);
  EXPECT_EQ(decide_part({}, part(1, "a"), 1), part_outcome::complete);
  EXPECT_EQ(decide_part(held, part(2, "b"), 3), part_outcome::complete);
  EXPECT_EQ(decide_part(held, part(2, "b"), 4), part_outcome::pending);
  EXPECT_EQ(decide_part(held, part(2, "a"), 3), part_outcome::complete); // two parts may well be equal
  EXPECT_EQ(decide_part(held, part(3, "c"), 3), part_outcome::duplicate);
  EXPECT_EQ(decide_part(held, part(3, "x"), 3), part_outcome::conflict);
}

TEST(decide_part, an_index_that_cannot_be_is_a_conflict) {
  EXPECT_EQ(decide_part({part(1, "a")}, part(3, "c"), 2), part_outcome::conflict);
  EXPECT_EQ(decide_part({part(1, "a")}, part(0, "c"), 2), part_outcome::conflict);
  EXPECT_EQ(decide_part({}, part(1, "a"), 0), part_outcome::conflict);
}

TEST(assembler, gives_a_complete_set_in_the_order_of_its_parts) {
  assembler collector;
  EXPECT_EQ(collector.add(set_of(3), 3, "cc").outcome, part_outcome::pending);
  EXPECT_EQ(collector.add(set_of(3), 1, "a").outcome, part_outcome::pending);
  EXPECT_EQ(collector.held_bytes(), 3U);
  EXPECT_EQ(collector.add(set_of(3), 1, "a").outcome, part_outcome::duplicate);
  EXPECT_EQ(collector.add(set_of(3), 1, "b").outcome, part_outcome::conflict);
  EXPECT_EQ(collector.held_bytes(), 3U);
  const auto answer = collector.add(set_of(3), 2, "bbb");
  EXPECT_EQ(answer.outcome, part_outcome::complete);
  EXPECT_EQ(answer.payloads, (std::vector<std::string>{"a", "bbb", "cc"}));
  EXPECT_EQ(collector.pending_sets(), 0U);
  EXPECT_EQ(collector.held_bytes(), 0U);
  EXPECT_EQ(collector.add(set_of(3), 2, "bbb").outcome, part_outcome::pending); // a new round begins
}

TEST(assembler, sets_that_differ_in_anything_do_not_mix) {
  const auto base = set_of(2);
  std::vector<part_set> others(5, base);
  others[0].part_total = 3;
  others[1].generation = 2;
  others[2].exported_at.nanoseconds = 1;
  others[3].scope.inventory = "other";
  others[4].scope.cluster = "other";
  assembler collector;
  EXPECT_EQ(collector.add(base, 1, "a").outcome, part_outcome::pending);
  for (const auto& other : others)
    EXPECT_EQ(collector.add(other, 2, "b").outcome, part_outcome::pending);
  EXPECT_EQ(collector.pending_sets(), 6U);
  EXPECT_EQ(collector.add(base, 2, "c").payloads, (std::vector<std::string>{"a", "c"}));
}

TEST(assembler, an_index_that_cannot_be_opens_no_set) {
  assembler collector;
  EXPECT_EQ(collector.add(set_of(2), 7, "a").outcome, part_outcome::conflict);
  EXPECT_EQ(collector.add(set_of(2), 0, "a").outcome, part_outcome::conflict);
  EXPECT_EQ(collector.pending_sets(), 0U);
  EXPECT_EQ(collector.add(set_of(2), 1, "a").outcome, part_outcome::pending);
  EXPECT_EQ(collector.add(set_of(2), 3, "a").outcome, part_outcome::conflict);
  EXPECT_EQ(collector.pending_sets(), 1U);
}

TEST(assembler, gives_up_the_set_that_waited_longest_over_its_bound_at_the_very_byte) {
  assembler collector({.max_bytes = 10});
  collector.add(set_of(3, 1), 1, "aaaa");
  collector.add(set_of(3, 2), 1, "bbbb");
  EXPECT_TRUE(collector.add(set_of(3, 1), 2, "cc").given_up.empty()); // ten bytes; set 2 waits longest now
  const auto answer = collector.add(set_of(3, 3), 1, "d");
  EXPECT_EQ(answer.given_up, std::vector<part_set>{set_of(3, 2)});
  EXPECT_EQ(collector.held_bytes(), 7U);
  EXPECT_EQ(collector.add(set_of(3, 1), 3, "e").outcome, part_outcome::complete);
  EXPECT_EQ(collector.held_bytes(), 1U);
  EXPECT_EQ(collector.pending_sets(), 1U);
}

TEST(assembler, gives_up_even_the_new_set_where_one_part_alone_is_over_its_bound) {
  assembler collector({.max_bytes = 3});
  collector.add(set_of(2, 1), 1, "a");
  const auto answer = collector.add(set_of(2, 2), 1, "bbbb");
  EXPECT_EQ(answer.given_up, (std::vector<part_set>{set_of(2, 1), set_of(2, 2)}));
  EXPECT_EQ(collector.held_bytes(), 0U);
  EXPECT_EQ(collector.pending_sets(), 0U);
  EXPECT_EQ(collector.add(set_of(1, 3), 1, "cccc").outcome,
            part_outcome::complete); // what is whole is not held
}

TEST(assembler, is_bounded_and_quick_under_a_flood_of_torn_sets) {
  assembler collector({.max_bytes = 100'000});
  std::size_t given_up = 0;
  for (std::int64_t number = 0; number < 50'000; ++number) {
    given_up += collector.add(set_of(2, number), 1, "0123456789").given_up.size();
    ASSERT_LE(collector.held_bytes(), 100'000U);
  }
  EXPECT_EQ(collector.pending_sets(), 10'000U);
  EXPECT_EQ(given_up, 40'000U);
}

TEST(assembler, drops_the_older_sets_of_a_scope_alone) {
  assembler collector;
  for (const std::int64_t seconds : {-5, 10, 20, 30})
    collector.add(set_of(3, seconds), 1, "a");
  collector.add(set_of(3, 10), 2, "b");
  collector.add(set_of(3, 10, "a"), 1, "x");
  collector.add(set_of(3, 10, "d"), 1, "x");
  EXPECT_EQ(collector.drop_superseded(set_of(3).scope, {20, 0}), 3U); // the parts dated -5 and 10
  EXPECT_EQ(collector.pending_sets(), 4U);
  EXPECT_EQ(collector.held_bytes(), 4U);
  EXPECT_EQ(collector.drop_superseded(set_of(3).scope, {20, 0}), 0U);
  EXPECT_EQ(collector.drop_superseded(set_of(3).scope, {20, 1}), 1U);
  EXPECT_EQ(collector.drop_superseded({"none", "n", "all"}, {99, 0}), 0U);
  EXPECT_EQ(collector.add(set_of(3, 30), 2, "b").outcome, part_outcome::pending);
  EXPECT_EQ(collector.add(set_of(3, 30), 3, "c").outcome, part_outcome::complete);
}

TEST(assembler, can_be_moved_and_not_copied) {
  static_assert(!std::is_copy_constructible_v<assembler> && !std::is_copy_assignable_v<assembler>);
  assembler first({.max_bytes = 3});
  first.add(set_of(2, 1), 1, "aa");
  assembler second = std::move(first);
  EXPECT_EQ(second.add(set_of(2, 2), 1, "bb").given_up, std::vector<part_set>{set_of(2, 1)});
  EXPECT_EQ(second.add(set_of(2, 2), 2, "cc").payloads, (std::vector<std::string>{"bb", "cc"}));
}

TEST(assembler, the_order_of_a_set_does_not_depend_on_that_of_its_parts) {
  const auto order = order_of(set_of(2), {part(1, "a"), part(2, "b")});
  EXPECT_EQ(order, order_of(set_of(2), {part(2, "b"), part(1, "a")}));
  EXPECT_NE(order, order_of(set_of(2), {part(1, "b"), part(2, "a")}));
  EXPECT_EQ(order.instant, (timestamp{100, 0}));
  EXPECT_EQ(order.generation, 1);
  std::string digests;
  for (const std::string_view payload : {"a", "b"}) {
    const auto digest = sha256(payload);
    digests.append(digest.bytes.begin(), digest.bytes.end());
  }
  EXPECT_EQ(order.digest, sha256(digests));
}

TEST(part_outcome, is_printed_by_its_name) {
  std::ostringstream out;
  out << part_outcome::pending << part_outcome::complete << part_outcome::duplicate << part_outcome::conflict;
  EXPECT_EQ(out.str(), "pendingcompleteduplicateconflict");
}

} // namespace kollect::test
