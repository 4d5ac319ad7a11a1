#include <servers/files.hpp>
#include <servers/nats_server.hpp>
#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/wait_until.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::servers {
namespace {

using namespace std::chrono_literals;

class program_test : public testing::Test {
protected:
  void SetUp() override {
    auto made = temporary_directory::create();
    ASSERT_TRUE(made) << made.error();
    directory_.emplace(std::move(*made));
  }

  std::string write_manifest(const std::string& system, const std::string& own) const {
    const auto path = directory_->path() / "sink.yaml";
    EXPECT_TRUE(write_file(
        path,
        "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: sink}\nspec:\n  type: " +
            system + "\n  cluster: prod-west\n  " + system + ": {" + own + "}\n"));
    return path.string();
  }

  /// A manifest for NATS at that address.
  std::string manifest(const std::string& url = "nats://127.0.0.1:1") const {
    return write_manifest("nats", "url: \"" + url + "\", subject: inventory.events");
  }
  std::string kafka_manifest() const {
    return write_manifest("kafka", "brokers: [\"127.0.0.1:1\"], topic: inventory");
  }

  command_outcome run(std::vector<std::string> words) const {
    words.insert(words.begin(), KOLLECT_CONFORMANCE);
    const auto outcome = run_command({.arguments = std::move(words), .timeout = 120s});
    EXPECT_TRUE(outcome) << outcome.error();
    return outcome ? *outcome : command_outcome{};
  }

