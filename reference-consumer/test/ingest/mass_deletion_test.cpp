#include "support/consumer.hpp"

#include <gtest/gtest.h>

namespace kollect::consumer::test {
namespace {

/// Snapshots that would remove many rows are held back.
class mass_deletion : public testing::Test {
protected:
  mass_deletion() {
    consumer_.settings.max_delete_percent = 50;
    EXPECT_EQ(send(make_rows(10)), outcome::applied);
  }

  /// The next snapshot of the scope, a second after the last.
  outcome send(const std::vector<item>& rows) {
    ++second_;
    return consumer_.end_of(deliver(make_array(rows, noon(second_)), next_++));
  }

  /// The same as parts; what has become of all of them is in the counters.
  void send_set(const std::vector<item>& rows) {
    ++second_;
    const auto parts = make_export(rows, noon(second_), 1500);
    ASSERT_GE(parts.size(), 2U);
    for (const auto& part : parts)
      consumer_.take(deliver(part, next_++));
  }

  void expect_rows(const std::vector<item>& rows) {
    EXPECT_EQ(state_text(*consumer_), state_text(rows));
    EXPECT_EQ(folded_feed(*consumer_), state_text(rows));
  }

  test_consumer consumer_;
  std::int64_t second_ = 0;
  std::int64_t next_ = 0;
};

TEST_F(mass_deletion, up_to_the_limit_nothing_is_held_back) {
  EXPECT_EQ(send(make_rows(5)), outcome::applied);
  expect_rows(make_rows(5));
}

TEST_F(mass_deletion, over_it_a_snapshot_is_held_back_and_nothing_changes) {
  EXPECT_EQ(send(make_rows(4)), outcome::dead_lettered);
  expect_rows(make_rows(10));
  const auto letters = consumer_.dead_letters();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters.front().letter.reason, "mass_deletion");
  EXPECT_NE(letters.front().letter.sentence.find("6 of 10 rows"), std::string::npos)
      << letters.front().letter.sentence;
}

TEST_F(mass_deletion, an_empty_snapshot_is_one_too) {
  EXPECT_EQ(send({}), outcome::dead_lettered);
  expect_rows(make_rows(10));
}

TEST_F(mass_deletion, the_same_rows_again_are_believed) {
  EXPECT_EQ(send(make_rows(2)), outcome::dead_lettered);
  EXPECT_EQ(send(make_rows(2)), outcome::applied);
  expect_rows(make_rows(2));
}

TEST_F(mass_deletion, other_rows_are_not_a_repetition) {
  EXPECT_EQ(send(make_rows(2)), outcome::dead_lettered);
  EXPECT_EQ(send(make_rows(3)), outcome::dead_lettered);
  EXPECT_EQ(send(make_rows(2)), outcome::dead_lettered);
  expect_rows(make_rows(10));
}

TEST_F(mass_deletion, what_was_held_back_is_forgotten_when_the_rows_are_there_again) {
  EXPECT_EQ(send(make_rows(2)), outcome::dead_lettered);
  EXPECT_EQ(send(make_rows(10, 2)), outcome::applied);
  EXPECT_EQ(send(make_rows(2)), outcome::dead_lettered);
  expect_rows(make_rows(10, 2));
}

TEST_F(mass_deletion, the_same_message_delivered_again_is_no_repetition) {
  const auto message = make_array(make_rows(2), noon(5));
  EXPECT_EQ(consumer_.end_of(deliver(message, next_++)), outcome::dead_lettered);
  EXPECT_EQ(consumer_.end_of(deliver(message, next_++)), outcome::duplicate);
  expect_rows(make_rows(10));
}

TEST_F(mass_deletion, survives_a_restart) {
  EXPECT_EQ(send(make_rows(2)), outcome::dead_lettered);
  consumer_.restart();
  EXPECT_EQ(send(make_rows(2)), outcome::applied);
}

TEST_F(mass_deletion, is_confirmed_by_a_retry_without_the_limit) {
  EXPECT_EQ(send(make_rows(2)), outcome::dead_lettered);
  const auto id = consumer_.dead_letters().front().id;
  auto without = consumer_.settings;
  EXPECT_EQ(retry_dead_letter(*consumer_, without, id).value(), outcome::dead_lettered);
  without.max_delete_percent.reset();
  EXPECT_EQ(retry_dead_letter(*consumer_, without, id).value(), outcome::applied);
  expect_rows(make_rows(2));
  EXPECT_TRUE(consumer_.dead_letters().empty());
  EXPECT_TRUE(consumer_->counts().value().is_conserved());
}

TEST_F(mass_deletion, holds_a_whole_set_back_and_lets_it_be_confirmed_part_by_part) {
  send_set(make_rows(60));
  expect_rows(make_rows(60));
  send_set(make_rows(20));
  expect_rows(make_rows(60));
  auto without = consumer_.settings;
  without.max_delete_percent.reset();
  const auto letters = consumer_.dead_letters();
  EXPECT_GE(letters.size(), 2U);
  for (const auto& stored : letters) {
    EXPECT_EQ(stored.letter.reason, "mass_deletion");
    EXPECT_NE(retry_dead_letter(*consumer_, without, stored.id).value(), outcome::dead_lettered);
  }
  expect_rows(make_rows(20));
  EXPECT_EQ(consumer_->counts().value().pending, 0);
  EXPECT_TRUE(consumer_->counts().value().is_conserved());
}

TEST_F(mass_deletion, a_set_that_comes_again_is_believed) {
  send_set(make_rows(60));
  send_set(make_rows(20));
  send_set(make_rows(20));
  expect_rows(make_rows(20));
  EXPECT_TRUE(consumer_->counts().value().is_conserved());
}

TEST_F(mass_deletion, is_off_by_default) {
  consumer_.settings.max_delete_percent.reset();
  EXPECT_EQ(send({}), outcome::applied);
  expect_rows({});
}

} // namespace
} // namespace kollect::consumer::test
