#include "support/consumer.hpp"

#include <gtest/gtest.h>

namespace kollect::consumer::test {
namespace {

/// A set of several parts.
std::vector<outgoing_message> make_set(std::int64_t seconds, std::size_t rows = 20, std::int64_t revision = 1,
                                       std::optional<timestamp> instant = {}) {
  auto parts = make_export(make_rows(rows, revision), noon(seconds), 1500, 1, instant);
  EXPECT_GE(parts.size(), 3U);
  return parts;
}

class ingest_parts : public testing::Test {
protected:
  outcome take(const outgoing_message& message) { return consumer_.end_of(deliver(message, next_++)); }

  std::int64_t waiting_parts() {
    std::int64_t parts = 0;
    consumer_.settings.retention.pending_bytes = -1; // any part is too many
    const auto in = consumer_->begin().value();
    for (;;) {
      const auto torn = take_torn_set(*in, consumer_.settings.retention, noon());
      if (torn.empty())
        return parts;
      parts += static_cast<std::int64_t>(torn.size());
    }
  }

  test_consumer consumer_;
  std::int64_t next_ = 0;
};

TEST_F(ingest_parts, nothing_is_applied_until_the_last_part_is_there) { // MP-04
  const auto parts = make_set(0);
  for (std::size_t index = parts.size() - 1; index > 0; --index) {
    EXPECT_EQ(take(parts[index]), outcome::pending);
    EXPECT_EQ(state_text(*consumer_), "[]\n");
    consumer_.restart();
  }
  const auto counts = consumer_.take(deliver(parts[0], next_++));
  const auto size = static_cast<std::int64_t>(parts.size());
  EXPECT_EQ(counts, (outcome_counts{1, size, 0, 0, 0, 1 - size}));
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(20)));
  EXPECT_EQ(consumer_->counts().value(), (outcome_counts{size, size, 0, 0, 0, 0}));
  EXPECT_EQ(waiting_parts(), 0);
}

TEST_F(ingest_parts, a_set_in_one_batch_is_applied_at_once) {
  const auto parts = make_set(0);
  const auto report = consumer_.ingest(deliver_all(parts));
  ASSERT_TRUE(succeeds(report));
  EXPECT_EQ(report->counts.applied, static_cast<std::int64_t>(parts.size()));
  EXPECT_EQ(report->rows_added, 20);
}

TEST_F(ingest_parts, a_part_that_comes_twice_counts_once) {
  const auto parts = make_set(0);
  EXPECT_EQ(take(parts[0]), outcome::pending);
  EXPECT_EQ(take(parts[0]), outcome::duplicate);
  // The same set exported again: other envelopes, the same payloads.
  const auto again = make_set(0, 20, 1, noon(5));
  EXPECT_EQ(take(again[0]), outcome::duplicate);
  EXPECT_EQ(take(again[1]), outcome::pending);
  EXPECT_EQ(take(parts[1]), outcome::duplicate);
  for (std::size_t index = 2; index < parts.size(); ++index)
    take(parts[index]);
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(20)));
  for (const auto& part : again)
    EXPECT_EQ(take(part), outcome::duplicate);
  for (const auto& part : parts)
    EXPECT_EQ(take(part), outcome::duplicate);
  EXPECT_EQ(consumer_->counts().value().pending, 0);
}

TEST_F(ingest_parts, of_two_contents_for_one_index_the_second_is_a_dead_letter) { // MP-05
  const auto parts = make_set(0), others = make_set(0, 20, 2);
  EXPECT_EQ(take(parts[0]), outcome::pending);
  EXPECT_EQ(take(others[0]), outcome::dead_lettered);
  const auto letters = consumer_.dead_letters();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].letter.reason, "part_conflict");
  EXPECT_EQ(letters[0].letter.clause, "MP-05");
  EXPECT_EQ(letters[0].value, others[0].value);
  for (std::size_t index = 1; index < parts.size(); ++index)
    take(parts[index]);
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(20)));
}

TEST_F(ingest_parts, parts_of_two_rounds_are_not_mixed) { // MP-05: exportedAt tells them apart
  const auto first = make_set(0, 20, 1), second = make_set(1, 20, 2);
  for (std::size_t index = 0; index < first.size(); ++index)
    take(index % 2 == 0 ? first[index] : second[index]);
  EXPECT_EQ(state_text(*consumer_), "[]\n");
  for (std::size_t index = 0; index < first.size(); ++index)
    take(index % 2 == 0 ? second[index] : first[index]);
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(20, 2)));
  EXPECT_EQ(consumer_->counts().value().pending, 0);
}

TEST_F(ingest_parts, a_newer_snapshot_makes_waiting_parts_stale) {
  const auto parts = make_set(0);
  take(parts[0]);
  take(parts[1]);
  const auto counts = consumer_.take(deliver(make_array(make_rows(2), noon(1)), next_++));
  EXPECT_EQ(counts, (outcome_counts{1, 1, 0, 2, 0, -2}));
  EXPECT_EQ(take(parts[2]), outcome::stale);
  EXPECT_EQ(waiting_parts(), 0);
}

