#include "consume/consumer_loop.hpp"

#include "consume/loop_fixture.hpp"

#include <algorithm>
#include <array>

namespace kollect::consumer::test {
namespace {

TEST_F(consumer_loop_with, nothing_in_the_way_stores_then_acknowledges_then_commits) {
  expect_all_consumed();
  EXPECT_EQ(broker_.events,
            (events{"open", "connect", "mark_end", "poll", "store", "acknowledge 0", "acknowledge 1",
                    "acknowledge 2", "begin_commit", "poll", "commit", "caught_up", "close"}));
  EXPECT_EQ(broker_.starts, std::vector<std::optional<std::int64_t>>{std::nullopt});
}

TEST_F(consumer_loop_with, an_empty_log_ends_at_once) {
  broker_.messages.clear();
  const auto ended = run();
  ASSERT_TRUE(succeeds(ended));
  EXPECT_EQ(ended->run, outcome_counts{});
}

TEST_F(consumer_loop_with, small_batches_are_committed_one_by_one) {
  settings_.batch_messages = 1;
  expect_all_consumed();
  EXPECT_EQ(broker_.count("begin_commit"), 3U);
  EXPECT_EQ(broker_.count("commit"), 1U); // what was begun is waited for before the end
  expect_stored_before_acknowledged();
}

TEST_F(consumer_loop_with, a_second_run_begins_where_the_first_ended) {
  expect_all_consumed();
  broker_.acknowledged.clear();
  broker_.events.clear();
  const auto again = run();
  ASSERT_TRUE(succeeds(again));
  EXPECT_EQ(again->run, outcome_counts{});
  EXPECT_EQ(again->total, (outcome_counts{3, 3, 0, 0, 0, 0}));
  // One early, to see whether it is the same log still.
  EXPECT_EQ(broker_.starts.back(), 2);
}

TEST_F(consumer_loop_with, a_stream_is_told_what_the_store_has_not_seen) {
  broker_.log = {broker_system::nats, std::string(nats_log)};
  for (auto& message : broker_.messages)
    message.key = message_key(web_scope());
  expect_all_consumed();
  const auto again = run();
  ASSERT_TRUE(succeeds(again));
  EXPECT_EQ(again->run, outcome_counts{});
  EXPECT_EQ(broker_.starts, (std::vector<std::optional<std::int64_t>>{std::nullopt, 4}));
}

TEST_F(consumer_loop_with, a_stream_that_was_replaced_is_consumed_from_its_new_position) {
  broker_.log = {broker_system::nats, std::string(nats_log)};
  for (auto& message : broker_.messages)
    message.key = message_key(web_scope());
  expect_all_consumed();
  broker_.on_poll = [](const partition_listener& listener) { listener.gap(0, 4, 1); };
  ASSERT_TRUE(succeeds(run()));
  broker_.on_poll = {};
  ASSERT_TRUE(succeeds(run()));
  EXPECT_EQ(broker_.starts.back(), 1) << "set back, although no message has come";
}

// The clock is wrong (F33).

TEST_F(consumer_loop_with, what_only_the_clock_refuses_is_taken_in_when_it_is_right) {
  now_ = [] { return noon(-3600); };
  const auto behind = run();
  ASSERT_TRUE(succeeds(behind));
  EXPECT_EQ(behind->run, (outcome_counts{3, 0, 0, 0, 3, 0}));
  now_ = {};
  const auto right = run();
  ASSERT_TRUE(succeeds(right));
  EXPECT_EQ(right->run, outcome_counts{}) << "each was consumed once";
  EXPECT_EQ(right->total, (outcome_counts{3, 3, 0, 0, 0, 0}));
  expect_stored();
}

TEST_F(consumer_loop_with, what_is_dated_in_the_year_9999_stays_a_dead_letter) {
  auto instant = noon();
  instant.seconds += std::int64_t{7900} * 365 * 86400;
  broker_.messages.push_back(make_array(make_rows(3, 9), instant));
  for (int time = 0; time < 2; ++time) {
    const auto ended = run();
    ASSERT_TRUE(succeeds(ended));
    EXPECT_EQ(ended->total, (outcome_counts{4, 3, 0, 0, 1, 0}));
  }
  expect_stored();
}

TEST_F(consumer_loop_with, a_difference_from_the_brokers_clock_is_measured) {
  for (auto& message : broker_.messages)
    message.key = message_key(web_scope());
  now_ = [] { return noon(-3600); };
  broker_.appended_at = noon();
  ASSERT_TRUE(succeeds(run()));
  EXPECT_NE(monitor_.metrics().find("kollect_consumer_clock_difference_seconds -3600"), std::string::npos);
}

// The broker's topic, stream or durable is deleted.

TEST_F(consumer_loop_with, a_topic_that_is_deleted_under_way_is_waited_for) {
  broker_.poll_faults = {broken(error::topic_missing)};
  broker_.on_connect = [&] {
    if (broker_.count("connect") == 1)
      broker_.connect_faults = {};
    else if (broker_.count("connect") < 4)
      broker_.connect_faults.push_back(broken(error::topic_missing));
  };
  expect_all_consumed();
  EXPECT_EQ(broker_.count("connect"), 4U);
}

TEST_F(consumer_loop_with, a_topic_that_is_not_there_at_first_is_said_at_once) {
  broker_.connect_faults = {broken(error::topic_missing)};
  EXPECT_TRUE(fails_with(run(), error::topic_missing));
}

// Stopping.

TEST_F(consumer_loop_with, a_signal_stores_and_acknowledges_what_is_in_hand) { // F39
  settings_.is_until_end = false;
  settings_.batch_messages = 2;
  broker_.on_poll = [&](const partition_listener&) { stop(); };
  const auto ended = run();
  ASSERT_TRUE(succeeds(ended));
  EXPECT_EQ(ended->run.consumed, 2);
  EXPECT_EQ(broker_.acknowledged.size(), 2U);
  EXPECT_EQ(broker_.count("commit"), 1U);
  EXPECT_EQ(broker_.events.back(), "close");
}

TEST_F(consumer_loop_with, partitions_assigned_while_the_store_is_away_are_asked_about_again) {
  broker_.messages = {make_array(make_rows(1), noon())};
  broker_.on_poll = [&](const partition_listener&) {
    if (broker_.count("poll") > 1)
      return;
    faults_.begin.push_back(broken(error::store_unavailable));
    open_faults_.push_back(broken(error::store_unavailable)); // and stays closed for one more turn
  };
  bool was_away = false;
  broker_.on_keep_alive = [&](const partition_listener& listener) {
    const std::array<std::int32_t, 1> partitions{0};
    const auto answered = listener.assigned(broker_.log, partitions);
    was_away |= !answered && answered.error().reason() == error::store_unavailable;
  };
  ASSERT_TRUE(succeeds(run()));
  EXPECT_TRUE(was_away);
  EXPECT_EQ(stored_counts().applied, 1);
}

TEST_F(consumer_loop_with, a_store_that_is_not_there_yet_is_waited_for) {
  broker_.messages = {make_array(make_rows(1), noon())};
  open_faults_ = {broken(error::store_unavailable), broken(error::store_unavailable)};
  ASSERT_TRUE(succeeds(run()));
  EXPECT_EQ(broker_.count("open"), 3U);
  EXPECT_EQ(stored_counts().applied, 1);
}

TEST_F(consumer_loop_with, a_signal_while_the_store_is_away_acknowledges_nothing) {
  settings_.is_until_end = false;
  for (int time = 0; time < 50; ++time)
    faults_.begin.push_back(broken(error::store_full));
  broker_.on_poll = [&](const partition_listener&) { stop(); };
  const auto ended = run();
  ASSERT_TRUE(succeeds(ended));
  EXPECT_EQ(ended->run, outcome_counts{});
  EXPECT_TRUE(broker_.acknowledged.empty());
}

TEST_F(consumer_loop_with, a_signal_while_the_broker_is_away_ends_the_run) {
  settings_.is_until_end = false;
  broker_.on_poll = [&](const partition_listener&) {
    broker_.poll_faults.push_back(broken(error::broker_unavailable));
    for (int time = 0; time < 50; ++time)
      broker_.connect_faults.push_back(broken(error::broker_unavailable));
  };
  broker_.on_connect = [&] {
    if (broker_.count("connect") == 4)
      stop();
  };
  EXPECT_TRUE(succeeds(run()));
  EXPECT_EQ(broker_.count("connect"), 4U);
  expect_stored();
}

TEST_F(consumer_loop_with, an_empty_log_goes_on_until_the_signal) {
  settings_.is_until_end = false;
  broker_.messages.clear();
  broker_.on_poll = [&](const partition_listener&) {
    if (broker_.count("poll") == 20)
      stop();
  };
  EXPECT_TRUE(succeeds(run()));
  EXPECT_EQ(broker_.count("poll"), 20U);
  EXPECT_EQ(broker_.count("caught_up"), 0U);
}

// The log is not the one it was.

TEST_F(consumer_loop_with, a_log_that_was_recreated_is_read_from_its_beginning) { // F17
  expect_all_consumed();
  broker_.messages.clear();
  for (std::int64_t second = 10; second < 15; ++second)
    broker_.messages.push_back(make_array(make_rows(4, second), noon(second)));
  const auto again = run();
  ASSERT_TRUE(succeeds(again));
  EXPECT_EQ(again->run, (outcome_counts{5, 5, 0, 0, 0, 0}));
}

TEST_F(consumer_loop_with, a_log_that_lost_its_tail_is_read_again) { // F19
  expect_all_consumed();
  broker_.messages.resize(1); // the position lies beyond its end now
  const auto again = run();
  ASSERT_TRUE(succeeds(again));
  EXPECT_EQ(again->run, (outcome_counts{1, 0, 1, 0, 0, 0}));
  broker_.messages.push_back(make_array(make_rows(4, 9), noon(9))); // its offset was used before
  const auto third = run();
  ASSERT_TRUE(succeeds(third));
  EXPECT_EQ(third->run, (outcome_counts{1, 1, 0, 0, 0, 0}));
}

TEST_F(consumer_loop_with, a_log_that_lost_its_tail_and_went_on_is_read_again) {
  expect_all_consumed();
  broker_.messages.resize(2);
  for (std::int64_t second = 9; second < 12; ++second)
    broker_.messages.push_back(make_array(make_rows(4, second), noon(second)));
  const auto again = run();
  ASSERT_TRUE(succeeds(again));
  EXPECT_EQ(again->run, (outcome_counts{5, 3, 2, 0, 0, 0}));
  EXPECT_EQ(broker_.starts.back(), std::nullopt); // from the beginning
}

TEST_F(consumer_loop_with, a_replaced_log_that_is_assigned_again_at_once_is_read_from_its_beginning) { // F44
  expect_all_consumed();
  broker_.messages.clear();
  for (std::int64_t second = 10; second < 16; ++second)
    broker_.messages.push_back(make_array(make_rows(4, second), noon(second)));
  broker_.on_poll = [&](const partition_listener& listener) {
    if (broker_.starts.size() != 2)
      return;
    const std::array<std::int32_t, 1> partitions{0};
    listener.gap(0, 3, 0);
    listener.revoked(partitions); // the session has ended meanwhile
    broker_.assigns_again = true;
  };
  const auto again = run();
  ASSERT_TRUE(succeeds(again));
  EXPECT_EQ(again->run, (outcome_counts{6, 6, 0, 0, 0, 0}));
}

TEST_F(consumer_loop_with, messages_that_retention_removed_are_told_of) { // F18
  log_level_ = program::log::level::err;
  broker_.on_poll = [&](const partition_listener& listener) {
    if (broker_.count("poll") == 1)
      listener.gap(0, 0, 40);
  };
  testing::internal::CaptureStderr();
  expect_all_consumed();
  const auto told = testing::internal::GetCapturedStderr();
  EXPECT_NE(told.find("the broker removed messages"), std::string::npos) << told;
  EXPECT_NE(told.find("\"found\":40"), std::string::npos) << told;
}

TEST_F(consumer_loop_with, dead_letters_are_told_of_with_the_trace_of_their_message) {
  log_level_ = program::log::level::warn;
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";
  for (int count = 0; count < 12; ++count) {
    broker_.messages.push_back(make_array({}, noon(9)));
    broker_.messages.back().value = "poison\r\n";
    broker_.messages.back().headers.push_back({"traceparent", "00-" + trace + "-" + span + "-01"});
  }
  testing::internal::CaptureStderr();
  EXPECT_TRUE(succeeds(run()));
  const auto told = testing::internal::GetCapturedStderr();
  EXPECT_NE(told.find(R"("partition":0,"offset":3,"reason":"syntax")"), std::string::npos) << told;
  EXPECT_NE(told.find("\"trace_id\":\"" + trace + "\",\"span_id\":\"" + span + "\""), std::string::npos)
      << told;
  // Ten of a batch, and how many more there are.
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 11) << told;
  EXPECT_NE(told.find("\"count\":2"), std::string::npos) << told;
}

TEST_F(consumer_loop_with, a_gap_of_nothing_but_the_last_consumed_message_is_none) {
  expect_all_consumed();
  log_level_ = program::log::level::err;
  // All that was consumed has expired: the log now begins at the position, the message before it is gone.
  broker_.on_poll = [&](const partition_listener& listener) { listener.gap(0, 2, 3); };
  broker_.events.clear();
  testing::internal::CaptureStderr();
  EXPECT_TRUE(succeeds(run()));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(consumer_loop_with, the_index_of_a_store_that_has_none_is_built_beside_the_work) {
  {
    auto opened = place_->open("the test").value();
    const std::array<std::int32_t, 1> partitions{0};
    owned_positions owned{{0, opened->claim("another log", partitions, "the test").value().front()}};
    auto settings = make_settings();
    settings.log.name = "another log";
    held_scopes scopes(0);
    const auto batch =
        batch_of(deliver(make_array(make_rows(500), noon(), {"prod-east", "team-a", "web"}), 0));
    ASSERT_TRUE(succeeds(ingest(*opened, settings, owned, batch, scopes)));
    ASSERT_TRUE(succeeds(opened->keep_index(parse_index_paths("kind,name").value())));
  }
  ASSERT_TRUE(succeeds(run()));
  const auto opened = place_->open("the test").value();
  const auto left = opened->build_index(1'000'000).value();
  EXPECT_EQ(left.rows, 0) << "the loop has built it";
  EXPECT_TRUE(left.is_complete);
  EXPECT_EQ(opened->contradictions().value(), std::vector<std::string>());
}

} // namespace
} // namespace kollect::consumer::test
