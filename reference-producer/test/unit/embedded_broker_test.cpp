#include "test/support/message_fold.hpp"
#include "test/support/producer.hpp"

#include <program/connect.hpp>

#include <kafka/member.hpp>
#include <servers/wait_until.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <csignal>
#include <set>
#include <string>

namespace kollect::test {
namespace {

class embedded_broker : public testing::Test {
protected:
  /// Starts a simulation and waits for its summary.
  boost::json::object simulate(std::vector<std::string> more) {
    std::vector<std::string> arguments{"simulate",         "--manifest",
                                       manifest_,          "--embedded-broker",
                                       "--write-manifest", place_.path("effective.yaml"),
                                       "--expect",         place_.path("state.json")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    program_.emplace(start_producer(arguments));
    const bool is_done = servers::wait_until(
        [&] { return program_->output().ends_with("\n") || !program_->running(); }, std::chrono::seconds(60));
    EXPECT_TRUE(is_done && program_->running()) << program_->errors();
    return read_object(lines_of(program_->output()).at(0));
  }

  /// The address is taken from the manifest that the program has written.
  connection written_target() {
    program::sink_flags flags;
    flags.manifest = place_.path("effective.yaml");
    return program::load_connection(flags).value();
  }

  workspace place_;
  std::string manifest_ = place_.write(
      "sink.yaml", kafka_manifest("127.0.0.1:1", "inventory.changes", "  secretRef: {name: missing}\n"));
  std::optional<servers::process> program_;
};

TEST_F(embedded_broker, serves_what_was_simulated_until_it_is_stopped) {
  const auto summary = simulate({"--clusters",
                                 "2",
                                 "--namespaces",
                                 "2",
                                 "--items",
                                 "15",
                                 "--rounds",
                                 "4",
                                 "--churn",
                                 "0.3",
                                 "--empty",
                                 "0.1",
                                 "--duplicates",
                                 "0.2",
                                 "--poison",
                                 "0.2",
                                 "--shuffle",
                                 "--multipart-bytes",
                                 "9000",
                                 "--seed",
                                 "11"});
  std::vector<std::string> names;
  for (const auto& member : summary)
    names.emplace_back(member.key());
  EXPECT_EQ(names, (std::vector<std::string>{"messages", "snapshots", "parts", "duplicates", "poison",
                                             "bytes", "scopes", "rows", "seed"}));
  EXPECT_EQ(summary.at("snapshots"), 16);
  EXPECT_EQ(summary.at("scopes"), 4);
  EXPECT_EQ(summary.at("seed"), 11);

  const auto target = written_target();
  EXPECT_EQ(target.destination, "inventory.changes");
  EXPECT_EQ(target.cluster, "prod-west");
  member reader;
  ASSERT_TRUE(has_value(reader.join(target, {.group = "reader", .session_timeout = 6s, .fetch_wait = 20ms})));
  const auto count = static_cast<std::size_t>(summary.at("messages").as_int64());
  ASSERT_TRUE(reader.poll_until_has(count)) << reader.messages.size() << " of " << count;
  message_fold fold;
  std::int64_t refused = 0, bytes = 0;
  for (const auto& message : reader.messages) {
    refused += fold.add(message.value, message.key) ? 1 : 0;
    bytes += static_cast<std::int64_t>(message.value.size());
  }
  EXPECT_EQ(refused, summary.at("poison"));
  EXPECT_EQ(bytes, summary.at("bytes"));
  EXPECT_EQ(fold.state(), place_.read("state.json"));
  reader.leave();

  const auto ended = program_->stop();
  ASSERT_TRUE(has_value(ended));
  EXPECT_EQ(*ended, (servers::exit_status{0, 0})) << program_->errors();
  EXPECT_EQ(lines_of(program_->output()).size(), 1U);
}

TEST_F(embedded_broker, is_filled_with_the_same_whatever_memory_rows_get) {
  std::set<std::string> summaries, states;
  for (const std::string memory : {"0", "3000", "402653184"}) {
    auto summary = simulate(
        {"--items", "9", "--rounds", "3", "--base-time", "2026-01-15T12:00:00Z", "--row-memory", memory});
    summaries.insert(boost::json::serialize(summary));
    states.insert(place_.read("state.json"));
    ASSERT_TRUE(has_value(program_->stop()));
  }
  EXPECT_EQ(summaries.size(), 1U);
  EXPECT_EQ(states.size(), 1U);
}

TEST_F(embedded_broker, is_checked_and_exported_to_like_any_other) {
  simulate({"--rounds", "1", "--namespaces", "1", "--items", "1", "--partitions", "3"});
  const auto manifest = place_.path("effective.yaml");
  const auto checked = run_producer({"check", "--manifest", manifest});
  EXPECT_EQ(checked.status.code, 0) << checked;
  EXPECT_EQ(checked.output,
            "ok: Kafka topic inventory.changes at " + written_target().addresses.at(0) + "\n");
  const auto exported =
      run_producer({"export", "--manifest", manifest, "--namespace", "team-a", "--inventory", "all", "-"},
                   "[" + row_json("api") + "]");
  EXPECT_EQ(exported.status.code, 0) << exported;
  const auto line = read_object(exported.output);
  EXPECT_EQ(text_at(line, "key"), "prod-west:team-a/all");
  EXPECT_LT(line.at("partition").as_int64(), 3);
}

TEST_F(embedded_broker, is_filled_at_a_steady_pace_and_stopped_in_between) {
  std::vector<std::string> arguments{"simulate",         "--manifest",
                                     manifest_,          "--embedded-broker",
                                     "--write-manifest", place_.path("effective.yaml"),
                                     "--expect",         place_.path("state.json"),
                                     "--rate",           "20",
                                     "--rounds",         "1000",
                                     "--namespaces",     "1",
                                     "--items",          "2"};
  program_.emplace(start_producer(arguments));
  ASSERT_TRUE(servers::wait_until([&] { return place_.has("effective.yaml"); }, std::chrono::seconds(60)));
  const auto before = kollect::now();
  member reader;
  ASSERT_TRUE(has_value(
      reader.join(written_target(), {.group = "reader", .session_timeout = 6s, .fetch_wait = 20ms})));
  ASSERT_TRUE(reader.poll_until_has(30)) << reader.messages.size();
  // Paced messages are dated when they are sent.
  EXPECT_GT(read_head(reader.messages.back().value)->envelope.timestamp, before);
  reader.leave();

  const auto ended = program_->stop();
  ASSERT_TRUE(has_value(ended));
  EXPECT_EQ(*ended, (servers::exit_status{75, 0})) << program_->errors();
  EXPECT_EQ(program_->output(), "");
  EXPECT_FALSE(place_.has("state.json"));
}

TEST_F(embedded_broker, warns_of_what_it_cannot_keep) {
  simulate({"--rounds", "30", "--namespaces", "1", "--items", "200", "--partitions", "1"});
  EXPECT_NE(program_->errors().find("keeps only the last 5 MiB"), std::string::npos) << program_->errors();
}

} // namespace
} // namespace kollect::test
