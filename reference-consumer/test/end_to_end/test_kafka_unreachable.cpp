#include "programs.hpp"

#include "support/http_client.hpp"

#include <servers/kafka_cluster.hpp>
#include <servers/kafka_server.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;

/// `address` may be several, separated by commas.
std::string manifest(const std::string& address, const std::string& topic) {
  return "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: demo, namespace: "
         "default}\nspec:\n  type: kafka\n  cluster: c\n  kafka:\n    brokers: [" +
         address + "]\n    topic: " + topic + "\n";
}

/// F46: the broker answers, and tells its clients that their partitions' leader is where nobody listens, or
/// has a name that nobody knows.
class kafka_leader_out_of_reach : public testing::TestWithParam<std::string> {
protected:
  static void SetUpTestSuite() {
    broker_.emplace(
        servers::kafka_server::start({.false_addresses = {"127.0.0.1:9", "kafka-0.internal.invalid:9092"}})
            .value());
    ASSERT_TRUE(broker_->create_topic("t", 2));
  }
  static void TearDownTestSuite() { broker_.reset(); }

  void SetUp() override {
    place_.write("sink.yaml", manifest(broker_->misleading_bootstrap(GetParam()), "t"));
    place_.write("right.yaml", manifest(broker_->bootstrap(), "t"));
  }

  void expect_named(const servers::command_outcome& outcome) const {
    EXPECT_EQ(outcome.status.code, 69) << outcome;
    EXPECT_NE(outcome.errors.find("Kafka topic t"), std::string::npos) << outcome;
    EXPECT_NE(outcome.errors.find(GetParam()), std::string::npos) << outcome;
    EXPECT_EQ(outcome.errors.find("disk"), std::string::npos) << outcome;
  }

  static void expect_end_within_a_second(servers::process& program) {
    (void)program.send_signal(SIGTERM); // nobody may be there any more
    const auto ended = program.wait(1500ms);
    ASSERT_TRUE(ended) << ended.error();
    EXPECT_TRUE(ended->code == 0 || ended->code == 69) << ended->code;
  }

  static inline std::optional<servers::kafka_server> broker_;
  workplace place_;
};

TEST_P(kafka_leader_out_of_reach, ends_a_run_that_has_an_end) {
  expect_named(place_.consume(
      {"run", "--manifest", place_.file("sink.yaml").string(), "--store", place_.store(), "--until-end"}));
}

TEST_P(kafka_leader_out_of_reach, is_told_by_doctor_after_the_store) {
  place_.consume(
      {"run", "--manifest", place_.file("right.yaml").string(), "--store", place_.store(), "--until-end"});
  const auto outcome =
      place_.consume({"doctor", "--manifest", place_.file("sink.yaml").string(), "--store", place_.store()});
  expect_named(outcome);
  EXPECT_NE(outcome.output.find("\"positions\":"), std::string::npos) << outcome;
}

TEST_P(kafka_leader_out_of_reach, ends_tail_and_check) {
  expect_named(place_.consume({"tail", "--manifest", place_.file("sink.yaml").string()}));
  expect_named(place_.produce({"check", "--manifest", place_.file("sink.yaml").string(), "--timeout", "3"}));
}

TEST_P(kafka_leader_out_of_reach, does_not_keep_a_run_from_ending) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--until-end"}, {"--listen", ":0"}}) {
    auto consumer = place_.start_consumer(more);
    // Joining, asking, or waiting: by then something has failed, and the program is asked to end anyway. It
    // may just have given up by itself.
    ASSERT_TRUE(servers::wait_until(
        [&] { return place_.log().find("FAIL: ") != std::string::npos || !consumer.running(); }, 30s))
        << place_.log();
    expect_end_within_a_second(consumer);
    std::filesystem::remove(place_.file("consumer.log"));
  }
}

INSTANTIATE_TEST_SUITE_P(address, kafka_leader_out_of_reach,
                         testing::Values("127.0.0.1:9", "kafka-0.internal.invalid:9092"));

/// F46: one of three leaders is gone, and with it the only copy of its partition.
TEST(kafka_cluster_without_a_leader, goes_on_with_the_other_partitions) {
  auto cluster = servers::kafka_cluster::start(3).value();
  ASSERT_TRUE(cluster.node(0).create_topic("t", 9, {}, 1));
  const workplace place;
  // Without the test, which asks for every leader, so that those who are there get their messages.
  place.write("sink.yaml", manifest(cluster.bootstrap(), "t") + "  connectionTest: false\n");
  servers::command_outcome checked;
  const auto is_topic_known = [&] {
    checked = place.produce({"check", "--manifest", place.file("sink.yaml").string()});
    return checked.status.code == 0;
  };
  ASSERT_TRUE(servers::wait_until(is_topic_known, 60s)) << checked;
  const auto simulate = [&](const char* seed) {
    // Those for the partitions without a leader are not confirmed.
    return place.produce({"simulate", "--manifest", place.file("sink.yaml").string(), "--clusters", "4",
                          "--namespaces", "8", "--items", "3", "--rounds", "2", "--seed", seed, "--timeout",
                          "5"});
  };
  ASSERT_EQ(simulate("1").status.code, 0);
  auto consumer = place.start_consumer({"--listen", ":0"});
  const auto consumed = [&] { return place.has_store() ? place.counts().at("consumed").as_int64() : 0; };
  ASSERT_TRUE(servers::wait_until([&] { return consumed() >= 64; }, 60s)) << place.log();
  EXPECT_EQ(consumer.stop().value().code, 0);
  std::filesystem::remove(place.file("consumer.log"));
  cluster.node(2).kill();
  consumer = place.start_consumer({"--listen", ":0"});
  const auto before = consumed();
  const auto sent = simulate("2");
  EXPECT_TRUE(servers::wait_until([&] { return consumed() > before; }, 60s)) << sent << place.log();
  const auto address = place.listening_address();
  EXPECT_TRUE(consumer::test::http_get(address, "/healthz").starts_with("HTTP/1.1 200")) << place.log();
  EXPECT_EQ(consumer.stop().value().code, 0) << place.log();
}

} // namespace
} // namespace kollect::test
