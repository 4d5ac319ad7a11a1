#include "test/support/producer.hpp"

#include <support/hex_dump.hpp>
#include <vectors/vector.hpp>

#include <kollect/base64.hpp>
#include <kollect/json_writer.hpp>

#include <gtest/gtest.h>

#include <set>

namespace kollect::test {
namespace {

/// Nobody listens on port 1, and nowhere is there a Secret called `missing`: a dry run needs neither.
constexpr std::string_view more_spec =
    "  secretRef: {name: missing}\n  tls: {caSecretRef: {name: missing}}\n";

std::string manifest_for(std::string_view type, const std::string& cluster) {
  auto text = type == "kafka" ? kafka_manifest("127.0.0.1:1", "inventory.changes", more_spec)
                              : nats_manifest("nats://127.0.0.1:1", "inventory.events", more_spec);
  std::string label;
  json_writer(label).value(cluster);
  text.replace(text.find("prod-west"), 9, label);
  return text;
}

std::vector<std::string> arguments_for(const workspace& place, const vector& given, std::string_view type) {
  return {"export",
          "--manifest",
          place.write("sink.yaml", manifest_for(type, given.scope.cluster)),
          "--namespace",
          given.scope.namespace_,
          "--inventory",
          given.scope.inventory,
          "--generation",
          std::to_string(given.generation),
          "--timestamp",
          given.timestamp,
          "--exported-at",
          given.exported_at,
          "--dry-run"};
}

servers::command_outcome run_with(std::vector<std::string> arguments, std::vector<std::string> more,
                                  const vector& given) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  arguments.emplace_back("-");
  return run_producer(arguments, given.items);
}

void expect_line(const std::string& line, const vector& given, const expected_message& expected,
                 bool is_kafka) {
  const auto object = read_object(line);
  std::vector<std::string> names;
  for (const auto& member : object)
    names.emplace_back(member.key());
  EXPECT_EQ(names, (std::vector<std::string>{"system", "destination", "key", "headers", "value"}));
  EXPECT_EQ(text_at(object, "system"), is_kafka ? "kafka" : "nats");
  EXPECT_EQ(text_at(object, "destination"), is_kafka ? "inventory.changes" : "inventory.events");
  EXPECT_TRUE(same_bytes(decode_base64(text_at(object, "value")).value(), expected.value));
  if (is_kafka) {
    EXPECT_EQ(text_at(object, "key"), given.key);
    EXPECT_EQ(object.at("headers"), (boost::json::object{{"kollect.dev/cluster", given.scope.cluster},
                                                         {"kollect.dev/namespace", given.scope.namespace_}}));
  } else {
    EXPECT_TRUE(object.at("key").is_null());
    EXPECT_EQ(object.at("headers"), (boost::json::object{{"Nats-Msg-Id", expected.nats_message_id}}));
  }
}

void expect_dry_run(const vector& given, std::string_view type) {
  const workspace place;
  const bool is_kafka = type == "kafka";
  const auto arguments = arguments_for(place, given, type);
  const auto array = run_with(arguments, {"--payload", "array", "--max-export-bytes", "0"}, given);
  ASSERT_EQ(array.status.code, 0) << array;
  ASSERT_EQ(lines_of(array.output).size(), 1U) << array;
  expect_line(lines_of(array.output).front(), given, given.bare_array, is_kafka);

  const auto enveloped = run_with(
      arguments,
      {"--payload", "export-envelope", "--max-export-bytes", std::to_string(given.max_export_bytes)}, given);
  if (given.is_oversized) {
    EXPECT_EQ(enveloped.status.code, 65) << enveloped;
    EXPECT_EQ(enveloped.output, "") << "MP-02";
    EXPECT_NE(enveloped.errors.find("single item export envelope exceeds maxExportBytes (" +
                                    std::to_string(given.max_export_bytes) + ")"),
              std::string::npos)
        << enveloped;
    return;
  }
  ASSERT_EQ(enveloped.status.code, 0) << enveloped;
  const auto lines = lines_of(enveloped.output);
  ASSERT_EQ(lines.size(), given.export_envelope.size());
  for (std::size_t index = 0; index < lines.size(); ++index)
    expect_line(lines[index], given, given.export_envelope[index], is_kafka);
}

TEST(dry_run, prints_what_the_vectors_say) {
  const std::set<std::string> wanted{"one-row",
                                     "empty-snapshot",
                                     "escapes-in-labels",
                                     "multipart",
                                     "empty-cluster-label",
                                     "generation-zero-omitted",
                                     "single-row-too-large"};
  std::size_t found = 0;
  for (const auto& line : read_lines("fixed.jsonl")) {
    const auto given = read_vector(line);
    if (!wanted.contains(given.name))
      continue;
    SCOPED_TRACE(given.name);
    ++found;
    expect_dry_run(given, "kafka");
    expect_dry_run(given, "nats");
  }
  EXPECT_EQ(found, wanted.size());
}

TEST(dry_run, prints_the_bytes_themselves_with_a_line_end_after_each_message) {
  for (const auto& line : read_lines("fixed.jsonl")) {
    const auto given = read_vector(line);
    if (given.name != "multipart")
      continue;
    const workspace place;
    const auto outcome = run_with(arguments_for(place, given, "nats"),
                                  {"-o", "raw", "--payload", "export-envelope", "--max-export-bytes",
                                   std::to_string(given.max_export_bytes)},
                                  given);
    std::string expected;
    for (const auto& message : given.export_envelope)
      expected += message.value + "\n";
    EXPECT_TRUE(same_bytes(outcome.output, expected));
    EXPECT_EQ(outcome.errors, "");
    return;
  }
  FAIL() << "there is no such vector";
}

class dry_run_of_one_row : public testing::Test {
protected:
  servers::command_outcome run(std::vector<std::string> more, environment variables = {}) {
    std::vector<std::string> arguments{
        "export", "--manifest",  manifest_, "--namespace",
        "team-a", "--inventory", "all",     place_.write("items.json", "[" + row_json("api") + "]")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_producer(arguments, {}, std::move(variables));
  }

  workspace place_;
  std::string manifest_ = place_.write("sink.yaml", kafka_manifest("127.0.0.1:1", "inventory.changes"));
};

TEST_F(dry_run_of_one_row, has_the_form_that_its_broker_swallows_nothing_of) { // NAT-06
  const auto payload_of = [](const servers::command_outcome& outcome) {
    return read_object(lines_of(outcome.output).at(0)).at("payload");
  };
  EXPECT_TRUE(payload_of(run({"--dry-run", "-o", "raw"})).is_array());
  manifest_ = place_.write("sink.yaml", nats_manifest("nats://127.0.0.1:1", "inventory.events"));
  EXPECT_TRUE(payload_of(run({"--dry-run", "-o", "raw"})).is_object());
  EXPECT_TRUE(payload_of(run({"--dry-run", "-o", "raw", "--payload", "array"})).is_array());
}

TEST_F(dry_run_of_one_row, is_dated_now_unless_told_otherwise) {
  const auto before = std::chrono::system_clock::now();
  const auto outcome = run({"--dry-run", "-o", "raw", "--payload", "export-envelope"});
  const auto message = read_object(lines_of(outcome.output).at(0));
  const auto instant = parse_timestamp(text_at(message, "timestamp")).value();
  EXPECT_GE(instant, from_system_clock(before));
  EXPECT_LE(instant, kollect::now());
  EXPECT_EQ(message.at("timestamp"), message.at("payload").at("exportedAt"));
}

TEST_F(dry_run_of_one_row, takes_every_flag_from_the_environment_and_the_command_line_wins) {
  const environment variables{{"KOLLECT_DRY_RUN", "true"},
                              {"KOLLECT_OUTPUT", "raw"},
                              {"KOLLECT_TIMESTAMP", "2026-01-15T12:00:00Z"},
                              {"KOLLECT_INVENTORY", "ignored"},
                              {"KOLLECT_PAYLOAD", "export-envelope"},
                              {"KOLLECT_GENERATION", "7"}};
  const auto outcome = run({}, variables);
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  EXPECT_NE(outcome.output.find("\"generation\":7"), std::string::npos) << outcome;
  EXPECT_NE(outcome.output.find("2026-01-15T12:00:00Z"), std::string::npos) << outcome;
  const auto json = run({"--output", "json"}, variables);
  EXPECT_EQ(text_at(read_object(lines_of(json.output).at(0)), "key"), "prod-west:team-a/all");
}

TEST_F(dry_run_of_one_row, picks_a_sink_by_name) {
  const auto both = kafka_manifest("127.0.0.1:1", "first") + "---\n" +
                    "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: other}\n"
                    "spec: {type: kafka, kafka: {brokers: [\"127.0.0.1:1\"], topic: second}}\n";
  manifest_ = place_.write("both.yaml", both);
  EXPECT_EQ(text_at(read_object(run({"--dry-run", "--sink", "other"}).output), "destination"), "second");
  EXPECT_EQ(text_at(read_object(run({"--dry-run", "--sink", "default/sink"}).output), "destination"),
            "first");
  const auto unnamed = run({"--dry-run"});
  EXPECT_EQ(unnamed.status.code, 78);
  EXPECT_NE(unnamed.errors.find("default/other"), std::string::npos) << unnamed;
}

TEST_F(dry_run_of_one_row, splits_an_array_that_is_too_large_into_export_envelopes) {
  std::string rows = row_json("a");
  for (const auto* name : {"b", "c", "d", "e"})
    rows += "," + row_json(name);
  place_.write("items.json", "");
  const auto outcome = run_producer({"export", "--manifest", manifest_, "--namespace", "n", "--inventory",
                                     "i", "--dry-run", "-o", "raw", "--max-export-bytes", "700", "-"},
                                    "[" + rows + "]");
  const auto lines = lines_of(outcome.output);
  ASSERT_GT(lines.size(), 1U) << outcome;
  for (const auto& line : lines)
    EXPECT_NE(line.find("\"partTotal\":" + std::to_string(lines.size())), std::string::npos);
}

TEST_F(dry_run_of_one_row, refuses_messages_over_a_limit_it_is_given) {
  const auto outcome = run({"--dry-run", "--max-message-bytes", "200"});
  EXPECT_EQ(outcome.status.code, 65) << outcome;
  EXPECT_EQ(outcome.output, "");
  EXPECT_NE(outcome.errors.find("SIZE-01"), std::string::npos) << outcome;
}

TEST_F(dry_run_of_one_row, says_when_its_output_cannot_be_written) {
  const auto outcome =
      servers::run_command({.arguments = {"/bin/sh", "-c",
                                          std::string(KOLLECT_PRODUCER) + " export --manifest " + manifest_ +
                                              " --namespace n --inventory i --dry-run - > /dev/full"},
                            .input = "[]"});
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->status.code, 73) << *outcome;
}

} // namespace
} // namespace kollect::test