  std::optional<temporary_directory> directory_;
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(program_test, an_unknown_flag_is_usage_and_the_nearest_is_told) {
  const auto outcome = run({"--manifets", "x"});
  EXPECT_EQ(outcome.status.code, 64);
  EXPECT_TRUE(contains(outcome.errors, "--manifest")) << outcome;
}

TEST_F(program_test, an_unknown_clause_is_usage_and_the_nearest_is_told) {
  for (const auto* flag : {"--run", "--skip"}) {
    const auto outcome = run({"--manifest", manifest(), flag, "ENV-5"});
    EXPECT_EQ(outcome.status.code, 64);
    EXPECT_TRUE(contains(outcome.errors, "ENV-05")) << outcome;
  }
}

TEST_F(program_test, an_unknown_timeout_is_usage) {
  const auto outcome = run({"--manifest", manifest(), "--timeout", "anwser=3"});
  EXPECT_EQ(outcome.status.code, 64);
  EXPECT_TRUE(contains(outcome.errors, "answer")) << outcome;
}

TEST_F(program_test, a_filter_that_leaves_nothing_ends_with_2_and_says_so) {
  const auto outcome = run({"--manifest", manifest(), "--run", "KAF-*", "--", "true"});
  EXPECT_EQ(outcome.status.code, 2);
  EXPECT_TRUE(contains(outcome.output, "leave no clause")) << outcome;
}

TEST_F(program_test, brokers_out_of_reach_end_with_2_and_say_so) {
  const auto outcome = run({"--manifest", manifest(), "--timeout", "connect=1", "--timeout", "read-back=1"});
  EXPECT_EQ(outcome.status.code, 2);
  EXPECT_TRUE(contains(outcome.output, "nothing could be judged")) << outcome;
}

TEST_F(program_test, a_testee_that_does_not_answer_ends_with_2_and_says_so) {
  const auto outcome = run({"--manifest", manifest(), "--", "sh", "-c", "echo out of order >&2; exit 4"});
  EXPECT_EQ(outcome.status.code, 2);
  EXPECT_TRUE(contains(outcome.output, "exit code 4") && contains(outcome.output, "out of order")) << outcome;
}

TEST_F(program_test, a_wrong_manifest_is_configuration) {
  EXPECT_EQ(run({"--manifest", "/no/such/file"}).status.code, 78);
}

TEST_F(program_test, lists_every_clause) {
  const auto outcome = run({"--list"});
  EXPECT_EQ(outcome.status.code, 0);
  EXPECT_EQ(std::ranges::count(outcome.output, '\n'), 51);
}

TEST_F(program_test, lists_every_clause_as_json) {
  const auto outcome = run({"--list", "-o", "json"});
  ASSERT_EQ(outcome.status.code, 0) << outcome;
  const auto all = boost::json::parse(outcome.output).as_array();
  ASSERT_EQ(all.size(), 51U);
  EXPECT_EQ(all[0].at("id").as_string(), "ENV-01");
  EXPECT_EQ(all[0].at("level").as_string(), "MUST");
  EXPECT_FALSE(all[0].at("exercises").as_array().empty());
  EXPECT_EQ(run({"-o", "json"}).status.code, 64) << "it is the form of --list";
}

TEST_F(program_test, tells_what_changed_between_two_runs) {
  const auto results = [&](const char* name, const std::string& cases) {
    const auto path = directory_->path() / name;
    EXPECT_TRUE(write_file(path, R"({"resultsVersion":1,"cases":[)" + cases + "]}"));
    return path.string();
  };
  const auto one = [](const std::string& id, const std::string& verdict) {
    return R"({"id":")" + id + R"(","result":")" + verdict + R"("})";
  };
  const auto before = results("before.json", one("ENV-01", "pass") + "," + one("ENV-02", "fail") + "," +
                                                 one("ENV-03", "pass") + "," + one("ENV-05", "fail"));
  const auto after = results("after.json", one("ENV-01", "fail") + "," + one("ENV-02", "pass") + "," +
                                               one("ENV-04", "pass") + "," + one("ENV-05", "could-not-run"));
  const auto changed = run({"diff", before, after});
  EXPECT_EQ(changed.status.code, 1) << changed;
  EXPECT_EQ(changed.output, "new failures: ENV-01\nmended: ENV-02\ngone: ENV-03\nnewly judged: ENV-04\n"
                            "still failing: ENV-05\n");
  EXPECT_EQ(run({"diff", before, before}).status.code, 0);
  const auto json = run({"diff", "-o", "json", before, after});
  EXPECT_EQ(boost::json::parse(json.output).at("newFailures").as_array().at(0).as_string(), "ENV-01");
  const auto wrong = run({"diff", before, results("none.json", "7")});
  EXPECT_EQ(wrong.status.code, 65) << wrong;
  EXPECT_NE(run({"diff", before, "/no/such/file"}).status.code, 0);
}

/// The examples of the protocol's page: name of the sink, and the command that starts it.
class example_test : public program_test,
                     public testing::WithParamInterface<std::pair<const char*, std::vector<std::string>>> {};

TEST_P(example_test, runs_on_a_server) {
  const auto& [name, command] = GetParam();
  const auto report = directory_->path() / "report";
  std::vector<std::string> words{
      "--manifest", manifest(), "--known-failing", KOLLECT_KNOWN_FAILING, "--report", report.string(), "--"};
  words.insert(words.end(), command.begin(), command.end());
  const auto outcome = run(words);
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  const auto results = read_file(report / "results.json");
  ASSERT_TRUE(results) << results.error();
  const auto json = boost::json::parse(*results);
  EXPECT_EQ(json.at("outcome").as_string(), "partial") << "it has no TLS";
  EXPECT_EQ(json.at("implementation").at("name").as_string(), name);
  for (const auto* file : {"junit.xml", "report.html", "badge.svg"})
    EXPECT_TRUE(std::filesystem::exists(report / file)) << file;
}

INSTANTIATE_TEST_SUITE_P(
    each, example_test,
    testing::Values(std::pair{"python-example", std::vector<std::string>{"python3", KOLLECT_PYTHON_TESTEE}},
                    std::pair{"go-example", std::vector<std::string>{"sh", "-c",
                                                                     "cd '" KOLLECT_GO_TESTEES
                                                                     "' && exec go run ./example"}}),
    [](const auto& one) { return one.index == 0 ? "python" : "go"; });

TEST_F(program_test, an_empty_stream_on_a_server_ends_with_2_and_says_so) {
  auto server = nats_server::start();
  ASSERT_TRUE(server) << server.error();
  const auto outcome = run({"--manifest", manifest(server->url())});
  EXPECT_EQ(outcome.status.code, 2);
  EXPECT_TRUE(contains(outcome.output, "nothing could be judged")) << outcome;
}

TEST_F(program_test, a_missing_stream_on_a_server_is_named_with_what_to_do) {
  auto server = nats_server::start();
  ASSERT_TRUE(server) << server.error();
  const auto outcome = run({"--manifest", manifest(server->url())});
  EXPECT_EQ(outcome.status.code, 2);
  EXPECT_TRUE(contains(outcome.output, "there is no stream kollect_events") &&
              contains(outcome.output, "spec.nats.stream"))
      << outcome;
  EXPECT_FALSE(contains(outcome.output, "anew")) << outcome;
}

/// What the tests of somebody's CI are told changes nothing here, but for a filter.
TEST_F(program_test, the_environment_of_other_tests_changes_no_verdict_on_a_server) {
  const auto judge = [&](std::vector<std::pair<std::string, std::string>> environment) {
    const auto report = directory_->path() / "report";
    std::filesystem::remove_all(report);
    const auto outcome = run_command(
        {.arguments = {KOLLECT_CONFORMANCE, "--manifest", manifest(), "--run", "ENV-*,PAY-*", "--skip",
                       "ENV-04", "--report", report.string(), "--", "python3", KOLLECT_PYTHON_TESTEE},
         .environment = std::move(environment),
         .timeout = 120s});
    EXPECT_TRUE(outcome && outcome->status.code == 0) << *outcome;
    const auto results = read_file(report / "results.json");
    EXPECT_TRUE(results) << *outcome;
    const auto json = boost::json::parse(results ? *results : "{}");
    EXPECT_EQ(json.at("outcome").as_string(), "partial") << "clauses are left out";
    return json.at("cases").as_array().size();
  };
  const auto whole = judge({});
  EXPECT_GT(whole, 8U);
  for (const auto& variable :
       std::vector<std::pair<std::string, std::string>>{{"GTEST_REPEAT", "3"},
                                                        {"GTEST_SHUFFLE", "1"},
                                                        {"GTEST_FAIL_FAST", "1"},
                                                        {"GTEST_LIST_TESTS", "1"},
                                                        {"GTEST_OUTPUT", "json:/nowhere/else"},
                                                        {"GTEST_FLAGFILE", "/nowhere/else"},
                                                        {"TESTBRIDGE_TEST_ONLY", "other.test"}})
    EXPECT_EQ(judge({variable}), whole) << variable.first;
  EXPECT_EQ(judge({{"GTEST_TOTAL_SHARDS", "5"}, {"GTEST_SHARD_INDEX", "2"}}), whole);
  EXPECT_EQ(judge({{"GTEST_FILTER", "*.ENV_05"}}), 1U) << "a filter is meant";
}

/// A sink for Kafka that does `on_export` where it is asked to export, and counts how often it is asked.
std::string write_failing_sink(const temporary_directory& directory, const std::string& on_export) {
  const auto path = directory.path() / "failing-sink";
  EXPECT_TRUE(write_file(path, R"(#!/bin/sh
while read -r line; do
  id=${line#*:}; id=${id%%,*}
  case $line in
  *'"op":"hello"'*) echo "{\"id\":$id,\"ok\":true,\"name\":\"x\",\"version\":\"1\",\"features\":[\"kafka\"]}" ;;
  *'"op":"export"'*) echo asked >>asked; )" +
                                   on_export + R"( ;;
  *) echo "{\"id\":$id,\"ok\":true}" ;;
  esac
done
)"));
  return path.string();
}