TEST_F(ingest_parts, a_set_after_a_newer_snapshot_is_stale_part_by_part) {
  take(make_array(make_rows(2), noon(1)));
  for (const auto& part : make_set(0))
    EXPECT_EQ(take(part), outcome::stale);
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(2)));
}

TEST_F(ingest_parts, a_set_that_was_given_up_is_a_dead_letter_a_part) {
  const auto parts = make_set(0);
  take(parts[0]);
  take(parts[2]);
  EXPECT_EQ(bury_torn_sets(*consumer_, consumer_.settings).value(), outcome_counts{});
  consumer_.settings.now = [] { return noon(3600 + 86'401); };
  EXPECT_EQ(bury_torn_sets(*consumer_, consumer_.settings).value().dead_lettered, 2);
  EXPECT_EQ(bury_torn_sets(*consumer_, consumer_.settings).value(), outcome_counts{});
  EXPECT_EQ(consumer_->counts().value(), (outcome_counts{2, 0, 0, 0, 2, 0}));
  const auto letters = consumer_.dead_letters();
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_EQ(letters[0].letter.reason, "torn_set");
  EXPECT_EQ(letters[0].value, parts[0].value);
  EXPECT_EQ(letters[1].value, parts[2].value);
  EXPECT_EQ(letters[1].letter.origin.offset, 1);
  EXPECT_EQ(letters[1].letter.message_key, parts[2].key);
  EXPECT_NE(letters[0].letter.sentence.find("only 2 of " + std::to_string(parts.size())), std::string::npos);
}

TEST_F(ingest_parts, the_bytes_of_waiting_parts_are_bounded) { // I8
  for (std::int64_t set = 0; set < 10; ++set)
    take(make_set(set)[0]);
  consumer_.settings.retention.pending_bytes = 3000;
  const auto buried = bury_torn_sets(*consumer_, consumer_.settings).value().dead_lettered;
  EXPECT_GE(buried, 6);
  EXPECT_EQ(consumer_->counts().value(), (outcome_counts{10, 0, 0, 0, buried, 10 - buried}));
  EXPECT_LE(consumer_.dead_letters().front().letter.origin.offset, 0); // the oldest first
}

TEST_F(ingest_parts, torn_sets_stay_within_the_bytes_of_dead_letters) { // S29
  for (std::int64_t set = 0; set < 10; ++set)
    take(make_set(set)[0]);
  consumer_.settings.retention.pending_bytes = 0;
  consumer_.settings.retention.dead_letter_bytes = 4000;
  EXPECT_EQ(bury_torn_sets(*consumer_, consumer_.settings).value().dead_lettered, 10);
  std::size_t bytes = 0;
  for (const auto& stored : consumer_.dead_letters())
    bytes += stored.value.size();
  EXPECT_LE(bytes, 4000U);
  EXPECT_GT(bytes, 0U);
}

TEST_F(ingest_parts, parts_that_were_accepted_are_applied_under_lower_limits_too) {
  auto rows = make_rows(20);
  boost::json::value deep = 1;
  for (int level = 0; level < 60; ++level)
    deep = boost::json::array{deep};
  rows[7].attributes = {{"deep", deep}};
  const auto parts = make_export(rows, noon(), 1500);
  ASSERT_GE(parts.size(), 3U);
  for (std::size_t index = 0; index + 1 < parts.size(); ++index)
    take(parts[index]);
  consumer_.settings.limits = {
      .max_depth = 20, .max_message_bytes = parts.back().value.size(), .max_part_total = parts.size()};
  const auto report = consumer_.ingest(batch_of(deliver(parts.back(), next_++)));
  ASSERT_TRUE(succeeds(report));
}

TEST_F(ingest_parts, sets_of_one_part_are_whole) {
  const auto payload =
      serialize_export_envelope(
          {.generation = 1, .part_index = 1, .part_total = 1, .item_count = 2, .exported_at = noon()},
          serialize_items(make_rows(2)).value())
          .value();
  EXPECT_EQ(take(make_kafka_message(web_scope(), noon(), payload)), outcome::applied);
}

TEST_F(ingest_parts, a_whole_snapshot_of_the_same_instant_and_a_set_end_the_same_in_any_order) {
  const auto whole = make_export(make_rows(5, 3), noon()).front();
  const auto parts = make_set(0);
  std::vector<std::string> states;
  for (const bool whole_first : {true, false}) {
    test_consumer consumer;
    std::vector<outgoing_message> messages = parts;
    messages.insert(whole_first ? messages.begin() : messages.end(), whole);
    consumer.take(deliver_all(messages));
    EXPECT_EQ(consumer->counts().value().pending, 0);
    states.push_back(state_text(*consumer));
  }
  EXPECT_EQ(states[0], states[1]);
}

} // namespace
} // namespace kollect::consumer::test
