// The change feed on its way to a broker, and what looks at a log beside its consumers.
#include "broker.hpp"
#include "support/postgresql_place.hpp"
#include "support/sqlite_file.hpp"

#include "command/open_log.hpp"

#include <program/connect.hpp>

#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> simulate_words(const workplace& place, std::vector<std::string> more) {
  std::vector<std::string> words{"simulate",
                                 "--manifest",
                                 place.file("sink.yaml").string(),
                                 "--clusters",
                                 "2",
                                 "--namespaces",
                                 "3",
                                 "--items",
                                 "20",
                                 "--churn",
                                 "0.2",
                                 "--shuffle",
                                 "--duplicates",
                                 "0.1",
                                 "--expect",
                                 place.file("expected.json").string()};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// All that lies where a manifest points to, by partition and in its order. A stream that nobody has made yet
/// has nothing.
std::vector<received_message> read_all(const std::filesystem::path& manifest) {
  std::vector<received_message> messages;
  const auto target = program::load_connection({manifest.string(), {}, {}});
  EXPECT_TRUE(target) << target.error();
  auto log = consumer::open_log(*target, read_start::earliest, [](std::string_view) {});
  if (!log && log.error().reason() == error::topic_missing)
    return messages;
  EXPECT_TRUE(log) << log.error();
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (log && !(*log)->at_end() && std::chrono::steady_clock::now() < deadline)
    for (auto& message : (*log)->poll(1'000, 64U << 20U, 250ms).value())
      messages.push_back(std::move(message));
  EXPECT_TRUE(log && (*log)->at_end());
  return messages;
}

std::string header_of(const received_message& message, const std::string& name) {
  for (const auto& [key, value] : message.headers)
    if (key == name)
      return value;
  return {};
}

/// Reads a published feed as its consumers should: by id, each once. Answers the lines in the order of their
/// cursors, and expects each scope's entries to have come in that order.
std::string take_feed(const std::vector<received_message>& messages, const std::string& id_header) {
  std::map<std::int64_t, std::string> lines;
  std::map<std::string, std::int64_t> last; // of each key
  std::map<std::string, std::string> by_id;
  for (const auto& message : messages) {
    const auto entry = parse_object(std::string(message.value));
    const auto id = std::string(std::string_view(entry.at("id").as_string()));
    EXPECT_EQ(header_of(message, id_header), id);
    const auto [known, is_new] = by_id.emplace(id, message.value);
    EXPECT_EQ(known->second, message.value) << "one id, two contents";
    if (!is_new)
      continue;
    const auto cursor = entry.at("cursor").as_int64();
    EXPECT_TRUE(lines.emplace(cursor, message.value).second) << cursor;
    auto& before = last[message.key.value_or("")];
    EXPECT_LT(before, cursor);
    before = cursor;
  }
  std::string text;
  std::int64_t expected = 0;
  for (const auto& [cursor, line] : lines) {
    EXPECT_EQ(cursor, ++expected) << "an entry is missing";
    text += line + "\n";
  }
  return text;
}

std::vector<std::string> feed_words(const workplace& place) {
  return {"--feed-manifest", place.file("feed.yaml").string(), "--cloudevents"};
}

std::string id_header(const broker& system) {
  return system.name == "kafka" ? "ce_id" : "Nats-Msg-Id";
}

} // namespace

void check_feed_published(const broker& system) {
  const workplace place;
  place.write("sink.yaml", system.new_manifest(6));
  place.write("feed.yaml", system.new_manifest(3));
  auto arguments = simulate_words(place, {"--rounds", "120", "--rate", "60"});
  arguments.insert(arguments.begin(), KOLLECT_PRODUCER);
  auto producer =
      servers::process::start({.arguments = std::move(arguments), .log = place.file("producer.log")}).value();
  auto words = system.quick_recovery;
  for (auto& word : feed_words(place))
    words.push_back(word);
  words.insert(words.end(), {"--batch-messages", "5"});
  for (int kill = 0; kill < 4; ++kill) {
    const auto size = [&] { return read_all(place.file("feed.yaml")).size(); };
    const auto before = size();
    auto consumer = place.start_consumer(words);
    EXPECT_TRUE(servers::wait_until([&] { return size() > before + 20 || !producer.running(); }, 60s))
        << place.log();
    consumer.kill();
  }
  EXPECT_EQ(producer.wait(2min).value().code, 0);
  place.run_until_end(words);
  const auto messages = read_all(place.file("feed.yaml"));
  EXPECT_EQ(fold_feed_lines(take_feed(messages, id_header(system))), place.state());
  EXPECT_EQ(place.state(), read_file(place.file("expected.json")));

  // All is published and noted: another run has nothing to add.
  place.run_until_end(words);
  EXPECT_EQ(read_all(place.file("feed.yaml")).size(), messages.size());
}

void check_feed_taken_over(const broker& system) {
  auto& server = consumer::test::shared_postgresql_server();
  consumer::test::run_postgresql(server.url(), "CREATE DATABASE feed_" + system.name);
  const workplace place(server.url("feed_" + system.name));
  place.write("sink.yaml", system.new_manifest(6));
  place.write("feed.yaml", system.new_manifest(3));
  auto words = system.quick_replacement;
  for (auto& word : feed_words(place))
    words.push_back(word);
  auto first = place.start_consumer(words, "first.log");
  ASSERT_TRUE(servers::wait_until(
      [&] { return place.log("first.log").find("\"consuming\"") != std::string::npos; }, 60s));
  auto second = place.start_consumer(words, "second.log");
  ASSERT_EQ(place.produce(simulate_words(place, {"--rounds", "5"})).status.code, 0);
  const auto size = [&] { return read_all(place.file("feed.yaml")).size(); };
  ASSERT_TRUE(servers::wait_until([&] { return size() > 20; }, 60s)) << place.log("first.log");
  first.kill(); // the one that publishes
  const auto again = simulate_words(place, {"--rounds", "10", "--seed", "7"});
  ASSERT_EQ(place.produce(again).status.code, 0);
  const auto total = [&] {
    const auto feed = place.consume({"changes", "--store", place.store()}).output;
    return static_cast<std::size_t>(std::count(feed.begin(), feed.end(), '\n'));
  };
  EXPECT_TRUE(servers::wait_until(
      [&] { return place.state() == read_file(place.file("expected.json")) && size() >= total(); }, 2min, 1s))
      << place.log("second.log");
  EXPECT_EQ(second.stop(60s).value().code, 0) << place.log("second.log");
  place.run_until_end(words);
  EXPECT_EQ(fold_feed_lines(take_feed(read_all(place.file("feed.yaml")), id_header(system))), place.state());
}

void check_tail_and_resync(const broker& system) {
  const workplace place;
  const auto manifest = place.write("sink.yaml", system.new_manifest(6)).string();
  ASSERT_EQ(place.produce(simulate_words(place, {"--rounds", "6", "--multipart-bytes", "4000"})).status.code,
            0);
  const auto consumed = place.run_until_end().at("consumed").as_int64();
  const auto tail = place.consume({"tail", "--manifest", manifest, "--from", "earliest", "--until-end"});
  EXPECT_EQ(tail.status.code, 0) << tail;
  EXPECT_EQ(std::count(tail.output.begin(), tail.output.end(), '\n'), consumed);
  EXPECT_EQ(place.consume({"tail", "--manifest", manifest, "--until-end"}).output, "");

  const auto doctor =
      parse_object(place.consume({"doctor", "--store", place.store(), "--manifest", manifest}).output);
  for (const auto& partition : doctor.at("lag").as_array())
    EXPECT_EQ(partition.at("lag").as_int64(), 0) << boost::json::serialize(doctor);

  const std::vector<std::string> look{"resync",      "--manifest", manifest,   "--store",
                                      place.store(), "--from",     "earliest", "--dry-run"};
  auto outcome = place.consume(look);
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  const auto expected = read_file(place.file("expected.json"));
  consumer::test::run_sql(
      place.file("state.db").string(),
      "DELETE FROM items WHERE rowid % 7 = 0; UPDATE scopes SET row_count = (SELECT count(*) "
      "FROM items i WHERE i.scope_id = scopes.scope_id)");
  const auto damaged = place.state();
  ASSERT_NE(damaged, expected);
  outcome = place.consume(look);
  EXPECT_EQ(outcome.status.code, 1) << outcome;
  EXPECT_NE(outcome.output.find("\"kind\":\"added\""), std::string::npos) << outcome;
  EXPECT_EQ(place.state(), damaged);
  auto mend = look;
  mend.pop_back();
  outcome = place.consume(mend);
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  EXPECT_EQ(place.state(), expected);
  EXPECT_EQ(place.consume(look).status.code, 0);
  EXPECT_EQ(place.consume({"doctor", "--store", place.store()}).status.code, 0);
}

} // namespace kollect::test
