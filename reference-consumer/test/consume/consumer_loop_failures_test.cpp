// What the loop does after a failure: of the store, of the broker.
#include "consume/loop_fixture.hpp"

#include <algorithm>
#include <array>

namespace kollect::consumer::test {
namespace {

// The store fails.

TEST_F(consumer_loop_with, a_store_that_fails_is_reopened_and_the_batch_kept) {
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

TEST_F(consumer_loop_with, a_store_that_fails_to_claim_is_reopened_and_asked_again) {
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

TEST_F(consumer_loop_with, being_fenced_again_and_again_ends_a_run_that_has_an_end) { // F49
  settings_.give_up_after = std::chrono::seconds(0);
  broker_.on_poll = [&](const partition_listener&) {
    const std::array<std::int32_t, 1> partitions{0};
    EXPECT_TRUE(succeeds(current_->claim(broker_.log.name, partitions, "another")));
  };
  EXPECT_TRUE(fails_with(run(), error::fenced));
  EXPECT_EQ(broker_.count("connect"), 2U);
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

TEST_F(consumer_loop_with, a_broker_that_goes_away_is_connected_again_until_it_is_back) {
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
  broker_.poll_faults.push_back(broken(error::instance_replaced));
  EXPECT_TRUE(fails_with(run(), error::instance_replaced));
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

TEST_F(consumer_loop_with, a_broker_that_keeps_what_it_has_ends_a_run_that_has_an_end) { // F20
  settings_.give_up_after = std::chrono::seconds(0);
  broker_.messages_per_poll = 0;
  broker_.ack_wait = std::chrono::milliseconds(0);
  const auto ended = run();
  EXPECT_TRUE(fails_with(ended, error::broker_timeout));
  EXPECT_EQ(stored_counts(), outcome_counts{});
}

TEST_F(consumer_loop_with, one_failure_now_and_one_later_are_not_a_long_outage) {
  settings_.give_up_after = std::chrono::seconds(0);
  settings_.batch_messages = 1;
  broker_.on_poll = [&](const partition_listener&) {
    faults_.begin.push_back(broken(error::store_unavailable));
  };
  expect_all_consumed();
}

} // namespace
} // namespace kollect::consumer::test
