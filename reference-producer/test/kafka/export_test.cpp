#include "test/kafka/broker.hpp"

#include <kollect/base64.hpp>

#include <vectors/vector.hpp>

namespace kollect::test {
namespace {

class kafka_export : public kafka_broker {};

TEST_F(kafka_export, publishes_the_bytes_key_and_headers_that_a_dry_run_prints) {
  make_topic();
  const std::vector<std::string> fixed{"--timestamp", "2026-01-15T12:00:00Z", "--payload", "export-envelope"};
  auto dry = fixed;
  dry.emplace_back("--dry-run");
  const auto printed = read_object(export_rows(row_json("api"), dry).output);
  const auto published = export_rows(row_json("api"), fixed);
  ASSERT_EQ(published.status.code, 0) << published;
  const auto receipt = read_object(published.output);
  EXPECT_EQ(text_at(receipt, "system"), "kafka");
  EXPECT_EQ(text_at(receipt, "destination"), topic_);
  EXPECT_EQ(receipt.at("partition"), 0);
  EXPECT_EQ(receipt.at("offset"), 0);

  member reader;
  read_into(reader, 1);
  const auto& message = reader.messages.at(0);
  EXPECT_EQ(message.value, decode_base64(text_at(printed, "value")));
  EXPECT_EQ(message.key, "prod-west:team-a/all") << "KAF-01";
  EXPECT_EQ(message.headers,
            (std::vector<header>{{"kollect.dev/cluster", "prod-west"}, {"kollect.dev/namespace", "team-a"}}))
      << "KAF-04";
  EXPECT_EQ(receipt.at("bytes"), static_cast<std::int64_t>(message.value.size()));
}

TEST_F(kafka_export, sends_all_messages_of_one_key_to_one_partition_in_order) { // KAF-02
  make_topic(6);
  std::map<std::string, std::vector<std::pair<std::int64_t, std::int64_t>>> places;
  for (int round = 0; round < 3; ++round) {
    for (const auto* inventory : {"a", "b", "c", "d"}) {
      const auto once = run_producer(
          {"export", "--manifest", manifest_, "--namespace", "team-a", "--inventory", inventory, "-"}, "[]");
      ASSERT_EQ(once.status.code, 0) << once;
      const auto receipt = read_object(once.output);
      places[inventory].emplace_back(receipt.at("partition").as_int64(), receipt.at("offset").as_int64());
    }
  }
  for (const auto& [inventory, all] : places)
    for (std::size_t index = 1; index < all.size(); ++index) {
      EXPECT_EQ(all[index].first, all[0].first) << inventory;
      EXPECT_GT(all[index].second, all[index - 1].second) << inventory;
    }
}

TEST_F(kafka_export, finds_the_brokers_through_the_endpoint) { // KAF-05
  make_topic();
  manifest_ = place_.write(
      "endpoint.yaml", "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: sink}\n"
                       "spec: {type: kafka, endpoint: \"" +
                           broker_->bootstrap() + "\", kafka: {topic: \" " + topic_ + " \"}}\n");
  const auto outcome = export_rows(row_json("api"));
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  EXPECT_EQ(text_at(read_object(outcome.output), "destination"), topic_) << "KAF-06: trimmed";
}

TEST_F(kafka_export, never_makes_a_topic) { // KAF-06
  for (const auto* connection_test : {"true", "false"}) {
    manifest_ =
        place_.write("sink.yaml", kafka_manifest(broker_->bootstrap(), topic_,
                                                 std::string("  connectionTest: ") + connection_test + "\n"));
    const auto outcome = export_rows(row_json("api"), {"--timeout", "10"});
    EXPECT_EQ(outcome.status.code, 78) << outcome;
    EXPECT_NE(outcome.errors.find("KAF-06"), std::string::npos) << outcome;
  }
  const auto checked = run_producer({"check", "--manifest", manifest_});
  EXPECT_EQ(checked.status.code, 78) << checked;
  EXPECT_NE(checked.errors.find("KAF-06"), std::string::npos) << checked;
}

TEST_F(kafka_export, publishes_nothing_of_a_set_with_a_message_over_the_topics_limit) { // SIZE-01
  make_topic(1, {{"max.message.bytes", "2000"}});
  std::string rows = row_json("a");
  for (int index = 0; index < 20; ++index)
    rows += "," + row_json("row-" + std::to_string(index));
  const auto whole = export_rows(rows);
  EXPECT_EQ(whole.status.code, 65) << whole;
  EXPECT_EQ(whole.output, "");
  for (const auto* piece : {"SIZE-01", "the limit of 2000"})
    EXPECT_NE(whole.errors.find(piece), std::string::npos) << whole;
  EXPECT_EQ(export_rows(rows, {"--max-export-bytes", "2000"}).status.code, 65);
  EXPECT_EQ(export_rows(rows, {"--max-message-bytes", "0"}).status.code, 65) << "the broker itself says no";

  const auto split = export_rows(rows, {"--max-export-bytes", "1500"});
  ASSERT_EQ(split.status.code, 0) << split;
  const auto lines = lines_of(split.output);
  EXPECT_GT(lines.size(), 2U);
  EXPECT_EQ(read_object(lines[0]).at("offset"), 0) << "nothing had been published before";
}

TEST_F(kafka_export, publishes_an_empty_snapshot) { // DEL-02
  make_topic();
  ASSERT_EQ(export_rows("").status.code, 0);
  member reader;
  read_into(reader, 1);
  EXPECT_TRUE(reader.messages.at(0).value.ends_with("\"payload\":[]}")) << reader.messages.at(0).value;
}

TEST_F(kafka_export, tests_the_connection) {
  make_topic();
  const auto outcome = run_producer({"check", "--manifest", manifest_});
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  EXPECT_EQ(outcome.output, "ok: Kafka topic " + topic_ + " at " + broker_->bootstrap() + "\n");
  EXPECT_EQ(outcome.errors, "");
}

std::string inventory_document(const std::string& spec) {
  return "---\napiVersion: kollect.dev/v1alpha1\nkind: KollectInventory\nmetadata: {name: "
         "workloads}\nspec: " +
         spec + "\n";
}

TEST_F(kafka_export, follows_the_inventory_of_the_manifest) {
  make_topic();
  const auto sink = kafka_manifest(broker_->bootstrap(), topic_);
  manifest_ = place_.write(
      "all.yaml", sink + inventory_document("{eventSinkRefs: [sink, elsewhere], maxExportBytes: 1500}"));
  std::string rows;
  for (int index = 0; index < 20; ++index)
    rows += (index > 0 ? "," : "") + row_json("row-" + std::to_string(index));
  const auto outcome = run_producer({"export", "--manifest", manifest_, "-"}, "[" + rows + "]");
  EXPECT_EQ(outcome.status.code, 78) << outcome;
  EXPECT_NE(outcome.errors.find("names the event sink default/elsewhere, which is not in this file"),
            std::string::npos)
      << outcome;
  const auto lines = lines_of(outcome.output);
  EXPECT_GT(lines.size(), 1U) << "the inventory's maxExportBytes";
  member reader;
  read_into(reader, lines.size());
  EXPECT_EQ(reader.messages.at(0).key, "prod-west:default/workloads") << "KAF-01";
}

TEST_F(kafka_export, names_the_sink_that_no_inventory_names) {
  make_topic();
  const auto other = kafka_manifest(broker_->bootstrap(), topic_);
  manifest_ = place_.write("all.yaml", other + inventory_document("{eventSinkRefs: [elsewhere]}"));
  const auto outcome = run_producer({"export", "--manifest", manifest_, "-"}, "[]");
  EXPECT_EQ(outcome.status.code, 78) << outcome;
  EXPECT_EQ(outcome.output, "");
  EXPECT_NE(outcome.errors.find("no inventory of this file names the event sink default/sink"),
            std::string::npos)
      << outcome;
}

} // namespace
} // namespace kollect::test
