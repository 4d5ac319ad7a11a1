#include "support/consumer.hpp"

#include <gtest/gtest.h>

namespace kollect::consumer::test {
namespace {

/// Dead letters that are taken in once more.
class retry : public testing::Test {
protected:
  /// A snapshot that is too large for the limits of the day.
  void bury_too_large(std::int64_t second = 0) {
    const auto bound = std::exchange(consumer_.settings.limits.max_message_bytes, 50);
    EXPECT_EQ(consumer_.end_of(deliver(make_array(make_rows(3), noon(second)), next_++)),
              outcome::dead_lettered);
    consumer_.settings.limits.max_message_bytes = bound;
  }

  result<outcome> try_again(std::int64_t id) {
    auto ending = retry_dead_letter(*consumer_, consumer_.settings, id);
    EXPECT_TRUE(consumer_->counts().value().is_conserved()) << consumer_->counts().value();
    return ending;
  }

  std::int64_t only_id() {
    const auto letters = consumer_.dead_letters();
    EXPECT_EQ(letters.size(), 1U);
    return letters.empty() ? 0 : letters.front().id;
  }

  test_consumer consumer_;
  std::int64_t next_ = 0;
};

TEST_F(retry, what_can_be_applied_now_is_applied_and_no_dead_letter_any_more) {
  bury_too_large();
  EXPECT_EQ(try_again(only_id()).value(), outcome::applied);
  EXPECT_TRUE(consumer_.dead_letters().empty());
  EXPECT_EQ(consumer_->counts().value(), (outcome_counts{1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(3)));
  const auto feed = consumer_->changes_after(0, 100).value();
  ASSERT_EQ(feed.size(), 4U);
  EXPECT_EQ(feed.front().origin.offset, 0) << "where the message stood";
}

TEST_F(retry, what_is_as_dead_as_before_stays_as_it_is) {
  EXPECT_EQ(consumer_.end_of(deliver_bytes("poison", next_++)), outcome::dead_lettered);
  const auto before = consumer_.place().dump();
  EXPECT_EQ(try_again(only_id()).value(), outcome::dead_lettered);
  EXPECT_EQ(consumer_.place().dump(), before);
}

TEST_F(retry, what_has_been_overtaken_is_stale) {
  bury_too_large();
  consumer_.take(deliver(make_array(make_rows(2), noon(1)), next_++));
  EXPECT_EQ(try_again(only_id()).value(), outcome::stale);
  EXPECT_EQ(consumer_->counts().value(), (outcome_counts{2, 1, 0, 1, 0, 0}));
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(2)));
}

TEST_F(retry, a_message_that_came_again_since_is_not_applied_twice) {
  bury_too_large();
  EXPECT_EQ(consumer_.end_of(deliver(make_array(make_rows(3), noon()), next_++)), outcome::applied);
  EXPECT_EQ(try_again(only_id()).value(), outcome::duplicate);
  EXPECT_EQ(consumer_->counts().value(), (outcome_counts{2, 1, 1, 0, 0, 0}));
}

TEST_F(retry, the_parts_of_a_set_that_was_given_up_can_still_become_one) {
  const auto parts = make_export(make_rows(20), noon(), 1500);
  ASSERT_GE(parts.size(), 3U);
  for (std::size_t index = 0; index + 1 < parts.size(); ++index)
    consumer_.take(deliver(parts[index], next_++));
  consumer_.settings.retention.pending_bytes = 0;
  ASSERT_TRUE(succeeds(bury_torn_sets(*consumer_, consumer_.settings)));
  consumer_.settings.retention = {};
  ASSERT_EQ(consumer_.dead_letters().size(), parts.size() - 1);
  consumer_.take(deliver(parts.back(), next_++)); // the one that was missing
  EXPECT_EQ(state_text(*consumer_), "[]\n");
  for (const auto& stored : consumer_.dead_letters())
    EXPECT_NE(try_again(stored.id).value(), outcome::dead_lettered);
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(20)));
  const auto total = static_cast<std::int64_t>(parts.size());
  EXPECT_EQ(consumer_->counts().value(), (outcome_counts{total, total, 0, 0, 0, 0}));
}

TEST_F(retry, there_must_be_such_a_letter_with_its_bytes) {
  EXPECT_TRUE(fails_with(try_again(7), error::invalid_value));
  consumer_.settings.retention.dead_letter_bytes = 0;
  consumer_.take(deliver_bytes("poison", next_++));
  EXPECT_TRUE(fails_with(try_again(only_id()), error::invalid_value));
  EXPECT_EQ(consumer_.dead_letters().size(), 1U);
}

} // namespace
} // namespace kollect::consumer::test
