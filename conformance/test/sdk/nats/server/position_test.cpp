#include "fixture.hpp"

namespace kollect::test {
namespace {

using position_server = nats_test;

/// Reads and acknowledges all that is there, and leaves.
void consume(const connection& target, std::size_t count) {
  member reader;
  ASSERT_TRUE(reader.join(target));
  ASSERT_TRUE(reader.poll_until_has(count));
  ASSERT_TRUE(reader.settle());
}

TEST_F(position_server, owner_is_asked_once_about_partition_0) {
  publish(3);
  member reader;
  ASSERT_TRUE(reader.join(target_));
  EXPECT_EQ(reader.questions, 0); // from poll() only
  ASSERT_TRUE(reader.poll_until_has(3));
  reader.poll();
  EXPECT_EQ(reader.questions, 1);
  EXPECT_EQ(reader.identities, std::vector{reader->log().name});
}

TEST_F(position_server, owner_that_cannot_answer_is_asked_again) {
  publish(1);
  member reader;
  reader.refusals = 2;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(1));
  EXPECT_EQ(reader.questions, 3);
  ASSERT_EQ(reader.failures.size(), 2U);
  EXPECT_EQ(reader.failures[0].reason(), error::store_unavailable);
}

TEST_F(position_server, durable_starts_over_for_a_new_store) {
  publish(5);
  consume(target_, 5);
  member rebuilt;
  rebuilt.stored = std::nullopt;
  ASSERT_TRUE(rebuilt.join(target_));
  ASSERT_TRUE(rebuilt.poll_until_has(5));
  EXPECT_EQ(rebuilt.offsets(), (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(rebuilt.messages[0].delivery_count, 1U);
  EXPECT_TRUE(rebuilt.has_logged("starts over"));
  EXPECT_TRUE(rebuilt.gaps.empty());
  EXPECT_EQ(rebuilt->settled_sequence(), 0);
}

TEST_F(position_server, durable_starts_over_only_where_that_is_wanted) {
  publish(5);
  consume(target_, 5);
  publish(1, 5);
  nats::subscriber_options options;
  options.reset_durable_for_new_store = false;
  member reader;
  reader.stored = std::nullopt;
  ASSERT_TRUE(reader.join(target_, options));
  ASSERT_TRUE(reader.poll_until_has(1));
  EXPECT_EQ(reader.offsets(), std::vector<std::int64_t>{6});
  EXPECT_TRUE(reader.has_logged("missing from the store for good"));
}

TEST_F(position_server, durable_goes_on_for_a_store_that_knows_the_log) {
  publish(5);
  consume(target_, 5);
  publish(1, 5);
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(1));
  EXPECT_EQ(reader.offsets(), std::vector<std::int64_t>{6});
}

TEST_F(position_server, new_durable_is_not_made_anew_for_a_new_store) {
  publish(2);
  member reader;
  reader.stored = std::nullopt;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(2));
  EXPECT_FALSE(reader.has_logged("starts over"));
}

/// A stream that keeps its last five messages.
void keep_five(const connection& target) {
  administrator(target).ask("STREAM.CREATE." + target.stream,
                            {{"name", target.stream}, {"subjects", {target.destination}}, {"max_msgs", 5}});
}

/// At most one gap, and the right one. nats-server moves a durable past messages that retention removes,
/// sooner or later: a gap may begin that much later, and is none when the durable was quicker than we.
void expect_no_other_gap(const member& reader, std::int64_t expected, std::int64_t found) {
  ASSERT_LE(reader.gaps.size(), 1U);
  for (const auto& told : reader.gaps) {
    EXPECT_GE(told.expected, expected);
    EXPECT_LT(told.expected, found);
    EXPECT_EQ(told.found, found);
  }
}

TEST_F(position_server, messages_that_retention_removed_are_passed_over) {
  keep_five(target_);
  publish(5);
  consume(target_, 5);
  publish(10, 5);
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(5));
  expect_no_other_gap(reader, 6, 11);
  EXPECT_EQ(reader.offsets(), (std::vector<std::int64_t>{11, 12, 13, 14, 15}));
}

TEST_F(position_server, messages_that_retention_removed_are_a_gap_for_an_owner_that_knows_its_place) {
  keep_five(target_);
  publish(5);
  consume(target_, 5);
  publish(10, 5);
  for (const std::int64_t unseen : {6, 9, 11, 16}) {
    member reader;
    reader.stored = unseen;
    ASSERT_TRUE(reader.join(target_));
    ASSERT_TRUE(reader.poll_until_has(5));
    EXPECT_EQ(reader.gaps, unseen < 11 ? std::vector<gap>({{unseen, 11}}) : std::vector<gap>());
  }
}

