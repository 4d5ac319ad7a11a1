#include "manifest_text.hpp"

#include <chrono>
#include <string>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;

std::string inventory(std::string_view spec) {
  return "apiVersion: kollect.dev/v1alpha1\n"
         "kind: KollectInventory\n"
         "metadata: {name: workloads, namespace: team-a}\n"
         "spec:\n" +
         std::string(spec);
}

TEST(inventory, pairs_event_and_database_sinks) {
  const auto file = read(inventory("  eventSinkRefs: [kafka-inventory-demo, {name: nats-demo}]\n"
                                   "  databaseSinkRefs:\n"
                                   "    - {name: postgres, exportMinInterval: 30s, maxExportBytes: 1000}\n"
                                   "  targetRefs: [{anything: true}]\n"
                                   "  maxExportBytes: 2000\n"
                                   "  suspend: false\n"));
  ASSERT_TRUE(file) << file.error();
  ASSERT_EQ(file->inventories.size(), 1U);
  const auto& pairing = file->inventories.front();
  EXPECT_EQ(to_string(pairing.metadata), "team-a/workloads");
  ASSERT_EQ(pairing.event_sinks.size(), 2U);
  EXPECT_EQ(pairing.event_sinks[0].name, "kafka-inventory-demo");
  EXPECT_FALSE(pairing.event_sinks[0].export_min_interval);
  EXPECT_FALSE(pairing.event_sinks[0].max_export_bytes);
  EXPECT_EQ(pairing.event_sinks[1].name, "nats-demo");
  ASSERT_EQ(pairing.database_sinks.size(), 1U);
  EXPECT_EQ(pairing.database_sinks[0].name, "postgres");
  EXPECT_EQ(pairing.database_sinks[0].export_min_interval, 30s);
  EXPECT_EQ(pairing.database_sinks[0].max_export_bytes, 1000U);
  EXPECT_EQ(pairing.max_export_bytes, 2000U);
}

TEST(inventory, may_name_no_sink) {
  const auto file = read(inventory("  databaseSinkRefs:\n  other: 1\n"));
  ASSERT_TRUE(file) << file.error();
  EXPECT_TRUE(file->inventories.front().event_sinks.empty());
  EXPECT_TRUE(file->inventories.front().database_sinks.empty());
}

TEST(inventory, is_read_as_strictly_as_a_sink_where_it_matters) {
  EXPECT_EQ(refusal(inventory("  eventSinkRefs: kafka\n")),
            "file.yaml:5:18: spec.eventSinkRefs must be a list, not a string");
  EXPECT_EQ(refusal(inventory("  eventSinkRefs: [5]\n")),
            "file.yaml:5:19: spec.eventSinkRefs[0] must be a string, not a number; put it in quotes");
  EXPECT_EQ(refusal(inventory("  eventSinkRefs: [a, ~]\n")),
            "file.yaml:5:22: spec.eventSinkRefs[1] is required but missing");
  EXPECT_EQ(refusal(inventory("  eventSinkRefs: [{}]\n")),
            "file.yaml:5:19: spec.eventSinkRefs[0].name is required but missing");
  EXPECT_EQ(refusal(inventory("  databaseSinkRefs: [{name: a, maxBytes: 5}]\n")),
            "file.yaml:5:32: spec.databaseSinkRefs[0].maxBytes is not a known key; use one of name, "
            "exportMinInterval, "
            "maxExportBytes");
  EXPECT_EQ(refusal(inventory("  databaseSinkRefs: [{name: a, exportMinInterval: 25h}]\n")),
            "file.yaml:5:51: spec.databaseSinkRefs[0].exportMinInterval must be a duration such as 30s or "
            "1h30m, from 0s "
            "to 24h");
  for (const auto* count : {"0", "-1", "1.5", "0x10", "99999999999999999999"})
    EXPECT_EQ(
        refusal(inventory("  databaseSinkRefs: [{name: a, maxExportBytes: " + std::string(count) + "}]\n")),
        "file.yaml:5:48: spec.databaseSinkRefs[0].maxExportBytes must be a whole number of bytes, 1 or more "
        "[MP-01]");
  EXPECT_EQ(refusal(inventory("  databaseSinkRefs: [{name: a, maxExportBytes: '5'}]\n")),
            "file.yaml:5:48: spec.databaseSinkRefs[0].maxExportBytes must be a number, not a string; write "
            "it without "
            "quotes");
}

} // namespace
} // namespace kollect::test
