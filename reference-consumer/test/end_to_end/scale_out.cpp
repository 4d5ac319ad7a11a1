#include "broker.hpp"
#include "support/postgresql_place.hpp"

#include <kollect/releaser.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <random>

#include <libpq-fe.h>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;

/// The URL of a new database.
std::string new_database(const std::string& name) {
  auto& server = consumer::test::shared_postgresql_server();
  consumer::test::run_postgresql(server.url(), "CREATE DATABASE " + name);
  return server.url(name);
}

std::int64_t consumed(const workplace& place) {
  return place.counts().at("consumed").as_int64();
}

/// Consumers of one group on one store.
class members {
public:
  members(const workplace& place, const broker& system, unsigned seed)
      : place_(place), system_(system), random_(seed) {}

  std::size_t size() const { return running_.size(); }

  void add() {
    auto more = system_.quick_replacement;
    more.insert(more.end(), {"--batch-messages", "20"});
    running_.push_back(place_.start_consumer(more));
  }

  /// Kills one, or asks it to end.
  void remove_one() {
    const auto chosen = running_.begin() + static_cast<std::ptrdiff_t>(random_() % running_.size());
    if (random_() % 2 == 0) {
      chosen->kill();
    } else {
      const auto ended = chosen->stop(60s);
      ASSERT_TRUE(ended) << ended.error() << place_.log();
      // One that was started just now may not have come to listen to SIGTERM yet.
      EXPECT_TRUE(ended->code == 0 || ended->signal == SIGTERM) << *ended << place_.log();
    }
    running_.erase(chosen);
  }

private:
  const workplace& place_;
  const broker& system_;
  std::mt19937 random_;
  std::vector<servers::process> running_;
};

/// Holds back everybody who is about to commit, until it is destroyed.
class commit_lock {
public:
  explicit commit_lock(const std::string& url) : session_(PQconnectdb(url.c_str())) {
    PQclear(PQexec(session_.get(), "BEGIN; LOCK TABLE kollect.totals IN EXCLUSIVE MODE"));
    EXPECT_EQ(PQtransactionStatus(session_.get()), PQTRANS_INTRANS) << PQerrorMessage(session_.get());
  }

private:
  std::unique_ptr<PGconn, releaser<PQfinish>> session_;
};

} // namespace

void check_scale_out(const broker& system) {
  const workplace place(new_database("scale_out_" + system.name));
  place.write("sink.yaml", system.new_manifest(12));
  place.run_until_end(); // makes the store
  const auto expected = place.file("expected.json");
  auto producer = servers::process::start({.arguments = {KOLLECT_PRODUCER,
                                                         "simulate",
                                                         "--manifest",
                                                         place.file("sink.yaml").string(),
                                                         "--clusters",
                                                         "4",
                                                         "--namespaces",
                                                         "6",
                                                         "--items",
                                                         "20",
                                                         "--rounds",
                                                         "40",
                                                         "--churn",
                                                         "0.1",
                                                         "--duplicates",
                                                         "0.1",
                                                         "--shuffle",
                                                         "--multipart-bytes",
                                                         "4000",
                                                         "--poison",
                                                         "0.01",
                                                         "--rate",
                                                         "60",
                                                         "--expect",
                                                         expected.string()}})
                      .value();

  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  members group(place, system, seed);
  constexpr std::size_t sizes[] = {1, 2, 4, 2};
  std::size_t changes = 0;
  for (std::size_t stage = 0; changes < 32; ++stage) {
    for (const auto wanted = sizes[stage % std::size(sizes)]; group.size() != wanted; ++changes) {
      if (group.size() < wanted)
        group.add();
      else
        ASSERT_NO_FATAL_FAILURE(group.remove_one());
      // Some of them hit a group that is consuming, some one that is not yet done with the last change.
      const auto before = consumed(place);
      servers::wait_until([&] { return consumed(place) > before || !producer.running(); },
                          changes % 3 == 0 ? 20s : 1s, 200ms);
    }
    // Each size with members that come and go, too.
    ASSERT_NO_FATAL_FAILURE(group.remove_one());
    group.add();
    changes += 2;
  }
  const auto produced = producer.wait(5min);
  ASSERT_TRUE(produced) << produced.error();
  ASSERT_EQ(produced->code, 0) << producer.errors();
  while (group.size() > 0)
    ASSERT_NO_FATAL_FAILURE(group.remove_one());

  place.run_until_end(system.quick_replacement);
  const auto counts = place.counts();
  expect_conserved(counts);
  EXPECT_EQ(counts.at("pending").as_int64(), 0) << boost::json::serialize(counts);
  EXPECT_GT(counts.at("dead_lettered").as_int64(), 0);
  EXPECT_EQ(place.state(), read_file(expected)) << place.log();
  EXPECT_EQ(fold_feed(place), place.state());
}

