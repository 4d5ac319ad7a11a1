#include <kollect/outcome.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace kollect::test {
namespace {

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

TEST(outcome, has_the_names_of_the_counters) {
  EXPECT_EQ(to_string(outcome::applied), "applied");
  EXPECT_EQ(to_string(outcome::duplicate), "duplicate");
  EXPECT_EQ(to_string(outcome::stale), "stale");
  EXPECT_EQ(to_string(outcome::dead_lettered), "dead_lettered");
  EXPECT_EQ(to_string(outcome::pending), "pending");
}

TEST(decision_reason, each_has_a_name_of_its_own) {
  // As logs and `explain` print them.
  const std::vector<std::pair<decision_reason, std::string>> names{
      {decision_reason::first_of_scope, "first_of_scope"}, {decision_reason::newer, "newer"},
      {decision_reason::known_key, "known_key"},           {decision_reason::same_snapshot, "same_snapshot"},
      {decision_reason::same_part, "same_part"},           {decision_reason::older, "older"},
      {decision_reason::parts_missing, "parts_missing"},   {decision_reason::last_part, "last_part"}};
  for (const auto& [reason, name] : names)
    EXPECT_EQ(to_string(reason), name);
}

TEST(outcome, is_printed_with_its_reason_and_its_counters) {
  std::ostringstream out;
  out << decision{outcome::stale, decision_reason::older} << '\n' << outcome_counts{8, 1, 2, 1, 1, 3};
  EXPECT_EQ(out.str(),
            "stale/older\nconsumed 8, applied 1, duplicate 2, stale 1, dead_lettered 1, pending 3");
}

} // namespace
} // namespace kollect::test
