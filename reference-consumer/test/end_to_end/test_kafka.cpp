#include "broker.hpp"

#include <servers/kafka_server.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <optional>

namespace kollect::test {
namespace {

/// One Apache Kafka for all tests here; each has its own topic with six partitions.
class kafka_end_to_end : public testing::Test {
protected:
  static void SetUpTestSuite() { server_.emplace(servers::kafka_server::start().value()); }
  static void TearDownTestSuite() { server_.reset(); }

  /// The documented minimum and nothing else.
  static std::string manifest(const std::string& address, const std::string& topic) {
    return "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: kafka-inventory-demo, "
           "namespace: default}\n"
           "spec:\n  type: kafka\n  connectionTest: false\n  kafka:\n    brokers: [\"" +
           address + "\"]\n    topic: " + topic + "\n";
  }

  broker system() {
    return {.name = "kafka",
            .new_manifest =
                [](int partitions) {
                  const auto topic = "inventory.changes." + std::to_string(++count_);
                  if (auto made = server_->create_topic(topic, partitions); !made)
                    ADD_FAILURE() << made.error();
                  return manifest(server_->bootstrap(), topic);
                },
            .quick_recovery = {"--instance-id", "consumer-0"},
            .quick_replacement = {"--session-timeout", "6000"}};
  }

  static std::optional<servers::kafka_server> server_;
  static int count_;
};

std::optional<servers::kafka_server> kafka_end_to_end::server_;
int kafka_end_to_end::count_ = 0;

TEST_F(kafka_end_to_end, killed_ten_times) {
  check_killed_ten_times(system());
}
TEST_F(kafka_end_to_end, both_forms) {
  check_both_forms(system());
}
TEST_F(kafka_end_to_end, dead_letter) {
  check_dead_letter(system());
}
TEST_F(kafka_end_to_end, resume) {
  check_resume(system());
}
TEST_F(kafka_end_to_end, feed_folds) {
  check_feed_folds(system());
}

TEST_F(kafka_end_to_end, scale_out) {
  check_scale_out(system());
}
TEST_F(kafka_end_to_end, database_outages) {
  check_database_outages(system());
}
TEST_F(kafka_end_to_end, stopped_one_is_fenced) {
  check_stopped_one_is_fenced(system());
}

TEST_F(kafka_end_to_end, feed_published) {
  check_feed_published(system());
}
TEST_F(kafka_end_to_end, feed_taken_over) {
  check_feed_taken_over(system());
}
TEST_F(kafka_end_to_end, tail_and_resync) {
  check_tail_and_resync(system());
}

TEST_F(kafka_end_to_end, operations) {
  check_operations(system());
}

TEST_F(kafka_end_to_end, missing_topic) {
  const workplace place;
  place.write("sink.yaml", manifest(server_->bootstrap(), "inventory.nowhere"));
  const auto outcome = place.consume(
      {"run", "--manifest", place.file("sink.yaml").string(), "--store", place.store(), "--until-end"});
  EXPECT_EQ(outcome.status.code, 78) << outcome;
  EXPECT_NE(outcome.errors.find("inventory.nowhere"), std::string::npos) << outcome;
}

TEST_F(kafka_end_to_end, nobody_listens) {
  const workplace place;
  place.write("sink.yaml", manifest("127.0.0.1:1", "inventory.changes"));
  const auto outcome = place.consume(
      {"run", "--manifest", place.file("sink.yaml").string(), "--store", place.store(), "--until-end"});
  EXPECT_EQ(outcome.status.code, 69) << outcome;
  EXPECT_NE(outcome.errors.find("127.0.0.1:1"), std::string::npos) << outcome;
}

TEST_F(kafka_end_to_end, lost_store_is_rebuilt_from_the_topic) {
  const workplace place;
  place.write("sink.yaml", system().new_manifest(6));
  const auto simulated = place.produce({"simulate", "--manifest", place.file("sink.yaml").string(),
                                        "--clusters", "1", "--namespaces", "2", "--items", "5", "--rounds",
                                        "4", "--expect", place.file("expected.json").string()});
  ASSERT_EQ(simulated.status.code, 0) << simulated;
  const auto first = place.run_until_end();
  for (const auto* name : {"state.db", "state.db-wal", "state.db-shm"})
    std::filesystem::remove(place.file(name));
  const auto again = place.run_until_end();
  EXPECT_EQ(again, first);
  EXPECT_EQ(place.state(), read_file(place.file("expected.json")));
}

TEST_F(kafka_end_to_end, second_process_on_one_store_is_refused_by_name_of_the_holder) {
  const workplace place;
  place.write("sink.yaml", system().new_manifest(6));
  auto holder = place.start_consumer({"--instance-id", "the-holder"});
  ASSERT_TRUE(servers::wait_until([&] { return std::filesystem::exists(place.file("state.db-wal")); },
                                  std::chrono::seconds(30)));
  ASSERT_TRUE(holder.send_signal(SIGSTOP)); // it holds the file as long as it lives
  const auto outcome = place.consume(
      {"run", "--manifest", place.file("sink.yaml").string(), "--store", place.store(), "--until-end"});
  EXPECT_EQ(outcome.status.code, 73) << outcome;
  EXPECT_NE(outcome.errors.find("the-holder"), std::string::npos) << outcome;
  ASSERT_TRUE(holder.send_signal(SIGCONT));
  EXPECT_EQ(holder.stop().value().code, 0) << place.log();
}

} // namespace
} // namespace kollect::test
