#include <support/failure_is.hpp>
#include <support/scope_messages.hpp>

#include <kollect/assembler.hpp>

#include <set>

namespace kollect::test {

namespace {

using namespace std::chrono_literals;

constexpr assembler::clock::time_point start{1h};

/// Gives an assembler whole messages.
class collector {
public:
  explicit collector(assembler::options bounds = {}) : parts(bounds) {}

  result<assembler::answer> add(const std::string& message, assembler::clock::time_point at = start,
                                std::string_view key = "c:n/all") {
    const auto head = read_head(message, key).value();
    return parts.add(held, head, parse_snapshot(head.envelope).value(), {}, at);
  }

  assembler parts;
  held_snapshot held;
};

std::vector<std::int64_t> instants_of(const std::vector<collected_set>& sets) {
  std::vector<std::int64_t> out;
  for (const auto& one : sets)
    out.push_back(one.set.exported_at.seconds - noon().seconds);
  return out;
}

/// What a set with one part of no rows takes.
std::size_t bytes_of_one() {
  collector alone;
  EXPECT_TRUE(has_value(alone.add(part_at(noon(), {}, 1, 2))));
  return alone.parts.held_bytes();
}

} // namespace

TEST(assembler, gives_a_complete_set_in_the_order_of_its_parts) {
  collector to;
  EXPECT_EQ(to.add(part_at(noon(), {"c"}, 3, 3))->found.why, decision_reason::parts_missing);
  EXPECT_EQ(to.add(part_at(noon(), {"a"}, 1, 3))->found.why, decision_reason::parts_missing);
  EXPECT_EQ(to.add(part_at(noon(), {"a"}, 1, 3))->found.why, decision_reason::same_part);
  const auto held = to.parts.held_bytes();
  EXPECT_TRUE(failure_is(to.add(part_at(noon(), {"x"}, 1, 3)), error::part_conflict));
  EXPECT_EQ(to.parts.held_bytes(), held);
  const auto answer = to.add(part_at(noon(), {"b"}, 2, 3)).value();
  EXPECT_EQ(answer.found.why, decision_reason::last_part);
  ASSERT_TRUE(answer.whole);
  ASSERT_EQ(answer.whole->parts.size(), 3U);
  for (unsigned index = 0; index < 3; ++index) {
    const auto& part = answer.whole->parts[index];
    EXPECT_EQ(part.payload,
              export_at(noon(), {std::string(1, static_cast<char>('a' + index))}, index + 1, 3));
    EXPECT_EQ(part.part, (held_part{index + 1, sha256(part.payload)}));
    EXPECT_EQ(part.key.payload, part.part.digest);
  }
  EXPECT_EQ(to.parts.pending_sets(), 0U);
  EXPECT_EQ(to.parts.held_bytes(), 0U);
}

TEST(assembler, sets_that_differ_in_anything_do_not_mix) {
  collector to;
  EXPECT_FALSE(to.add(part_at(noon(), {"a"}, 1, 2))->whole);
  EXPECT_FALSE(to.add(part_at(noon(), {"b"}, 2, 3))->whole);
  EXPECT_FALSE(to.add(part_at(noon(1), {"b"}, 2, 2))->whole);
  EXPECT_FALSE(to.add(part_at(noon(), {"b"}, 2, 2, "d"), start, "d:n/all")->whole);
  EXPECT_FALSE(to.add(part_at(noon(), {"b"}, 2, 2), start, "c:n/other")->whole);
  EXPECT_FALSE(to.add(message_at(noon(), export_at(noon(), {"b"}, 2, 2, 7)))->whole);
  EXPECT_EQ(to.parts.pending_sets(), 6U);
  EXPECT_TRUE(to.add(part_at(noon(), {"b"}, 2, 2))->whole);
}

TEST(assembler, refuses_a_part_that_does_not_fit_beside_its_own_set_and_keeps_the_others) {
  const std::size_t one = bytes_of_one();
  collector to({.max_bytes = 2 * one - 1});
  EXPECT_TRUE(has_value(to.add(part_at(noon(), {}, 1, 3))));
  const std::vector<std::string> many(50, "a-row-of-a-long-name");
  EXPECT_TRUE(failure_is(to.add(part_at(noon(), many, 2, 3)), error::too_large));
  EXPECT_EQ(to.parts.pending_sets(), 1U);
  EXPECT_EQ(to.parts.held_bytes(), one);
  EXPECT_TRUE(failure_is(to.add(part_at(noon(1), many, 1, 2)), error::too_large));
  EXPECT_EQ(to.parts.pending_sets(), 1U);
}

TEST(assembler, gives_up_the_set_that_waited_longest_over_its_bound_at_the_very_byte) {
  const std::size_t one = bytes_of_one();
  collector exact({.max_bytes = 2 * one});
  EXPECT_TRUE(exact.add(part_at(noon(1), {}, 1, 2))->given_up.empty());
  EXPECT_TRUE(exact.add(part_at(noon(2), {}, 1, 2))->given_up.empty());
  EXPECT_EQ(instants_of(exact.add(part_at(noon(3), {}, 1, 2))->given_up), std::vector<std::int64_t>{1});
  EXPECT_EQ(exact.parts.held_bytes(), 2 * one);

  collector less({.max_bytes = 2 * one - 1});
  EXPECT_TRUE(less.add(part_at(noon(1), {}, 1, 2))->given_up.empty());
  EXPECT_EQ(instants_of(less.add(part_at(noon(2), {}, 1, 2))->given_up), std::vector<std::int64_t>{1});
}

TEST(assembler, holds_no_more_sets_than_it_may_however_small_they_are) {
  collector to({.max_sets = 3});
  std::vector<std::int64_t> given_up;
  for (std::int64_t second = 0; second < 200; ++second) {
    for (const auto instant : instants_of(to.add(part_at(noon(second), {}, 1, 2))->given_up))
      given_up.push_back(instant);
    ASSERT_LE(to.parts.pending_sets(), 3U);
    ASSERT_GT(to.parts.held_bytes(), 0U); // nothing is free
  }
  EXPECT_EQ(given_up.size(), 197U);
  EXPECT_EQ(given_up.front(), 0);
  EXPECT_TRUE(failure_is(collector({.max_sets = 0}).add(part_at(noon(), {}, 1, 2)), error::too_large));
}

TEST(assembler, gives_up_sets_whose_last_part_is_too_old) {
  collector to({.max_age = 10s});
  EXPECT_TRUE(has_value(to.add(part_at(noon(1), {}, 1, 3), start)));
  EXPECT_TRUE(has_value(to.add(part_at(noon(2), {}, 1, 3), start + 1s)));
  EXPECT_TRUE(has_value(to.add(part_at(noon(1), {}, 2, 3), start + 5s))); // the first one waits for less now
  EXPECT_TRUE(to.parts.expire(start + 11s).empty());
  EXPECT_EQ(instants_of(to.parts.expire(start + 11s + 1ns)), std::vector<std::int64_t>{2});
  EXPECT_EQ(instants_of(to.add(part_at(noon(3), {}, 1, 3), start + 16s)->given_up),
            std::vector<std::int64_t>{1}); // adding looks for them as well
  EXPECT_EQ(to.parts.pending_sets(), 1U);
}

TEST(assembler, drops_the_older_sets_of_a_scope_alone) {
  collector to;
  for (const std::int64_t seconds : {-5, 10, 20, 30})
    EXPECT_TRUE(has_value(to.add(part_at(noon(seconds), {}, 1, 3))));
  EXPECT_TRUE(has_value(to.add(part_at(noon(10), {}, 2, 3))));
  EXPECT_TRUE(has_value(to.add(part_at(noon(10), {}, 1, 3, "a"), start, "a:n/all")));
  const scope which{"c", "n", "all"};
  const auto dropped = to.parts.drop_superseded(which, {noon(20), 1, {}});
  EXPECT_EQ(instants_of(dropped), (std::vector<std::int64_t>{-5, 10}));
  EXPECT_EQ(dropped[1].parts.size(), 2U);
  EXPECT_EQ(to.parts.pending_sets(), 3U);
  EXPECT_TRUE(to.parts.drop_superseded(which, {noon(20), 1, {}}).empty());
  EXPECT_EQ(instants_of(to.parts.drop_superseded(which, {noon(20), 2, {}})), std::vector<std::int64_t>{20});
  EXPECT_TRUE(to.parts.drop_superseded({"none", "n", "all"}, {noon(99), 0, {}}).empty());
}

TEST(assembler, looks_at_what_its_scope_holds) {
  collector to;
  to.held.order = snapshot_order{noon(5), 1, {}};
  EXPECT_EQ(to.add(part_at(noon(4), {"a"}, 1, 2))->found.ending, outcome::stale);
  EXPECT_EQ(to.parts.pending_sets(), 0U);
}

TEST(assembler, can_be_moved_and_is_empty_then) {
  static_assert(!std::is_copy_constructible_v<assembler> && !std::is_copy_assignable_v<assembler>);
  collector first;
  EXPECT_TRUE(has_value(first.add(part_at(noon(), {"a"}, 1, 2))));
  collector second;
  second.parts = std::move(first.parts);
  EXPECT_EQ(first.parts.pending_sets(), 0U); // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(first.parts.held_bytes(), 0U);
  EXPECT_TRUE(second.add(part_at(noon(), {"b"}, 2, 2))->whole);
  EXPECT_TRUE(has_value(first.add(part_at(noon(), {"b"}, 2, 2))));
  EXPECT_TRUE(first.add(part_at(noon(), {"a"}, 1, 2))->whole);
}

} // namespace kollect::test
