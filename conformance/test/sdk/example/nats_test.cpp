#include "folded_rows.hpp"

#include <kollect/nats/reader.hpp>
#include <kollect/projection.hpp>
#include <servers/files.hpp>
#include <servers/nats_server.hpp>
#include <servers/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* two_items =
    R"([{"kind":"Pod","targetNamespace":"team-a","targetName":"pods","namespace":"team-a","name":"web",)"
    R"("version":"v1","uid":"uid-web","attributes":{"phase":"Running","b":1,"a":2}},)"
    R"({"targetNamespace":"team-a","targetName":"pods","namespace":"team-a","name":"api","version":"v1",)"
    R"("kind":"Pod","uid":"uid-api","attributes":{}}])";

/// One nats-server for all tests here; each has a subject of its own.
class nats_example : public testing::Test {
protected:
  static void SetUpTestSuite() { server_.emplace(servers::nats_server::start().value()); }
  static void TearDownTestSuite() { server_.reset(); }

  std::string subject() const {
    return std::string("example.") + testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  servers::command_outcome export_rows(const std::string& from, std::string input = {}) const {
    return run({KOLLECT_NATS_SINK, server_->url(), subject(), "prod-west", "team-a", "workloads", from},
               std::move(input));
  }

  /// The rows of the one scope there is, by their JSON, after all messages of the subject.
  std::vector<std::string> rows_on_stream() const {
    connection source;
    source.system = broker_system::nats;
    source.addresses = {server_->url()};
    source.destination = subject();
    source.stream = "kollect_events";
    const auto reader = nats::create_reader(source).value();
    projection fleet;
    while (!reader->at_end())
      for (const auto& message : reader->poll(100, 1U << 20U, 1s).value()) {
        const auto step = fleet.apply(message.value, message.key);
        EXPECT_TRUE(step) << step.error();
        EXPECT_EQ(outcome_of(step), outcome::applied);
      }
    std::vector<std::string> out;
    fleet.for_each([&out](const scope& which, const row_map& rows) {
      EXPECT_EQ(which, (scope{"prod-west", "team-a", ""}));
      for (const auto& row : rows)
        out.push_back(row.second);
    });
    return out;
  }

  static std::optional<servers::nats_server> server_;
  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-example-").value();
};

std::optional<servers::nats_server> nats_example::server_;

TEST_F(nats_example, sink_exports_a_file) {
  const auto file = folder_.path() / "items.json";
  ASSERT_TRUE(servers::write_file(file, two_items));
  const auto outcome = export_rows(file.string());
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  EXPECT_EQ(outcome.errors, "");
  const std::vector<std::string> expected{
      R"({"targetNamespace":"team-a","targetName":"pods","namespace":"team-a","name":"api","version":"v1",)"
      R"("kind":"Pod","uid":"uid-api","attributes":{}})",
      R"({"targetNamespace":"team-a","targetName":"pods","namespace":"team-a","name":"web","version":"v1",)"
      R"("kind":"Pod","uid":"uid-web","attributes":{"a":2,"b":1,"phase":"Running"}})"};
  EXPECT_EQ(rows_on_stream(), expected);
}

TEST_F(nats_example, sink_exports_standard_input_and_clears_a_scope) {
  EXPECT_EQ(export_rows("-", two_items).status.code, 0);
  EXPECT_EQ(rows_on_stream().size(), 2U);
  EXPECT_EQ(export_rows("-", "[]").status.code, 0); // DEL-02
  EXPECT_EQ(rows_on_stream().size(), 0U);
  EXPECT_EQ(export_rows("-", two_items).status.code, 0); // NAT-06: the stream has had these rows before
  EXPECT_EQ(rows_on_stream().size(), 2U);
}

TEST_F(nats_example, sink_refuses_rows_that_are_none) {
  const auto outcome = export_rows("-", R"([{"nam":"web"}])");
  EXPECT_EQ(outcome.status.code, 65) << outcome;
  EXPECT_NE(outcome.errors.find("nam"), std::string::npos) << outcome;
  EXPECT_EQ(export_rows((folder_.path() / "nothing").string()).status.code, 66);
}

TEST_F(nats_example, sink_says_try_again_when_nobody_listens) {
  const auto outcome = run(
      {KOLLECT_NATS_SINK, "nats://127.0.0.1:1", subject(), "prod-west", "team-a", "workloads", "-"}, "[]");
  EXPECT_EQ(outcome.status.code, 75) << outcome;
  EXPECT_NE(outcome.errors.find("127.0.0.1:1"), std::string::npos) << outcome;
}

} // namespace
} // namespace kollect::test
