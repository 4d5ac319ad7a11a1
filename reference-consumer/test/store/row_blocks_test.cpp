// Blocks of an index: keys in the order of rows, filters that forget nothing, and where rows may be.
#include "store/row_blocks.hpp"

#include "support/hostile_texts.hpp"

#include <test/sdk/support/seeded_random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace kollect::consumer::test {
namespace {

using kollect::test::seeded_random;
using kollect::test::test_seed;

constexpr std::size_t any_length = std::string::npos;

std::vector<std::string> hard_names() {
  auto texts = hostile_texts();
  for (auto& one : texts)
    one.resize(std::min<std::size_t>(one.size(), 3'000));
  texts.insert(texts.end(), {"", "a", std::string("a\0", 2), std::string("a\0\1", 3),
                             std::string("\0\xFF", 2), "ab", "b", std::string(400, 'n')});
  return texts;
}

row_identity random_identity(seeded_random& random) {
  static const auto texts = hard_names();
  const auto pick = [&] { return random.pick(texts); };
  return {pick(), pick(), pick(), pick(), pick()};
}

TEST(row_blocks, keys_are_in_the_order_of_identities) {
  seeded_random random(test_seed(5));
  for (int turn = 0; turn < 3'000; ++turn) {
    const auto left = random_identity(random), right = random_identity(random);
    ASSERT_EQ(order_key(left, any_length) < order_key(right, any_length), left < right) << left << right;
    ASSERT_EQ(identity_at(order_key(left, any_length)), left);
  }
}

TEST(row_blocks, a_key_that_was_cut_parts_rows_as_its_identity_does) {
  seeded_random random(test_seed(6));
  for (int turn = 0; turn < 3'000; ++turn) {
    const auto row = random_identity(random);
    auto place = order_key(random_identity(random), any_length);
    place = place.substr(0, 1 + random.below(place.size()));
    if (place.back() == '\0') // as cut_key() does
      place.pop_back();
    ASSERT_EQ(order_key(row, any_length) < place, row < identity_at(place)) << row << identity_at(place);
  }
}

TEST(row_blocks, long_keys_are_cut_and_short_ones_are_not) {
  EXPECT_EQ(cut_key("short"), "short");
  EXPECT_EQ(cut_key(std::string(5'000, 'x')).size(), 1'000U);
  EXPECT_EQ(cut_key(std::string(5'000, '\0')).size(), 999U) << "no half of a mark";
}

TEST(row_blocks, filters_know_what_was_added_and_little_else) {
  seeded_random random(test_seed(7));
  block_filter filter;
  std::vector<index_term> added;
  while (filter.count() < block_builder::most_bits) {
    added.push_back(random.bits());
    filter.add(added.back());
  }
  EXPECT_GT(added.size(), 400U);
  for (const auto one : added)
    ASSERT_TRUE(may_have(filter.view(), bits_needed({{{one}}})));
  int mistaken = 0;
  for (int turn = 0; turn < 10'000; ++turn)
    mistaken += may_have(filter.view(), bits_needed({{{random.bits()}}})) ? 1 : 0;
  EXPECT_LT(mistaken, 40) << "of 10,000";
}

TEST(row_blocks, all_choices_need_one_set_with_all_its_terms) {
  block_filter filter;
  for (const index_term one : {11, 12, 13})
    filter.add(one * 0x9E3779B97F4A7C15U);
  const auto has = [&](const std::vector<std::vector<std::vector<index_term>>>& wanted) {
    auto needed = wanted;
    for (auto& choice : needed)
      for (auto& set : choice)
        for (auto& one : set)
          one *= 0x9E3779B97F4A7C15U;
    return may_have(filter.view(), bits_needed(needed));
  };
  EXPECT_TRUE(has({}));
  EXPECT_TRUE(has({{{11}}, {{12, 13}}}));
  EXPECT_TRUE(has({{{99}, {12}}}));
  EXPECT_FALSE(has({{{11}}, {{12, 99}}}));
  EXPECT_FALSE(has({{{99}, {98}}}));
  EXPECT_TRUE(may_have("", bits_needed({{{1}}}))) << "nothing is known of a block that is not built";
}

TEST(row_blocks, blocks_follow_each_other_and_have_every_row) {
  seeded_random random(test_seed(8));
  std::set<std::string> keys;
  while (keys.size() < 2'000)
    keys.insert("key-" + std::to_string(random.bits()));
  block_builder builder{std::string()};
  std::vector<std::pair<std::string, std::vector<index_term>>> rows;
  for (const auto& key : keys) {
    rows.emplace_back(key, std::vector<index_term>(1 + random.below(40)));
    for (auto& one : rows.back().second)
      one = random.bits();
    EXPECT_TRUE(builder.add(key, rows.back().second));
  }
  auto blocks = builder.finish({});
  ASSERT_GT(blocks.size(), 2'000U / block_builder::most_rows);
  EXPECT_EQ(blocks.front().from, "");
  EXPECT_EQ(blocks.back().until, "");
  std::int64_t count = 0;
  for (std::size_t index = 0; index < blocks.size(); ++index) {
    count += blocks[index].rows;
    EXPECT_LE(blocks[index].rows, block_builder::most_rows);
    if (index > 0) {
      EXPECT_EQ(blocks[index - 1].until, blocks[index].from);
    }
  }
  EXPECT_EQ(count, 2'000);
  for (const auto& [key, terms] : rows) {
    const auto block = std::find_if(blocks.begin(), blocks.end(), [&, &wanted = key](const row_block& one) {
      return one.from <= wanted && (one.until.empty() || wanted < one.until);
    });
    ASSERT_NE(block, blocks.end());
    EXPECT_TRUE(may_have(block->filter, bits_needed({{terms}})));
  }
}

TEST(row_blocks, rows_out_of_order_build_nothing) {
  block_builder builder{std::string()};
  EXPECT_TRUE(builder.add("b", {}));
  EXPECT_FALSE(builder.add("a", {}));
}

TEST(row_blocks, stretches_that_overlap_or_touch_are_looked_at_at_once) {
  const auto key = [](const std::string& name) { return order_key({name, {}, {}, {}, {}}, any_length); };
  const auto joined = join_stretches({{2, key("c"), key("e"), 5},
                                      {1, key("a"), key("b"), 3},
                                      {1, key("d"), key("f"), 7},
                                      {3, key("f"), key("g"), 1},
                                      {1, key("x"), "", 2},
                                      {2, key("y"), key("z"), 2}});
  const auto place = [](const std::string& name) { return row_identity{name, {}, {}, {}, {}}; };
  const std::vector<row_interval> expected{
      {place("a"), place("b"), {1}, 3}, {place("c"), place("g"), {1, 2, 3}, 13}, {place("x"), {}, {1, 2}, 4}};
  EXPECT_EQ(joined, expected);
}

TEST(row_blocks, stretches_with_many_rows_are_cut_and_scopes_leave_where_they_end) {
  const auto key = [](const std::string& name) { return order_key({name, {}, {}, {}, {}}, any_length); };
  const auto joined = join_stretches(
      {{1, "", key("c"), 900}, {2, "", key("e"), 900}, {1, key("d"), key("f"), 40}, {3, key("g"), "", 30}});
  const auto place = [](const std::string& name) { return row_identity{name, {}, {}, {}, {}}; };
  const std::vector<row_interval> expected{
      {{}, place("c"), {1, 2}, 1800}, {place("c"), place("f"), {1, 2}, 40}, {place("g"), {}, {3}, 30}};
  EXPECT_EQ(joined, expected);
}

} // namespace
} // namespace kollect::consumer::test
