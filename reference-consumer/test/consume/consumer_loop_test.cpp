#include "consume/consumer_loop.hpp"

#include "support/assertions.hpp"
#include "support/faulty_store.hpp"
#include "support/scripted_broker.hpp"
#include "support/store_place.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>

#include <unistd.h>

namespace kollect::consumer::test {
namespace {

failure broken(error reason) {
  return make_failure(reason, "as the test wants it");
}

class consumer_loop_with : public testing::Test {
protected:
  consumer_loop_with() {
    faults_.on_commit = [this] { broker_.events.emplace_back("store"); };
    for (std::int64_t second = 0; second < 3; ++second)
      broker_.messages.push_back(make_array(make_rows(3, second), noon(second)));
  }

  ~consumer_loop_with() override {
    // A signal that was sent stays pending, and would stop the next test's loop.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    const timespec at_once{0, 0};
    while (sigtimedwait(&signals, nullptr, &at_once) == SIGTERM) {
    }
  }

  result<loop_result> run() {
    program::stop_signal stop;
    program::log log("the test", program::log::format::json, log_level_);
    settings_.ingest = make_settings(broker_.log.system);
    if (now_)
      settings_.ingest.now = now_;
    settings_.owner = "the test";
    settings_.longest_back_off = std::chrono::milliseconds(1);
    consumer_loop loop(
        settings_,
        [this]() -> result<std::unique_ptr<store>> {
          broker_.events.emplace_back("open");
          if (auto fault = store_faults::take(open_faults_))
            return *fault;
          auto opened = place_->open("the test");
          if (!opened)
            return opened.error();
          auto made = std::make_unique<faulty_store>(std::move(*opened), faults_);
          current_ = made.get();
          return std::unique_ptr<store>(std::move(made));
        },
        [this](partition_listener listener) { return broker_.connect(std::move(listener)); }, stop, log,
        monitor_);
    auto ended = loop.run();
    current_ = nullptr;
    return ended;
  }

  /// Runs to the end and expects all messages in the store with their effect once, and acknowledged.
  void expect_all_consumed() {
    const auto ended = run();
    ASSERT_TRUE(succeeds(ended));
    EXPECT_TRUE(ended->run.is_conserved()) << ended->run;
    expect_stored();
    EXPECT_EQ(ended->total, stored_counts());
    const auto last = broker_.first() + static_cast<std::int64_t>(broker_.messages.size()) - 1;
    EXPECT_TRUE(broker_.acknowledged.contains(last));
    EXPECT_EQ(broker_.events.back(), "close");
  }

  void expect_stored() {
    const auto reader = place_->open_reader();
    ASSERT_TRUE(succeeds(reader));
    fleet_state expected;
    expected.apply(web_scope(), {}, rows_of(make_rows(3, 2)));
    EXPECT_EQ(state_text(**reader), state_text(expected));
    EXPECT_EQ(folded_feed(**reader), state_text(expected));
    EXPECT_EQ((*reader)->counts().value().applied, 3);
  }

  outcome_counts stored_counts() { return place_->open_reader().value()->counts().value(); }

  /// Nothing may be acknowledged before the store has it (I6).
  void expect_stored_before_acknowledged() const {
    bool is_stored = false;
    for (const auto& event : broker_.events) {
      if (event == "store")
        is_stored = true;
      if (event == "poll")
        is_stored = false;
      if (event.starts_with("acknowledge")) {
        EXPECT_TRUE(is_stored) << event;
      }
    }
  }

  static void stop() { ::kill(::getpid(), SIGTERM); }

