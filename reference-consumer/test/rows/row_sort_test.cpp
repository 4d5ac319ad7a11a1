#include "rows/row_sort.hpp"

#include "support/assertions.hpp"

#include <kollect/snapshot_message.hpp>
#include <test/sdk/support/seeded_random.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kollect::consumer::test {
namespace {

using kollect::test::seeded_random;

std::string targeted_row(const std::string& target, const std::string& name, int version = 1) {
  return R"({"targetName":")" + target + R"(","name":")" + name + R"(","attributes":{"v":)" +
         std::to_string(version) + "}}";
}

/// Rows of one payload, sorted, beside what a map by identity makes of them.
void expect_sorted(const std::vector<std::string>& rows) {
  std::string text;
  for (const auto& row : rows)
    text += (text.empty() ? "[" : ",") + row;
  text += text.empty() ? "[]" : "]";
  const auto view = parse_snapshot({.message = text, .payload = text});
  ASSERT_TRUE(succeeds(view));
  row_map expected;
  collect_rows(*view, expected);
  const auto sorted = sort_rows({&*view, 1});
  ASSERT_EQ(sorted.size(), expected.size());
  std::size_t index = 0;
  for (const auto& [identity, raw] : expected)
    EXPECT_EQ(sorted[index++].text(), raw);
}

TEST(row_sort, keeps_the_later_of_two_with_one_identity) {
  expect_sorted(
      {targeted_row("t", "b"), targeted_row("t", "a", 2), targeted_row("t", "a"), targeted_row("t", "b", 3)});
  expect_sorted({targeted_row("t", "a"), targeted_row("t", "a", 2), targeted_row("t", "a", 3)});
}

TEST(row_sort, keeps_the_part_that_comes_later) {
  const std::string first = "[" + targeted_row("t", "b") + "," + targeted_row("t", "a") + "]";
  const std::string second = "[" + targeted_row("t", "a", 2) + "]";
  const std::vector<snapshot_view> parts{*parse_snapshot({.message = first, .payload = first}),
                                         *parse_snapshot({.message = second, .payload = second})};
  const auto sorted = sort_rows(parts);
  ASSERT_EQ(sorted.size(), 2U);
  EXPECT_EQ(sorted[0].text(), targeted_row("t", "a", 2));
  EXPECT_EQ(sorted[1].text(), targeted_row("t", "b"));
}

TEST(row_sort, takes_nothing_and_one_row) {
  EXPECT_TRUE(sort_rows({}).empty());
  expect_sorted({targeted_row("t", "a")});
}

/// Names with NUL, with each other's beginnings, and with bytes above 0x7F.
TEST(row_sort, sorts_as_row_identities_do) {
  const std::vector<std::string> names{"",         "a",  "a\\u0000", "a\\u0000b",
                                       "a\\u0001", "ab", "\\u0000",  "\xC3\xA9"};
  std::vector<std::string> rows;
  for (const auto& target : names)
    for (const auto& name : names)
      if (!name.empty())
        rows.push_back(targeted_row(target, name));
  seeded_random random(1);
  random.shuffle(rows);
  expect_sorted(rows);
}

/// Identities that are alike for long, so that they are told apart late, or pair by pair.
TEST(row_sort, tells_identities_apart_wherever_they_differ) {
  for (const std::size_t step : {1U, 7U, 8U, 9U, 40U}) {
    std::vector<std::string> rows;
    for (std::size_t length = 1; length < 60 * step; length += step)
      for (const auto* const end : {"", "a", "b"})
        rows.push_back(targeted_row(std::string(100, 't'), std::string(length, 'x') + end));
    seeded_random random(step);
    random.shuffle(rows);
    expect_sorted(rows);
  }
}

} // namespace
} // namespace kollect::consumer::test
