#include "simulation/inventory_model.hpp"
#include "test/support/inventory_items.hpp"

#include <kollect/redact.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace kollect::producer {
namespace {

using test::items_of;

/// Rows by uid, as they are sent.
std::map<std::string, std::string> rows_of(const inventory_model& inventory) {
  std::map<std::string, std::string> rows;
  for (const auto& row : items_of(inventory))
    rows.emplace(row.uid, serialize(row).value());
  return rows;
}

TEST(inventory_model, begins_with_its_items) {
  const inventory_model inventory("team-a", {.items = 250, .churn = 0.1, .empty_share = 0}, 1);
  EXPECT_EQ(inventory.size(), 250U);
  EXPECT_EQ(rows_of(inventory).size(), 250U);
  EXPECT_TRUE(inventory.is_novel());
}

TEST(inventory_model, makes_rows_that_look_real) {
  const inventory_model inventory("team-a", {.items = 500, .churn = 0, .empty_share = 0}, 1);
  std::map<std::string, int> kinds;
  std::string all;
  for (const auto& row : items_of(inventory)) {
    ++kinds[row.kind];
    EXPECT_EQ(row.namespace_, "team-a");
    EXPECT_EQ(row.target_namespace, "team-a");
    EXPECT_FALSE(row.target_name.empty());
    EXPECT_FALSE(row.version.empty());
    EXPECT_EQ(row.uid.size(), 36U);
    EXPECT_EQ(row.group.empty(),
              row.kind == "Service" || row.kind == "ConfigMap" || row.kind == "ServiceAccount");
    EXPECT_EQ(row.attributes.is_null(), row.kind == "ServiceAccount");
    EXPECT_TRUE(find_secrets(row).empty()) << "SEC-01";
    all += serialize(row).value();
  }
  EXPECT_EQ(kinds.size(), 7U);
  // Escapes, text beyond ASCII, redacted values, large and small numbers: what serializers get wrong.
  for (const auto* piece : {"\\u003c", "\\u0026", "\\u2028", "\\n", "\\\\", "\\\"", "\\u001b", "データ",
                            "\xF0\x9F\x9A\x80", "\"redacted\":true", "e+2", "null", "{}", "[]"})
    EXPECT_NE(all.find(piece), std::string::npos) << piece;
}

TEST(inventory_model, stays_as_it_is_without_churn) {
  inventory_model inventory("team-a", {.items = 50, .churn = 0, .empty_share = 0}, 1);
  const auto before = rows_of(inventory);
  inventory.advance();
  EXPECT_EQ(rows_of(inventory), before);
  EXPECT_FALSE(inventory.is_novel());
}

TEST(inventory_model, changes_about_its_share_of_rows) {
  inventory_model inventory("team-a", {.items = 1'000, .churn = 0.1, .empty_share = 0}, 1);
  const auto before = rows_of(inventory);
  inventory.advance();
  const auto after = rows_of(inventory);
  std::size_t kept = 0, changed = 0;
  for (const auto& [uid, row] : after) {
    const auto old = before.find(uid);
    if (old != before.end())
      ++(old->second == row ? kept : changed);
  }
  EXPECT_NEAR(static_cast<double>(kept), 915, 30); // rows that only see another one added are kept too
  EXPECT_NEAR(static_cast<double>(changed), 55, 30);
  EXPECT_NEAR(static_cast<double>(after.size()), 1'000, 20);
  EXPECT_TRUE(inventory.is_novel());
}

TEST(inventory_model, creates_objects_again_under_the_same_name_with_another_uid) {
  inventory_model inventory("team-a", {.items = 200, .churn = 0.5, .empty_share = 0}, 1);
  std::map<std::string, std::set<std::string>> uids_by_name;
  std::set<std::string> uids;
  for (int round = 0; round < 10; ++round, inventory.advance()) {
    std::set<std::string> names;
    for (const auto& row : items_of(inventory)) {
      EXPECT_TRUE(names.insert(row.name).second) << row.name << " is there twice";
      uids_by_name[row.name].insert(row.uid);
      uids.insert(row.uid);
    }
  }
  std::size_t recreated = 0, total = 0;
  for (const auto& entry : uids_by_name) {
    recreated += entry.second.size() > 1 ? 1 : 0;
    total += entry.second.size();
  }
  EXPECT_GT(recreated, 50U);
  EXPECT_EQ(total, uids.size()) << "a uid never comes back under another name";
}

TEST(inventory_model, keeps_its_size_over_many_rounds) {
  inventory_model inventory("team-a", {.items = 300, .churn = 0.3, .empty_share = 0}, 1);
  for (int round = 0; round < 200; ++round) {
    inventory.advance();
    EXPECT_GT(inventory.size(), 200U);
    EXPECT_LT(inventory.size(), 600U);
  }
}

TEST(inventory_model, is_empty_now_and_then_and_full_again_after_that) {
  inventory_model inventory("team-a", {.items = 20, .churn = 0.1, .empty_share = 0.5}, 1);
  int empties = 0;
  for (int round = 0; round < 100; ++round) {
    const bool was_empty = inventory.size() == 0;
    inventory.advance();
    if (inventory.size() == 0) {
      ++empties;
      EXPECT_FALSE(inventory.is_novel());
    } else if (was_empty) {
      EXPECT_EQ(inventory.size(), 20U);
      EXPECT_TRUE(inventory.is_novel());
    }
  }
  EXPECT_NEAR(empties, 50, 20);
}

TEST(inventory_model, is_never_as_it_was_before_when_it_calls_itself_novel) {
  inventory_model inventory("team-a", {.items = 2, .churn = 0.4, .empty_share = 0.2}, 7);
  std::set<std::string> seen;
  for (int round = 0; round < 500; ++round) {
    const bool is_new = seen.insert(serialize_items(items_of(inventory)).value()).second;
    EXPECT_TRUE(is_new || !inventory.is_novel()) << "round " << round;
    inventory.advance();
  }
}

TEST(inventory_model, is_the_same_for_the_same_seed) {
  const churn_options options{.items = 30, .churn = 0.3, .empty_share = 0.1};
  inventory_model one("team-a", options, 5), same("team-a", options, 5), other("team-a", options, 6);
  for (int round = 0; round < 10; ++round) {
    EXPECT_EQ(rows_of(one), rows_of(same));
    one.advance(), same.advance();
  }
  EXPECT_NE(rows_of(one), rows_of(other));
}

} // namespace
} // namespace kollect::producer
