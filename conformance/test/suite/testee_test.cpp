#include <servers/files.hpp>
#include <servers/wait_until.hpp>
#include <suite/testee.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>

#include <unistd.h>

namespace kollect::conformance {
namespace {

using namespace std::chrono_literals;

/// A testee that is a shell script.
result<testee> start(const std::string& script, timeouts bounds = {}) {
  return testee::start({"sh", "-c", script}, bounds);
}

timeouts hasty() {
  timeouts bounds;
  bounds.hello = bounds.close = 300ms;
  return bounds;
}

const std::string polite =
    R"(read line; echo '{"id":1,"ok":true,"name":"sh","version":"1","features":["nats"]}'; )";

TEST(testee, tells_what_it_is) {
  auto sink = start(polite + "read line");
  ASSERT_TRUE(sink) << sink.error();
  const auto identity = sink->hello();
  ASSERT_TRUE(identity) << identity.error();
  EXPECT_EQ(identity->name, "sh");
  EXPECT_TRUE(identity->features.contains("nats"));
  EXPECT_TRUE(sink->is_usable());
}

TEST(testee, is_asked_in_json_lines_with_rows_verbatim) {
  auto sink =
      start(polite + R"(read -r line; echo "$line" >&2; echo '{"id":2,"ok":false,"error":"no"}'; read line)");
  ASSERT_TRUE(sink && sink->hello());
  const auto answer = sink->export_snapshot({.namespace_ = "a\"b",
                                             .inventory = "all",
                                             .generation = 3,
                                             .exported_at = "2026-01-15T12:00:00Z",
                                             .max_export_bytes = 7,
                                             .items = R"([{"n":1.0}])"});
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_FALSE(answer->is_ok);
  EXPECT_EQ(answer->error, "no");
  const std::string wanted = R"({"id":2,"op":"export","namespace":"a\"b","inventory":"all","generation":3,)"
                             R"("exportedAt":"2026-01-15T12:00:00Z","maxExportBytes":7,"items":[{"n":1.0}]})";
  EXPECT_TRUE(servers::wait_until([&] { return sink->transcript().find(wanted) != std::string::npos; }))
      << sink->transcript();
}

TEST(testee, that_floods_its_standard_error_takes_no_more_memory_than_that) {
  constexpr std::size_t most = 64UL * 1024 * 1024, answers = 1024, page = 4096;
  auto sink = start("yes all work and no play >&2 & " + polite + "read -r line");
  ASSERT_TRUE(sink && sink->hello());
  EXPECT_TRUE(servers::wait_until([&] { return sink->transcript().size() > most - page; }, 60s));
  EXPECT_LE(sink->transcript().size(), most + answers);
}

/// Processes that have a text in their command line.
std::size_t count_processes(const std::string& text) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto line = servers::read_file(entry.path() / "cmdline");
    count += line && line->find(text) != std::string::npos ? 1 : 0;
  }
  return count;
}

TEST(testee, that_forks_away_leaves_no_process) {
  const std::string length = "97531" + std::to_string(::getpid());
  {
    auto sink = start("setsid sleep " + length + " & " + polite + "read -r line");
    ASSERT_TRUE(sink && sink->hello());
    EXPECT_TRUE(
        servers::wait_until([&] { return count_processes(std::string("sleep\0", 6) + length) == 1; }));
  }
  EXPECT_TRUE(servers::wait_until([&] { return count_processes(std::string("sleep\0", 6) + length) == 0; }));
}

/// A testee that goes wrong: what is seen of it.
struct misbehaviour {
  const char* name;
  std::string script;
  error reason;
  const char* says;
};

class misbehaving_testee : public testing::TestWithParam<misbehaviour> {};

TEST_P(misbehaving_testee, is_a_failure_that_says_what_was_seen) {
  auto sink = start(GetParam().script, GetParam().reason == error::broker_timeout ? hasty() : timeouts{});
  ASSERT_TRUE(sink) << sink.error();
  const auto identity = sink->hello();
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().reason(), GetParam().reason);
  EXPECT_NE(to_string(identity.error()).find(GetParam().says), std::string::npos) << identity.error();
  EXPECT_FALSE(sink->is_usable());
}

INSTANTIATE_TEST_SUITE_P(
    all, misbehaving_testee,
    testing::Values(
        misbehaviour{"hangs", "read line; sleep 60", error::broker_timeout, "has not answered hello"},
        misbehaviour{"dies", "read line; echo on fire >&2; exit 3", error::closed, "exit code 3"},
        misbehaviour{"says_why_it_died", "read line; echo on fire >&2; exit 3", error::closed, "on fire"},
        misbehaviour{"prints_garbage", "read line; echo hello; read line", error::syntax, "hello"},
        misbehaviour{"prints_megabytes", "read line; head -c 20000000 /dev/zero | tr '\\0' x; sleep 60",
                     error::too_large, "16777216"},
        misbehaviour{"answers_the_wrong_id", R"(read line; echo '{"id":7,"ok":true}'; read line)",
                     error::syntax, "another request"},
        misbehaviour{"dies_within_its_answer", R"(read line; printf '{"id":1,"ok":tr')", error::closed,
                     "exit code 0"},
        misbehaviour{"lacks_features", R"(read line; echo '{"id":1,"ok":true}'; read line)", error::syntax,
                     "features"}),
    [](const auto& one) { return one.param.name; });

TEST(testee, that_is_no_program_is_a_failure) {
  EXPECT_FALSE(testee::start({"/no/such/program"}, {}));
}

TEST(testee, leaves_no_process_behind) {
  pid_t child = 0;
  {
    auto sink = start(
        R"(sleep 600 & read line; echo "{\"id\":1,\"ok\":true,\"name\":\"$!\",\"version\":\"\",\"features\":[]}"; sleep 600)");
    ASSERT_TRUE(sink) << sink.error();
    const auto identity = sink->hello();
    ASSERT_TRUE(identity) << identity.error();
    child = std::stoi(identity->name);
    EXPECT_EQ(::kill(child, 0), 0);
  }
  // Its new parent, init, may take a while to collect it; until then it is a zombie.
  const auto has_ended = [&] {
    const auto stat = servers::read_file("/proc/" + std::to_string(child) + "/stat");
    return !stat || stat->find(") Z ") != std::string::npos;
  };
  EXPECT_TRUE(servers::wait_until(has_ended)) << "its own child lives";
}

TEST(testee, may_write_its_numbers_as_floats_do_and_end_without_a_newline) {
  auto sink = start(R"(read line; echo '{"id":1.0,"ok":true,"name":"x","version":"1","features":[]}'
                       read line; printf '{"id":2e0,"ok":true}')");
  ASSERT_TRUE(sink) << sink.error();
  const auto identity = sink->hello();
  ASSERT_TRUE(identity) << identity.error();
  const auto closed = sink->close();
  ASSERT_TRUE(closed) << closed.error();
  EXPECT_TRUE(closed->is_ok);
}

TEST(testee, may_answer_later) {
  auto sink = start(polite + R"(read line; sleep 0.3; echo '{"id":2,"ok":true}'; read line)");
  ASSERT_TRUE(sink && sink->hello());
  ASSERT_TRUE(sink->begin_export({.items = "[]"}));
  auto early = sink->await_answer(20ms);
  ASSERT_TRUE(early) << early.error();
  EXPECT_FALSE(early->has_value());
  auto late = sink->await_answer(10s);
  ASSERT_TRUE(late && *late);
  EXPECT_TRUE((*late)->is_ok);
}

} // namespace
} // namespace kollect::conformance
