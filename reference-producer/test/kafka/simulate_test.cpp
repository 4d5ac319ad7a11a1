#include "test/kafka/broker.hpp"
#include "test/support/message_fold.hpp"

#include <servers/wait_until.hpp>

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