void check_database_outages(const broker& system) {
  auto database = servers::postgresql_server::start().value();
  const workplace place(database.url());
  place.write("sink.yaml", system.new_manifest(6));
  ASSERT_TRUE(database.stop());
  auto words = system.quick_recovery;
  words.insert(words.end(), {"--batch-messages", "5", "--store-timeout", "2"});
  auto consumer = place.start_consumer(words);
  const auto retries = [&] {
    const auto log = place.log();
    std::size_t count = 0;
    for (auto at = log.find("trying again"); at != std::string::npos; at = log.find("trying again", at + 1))
      ++count;
    return count;
  };
  ASSERT_TRUE(servers::wait_until([&] { return retries() >= 2; }, 30s)) << place.log();
  const auto simulated = place.produce({"simulate",
                                        "--manifest",
                                        place.file("sink.yaml").string(),
                                        "--clusters",
                                        "2",
                                        "--namespaces",
                                        "3",
                                        "--items",
                                        "20",
                                        "--rounds",
                                        "40",
                                        "--churn",
                                        "0.2",
                                        "--shuffle",
                                        "--duplicates",
                                        "0.1",
                                        "--poison",
                                        "0.02",
                                        "--multipart-bytes",
                                        "4000",
                                        "--expect",
                                        place.file("expected.json").string()});
  ASSERT_EQ(simulated.status.code, 0) << simulated;
  ASSERT_TRUE(database.restart());
  std::int64_t before = 0;
  for (int outage = 0; outage < 5; ++outage) {
    // In the middle of something, wherever that is.
    const auto has_moved = [&] {
      const auto outcome = place.consume({"summary", "--store", place.store(), "-o", "json"});
      return outcome.status.code == 0 && parse_object(outcome.output).at("consumed").as_int64() > before;
    };
    ASSERT_TRUE(servers::wait_until(has_moved, 60s)) << "outage " << outage << place.log();
    before = consumed(place);
    const auto known = retries();
    database.kill();
    ASSERT_TRUE(servers::wait_until([&] { return retries() > known; }, 30s)) << place.log();
    ASSERT_TRUE(database.restart());
  }
  EXPECT_TRUE(
      servers::wait_until([&] { return place.state() == read_file(place.file("expected.json")); }, 90s))
      << place.log();
  EXPECT_EQ(consumer.stop(60s).value().code, 0) << place.log();
  place.run_until_end(system.quick_recovery);
  expect_conserved(place.counts());
  EXPECT_EQ(place.counts().at("pending").as_int64(), 0);
  EXPECT_EQ(place.state(), read_file(place.file("expected.json")));
  EXPECT_EQ(fold_feed(place), place.state());
  EXPECT_EQ(place.consume({"doctor", "--store", place.store()}).status.code, 0);
}

void check_stopped_one_is_fenced(const broker& system) {
  const auto database = new_database("stopped_" + system.name);
  const workplace place(database);
  place.write("sink.yaml", system.new_manifest(1));
  place.run_until_end(); // makes the store
  const auto simulated =
      place.produce({"simulate", "--manifest", place.file("sink.yaml").string(), "--clusters", "1",
                     "--namespaces", "3", "--items", "5", "--rounds", "10", "--poison", "0.1", "--expect",
                     place.file("expected.json").string()});
  ASSERT_EQ(simulated.status.code, 0) << simulated;
  auto words = system.quick_replacement;
  words.insert(words.end(), {"--store-timeout", "2"});
  auto lock = std::make_unique<commit_lock>(database);
  auto stopped = place.start_consumer(words, "stopped.log");
  ASSERT_TRUE(servers::wait_until(
      [&] {
        return consumer::test::run_postgresql(database, "SELECT count(*) FROM pg_locks WHERE NOT granted") !=
               std::vector<std::string>{"0"};
      },
      60s))
      << place.log("stopped.log");
  ASSERT_TRUE(stopped.send_signal(SIGSTOP));
  lock.reset();

  auto replacement = place.start_consumer(words);
  EXPECT_TRUE(
      servers::wait_until([&] { return place.state() == read_file(place.file("expected.json")); }, 90s))
      << place.log();
  EXPECT_EQ(replacement.stop(60s).value().code, 0) << place.log();
  place.run_until_end(words); // what the replacement had not come to
  const auto counts = place.counts();
  const auto feed = place.consume({"changes", "--store", place.store()}).output;

  ASSERT_TRUE(stopped.send_signal(SIGCONT));
  EXPECT_TRUE(servers::wait_until(
      [&] { return place.log("stopped.log").find("\"reason\":\"fenced\"") != std::string::npos; }, 60s))
      << place.log("stopped.log");
  EXPECT_EQ(stopped.stop(60s).value().code, 0) << place.log("stopped.log");
  EXPECT_EQ(place.counts(), counts);
  EXPECT_EQ(place.state(), read_file(place.file("expected.json")));
  EXPECT_EQ(place.consume({"changes", "--store", place.store()}).output, feed);
}

} // namespace kollect::test
