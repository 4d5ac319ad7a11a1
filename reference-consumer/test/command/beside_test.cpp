// Commands that write while a consumer has the store.
#include "store/sqlite_store.hpp"
#include "support/assertions.hpp"
#include "support/command_line.hpp"
#include "support/messages.hpp"
#include "support/sqlite_file.hpp"

#include "ingest/ingest.hpp"

#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace kollect::consumer::test {
namespace {

using words = std::vector<std::string>;

class beside : public testing::Test {
protected:
  void SetUp() override {
    auto opened = open_sqlite_store(path_, "the test");
    ASSERT_TRUE(succeeds(opened));
    consumer_ = std::move(*opened);
    const std::array<std::int32_t, 1> partitions{0};
    owned_[0] = consumer_->claim(std::string(kafka_log), partitions, "the test").value().front();
    take({make_array(make_rows(3), noon(1)), make_array(make_rows(5), noon(2), east_)});
  }

  void take(const std::vector<outgoing_message>& messages, std::size_t max_message_bytes = 1'000'000) {
    auto settings = make_settings();
    settings.limits.max_message_bytes = max_message_bytes;
    const auto batch = deliver_all(messages, next_);
    next_ += static_cast<std::int64_t>(messages.size());
    ASSERT_TRUE(succeeds(ingest(*consumer_, settings, owned_, batch, rows_)));
  }

  command_end run(words given) const {
    given.insert(given.end(), {"--store", "sqlite:" + path_});
    return run_command(given);
  }

  const scope east_{"prod-east", "team-a", "web"};
  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-beside-").value();
  std::string path_ = folder_.path() / "store.db";
  std::unique_ptr<store> consumer_;
  owned_positions owned_;
  held_scopes rows_{default_row_cache_bytes};
  std::int64_t next_ = 0;
};

TEST_F(beside, a_cluster_is_forgotten_and_the_consumer_goes_on) {
  const auto end = run({"forget", "prod-east"});
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_EQ(end.output, "{\"cluster\":\"prod-east\",\"scopes\":1,\"rows\":5}\n");
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(3)));
  take({make_array(make_rows(4), noon(3)), make_array(make_rows(5), noon(4), east_)});
  EXPECT_EQ(lines_of(run({"clusters", "-o", "json"}).output).size(), 2U);
  EXPECT_EQ(folded_feed(*consumer_), state_text(*consumer_));
  EXPECT_EQ(consumer_->contradictions().value(), words());
  const auto unknown = run({"forget", "prod-south"});
  EXPECT_EQ(unknown.code, 66);
  EXPECT_NE(unknown.errors.find("prod-south"), std::string::npos) << unknown.errors;
}

TEST_F(beside, a_dead_letter_is_tried_again_and_another_dropped) {
  take({make_array(make_rows(7), noon(5)), make_array(make_rows(8), noon(6), east_)}, 50);
  const auto tried = run({"dlq", "retry", "1"});
  EXPECT_EQ(tried.code, 0) << tried.errors;
  EXPECT_EQ(tried.output, "{\"id\":1,\"result\":\"applied\"}\n");
  EXPECT_EQ(run({"dlq", "drop", "2"}).code, 0);
  take({make_array(make_rows(2), noon(7))});
  EXPECT_EQ(folded_feed(*consumer_), state_text(*consumer_));
  EXPECT_EQ(consumer_->contradictions().value(), words());
}

TEST_F(beside, a_message_is_explained_and_nothing_changed) {
  const auto file = folder_.path() / "message.json";
  ASSERT_TRUE(servers::write_file(file, make_array(make_rows(9), noon(9), east_).value));
  const auto before = dump_tables(path_);
  const auto end = run({"explain", file, "--key", "prod-east:team-a/web"});
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_NE(end.output.find("adds 4"), std::string::npos) << end.output;
  EXPECT_EQ(dump_tables(path_), before);
}

TEST_F(beside, where_there_is_no_store_none_is_made) {
  const auto file = folder_.path() / "message.json";
  const auto manifest = folder_.path() / "sink.yaml";
  ASSERT_TRUE(servers::write_file(file, make_array(make_rows(9), noon(9), east_).value));
  ASSERT_TRUE(servers::write_file(manifest,
                                  R"({"apiVersion": "kollect.dev/v1alpha1", "kind": "KollectEventSink",
      "metadata": {"name": "sink"}, "spec": {"type": "nats", "cluster": "prod-west",
      "nats": {"url": "nats://127.0.0.1:9", "subject": "inventory.changes"}}})"));
  path_ = folder_.path() / "mistyped.db";
  for (const auto& given :
       {words{"forget", "prod-east"}, words{"dlq", "retry", "--all"}, words{"dlq", "drop", "--all"},
        words{"explain", file}, words{"resync", "--manifest", manifest, "--from", "earliest", "--dry-run"}}) {
    const auto end = run(given);
    EXPECT_EQ(end.code, 69) << given.front() << ": " << end.errors;
    EXPECT_NE(end.errors.find("there is no store there yet"), std::string::npos) << end.errors;
    EXPECT_FALSE(std::filesystem::exists(path_)) << given.front();
    EXPECT_FALSE(std::filesystem::exists(path_ + ".lock")) << given.front();
  }
}

TEST_F(beside, a_store_of_another_schema_is_left_alone) {
  run_sql(path_, "PRAGMA user_version = 5");
  const auto end = run({"forget", "prod-east"});
  EXPECT_EQ(end.code, 69) << end.errors;
  EXPECT_NE(end.errors.find("schema 5"), std::string::npos) << end.errors;
}

TEST_F(beside, clusters_are_listed_as_asked_for) {
  EXPECT_EQ(lines_of(run({"clusters"}).output).size(), 3U);
  const auto names = [](const command_end& end) {
    words out;
    for (const auto& line : lines_of(end.output))
      out.push_back(line.substr(0, line.find(',')));
    return out;
  };
  const std::string east = R"({"cluster":"prod-east")", west = R"({"cluster":"prod-west")";
  EXPECT_EQ(names(run({"clusters", "-o", "json", "--sort", "lastSeen"})), (words{west, east}));
  EXPECT_EQ(names(run({"clusters", "-o", "json", "--sort=-itemCount", "--limit", "1"})), words{east});
  EXPECT_EQ(names(run({"clusters", "cluster=*-west", "-o", "json", "--stale"})), words{west});
  EXPECT_EQ(run({"clusters", "kind=Pod"}).code, 78);
  EXPECT_EQ(run({"clusters", "--sort", "rows"}).code, 78);
}

TEST_F(beside, dead_letters_are_listed_by_cluster_and_reason) {
  take({make_array(make_rows(7), noon(5)), make_array(make_rows(8), noon(6), east_)}, 50);
  EXPECT_EQ(lines_of(run({"dlq", "list", "-o", "json", "--cluster", "*-east"}).output).size(), 1U);
  EXPECT_EQ(lines_of(run({"dlq", "list", "-o", "json", "--reason", "syntax"}).output).size(), 0U);
}

} // namespace
} // namespace kollect::consumer::test
