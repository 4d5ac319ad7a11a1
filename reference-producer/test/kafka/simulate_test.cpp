#include "simulation/message_stream.hpp"
#include "test/kafka/broker.hpp"
#include "test/support/message_fold.hpp"

#include <servers/wait_until.hpp>

#include <csignal>
#include <functional>
#include <set>

namespace kollect::test {
namespace {

class kafka_simulate : public kafka_broker {
protected:
  std::vector<std::string> arguments(std::vector<std::string> more) {
    std::vector<std::string> all{"simulate", "--manifest", manifest_, "--expect", place_.path("state.json")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  /// The topic's messages lead to the state that was promised.
  void expect_promise_kept(std::size_t least_messages) {
    member reader;
    read_into(reader, least_messages);
    message_fold fold;
    for (const auto& message : reader.messages)
      fold.add(message.value, message.key);
    EXPECT_EQ(fold.state(), place_.read("state.json"));
  }
};

TEST_F(kafka_simulate, publishes_what_leads_to_the_expected_state) {
  make_topic(4);
  const auto outcome = run_producer(
      arguments({"--clusters", "2", "--items", "40", "--rounds", "5", "--churn", "0.3", "--duplicates", "0.3",
                 "--poison", "0.2", "--shuffle", "--multipart-bytes", "20000", "--seed", "3"}));
  ASSERT_EQ(outcome.status.code, 0) << outcome;
  expect_promise_kept(static_cast<std::size_t>(read_object(outcome.output).at("messages").as_int64()));
}

TEST_F(kafka_simulate, survives_an_outage_of_the_broker) {
  make_topic(2);
  auto program = start_producer(arguments(
      {"--rate", "200", "--rounds", "100", "--namespaces", "8", "--items", "3", "--timeout", "120"}));
  member reader;
  read_into(reader, 100);
  broker_->kill();
  ASSERT_TRUE(has_value(broker_->restart()));
  const auto ended = program.wait(std::chrono::seconds(180));
  ASSERT_TRUE(has_value(ended));
  ASSERT_EQ(*ended, (servers::exit_status{0, 0})) << program.errors();
  EXPECT_EQ(read_object(program.output()).at("messages"), 800);
  message_fold fold;
  const auto is_there = [&] {
    for (auto& message : reader.messages)
      fold.add(message.value, message.key);
    reader.messages.clear();
    return fold.state() == place_.read("state.json");
  };
  EXPECT_TRUE(reader.poll_until(is_there, 60s));
}

TEST_F(kafka_simulate, loses_nothing_at_full_speed_when_the_broker_is_killed) {
  make_topic(3);
  // More rounds than there is time for: it is the signal that ends it.
  auto program = start_producer({"simulate", "--manifest", manifest_, "--rounds", "1000000", "--items", "1",
                                 "--seed", "9", "--base-time", "2026-01-15T12:00:00Z", "--timeout", "120"});
  member reader;
  std::set<std::size_t> stored; // hashes of values
  const auto has_stored = [&](std::size_t count) {
    return reader.poll_until(
        [&] {
          for (const auto& message : reader.messages)
            stored.insert(std::hash<std::string_view>()(message.value));
          reader.messages.clear();
          return stored.size() >= count;
        },
        60s);
  };
  read_into(reader, 100);
  broker_->kill();
  ASSERT_TRUE(has_value(broker_->restart()));
  ASSERT_TRUE(has_stored(stored.size() + 20'000)) << "it goes on: more than had been on their way";
  ASSERT_TRUE(has_value(program.send_signal(SIGTERM)));
  const auto ended = program.wait(std::chrono::seconds(120));
  ASSERT_TRUE(has_value(ended));
  EXPECT_EQ(ended->code, 75) << program.errors();

  const auto told = program.errors();
  const auto place = told.rfind("\"messages\":");
  ASSERT_NE(place, std::string::npos) << told;
  const auto confirmed = std::stoul(told.substr(place + 11));
  EXPECT_TRUE(has_stored(confirmed));
  producer::simulation_options options;
  options.rounds = 1'000'000;
  options.items = 1;
  options.seed = 9;
  options.base_time = parse_timestamp("2026-01-15T12:00:00Z").value();
  auto sink = connection_to(broker_->bootstrap(), topic_);
  sink.cluster = "prod-west";
  producer::message_stream stream(options, sink);
  for (std::size_t number = 0; number < confirmed; ++number)
    ASSERT_TRUE(stored.contains(std::hash<std::string>()((*stream.next())->value))) << number << " is lost";
}

TEST_F(kafka_simulate, gives_up_when_the_broker_does_not_come_back) {
  make_topic(1);
  auto program = start_producer(arguments({"--rounds", "1000000", "--items", "1", "--timeout", "2"}));
  member reader;
  read_into(reader, 100);
  ASSERT_TRUE(has_value(broker_->child().send_signal(SIGSTOP)));
  const auto ended = program.wait(std::chrono::seconds(60));
  ASSERT_TRUE(has_value(broker_->child().send_signal(SIGCONT)));
  ASSERT_TRUE(has_value(ended));
  EXPECT_EQ(ended->code, 69) << program.errors();
  EXPECT_NE(program.errors().find("has not confirmed a message"), std::string::npos) << program.errors();
  EXPECT_FALSE(place_.has("state.json"));
}

TEST_F(kafka_simulate, ends_where_the_topic_is_missing) {
  const auto outcome = run_producer(arguments({"--timeout", "10"}));
  EXPECT_EQ(outcome.status.code, 78) << outcome;
  EXPECT_FALSE(place_.has("state.json"));
}

TEST_F(kafka_simulate, ends_at_a_message_that_is_too_large) {
  make_topic(1, {{"max.message.bytes", "3000"}});
  const auto outcome = run_producer(arguments({}));
  EXPECT_EQ(outcome.status.code, 65) << outcome;
  EXPECT_NE(outcome.errors.find("SIZE-01"), std::string::npos) << outcome;
}

} // namespace
} // namespace kollect::test
