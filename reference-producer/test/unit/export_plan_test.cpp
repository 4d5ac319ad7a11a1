#include "export_plan.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kollect::test {
namespace {

using producer::plan_export;

event_sink sink_called(const std::string& name, const std::string& namespace_ = "team-a") {
  event_sink sink;
  sink.metadata.name = name;
  sink.metadata.namespace_ = namespace_;
  return sink;
}

inventory_pairing inventory_called(const std::string& name, const std::vector<std::string>& sinks) {
  inventory_pairing inventory;
  inventory.metadata.name = name;
  inventory.metadata.namespace_ = "team-a";
  for (const auto& sink : sinks)
    inventory.event_sinks.push_back({sink, {}, {}});
  return inventory;
}

manifest_file two_sinks_and_an_inventory() {
  manifest_file manifest;
  manifest.source = "file.yaml";
  manifest.sinks = {sink_called("kafka"), sink_called("nats")};
  manifest.inventories = {inventory_called("all", {"kafka", "nats"})};
  return manifest;
}

std::string refusal(const manifest_file& manifest, const producer::export_request& request) {
  const auto plan = plan_export(manifest, request);
  return plan ? "" : to_string(plan.error());
}

TEST(export_plan, takes_names_sinks_and_limits_from_the_inventory) {
  auto manifest = two_sinks_and_an_inventory();
  manifest.inventories[0].max_export_bytes = 1000;
  manifest.inventories[0].event_sinks[1].max_export_bytes = 2000;
  manifest.database_sinks.resize(1);
  manifest.database_sinks[0].metadata = sink_called("state").metadata;
  manifest.inventories[0].database_sinks = {{"state", {}, {}}};
  const auto plan = plan_export(manifest, {});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->namespace_, "team-a");
  EXPECT_EQ(plan->inventory, "all");
  ASSERT_EQ(plan->event_sinks.size(), 2U);
  EXPECT_EQ(plan->event_sinks[0].sink.metadata.name, "kafka");
  EXPECT_EQ(plan->event_sinks[0].max_export_bytes, 1000U);
  EXPECT_EQ(plan->event_sinks[1].max_export_bytes, 2000U);
  ASSERT_EQ(plan->database_sinks.size(), 1U);
  EXPECT_TRUE(plan->missing.empty());
  EXPECT_TRUE(plan->warnings.empty());
}

TEST(export_plan, goes_to_the_sink_that_is_asked_for) {
  const auto manifest = two_sinks_and_an_inventory();
  for (const auto* name : {"nats", "team-a/nats"}) {
    const auto plan = plan_export(manifest, {"", "", name});
    ASSERT_TRUE(plan);
    ASSERT_EQ(plan->event_sinks.size(), 1U);
    EXPECT_EQ(plan->event_sinks[0].sink.metadata.name, "nats");
  }
  EXPECT_EQ(refusal(manifest, {"", "", "other"}),
            "file.yaml: the inventory team-a/all names no sink called other: add it to spec.eventSinkRefs");
}

TEST(export_plan, tells_of_sinks_that_are_missing_or_that_nobody_names) {
  auto manifest = two_sinks_and_an_inventory();
  manifest.inventories = {inventory_called("all", {"kafka", "redpanda"})};
  manifest.sinks.push_back(sink_called("redpanda", "elsewhere")); // an inventory names sinks of its namespace
  const auto plan = plan_export(manifest, {});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->event_sinks.size(), 1U);
  ASSERT_EQ(plan->missing.size(), 1U);
  EXPECT_EQ(to_string(plan->missing[0]),
            "file.yaml: the inventory team-a/all names the event sink team-a/redpanda, which is not in this "
            "file: add it, or take it out of the inventory");
  EXPECT_EQ(plan->warnings, (std::vector<std::string>{
                                "no inventory of this file names the event sink team-a/nats: the operator "
                                "would export nothing to it",
                                "no inventory of this file names the event sink elsewhere/redpanda: the "
                                "operator would export nothing to it"}));
}

TEST(export_plan, asks_which_of_several_inventories_is_meant) {
  auto manifest = two_sinks_and_an_inventory();
  manifest.inventories.push_back(inventory_called("some", {"nats"}));
  EXPECT_EQ(refusal(manifest, {}), "file.yaml: it has several inventories that fit; name one of team-a/all, "
                                   "team-a/some with --namespace and --inventory");
  const auto plan = plan_export(manifest, {"", "some", ""});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->inventory, "some");
  EXPECT_EQ(plan->event_sinks.size(), 1U);
}

TEST(export_plan, follows_the_flags_where_no_inventory_fits) {
  auto manifest = two_sinks_and_an_inventory();
  const auto other = plan_export(manifest, {"team-b", "all", "kafka"});
  ASSERT_TRUE(other);
  EXPECT_EQ(other->namespace_, "team-b");
  EXPECT_EQ(other->event_sinks.size(), 1U);
  EXPECT_EQ(other->warnings.size(), 1U);
  manifest.inventories.clear();
  EXPECT_TRUE(plan_export(manifest, {"team-b", "all", "kafka"})->warnings.empty());
  EXPECT_EQ(refusal(manifest, {"team-b", "", "kafka"}),
            "file.yaml: it has no KollectInventory: name the snapshot's with --namespace and --inventory");
  EXPECT_NE(refusal(manifest, {"team-b", "all", ""}), "");
}

TEST(export_plan, refuses_an_inventory_without_sinks) {
  auto manifest = two_sinks_and_an_inventory();
  manifest.inventories = {inventory_called("all", {})};
  EXPECT_EQ(refusal(manifest, {}),
            "file.yaml: the inventory team-a/all names no sink: add it to spec.eventSinkRefs");
}

} // namespace
} // namespace kollect::test
