#include "broker.hpp"

#include "support/http_client.hpp"

#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>
#include <program/state.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

namespace kollect::test {
namespace {

constexpr const char* one_row =
    R"([{"targetNamespace":"team-a","targetName":"deployments","namespace":"team-a","name":"api","group":"apps",)"
    R"("version":"v1","kind":"Deployment","uid":"uid-api","attributes":{"replicas":2}}])";

std::vector<std::string> export_words(const workplace& place, std::vector<std::string> more) {
  std::vector<std::string> words{"export",      "--manifest", place.file("sink.yaml").string(),
                                 "--namespace", "team-a",     "--inventory",
                                 "all"};
  words.insert(words.end(), more.begin(), more.end());
  words.emplace_back("-");
  return words;
}

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

std::string fold_feed(const workplace& place) {
  return fold_feed_lines(place.consume({"changes", "--store", place.store()}).output);
}

std::string fold_feed_lines(const std::string& lines) {
  std::map<scope, row_map> folded;
  std::istringstream feed(lines);
  for (std::string line; std::getline(feed, line);) {
    const auto entry = parse_object(line);
    const auto& source = entry.at("source").as_object();
    const auto text = [&](const char* name) {
      return std::string(std::string_view(source.at(name).as_string()));
    };
    const auto op = entry.at("op").as_string();
    if (op == "m")
      continue;
    const auto raw = kollect::serialize(op == "d" ? entry.at("before") : entry.at("after")).value();
    const auto row = parse_items("[" + raw + "]").value().front();
    auto& rows = folded[{text("cluster"), text("namespace"), text("inventory")}];
    if (op == "d")
      EXPECT_EQ(rows.erase(row.identity()), 1U) << line;
    else
      rows[row.identity()] = serialize(row).value();
  }
  std::ostringstream state;
  state_writer writer(state);
  for (const auto& [which, rows] : folded)
    for (const auto& row : rows)
      writer.write(which, row.second);
  writer.finish();
  return state.str();
}

void check_killed_ten_times(const broker& system) {
  const workplace place;
  place.write("sink.yaml", system.new_manifest(6));
  const auto expected = place.file("expected.json");
  const auto simulated = place.produce({"simulate",
                                        "--manifest",
                                        place.file("sink.yaml").string(),
                                        "--clusters",
                                        "3",
                                        "--namespaces",
                                        "5",
                                        "--items",
                                        "50",
                                        "--rounds",
                                        "40",
                                        "--churn",
                                        "0.05",
                                        "--duplicates",
                                        "0.1",
                                        "--shuffle",
                                        "--multipart-bytes",
                                        "20000",
                                        "--poison",
                                        "0.01",
                                        "--expect",
                                        expected.string()});
  ASSERT_EQ(simulated.status.code, 0) << simulated;
  const auto summary = parse_object(simulated.output);
  // JetStream's own duplicate window takes out what is sent twice with one message id (NAT-05).
  const auto sent =
      summary.at("messages").as_int64() - (system.name == "nats" ? summary.at("duplicates").as_int64() : 0);

  std::random_device entropy;
  const auto seed = entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::int64_t before = 0;
  for (int kill = 0; kill < 10; ++kill) {
    auto more = system.quick_recovery;
    more.insert(more.end(), {"--batch-messages", "3"});
    auto consumer = place.start_consumer(more);
    // Somewhere behind the point where the last one was killed, at any place within a batch.
    // Never beyond what there is: what comes again is counted too.
    const std::int64_t target =
        std::min(before + static_cast<std::int64_t>(
                              random() % static_cast<unsigned>(std::max<std::int64_t>(sent / 12, 1))),
                 sent - 1);
    const bool has_moved = servers::wait_until(
        [&] { return place.has_store() && place.counts().at("consumed").as_int64() > target; },
        std::chrono::seconds(90));
    EXPECT_TRUE(has_moved) << "kill " << kill << ": nothing consumed beyond " << target << " of " << sent
                           << "\n"
                           << place.log();
    consumer.kill();
    before = place.counts().at("consumed").as_int64();
    expect_conserved(place.counts());
    if (before >= sent)
      break;
  }
  place.run_until_end(system.quick_recovery);
  const auto counts = place.counts();
  expect_conserved(counts);
  EXPECT_GE(counts.at("consumed").as_int64(), sent);
  EXPECT_EQ(counts.at("pending").as_int64(), 0) << boost::json::serialize(counts);
  EXPECT_GT(counts.at("dead_lettered").as_int64(), 0);
  EXPECT_EQ(place.state(), read_file(expected));
}

void check_both_forms(const broker& system) {
  const workplace place;
  place.write("sink.yaml", system.new_manifest(6));
  const auto first =
      place.produce(export_words(place, {"--payload", "export-envelope", "--generation", "3"}), one_row);
  ASSERT_EQ(first.status.code, 0) << first;
  const auto second = place.produce(export_words(place, {"--payload", "array"}), "[]");
  ASSERT_EQ(second.status.code, 0) << second;

  const auto counts = place.run_until_end();
  EXPECT_EQ(counts.at("applied").as_int64(), 2) << boost::json::serialize(counts);
  EXPECT_EQ(place.state(), "[]\n") << "the empty array snapshot clears the scope (DEL-02)";
  const auto feed = place.consume({"changes", "--store", place.store()});
  EXPECT_NE(feed.output.find("\"kind\":\"added\""), std::string::npos) << feed;
  EXPECT_NE(feed.output.find("\"kind\":\"removed\""), std::string::npos) << feed;
}

void check_dead_letter(const broker& system) {
  const workplace place;
  place.write("sink.yaml", system.new_manifest(6));
  const auto simulated =
      place.produce({"simulate", "--manifest", place.file("sink.yaml").string(), "--clusters", "1",
                     "--namespaces", "2", "--items", "3", "--rounds", "10", "--poison", "0.5", "--expect",
                     place.file("expected.json").string()});
  ASSERT_EQ(simulated.status.code, 0) << simulated;
  const auto poison = parse_object(simulated.output).at("poison").as_int64();
  ASSERT_GT(poison, 0);
  const auto counts = place.run_until_end();
  EXPECT_EQ(counts.at("dead_lettered").as_int64(), poison);
  EXPECT_EQ(place.state(), read_file(place.file("expected.json")));

  const auto listed = place.consume({"dlq", "list", "-o", "json", "--store", place.store()});
  EXPECT_EQ(listed.status.code, 0) << listed;
  EXPECT_EQ(count_lines(listed.output), static_cast<std::size_t>(poison));
  std::istringstream lines(listed.output);
  for (std::string line; std::getline(lines, line);) {
    const auto letter = parse_object(line);
    EXPECT_FALSE(letter.at("reason").as_string().empty()) << line;
    EXPECT_FALSE(letter.at("sentence").as_string().empty()) << line;
  }
}

void check_resume(const broker& system) {
  const workplace place;
  place.write("sink.yaml", system.new_manifest(6));
  for (int round = 0; round < 3; ++round) {
    // exportedAt makes each one unique: equal array payloads would be taken for one by JetStream (NAT-06).
    const auto exported = place.produce(export_words(place, {"--payload", "export-envelope"}), one_row);
    ASSERT_EQ(exported.status.code, 0) << exported;
    auto consumer = place.start_consumer(system.quick_recovery);
    const bool has_consumed = servers::wait_until(
        [&] { return place.has_store() && place.counts().at("consumed").as_int64() == round + 1; },
        std::chrono::seconds(60));
    EXPECT_TRUE(has_consumed) << place.log();
    const auto stopped = consumer.stop();
    ASSERT_TRUE(stopped) << stopped.error();
    EXPECT_EQ(stopped->code, 0) << place.log();
  }
  const auto nothing_left = place.run_until_end(system.quick_recovery);
  EXPECT_EQ(nothing_left.at("run").as_object().at("consumed").as_int64(), 0)
      << boost::json::serialize(nothing_left);
  EXPECT_EQ(place.counts().at("consumed").as_int64(), 3);
}

void check_feed_folds(const broker& system) {
  const workplace place;
  place.write("sink.yaml", system.new_manifest(6));
  const auto simulated =
      place.produce({"simulate", "--manifest", place.file("sink.yaml").string(), "--clusters", "2",
                     "--namespaces", "2", "--items", "20", "--rounds", "10", "--churn", "0.2", "--shuffle",
                     "--duplicates", "0.2", "--expect", place.file("expected.json").string()});
  ASSERT_EQ(simulated.status.code, 0) << simulated;
  place.run_until_end();
  EXPECT_EQ(fold_feed(place), place.state());
  EXPECT_EQ(place.state(), read_file(place.file("expected.json")));
}

void check_operations(const broker& system) {
  const workplace place;
  place.write("sink.yaml", system.new_manifest(6));
  const auto simulated =
      place.produce({"simulate", "--manifest", place.file("sink.yaml").string(), "--clusters", "2",
                     "--namespaces", "3", "--items", "20", "--rounds", "10", "--shuffle", "--duplicates",
                     "0.2", "--poison", "0.1", "--multipart-bytes", "4000"});
  ASSERT_EQ(simulated.status.code, 0) << simulated;
  auto more = system.quick_recovery;
  more.insert(more.end(), {"--listen", ":0"});
  auto consumer = place.start_consumer(more);
  const auto address = place.listening_address();
  const auto get = [&](const char* path) { return consumer::test::http_get(address, path); };
  EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200")) << get("/healthz");
  EXPECT_TRUE(servers::wait_until([&] { return get("/readyz").starts_with("HTTP/1.1 200"); },
                                  std::chrono::seconds(60)))
      << get("/readyz") << place.log();

  const auto counts = place.counts();
  EXPECT_GT(counts.at("dead_lettered").as_int64(), 0);
  const auto agree = [&] {
    const auto metrics = get("/metrics");
    const auto has = [&](const std::string& series, std::int64_t value) {
      return metrics.find("\n" + series + " " + std::to_string(value) + "\n") != std::string::npos;
    };
    bool all = has("kollect_consumer_messages_total", counts.at("consumed").as_int64());
    for (const std::string result : {"consumed", "applied", "duplicate", "stale", "dead_lettered", "pending"})
      all = all &&
            has("kollect_consumer_store_messages{result=\"" + result + "\"}", counts.at(result).as_int64());
    return all;
  };
  EXPECT_TRUE(servers::wait_until(agree, std::chrono::seconds(30)))
      << boost::json::serialize(counts) << get("/metrics");
  EXPECT_EQ(consumer.stop().value().code, 0) << place.log();
}

} // namespace kollect::test