  monitor monitor_{"the test"};
  std::function<timestamp()> now_; ///< unset: after all messages
  loop_settings settings_{.ingest = {}, .owner = {}, .is_until_end = true};
  program::log::level log_level_ = program::log::level::off;
  scripted_broker broker_;
  store_faults faults_;
  std::deque<failure> open_faults_;
  std::unique_ptr<store_place> place_ = make_sqlite_place();
  faulty_store* current_ = nullptr;
};

using events = std::vector<std::string>;

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

// The store fails.

TEST_F(consumer_loop_with, a_store_that_fails_is_opened_anew_and_the_batch_kept) {
  for (const auto reason : {error::store_unavailable, error::store_full, error::store_read_only})
    faults_.begin.push_back(broken(reason));
  for (int time = 0; time < 2; ++time)
    faults_.commit.push_back(broken(error::store_full));
  expect_all_consumed();
  EXPECT_EQ(broker_.count("open"), 6U);
  EXPECT_EQ(broker_.count("keep_alive"), 5U);
  EXPECT_EQ(broker_.count("connect"), 1U);
  EXPECT_EQ(broker_.count("poll"), 2U);
  expect_stored_before_acknowledged();
}

TEST_F(consumer_loop_with, a_store_that_does_not_open_again_at_once_is_waited_for) {
  faults_.begin.push_back(broken(error::store_unavailable));
  broker_.on_poll = [&](const partition_listener&) {
    if (broker_.count("poll") == 1)
      open_faults_ = {broken(error::store_locked), broken(error::store_read_only)};
  };
  expect_all_consumed();
  EXPECT_EQ(broker_.count("open"), 4U);
  EXPECT_EQ(broker_.count("connect"), 1U);
  expect_stored_before_acknowledged();
}

/// An operator reads the log while the store is away: each try tells why it has failed.
TEST_F(consumer_loop_with, why_a_store_cannot_be_opened_is_told) {
  faults_.begin.push_back(broken(error::store_unavailable));
  broker_.on_poll = [&](const partition_listener&) {
    if (broker_.count("poll") == 1)
      open_faults_ = {make_failure(error::store_unavailable, "connection refused by the database"),
                      make_failure(error::store_unavailable, "too many clients")};
  };
  log_level_ = program::log::level::err;
  testing::internal::CaptureStderr();
  expect_all_consumed();
  const auto told = testing::internal::GetCapturedStderr();
  EXPECT_NE(told.find("connection refused by the database"), std::string::npos) << told;
  EXPECT_NE(told.find("too many clients"), std::string::npos) << told;
}

TEST_F(consumer_loop_with, a_store_that_somebody_removes_ends_the_run) {
  faults_.begin.push_back(broken(error::store_missing));
  EXPECT_TRUE(fails_with(run(), error::store_missing));
  EXPECT_TRUE(broker_.acknowledged.empty());
}

/// A leader that is away must not hold up the partitions of the others, where nobody waits for the end.
TEST_F(consumer_loop_with, an_end_that_cannot_be_marked_does_not_hold_up_a_run_without_one) {
  settings_.is_until_end = false;
  settings_.is_monitored = true;
  for (int time = 0; time < 3; ++time)
    broker_.mark_end_faults.push_back(broken(error::broker_unavailable));
  broker_.on_poll = [&](const partition_listener&) {
    if (broker_.acknowledged.size() == 3)
      stop();
  };
  EXPECT_TRUE(succeeds(run()));
  EXPECT_EQ(broker_.acknowledged.size(), 3U);
  EXPECT_EQ(broker_.count("connect"), 1U);
}

TEST_F(consumer_loop_with, a_store_that_does_not_open_at_the_start_ends_the_run) {
  open_faults_.push_back(broken(error::store_locked));
  EXPECT_TRUE(fails_with(run(), error::store_locked));
  EXPECT_EQ(broker_.events, events{"open"});
}

TEST_F(consumer_loop_with, a_damaged_store_ends_the_run) {
  faults_.begin.push_back(broken(error::store_corrupt));
  EXPECT_TRUE(fails_with(run(), error::store_corrupt));
  EXPECT_TRUE(broker_.acknowledged.empty());
}

TEST_F(consumer_loop_with, a_store_that_stays_away_ends_a_run_that_has_an_end) {
  settings_.give_up_after = std::chrono::seconds(0);
  for (int time = 0; time < 50; ++time)
    faults_.commit.push_back(broken(error::store_full));
  EXPECT_TRUE(fails_with(run(), error::store_full));
  EXPECT_FALSE(faults_.commit.empty());
  EXPECT_TRUE(broker_.acknowledged.empty());
}

// F30: the store has the batch, its answer was lost.
TEST_F(consumer_loop_with, a_lost_answer_to_a_commit_does_not_double_the_batch) {
  faults_.answer.push_back(broken(error::store_unavailable));
  expect_all_consumed();
  EXPECT_EQ(stored_counts(), (outcome_counts{3, 3, 0, 0, 0, 0}));
  EXPECT_EQ(broker_.count("connect"), 2U); // asks the store where it stands
}

TEST_F(consumer_loop_with, a_lost_answer_to_a_commit_makes_duplicates_of_a_stream) {
  broker_.log = {broker_system::nats, std::string(nats_log)};
  faults_.answer.push_back(broken(error::store_unavailable));
  expect_all_consumed();
  EXPECT_EQ(stored_counts(), (outcome_counts{6, 3, 3, 0, 0, 0}));
}

TEST_F(consumer_loop_with, a_store_that_fails_to_claim_is_opened_anew_and_asked_again) {
  faults_.claim.push_back(broken(error::store_unavailable));
  expect_all_consumed();
  EXPECT_EQ(broker_.count("open"), 2U);
  EXPECT_EQ(broker_.count("connect"), 1U);
}

// Another process has the partition.

TEST_F(consumer_loop_with, a_batch_that_is_fenced_is_dropped_and_read_again) {
  broker_.on_poll = [&](const partition_listener&) {
    const std::array<std::int32_t, 1> partitions{0};
    if (broker_.count("poll") == 1) {
      EXPECT_TRUE(succeeds(current_->claim(broker_.log.name, partitions, "another")));
    }
  };
  expect_all_consumed();
  EXPECT_EQ(broker_.count("connect"), 2U);
  EXPECT_EQ(stored_counts(), (outcome_counts{3, 3, 0, 0, 0, 0}));
  expect_stored_before_acknowledged();
}

TEST_F(consumer_loop_with, messages_of_a_revoked_partition_are_dropped) {
  broker_.on_poll = [&](const partition_listener& listener) {
    const std::array<std::int32_t, 1> partitions{0};
    if (broker_.count("poll") == 1)
      listener.revoked(partitions);
  };
  expect_all_consumed();
  EXPECT_EQ(broker_.count("connect"), 2U);
  expect_stored_before_acknowledged();
}

// The broker fails.

TEST_F(consumer_loop_with, a_failed_commit_at_the_broker_loses_nothing) {
  settings_.batch_messages = 1;
  for (int time = 0; time < 3; ++time)
    broker_.commit_faults.push_back(broken(error::broker_timeout));
  expect_all_consumed();
  EXPECT_EQ(broker_.count("connect"), 1U);
}

TEST_F(consumer_loop_with, a_broker_that_goes_away_is_connected_anew_until_it_is_back) {
  broker_.poll_faults.push_back(broken(error::broker_unavailable));
  broker_.on_poll = [&](const partition_listener&) {
    if (broker_.count("poll") != 2)
      return;
    broker_.poll_faults.push_back(broken(error::transport_fatal));
    for (int time = 0; time < 3; ++time)
      broker_.connect_faults.push_back(broken(error::broker_unavailable));
  };
  expect_all_consumed();
  EXPECT_EQ(broker_.count("connect"), 6U);
  // The end was marked on each connection: without it nobody would know when to stop.
  EXPECT_EQ(broker_.count("mark_end"), 3U);
  EXPECT_EQ(stored_counts(), (outcome_counts{3, 3, 0, 0, 0, 0}));
}

TEST_F(consumer_loop_with, a_broker_that_cannot_mark_the_end_is_asked_again) {
  broker_.poll_faults.push_back(broken(error::broker_unavailable));
  broker_.mark_end_faults.push_back(broken(error::broker_timeout));
  // The first mark is that of the start, which would end the run.
  EXPECT_TRUE(fails_with(run(), error::broker_timeout));
  broker_.poll_faults.clear();
  broker_.mark_end_faults.clear();
  bool is_done = false;
  broker_.on_poll = [&](const partition_listener&) {
    if (std::exchange(is_done, true))
      return;
    broker_.poll_faults.push_back(broken(error::broker_unavailable));
    broker_.mark_end_faults.push_back(broken(error::broker_timeout));
  };
  expect_all_consumed();
}

TEST_F(consumer_loop_with, a_broker_that_refuses_us_ends_the_run) {
  broker_.poll_faults.push_back(broken(error::authentication_failed));
  EXPECT_TRUE(fails_with(run(), error::authentication_failed));
}

TEST_F(consumer_loop_with, another_member_of_our_name_ends_the_run) { // F8
  broker_.poll_faults.push_back(broken(error::fenced));
  EXPECT_TRUE(fails_with(run(), error::fenced));
}

TEST_F(consumer_loop_with, a_broker_that_does_not_say_where_its_end_is_is_asked_again) {
  for (int time = 0; time < 4; ++time)
    broker_.caught_up_faults.push_back(broken(error::broker_timeout));
  expect_all_consumed();
  EXPECT_EQ(broker_.count("caught_up"), 5U);
  EXPECT_EQ(broker_.count("connect"), 1U);
}

TEST_F(consumer_loop_with, a_broker_that_stays_away_ends_a_run_that_has_an_end) {
  settings_.give_up_after = std::chrono::seconds(0);
  for (int time = 0; time < 50; ++time)
    broker_.caught_up_faults.push_back(broken(error::broker_unavailable));
  EXPECT_TRUE(fails_with(run(), error::broker_unavailable));
  EXPECT_FALSE(broker_.caught_up_faults.empty());
  expect_stored();
}

TEST_F(consumer_loop_with, one_failure_now_and_one_later_are_not_a_long_outage) {
  settings_.give_up_after = std::chrono::seconds(0);
  settings_.batch_messages = 1;
  broker_.on_poll = [&](const partition_listener&) {
    faults_.begin.push_back(broken(error::store_unavailable));
  };
  expect_all_consumed();
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

TEST_F(consumer_loop_with, a_log_that_was_made_anew_is_read_from_its_beginning) { // F17
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

} // namespace
} // namespace kollect::consumer::test
