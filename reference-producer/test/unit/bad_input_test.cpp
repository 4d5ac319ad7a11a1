#include "test/support/producer.hpp"

#include <gtest/gtest.h>

namespace kollect::test {
namespace {

class bad_input : public testing::Test {
protected:
  servers::command_outcome export_items(const std::string& items, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{
        "export", "--manifest", manifest_, "--namespace", "team-a", "--inventory", "all", "--dry-run", "-"};
    arguments.insert(arguments.end() - 1, more.begin(), more.end());
    return run_producer(arguments, items);
  }

  /// Nothing is printed to standard output, and standard error has all the pieces.
  static void expect_refusal(const servers::command_outcome& outcome, int code,
                             std::vector<std::string> pieces) {
    EXPECT_EQ(outcome.status, (servers::exit_status{code, 0})) << outcome;
    EXPECT_EQ(outcome.output, "") << outcome;
    for (const auto& piece : pieces)
      EXPECT_NE(outcome.errors.find(piece), std::string::npos) << piece << '\n' << outcome;
  }

  workspace place_;
  std::string manifest_ = place_.write("sink.yaml", kafka_manifest("127.0.0.1:1", "inventory.changes"));
};

TEST_F(bad_input, items_that_are_not_json) {
  expect_refusal(export_items("[" + row_json("a") + ",]"), 65, {"standard input:1:", "at byte", "ROW-01"});
  expect_refusal(export_items("[" + row_json("a")), 65, {"ends too early"});
  expect_refusal(export_items("[]x"), 65, {"standard input:1:3:", "at byte 2"});
  expect_refusal(export_items("{}"), 65, {"must be an array of rows, not an object", "at byte 0"});
  expect_refusal(export_items("[1]"), 65, {"row 1 must be an object, not a number"});
}

TEST_F(bad_input, items_of_which_there_are_none) {
  expect_refusal(export_items(""), 65, {"ENV-08"});
  expect_refusal(export_items(" \n"), 65, {"ENV-08"});
}

TEST_F(bad_input, rows_with_the_wrong_fields) {
  const auto good = row_json("a");
  auto misspelt = row_json("b");
  misspelt.replace(misspelt.find("\"kind\""), 6, "\"kin\"");
  expect_refusal(export_items("[" + good + ",\n" + misspelt + "]"), 65,
                 {"standard input:2:", R"(there is no field \"kin\" of row 2)"});
  auto missing = row_json("b");
  missing.erase(missing.find("\"version\":\"v1\","), 15);
  expect_refusal(export_items("[" + missing + "]"), 65, {R"(\"version\" of row 1 is missing)"});
  auto twice = row_json("b");
  twice.insert(1, "\"uid\":\"x\",");
  expect_refusal(export_items("[" + twice + "]"), 65, {R"(\"uid\" of row 1 appears twice)"});
  auto wrong = row_json("b");
  wrong.replace(wrong.find("\"v1\""), 4, "1");
  expect_refusal(export_items("[" + wrong + "]"), 65,
                 {R"(\"version\" of row 1 must be a string, not a number)"});
  expect_refusal(export_items("[" + row_json("b", "[]") + "]"), 65,
                 {R"(\"attributes\" of row 1 must be an object or null, not an array)"});
}

TEST_F(bad_input, rows_that_nest_deeper_than_a_consumer_reads) {
  const auto nested = [](std::size_t depth) {
    return "[" + row_json("a", "{\"x\":" + std::string(depth, '[') + std::string(depth, ']') + "}") + "]";
  };
  // Event envelope, export envelope, items, row and attributes take five of the 256 levels.
  EXPECT_EQ(export_items(nested(251)).status.code, 0);
  expect_refusal(export_items(nested(252)), 65,
                 {"nested deeper than 256 levels", "in \\\"attributes\\\" of row 1"});
  EXPECT_EQ(export_items(nested(252), {"--max-depth", "257"}).status.code, 0);
  expect_refusal(export_items(nested(1'000'000)), 65, {"nested deeper than 256 levels"});
}

TEST_F(bad_input, numbers_beyond_a_double) {
  expect_refusal(export_items("[" + row_json("a", R"({"x":1e999})") + "]"), 65,
                 {"does not fit a double", "row 1"});
}

TEST_F(bad_input, names_that_would_forge_a_log_line) {
  auto row = row_json("b");
  row.insert(1, "\"x\\n{\\\"level\\\":\\\"error\\\"}\\u001b[2J\":1,");
  const auto outcome = export_items("[" + row + "]");
  expect_refusal(outcome, 65, {"there is no field"});
  EXPECT_EQ(lines_of(outcome.errors).size(), 1U) << outcome;
  EXPECT_EQ(outcome.errors.find('\x1b'), std::string::npos);
}

TEST_F(bad_input, files_that_cannot_be_read) {
  const auto from = [&](const std::string& path) {
    return run_producer(
        {"export", "--manifest", manifest_, "--namespace", "n", "--inventory", "i", "--dry-run", path});
  };
  expect_refusal(from(place_.path("missing.json")), 65, {"missing.json", "No such file or directory"});
  expect_refusal(from(place_.path("")), 65, {"directory"});
}

TEST_F(bad_input, manifests) {
  const auto with = [&](const std::string& text) {
    return run_producer({"export", "--manifest", place_.write("bad.yaml", text), "--namespace", "n",
                         "--inventory", "i", "--dry-run", "-"},
                        "[]");
  };
  expect_refusal(with("a: [1"), 78, {"bad.yaml:"});
  expect_refusal(with(kafka_manifest("127.0.0.1:1", "t", "  tpoic: x\n")), 78, {"bad.yaml:8:3", "tpoic"});
  expect_refusal(with(kafka_manifest("127.0.0.1:1", "")), 78, {"topic"});
  expect_refusal(with(kafka_manifest("user:secret@127.0.0.1:1", "t")), 78, {"brokers"});
  expect_refusal(run_producer({"check", "--manifest", place_.path("none.yaml")}), 78, {"none.yaml"});
}

TEST_F(bad_input, command_lines) {
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"export", "--manifest", manifest_, "--dry-run", "-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_producer(arguments, "[]");
  };
  const std::vector<std::string> names{"--namespace", "n", "--inventory", "i"};
  const auto named = [&](std::vector<std::string> more) {
    more.insert(more.end(), names.begin(), names.end());
    return with(more);
  };
  EXPECT_EQ(named({}).status.code, 0);
  expect_refusal(with({"--namespace", "n"}), 64, {"--inventory"});
  expect_refusal(with({"--namespace", "", "--inventory", "i"}), 64, {"--namespace is empty"});
  expect_refusal(with({"--namespace", "\xFF", "--inventory", "i"}), 64, {"UTF-8"});
  expect_refusal(named({"--payload", "xml"}), 64, {"--payload"});
  expect_refusal(named({"--generation", "-1"}), 64, {"--generation"});
  expect_refusal(named({"--max-export-bytes", "-1"}), 64, {"--max-export-bytes"});
  expect_refusal(named({"--max-message-bytes", "-1"}), 64, {"--max-message-bytes"});
  expect_refusal(named({"--timestamp", "yesterday"}), 64, {"yesterday", "ENV-05"});
  expect_refusal(named({"--exported-at", "2026-01-15T12:00:00+01:00"}), 64, {"ENV-05"});
  expect_refusal(named({"--timeout", "0"}), 64, {"--timeout"});
  expect_refusal(named({"-o", "yaml"}), 64, {"--output"});
  expect_refusal(named({"--nonsense"}), 64, {"--nonsense"});
  expect_refusal(run_producer({}), 64, {"needs a command"});
  expect_refusal(run_producer({"export", "--manifest", manifest_, "--namespace", "n", "--inventory", "i",
                               "-o", "raw", "-"}),
                 64, {"--dry-run"});
}

TEST_F(bad_input, simulations) {
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"simulate", "--manifest", manifest_, "--timeout", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_producer(arguments);
  };
  expect_refusal(with({"--churn", "1.5"}), 64, {"--churn"});
  expect_refusal(with({"--clusters", "0"}), 64, {"--clusters"});
  expect_refusal(with({"--rounds", "0"}), 64, {"--rounds"});
  expect_refusal(with({"--poison", "-1"}), 64, {"--poison"});
  expect_refusal(with({"--items", "-1"}), 64, {"--items"});
  expect_refusal(with({"--seed", "-1"}), 64, {"--seed"});
  expect_refusal(with({"--multipart-bytes", "-1"}), 64, {"--multipart-bytes"});
  expect_refusal(with({"--embedded-broker"}), 64, {"--write-manifest"});
  expect_refusal(with({"--write-manifest", "x"}), 64, {"--embedded-broker"});
  expect_refusal(with({"--expect", place_.path("missing/state.json")}), 73,
                 {"missing/state.json", "cannot be written"});
  expect_refusal(with({"--embedded-broker", "--write-manifest", place_.path("missing/sink.yaml")}), 73,
                 {"sink.yaml"});
  expect_refusal(run_producer({"simulate", "--manifest",
                               place_.write("nats.yaml", nats_manifest("nats://127.0.0.1:1", "s")),
                               "--embedded-broker", "--write-manifest", place_.path("x")}),
                 78, {"--embedded-broker", "nats"});
}

TEST(command_line, tells_help_and_version) {
  const auto help = run_producer({"export", "--help"});
  EXPECT_EQ(help.status.code, 0);
  EXPECT_NE(help.output.find("--max-export-bytes"), std::string::npos);
  const auto version = run_producer({"--version"});
  EXPECT_EQ(version.status.code, 0);
  EXPECT_NE(version.output, "");
}

} // namespace
} // namespace kollect::test