TEST_F(position_server, messages_that_retention_removed_are_passed_over_also_after_a_restart_of_the_server) {
  keep_five(target_);
  publish(5);
  consume(target_, 5);
  publish(10, 5);
  ASSERT_TRUE(server_->restart());
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(5));
  expect_no_other_gap(reader, 6, 11);
}

TEST_F(position_server, messages_removed_under_way_are_a_gap) {
  publish(3);
  nats::subscriber_options options;
  options.fetch_messages = 1;
  member reader;
  ASSERT_TRUE(reader.join(target_, options));
  ASSERT_TRUE(reader.poll_until_has(3));
  ASSERT_TRUE(reader.settle());
  // Sent while no request waits for them: one message is asked for at a time, and the fourth answers it.
  publish(7, 3);
  administrator(target_).remove_before(target_.stream, 8);
  ASSERT_TRUE(
      reader.poll_until([&] { return !reader.messages.empty() && reader.messages.back().offset == 10; }));
  EXPECT_EQ(reader.gaps, std::vector<gap>({{5, 8}}));
}

TEST_F(position_server, nothing_is_a_gap_for_a_new_durable) {
  publish(10);
  administrator(target_).remove_before(target_.stream, 6);
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(5));
  EXPECT_TRUE(reader.gaps.empty());
}

TEST_F(position_server, messages_of_other_subjects_are_no_gap) {
  auto other = target_;
  other.destination += ".other";
  ASSERT_TRUE(nats::ensure_stream(target_));
  ASSERT_TRUE(nats::ensure_stream(other));
  const auto sender = make_publisher();
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(sender->publish(numbered_messages(target_, 1, round), 10s)[0]);
    ASSERT_TRUE(sender->publish(numbered_messages(other, 1, 100 + round), 10s)[0]);
  }
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(5));
  EXPECT_EQ(reader.offsets(), (std::vector<std::int64_t>{1, 3, 5, 7, 9}));
  EXPECT_TRUE(reader.gaps.empty());
}

TEST_F(position_server, end_is_reached_when_all_before_it_is_acknowledged) {
  publish(3);
  member reader;
  ASSERT_TRUE(reader.join(target_));
  EXPECT_EQ(reader->caught_up(10s).error().reason(), error::internal); // no end is marked
  ASSERT_TRUE(reader->mark_end(10s));
  EXPECT_FALSE(*reader->caught_up(10s));
  ASSERT_TRUE(reader.poll_until_has(3));
  EXPECT_FALSE(*reader->caught_up(10s));
  publish(5, 3); // behind the mark
  ASSERT_TRUE(reader.settle());
  ASSERT_TRUE(reader->caught_up(10s));
  EXPECT_TRUE(*reader->caught_up(10s));
  EXPECT_EQ(reader->settled_sequence(), 3);
  ASSERT_TRUE(reader.poll_until_has(8));
  EXPECT_EQ(reader->lag(), (std::vector<partition_lag>{{0, 0}}));
}

TEST_F(position_server, end_of_an_empty_stream_is_reached_at_once) {
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader->mark_end(10s));
  reader.poll();
  EXPECT_TRUE(*reader->caught_up(10s));
}

TEST_F(position_server, end_is_not_reached_while_another_member_holds_a_message) {
  publish(2);
  member other, reader;
  ASSERT_TRUE(other.join(target_));
  ASSERT_TRUE(other.poll_until_has(2));
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader->mark_end(10s));
  reader.poll();
  EXPECT_FALSE(*reader->caught_up(10s));
  ASSERT_TRUE(other.settle());
  EXPECT_TRUE(*reader->caught_up(10s));
}

TEST_F(position_server, end_is_not_reached_before_a_new_store_has_been_asked) {
  publish(2);
  consume(target_, 2);
  member rebuilt;
  rebuilt.stored = std::nullopt;
  ASSERT_TRUE(rebuilt.join(target_));
  ASSERT_TRUE(rebuilt->mark_end(10s));
  EXPECT_FALSE(*rebuilt->caught_up(10s));
  ASSERT_TRUE(rebuilt.poll_until_has(2));
  EXPECT_FALSE(*rebuilt->caught_up(10s));
  ASSERT_TRUE(rebuilt.settle());
  EXPECT_TRUE(*rebuilt->caught_up(10s));
}

TEST_F(position_server, settled_sequence_follows_commits) {
  member reader;
  ASSERT_TRUE(reader.join(target_));
  int sent = 0;
  ASSERT_TRUE(reader.poll_until([&] {
    publish(1, sent++);
    EXPECT_TRUE(reader.settle());
    return reader->settled_sequence() >= 3;
  }));
  EXPECT_LE(reader->settled_sequence(), sent);
}

} // namespace
} // namespace kollect::test