TEST_F(program_test, a_sink_that_never_succeeds_is_soon_asked_no_more) {
  const auto sink = write_failing_sink(
      *directory_, R"(sleep 0.4; echo "{\"id\":$id,\"ok\":false,\"error\":\"no broker answers\"}")");
  const auto outcome = run_command({.arguments = {KOLLECT_CONFORMANCE, "--manifest", kafka_manifest(),
                                                  "--mock", "--timeout", "in-vain=1", "--", "sh", sink},
                                    .working_directory = directory_->path(),
                                    .timeout = 60s});
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(outcome->status.code, 1) << *outcome;
  EXPECT_TRUE(contains(outcome->output, "fail ENV-01")) << *outcome;
  EXPECT_TRUE(
      contains(outcome->output, "nothing more is asked of the sink; its last error: no broker answers"))
      << *outcome;
  const auto asked = read_file(directory_->path() / "asked").value();
  EXPECT_LE(std::ranges::count(asked, '\n'), 3);
}

TEST_F(program_test, a_signal_ends_a_run_whose_sink_does_not_answer) {
  const auto sink = write_failing_sink(*directory_, ":");
  auto child = process::start(
      {.arguments = {KOLLECT_CONFORMANCE, "--manifest", kafka_manifest(), "--mock", "--", "sh", sink},
       .working_directory = directory_->path()});
  ASSERT_TRUE(child) << child.error();
  ASSERT_TRUE(wait_until([&] { return read_file(directory_->path() / "asked").has_value(); }, 30s));
  ASSERT_TRUE(child->send_signal(SIGTERM));
  const auto ended = child->wait(30s);
  ASSERT_TRUE(ended) << child->output();
  EXPECT_TRUE(contains(child->output(), "the run was stopped by a signal")) << child->output();
}

TEST_F(program_test, progress_is_told_in_json_lines_on_a_server) {
  const auto outcome = run({"--manifest", manifest(), "--run", "ENV-08", "--progress", "json", "--",
                            "python3", KOLLECT_PYTHON_TESTEE});
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  for (const auto* line :
       {R"({"event":"clause","id":"ENV-08","number":1,"of":1})", R"({"event":"exercise","name":"nothing"})",
        R"({"event":"verdict","id":"ENV-08","result":"pass"})", R"({"event":"end","outcome":"partial"})"})
    EXPECT_TRUE(contains(outcome.errors, line)) << outcome;
}

TEST_F(program_test, a_stream_is_audited_on_a_server) {
  auto server = nats_server::start();
  ASSERT_TRUE(server) << server.error();
  // The testee alone, driven by hand, leaves messages to audit.
  const std::string open =
      R"({"id":1,"op":"open","manifest":{"spec":{"cluster":"prod-west","nats":{"url":")" + server->url() +
      R"(","subject":"inventory.events"}}}})"
      "\n";
  const std::string one = R"({"id":2,"op":"export","namespace":"team-a","items":[]})"
                          "\n";
  const auto published = run_command({.arguments = {"python3", KOLLECT_PYTHON_TESTEE}, .input = open + one});
  ASSERT_TRUE(published && contains(published->output, R"("id": 2, "ok": true)")) << *published;
  const auto outcome = run({"--manifest", manifest(server->url())});
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  EXPECT_TRUE(contains(outcome.output, "pass NAT-02") && contains(outcome.output, "partial")) << outcome;
}

TEST_F(program_test, a_broker_killed_under_the_run_on_a_server_is_told) {
  auto server = nats_server::start();
  ASSERT_TRUE(server) << server.error();
  auto child =
      process::start({.arguments = {KOLLECT_CONFORMANCE, "--manifest", manifest(server->url()), "--external",
                                    "--timeout", "connect=1", "--", "python3", KOLLECT_PYTHON_TESTEE}});
  ASSERT_TRUE(child) << child.error();
  ASSERT_TRUE(wait_until([&] { return contains(child->output(), "ENV-01"); }, 60s)) << child->output();
  server->kill();
  const auto ended = child->wait(120s);
  ASSERT_TRUE(ended) << child->output();
  EXPECT_EQ(ended->code, 1) << child->output();
  EXPECT_TRUE(contains(child->output(), "could-not-run")) << child->output();
}

} // namespace
} // namespace kollect::servers
