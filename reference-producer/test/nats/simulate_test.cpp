#include "test/nats/server.hpp"
#include "test/support/message_fold.hpp"

#include <csignal>
#include <set>

namespace kollect::test {
namespace {

class nats_simulate : public nats_server_test {
protected:
  std::vector<std::string> arguments(std::vector<std::string> more) {
    std::vector<std::string> all{"simulate", "--manifest", manifest_, "--expect", place_.path("state.json")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST_F(nats_simulate, publishes_what_leads_to_the_expected_state) {
  const auto outcome = run_producer(
      arguments({"--clusters", "2", "--items", "20", "--rounds", "6", "--churn", "0.1", "--empty", "0.3",
                 "--duplicates", "0.3", "--poison", "0.2", "--shuffle", "--multipart-bytes", "15000"}));
  ASSERT_EQ(outcome.status.code, 0) << outcome;
  const auto summary = read_object(outcome.output);
  const auto count = summary.at("messages").as_int64() - summary.at("duplicates").as_int64();
  member reader;
  read_into(reader, static_cast<std::size_t>(count));
  message_fold fold;
  std::int64_t refused = 0;
  for (const auto& message : reader.messages)
    refused += fold.add(message.value, {}) ? 1 : 0;
  EXPECT_EQ(refused, summary.at("poison"));
  EXPECT_EQ(fold.state(), place_.read("state.json"));
  EXPECT_EQ(outcome.errors.find("NAT-06"), std::string::npos) << outcome;
}

TEST_F(nats_simulate, warns_of_messages_that_the_stream_has_swallowed) {
  const auto repeatable = arguments({"--base-time", "2026-01-15T12:00:00Z", "--items", "2", "--rounds", "2"});
  ASSERT_EQ(run_producer(repeatable).status.code, 0);
  const auto again = run_producer(repeatable);
  EXPECT_EQ(again.status.code, 0) << again;
  EXPECT_NE(again.errors.find("NAT-06"), std::string::npos) << again;
}

TEST_F(nats_simulate, survives_an_outage_of_the_server) {
  auto program = start_producer(arguments(
      {"--rate", "200", "--rounds", "100", "--namespaces", "8", "--items", "3", "--timeout", "60"}));
  member reader;
  read_into(reader, 100);
  server_->kill();
  ASSERT_TRUE(has_value(server_->restart()));
  const auto ended = program.wait(std::chrono::seconds(120));
  ASSERT_TRUE(has_value(ended));
  ASSERT_EQ(*ended, (servers::exit_status{0, 0})) << program.errors();
  message_fold fold;
  const auto is_there = [&] {
    for (auto& message : reader.messages)
      fold.add(message.value, {});
    reader.messages.clear();
    return fold.state() == place_.read("state.json");
  };
  EXPECT_TRUE(reader.poll_until(is_there));
}

TEST_F(nats_simulate, loses_nothing_at_full_speed_when_the_server_is_killed) {
  // More rounds than there is time for: it is the signal that ends it.
  auto program = start_producer(
      {"simulate", "--manifest", manifest_, "--rounds", "1000000", "--items", "1", "--timeout", "60"});
  member reader;
  read_into(reader, 100);
  server_->kill();
  ASSERT_TRUE(has_value(server_->restart()));
  std::set<std::string> stored; // what was not acknowledged when the server died comes twice
  const auto has_stored = [&](std::size_t count) {
    return reader.poll_until([&] {
      EXPECT_TRUE(reader.settle());
      for (const auto& message : reader.messages)
        stored.emplace(message.value);
      reader.messages.clear();
      return stored.size() >= count;
    });
  };
  ASSERT_TRUE(has_stored(3'000)) << "it goes on: more than had been on their way";
  ASSERT_TRUE(has_value(program.send_signal(SIGTERM)));
  const auto ended = program.wait(std::chrono::seconds(120));
  ASSERT_TRUE(has_value(ended));
  EXPECT_EQ(ended->code, 75) << program.errors();
  const auto told = program.errors();
  const auto place = told.rfind("\"messages\":");
  ASSERT_NE(place, std::string::npos) << told;
  const auto confirmed = std::stoul(told.substr(place + 11));
  ASSERT_TRUE(has_stored(confirmed));
  EXPECT_EQ(stored.size(), confirmed) << "nothing is there that was not confirmed";
}

} // namespace
} // namespace kollect::test
