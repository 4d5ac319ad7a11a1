#include "folded_rows.hpp"

#include <kafka/server/raw_producer.hpp>

#include <kollect/parse.hpp>
#include <kollect/releaser.hpp>
#include <kollect/serialize.hpp>
#include <servers/files.hpp>
#include <servers/kafka_server.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;

/// One Apache Kafka for all tests here; each has a folder and a topic of its own.
class kafka_example : public testing::Test {
protected:
  static void SetUpTestSuite() { server_.emplace(servers::kafka_server::start().value()); }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    topic_ = std::string("example.") + testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_TRUE(server_->create_topic(topic_, 3));
  }

  /// A fleet with everything that can go wrong in it; answers what `simulate` says of its messages.
  boost::json::object simulate() {
    const auto manifest = (folder_.path() / "sink.yaml").string();
    EXPECT_TRUE(servers::write_file(
        manifest, "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: example}\n"
                  "spec: {type: kafka, connectionTest: false, kafka: {brokers: [\"" +
                      server_->bootstrap() + "\"], topic: " + topic_ + "}}\n"));
    const auto sent =
        run({KOLLECT_PRODUCER, "simulate", "--manifest",   manifest,   "--clusters", "2",
             "--namespaces",   "3",        "--items",      "30",       "--rounds",   "60",
             "--duplicates",   "0.1",      "--shuffle",    "--poison", "0.3",        "--multipart-bytes",
             "6000",           "--expect", expected_file()});
    EXPECT_EQ(sent.status.code, 0) << sent;
    return parse_value(sent.output).value().as_object();
  }

  std::string expected_file() const { return (folder_.path() / "expected.json").string(); }
  std::string database_file() const { return (folder_.path() / "fleet.db").string(); }
  named_rows expected() const { return read_expected(expected_file()); }

  std::vector<std::string> projection_words() const {
    return {KOLLECT_KAFKA_PROJECTION, server_->bootstrap(), topic_, "group-of-" + topic_};
  }
  std::vector<std::string> consumer_words() const {
    return {KOLLECT_SQLITE_CONSUMER, server_->bootstrap(), topic_, database_file()};
  }
  static std::vector<std::string> until_end(std::vector<std::string> words) {
    words.emplace_back("--until-end");
    return words;
  }

  /// How many messages before each partition's committed position are settled, over all partitions.
  std::int64_t committed() const {
    char reason[512] = "";
    rd_kafka_conf_t* const config = rd_kafka_conf_new();
    rd_kafka_conf_set(config, "bootstrap.servers", server_->bootstrap().c_str(), reason, sizeof reason);
    rd_kafka_conf_set(config, "group.id", ("group-of-" + topic_).c_str(), reason, sizeof reason);
    const std::unique_ptr<rd_kafka_t, releaser<rd_kafka_destroy>> client(
        rd_kafka_new(RD_KAFKA_CONSUMER, config, reason, sizeof reason));
    const std::unique_ptr<rd_kafka_topic_partition_list_t, releaser<rd_kafka_topic_partition_list_destroy>>
        list(rd_kafka_topic_partition_list_new(3));
    for (int partition = 0; partition < 3; ++partition)
      rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
    EXPECT_EQ(rd_kafka_committed(client.get(), list.get(), 30'000), RD_KAFKA_RESP_ERR_NO_ERROR);
    std::int64_t sum = 0;
    for (int index = 0; index < list->cnt; ++index)
      sum += std::max<std::int64_t>(list->elems[index].offset, 0);
    return sum;
  }

  /// One number out of the consumer's database, which no process holds now.
  std::int64_t ask(const char* sql) const { return std::stoll(rows_of(sql).at(0).at(0)); }

  std::vector<std::vector<std::string>> rows_of(const char* sql) const {
    sqlite3* opened = nullptr;
    EXPECT_EQ(sqlite3_open(database_file().c_str(), &opened), SQLITE_OK);
    const std::unique_ptr<sqlite3, releaser<sqlite3_close>> database(opened);
    std::vector<std::vector<std::string>> out;
    const auto take = [](void* to, int count, char** values, char**) {
      auto& row = static_cast<std::vector<std::vector<std::string>>*>(to)->emplace_back();
      for (int column = 0; column < count; ++column)
        row.emplace_back(values[column] == nullptr ? "" : values[column]);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(opened, sql, take, &out, nullptr), SQLITE_OK) << sqlite3_errmsg(opened);
    return out;
  }

  named_rows rows_in_database() const {
    named_rows out;
    for (const auto& row : rows_of("SELECT cluster || ':' || scope.namespace || '/' || inventory || ' ' || "
                                   "target_namespace || '/' || "
                                   "target_name || '/' || item.namespace || '/' || name || '/' || uid, json "
                                   "FROM item JOIN scope ON scope.id = item.scope"))
      out.emplace(row.at(0), serialize(parse_value(row.at(1)).value()).value());
    return out;
  }

  static std::optional<servers::kafka_server> server_;
  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-example-").value();
  std::string topic_;
};

std::optional<servers::kafka_server> kafka_example::server_;

TEST_F(kafka_example, kcat_and_read_snapshots) {
  simulate();
  const auto outcome = run({"/bin/sh", "-c", "kcat -C -q -e -b \"$0\" -t \"$1\" -K '\\t' | \"$2\"",
                            server_->bootstrap(), topic_, KOLLECT_READ_SNAPSHOTS});
  EXPECT_EQ(outcome.status.code, 0) << outcome.errors;
  EXPECT_EQ(fold_lines(outcome.output), names_of(expected()));
  EXPECT_NE(outcome.errors.find("checksum"), std::string::npos) << "no poison was refused";
}

TEST_F(kafka_example, projection_prints_what_leads_to_the_fleet) {
  const auto summary = simulate();
  raw_producer other(server_->bootstrap(), topic_);
  other.send_tombstone();
  other.flush();
  const auto outcome = run(until_end(projection_words()));
  EXPECT_EQ(outcome.status.code, 0) << outcome.errors;
  EXPECT_EQ(fold_lines(outcome.output), names_of(expected()));
  const auto messages = summary.at("messages").as_int64() + 1; // and the tombstone
  EXPECT_NE(outcome.errors.find("consumed " + std::to_string(messages) + ", "), std::string::npos)
      << outcome.errors;
  EXPECT_NE(outcome.errors.find(", pending 0"), std::string::npos) << outcome.errors;
  EXPECT_NE(outcome.errors.find("the message has no bytes"), std::string::npos) << outcome.errors;
  EXPECT_EQ(committed(), messages);
  // Its rows are gone with it, so it prints all of them again although it has committed.
  EXPECT_EQ(fold_lines(run(until_end(projection_words())).output), names_of(expected()));
}

TEST_F(kafka_example, projection_ends_in_order_on_sigterm_and_commits) {
  simulate();
  auto started = servers::process::start({.arguments = projection_words()});
  ASSERT_TRUE(started) << started.error();
  // Not as soon as it prints: parts that wait may hold the first messages of all partitions back.
  EXPECT_TRUE(servers::wait_until([&] { return committed() > 0; }, 60s, 100ms)) << started->errors();
  const auto ended = started->stop(30s);
  ASSERT_TRUE(ended) << ended.error();
  EXPECT_EQ(ended->code, 0) << started->errors();
  EXPECT_NE(started->errors().find("consumed "), std::string::npos) << started->errors();
}

TEST_F(kafka_example, projection_says_which_topic_is_missing) {
  auto words = projection_words();
  words[2] = "no.such.topic";
  const auto outcome = run(until_end(words));
  EXPECT_EQ(outcome.status.code, 1) << outcome;
  EXPECT_NE(outcome.errors.find("no.such.topic: "), std::string::npos) << outcome;
}

TEST_F(kafka_example, sqlite_consumer_survives_sigkill_anywhere) {
  const auto summary = simulate();
  std::random_device entropy;
  const auto seed = entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int kill = 0; kill < 8; ++kill) {
    auto started = servers::process::start({.arguments = consumer_words()});
    ASSERT_TRUE(started) << started.error();
    EXPECT_TRUE(servers::wait_until([&] { return !started->output().empty(); }, 60s, 1ms))
        << started->errors();
    // At any place of a batch: within its transaction, or while the broker is told of it.
    const auto moment = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 40'000);
    servers::wait_until([&] { return std::chrono::steady_clock::now() >= moment; }, 1s, 0ms);
    started->kill();
  }
  const auto consumed = ask("SELECT sum(next_offset) FROM position");
  EXPECT_GT(consumed, 0);
  EXPECT_LT(consumed, summary.at("messages").as_int64()) << "it was never killed in the middle";

  const auto last = run(until_end(consumer_words()));
  EXPECT_EQ(last.status.code, 0) << last.errors;
  EXPECT_EQ(rows_in_database(), expected());
  EXPECT_EQ(ask("SELECT sum(next_offset) FROM position"), summary.at("messages").as_int64());
  EXPECT_EQ(ask("SELECT count(*) FROM dead_letter"), summary.at("poison").as_int64());
  EXPECT_EQ(ask("SELECT count(*) FROM part"), 0);

  const auto again = run(until_end(consumer_words()));
  EXPECT_EQ(again.status.code, 0) << again.errors;
  EXPECT_EQ(again.output, "") << "it consumed something twice";
}

TEST_F(kafka_example, sqlite_consumer_is_the_only_one_on_its_database) {
  auto holder = servers::process::start({.arguments = consumer_words()});
  ASSERT_TRUE(holder) << holder.error();
  const auto wal = database_file() + "-wal";
  ASSERT_TRUE(servers::wait_until([&] { return std::filesystem::exists(wal); }, 60s)) << holder->errors();
  const auto outcome = run(until_end(consumer_words()));
  EXPECT_EQ(outcome.status.code, 1) << outcome;
  EXPECT_NE(outcome.errors.find("locked"), std::string::npos) << outcome;
  EXPECT_EQ(holder->stop(30s).value().code, 0) << holder->errors();
}

} // namespace
} // namespace kollect::test
