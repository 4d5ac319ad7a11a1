#include "broker.hpp"

#include <kollect/kafka/publisher.hpp>
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

/// A snapshot of one namespace with no rows, `spaces` bytes longer than it has to be.
outgoing_message spacious_snapshot(const std::string& topic, const std::string& name, std::size_t spaces) {
  return {topic,
          "c:" + name + "/i",
          {},
          R"({"schemaVersion":"kollect.dev/v1alpha1","timestamp":"2026-01-15T12:00:00Z","cluster":"c",)"
          R"("namespace":")" +
              name + R"(","payload":[)" + std::string(spaces, ' ') + "]}"};
}

/// Sends one message a publisher, so that each has a batch of its own.
void send(const std::string& address, const outgoing_message& message, const std::string& codec) {
  connection target;
  target.addresses = {address};
  target.destination = message.destination;
  kafka::publisher_options options;
  options.client.properties = {{"compression.codec", codec}};
  const auto sent =
      kafka::create_publisher(target, options).value()->publish({&message, 1}, std::chrono::seconds(60));
  ASSERT_TRUE(sent.front().has_value()) << sent.front().error();
}

constexpr std::size_t mib = 1024U * 1024;

TEST_F(kafka_end_to_end, batch_that_decompresses_to_too_much_is_passed_over) { // S26
  const workplace place;
  const std::string topic = "inventory.bombs";
  ASSERT_TRUE(server_->create_topic(topic, 1).has_value());
  place.write("sink.yaml", manifest(server_->bootstrap(), topic));
  send(server_->bootstrap(), spacious_snapshot(topic, "first", 0), "none");
  for (const char* codec : {"gzip", "lz4", "zstd"}) {
    send(server_->bootstrap(), spacious_snapshot(topic, std::string("bomb-") + codec, 48 * mib), codec);
    send(server_->bootstrap(), spacious_snapshot(topic, std::string("fits-") + codec, 8 * mib), codec);
  }
  const std::vector<std::string> limits{"--answer-bytes", std::to_string(16 * mib), "--give-up-after", "3"};
  auto words = std::vector<std::string>{"run",     "--manifest",  place.file("sink.yaml").string(),
                                        "--store", place.store(), "--until-end"};
  words.insert(words.end(), limits.begin(), limits.end());
  const auto stuck = place.consume(words);
  EXPECT_EQ(stuck.status.code, 65) << stuck;
  EXPECT_NE(stuck.errors.find("partition 0 of Kafka topic inventory.bombs cannot be read at offset 1"),
            std::string::npos)
      << stuck;

  words.emplace_back("--skip-unreadable");
  const auto passed = place.consume(words);
  EXPECT_EQ(passed.status.code, 0) << passed;
  const auto counts = place.counts();
  EXPECT_EQ(counts.at("applied").as_int64(), 4) << passed;
  EXPECT_EQ(counts.at("dead_lettered").as_int64(), 3) << passed;
  expect_conserved(counts);
  const auto letters = place.consume({"dlq", "list", "-o", "json", "--store", place.store()});
  EXPECT_NE(letters.output.find("unreadable_batch"), std::string::npos) << letters;
  EXPECT_NE(letters.output.find("offsets 3 to 3 of partition 0"), std::string::npos) << letters;
}

TEST_F(kafka_end_to_end, what_snappy_makes_of_a_batch_is_judged_like_any_message) { // S26
  const workplace place;
  const std::string topic = "inventory.snappy";
  ASSERT_TRUE(server_->create_topic(topic, 1, {{"max.message.bytes", std::to_string(64 * mib)}}).has_value());
  place.write("sink.yaml", manifest(server_->bootstrap(), topic));
  send(server_->bootstrap(), spacious_snapshot(topic, "first", 0), "snappy");
  send(server_->bootstrap(), spacious_snapshot(topic, "bomb", 60 * mib), "snappy");
  send(server_->bootstrap(), spacious_snapshot(topic, "last", 0), "snappy");
  place.run_until_end(
      {"--max-message-bytes", std::to_string(4 * mib), "--answer-bytes", std::to_string(8 * mib)});
  EXPECT_EQ(place.counts().at("applied").as_int64(), 2);
  EXPECT_EQ(place.counts().at("dead_lettered").as_int64(), 1);
}

TEST_F(kafka_end_to_end, message_over_its_limit_is_a_dead_letter_and_the_stream_goes_on) { // F37
  const workplace place;
  const std::string topic = "inventory.large";
  ASSERT_TRUE(server_->create_topic(topic, 1, {{"max.message.bytes", std::to_string(64 * mib)}}).has_value());
  place.write("sink.yaml", manifest(server_->bootstrap(), topic));
  send(server_->bootstrap(), spacious_snapshot(topic, "large", 24 * mib), "none");
  send(server_->bootstrap(), spacious_snapshot(topic, "small", 0), "none");
  place.run_until_end(
      {"--max-message-bytes", std::to_string(16 * mib), "--answer-bytes", std::to_string(40 * mib)});
  EXPECT_EQ(place.counts().at("applied").as_int64(), 1);
  EXPECT_EQ(place.counts().at("dead_lettered").as_int64(), 1);
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
