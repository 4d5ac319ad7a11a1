#include "simulation/inventory_model.hpp"
#include "simulation/row_texts.hpp"

#include <kollect/parse.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace kollect::producer {
namespace {

constexpr churn_options lively{.items = 200, .churn = 0.3, .empty_share = 0.2};

std::vector<std::string> jsons_of(const row_texts& texts) {
  std::vector<std::string> all;
  for (const auto& row : texts.rows())
    all.push_back(row.text.json);
  return all;
}

TEST(row_texts, are_what_the_sdk_writes_for_the_same_rows) {
  const inventory_model inventory("team-a", {.items = 3'000, .churn = 0, .empty_share = 0}, 1);
  row_texts texts;
  texts.update(inventory.rows(), inventory.in_namespace());
  ASSERT_EQ(texts.rows().size(), 3'000U);
  for (const auto& [model, text] : texts.rows()) {
    const auto items = parse_items("[" + text.json + "]");
    ASSERT_TRUE(items) << items.error() << text.json;
    ASSERT_EQ(text.json, serialize(items->front()).value()) << "BYT-01 to BYT-04, ROW-01";
    EXPECT_EQ(text.sort_key, canonical_sort_key(items->front())) << "ORD-01";
    EXPECT_EQ(identity_of(model, "team-a"), items->front().identity()) << "ROW-03";
  }
}

TEST(row_texts, kept_from_round_to_round_are_those_made_fresh) {
  inventory_model inventory("team-a", lively, 3);
  row_texts kept;
  for (int round = 0; round < 60; ++round, inventory.advance()) {
    kept.update(inventory.rows(), inventory.in_namespace());
    row_texts fresh;
    fresh.update(inventory.rows(), inventory.in_namespace());
    ASSERT_EQ(jsons_of(kept), jsons_of(fresh)) << "round " << round;
    EXPECT_EQ(kept.json_bytes(), fresh.json_bytes());
    EXPECT_EQ(kept.memory(), fresh.memory());
    std::size_t bytes = 0;
    for (const auto& row : kept.rows())
      bytes += row.text.json.size();
    EXPECT_EQ(kept.json_bytes(), bytes);
    EXPECT_GE(kept.memory(), bytes);
  }
}

TEST(row_texts, stand_in_canonical_order) {
  inventory_model inventory("team-a", lively, 4);
  row_texts texts;
  for (int round = 0; round < 20; ++round, inventory.advance()) {
    texts.update(inventory.rows(), inventory.in_namespace());
    std::vector<serialized_item> sorted;
    for (const auto& row : texts.rows())
      sorted.push_back(row.text);
    sort_canonically(sorted);
    for (std::size_t index = 0; index < sorted.size(); ++index)
      ASSERT_EQ(texts.rows()[index].text.json, sorted[index].json);
  }
}

TEST(row_texts, of_rows_that_did_not_change_are_not_made_again) {
  inventory_model inventory("team-a", {.items = 1'000, .churn = 0.1, .empty_share = 0}, 5);
  row_texts texts;
  texts.update(inventory.rows(), inventory.in_namespace());
  std::set<const char*> places;
  for (const auto& row : texts.rows())
    places.insert(row.text.json.data());
  inventory.advance();
  texts.update(inventory.rows(), inventory.in_namespace());
  std::size_t kept = 0;
  for (const auto& row : texts.rows())
    kept += places.contains(row.text.json.data()) ? 1 : 0;
  EXPECT_GT(kept, 850U);
  EXPECT_EQ(texts.rows().size(), inventory.size());
}

TEST(row_texts, are_made_again_once_they_were_let_go) {
  const inventory_model inventory("team-a", lively, 6);
  row_texts texts;
  texts.update(inventory.rows(), inventory.in_namespace());
  const auto before = jsons_of(texts);
  texts.clear();
  EXPECT_TRUE(texts.rows().empty());
  EXPECT_EQ(texts.memory(), 0U);
  texts.update(inventory.rows(), inventory.in_namespace());
  EXPECT_EQ(jsons_of(texts), before);
}

} // namespace
} // namespace kollect::producer
