#include "sample.hpp"

#include <suite/state_pairing.hpp>

#include <gtest/gtest.h>

namespace kollect::conformance {
namespace {

using namespace test;

state_row stored(const std::string& name, const std::string& json, const std::string& cluster = "prod-west",
                 const std::string& inventory = "all") {
  return {"team-a", inventory, "deployments", "uid-" + name, cluster, json};
}

const std::vector<std::string> both{row("a", R"({"n":1})"), row("b")};

pairing compare(const std::vector<recorded_message>& messages, const std::vector<state_row>& table) {
  newest_snapshots newest;
  for (const auto& message : messages)
    newest.add(message);
  return compare_state(newest.fleet(), table);
}

TEST(state_pairing, equal_rows_pair_whatever_their_spelling) {
  const auto spelled =
      R"({"attributes": {"n": 1}, )" + row("a").substr(1, row("a").find(",\"attributes\"") - 1) + "}";
  const auto compared = compare({message(array(both))}, {stored("a", spelled), stored("b", both[1])});
  EXPECT_EQ(compared.expected_rows, 2U);
  EXPECT_TRUE(compared.differences.empty()) << describe(compared);
}

TEST(state_pairing, missing_extra_and_different_rows_are_told) {
  const auto compared =
      compare({message(array(both))}, {stored("a", row("a", R"({"n":2})")), stored("c", row("c"))});
  ASSERT_EQ(compared.differences.size(), 3U) << describe(compared);
  EXPECT_EQ(compared.differences[0].what, "a row differs in the table");
  EXPECT_EQ(compared.differences[1].what, "a row is missing from the table");
  EXPECT_EQ(compared.differences[2].what, "the table has a row that the newest snapshot has not");
}

TEST(state_pairing, only_the_newest_snapshot_counts) {
  auto newer = message(array({both[0]}));
  newer.value.replace(newer.value.find("12:00:00.5Z"), 11, "12:00:01.5Z");
  EXPECT_TRUE(compare({newer, message(array(both))}, {stored("a", both[0])}).differences.empty());
}

TEST(state_pairing, another_clusters_row_under_the_same_key_is_a_known_defect) {
  const auto compared = compare({message(array({both[0]}))}, {stored("a", both[0], "prod-east")});
  EXPECT_EQ(compared.overwritten, 1U);
  EXPECT_EQ(compared.differences.size(), 1U) << "the other cluster's row has no snapshot here";
}

TEST(state_pairing, parts_stand_under_names_of_their_own) {
  const auto first = export_envelope(array({both[0]}), 1, "\"partIndex\":1,\"partTotal\":2,");
  const auto second = export_envelope(array({both[1]}), 1, "\"partIndex\":2,\"partTotal\":2,");
  const auto compared = compare({message(second), message(first)},
                                {stored("a", both[0], "prod-west", "all.part-0001-of-0002"),
                                 stored("b", both[1], "prod-west", "all.part-0002-of-0002")});
  EXPECT_EQ(compared.expected_rows, 2U);
  EXPECT_TRUE(compared.differences.empty()) << describe(compared);
}

TEST(state_pairing, without_an_inventory_a_namespace_is_compared_as_a_whole) {
  auto unnamed = message(array(both));
  unnamed.key.reset();
  EXPECT_TRUE(compare({unnamed}, {stored("a", both[0]), stored("b", both[1])}).differences.empty());
}

} // namespace
} // namespace kollect::conformance
