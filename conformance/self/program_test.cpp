#include <servers/files.hpp>
#include <servers/nats_server.hpp>
#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/wait_until.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
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

  /// A manifest for NATS at that address.
  std::string manifest(const std::string& url = "nats://127.0.0.1:1") const {
    const auto path = directory_->path() / "sink.yaml";
    EXPECT_TRUE(write_file(
        path, "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: sink}\nspec:\n"
              "  type: nats\n  cluster: prod-west\n  nats: {url: \"" +
                  url + "\", subject: inventory.events}\n"));
    return path.string();
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
                    std::pair{"go-example", std::vector<std::string>{"go", "run", KOLLECT_GO_TESTEE}}),
    [](const auto& one) { return one.index == 0 ? "python" : "go"; });

TEST_F(program_test, an_empty_stream_on_a_server_ends_with_2_and_says_so) {
  auto server = nats_server::start();
  ASSERT_TRUE(server) << server.error();
  const auto outcome = run({"--manifest", manifest(server->url())});
  EXPECT_EQ(outcome.status.code, 2);
  EXPECT_TRUE(contains(outcome.output, "nothing could be judged")) << outcome;
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
