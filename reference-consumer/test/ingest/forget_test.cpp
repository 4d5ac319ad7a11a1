// A cluster that is forgotten: what leaves, what stays, and what brings it back.
#include "ingest/forget.hpp"

#include "support/consumer.hpp"

#include <gtest/gtest.h>

namespace kollect::consumer::test {
namespace {

class forget : public testing::Test {
protected:
  void SetUp() override {
    consumer_.settings.now = [this] { return noon(now_); };
    consumer_.take(deliver(make_array(make_rows(3), noon(10)), next_++));
    consumer_.take(deliver(make_array(make_rows(2), noon(11), {"prod-west", "team-b", "web"}), next_++));
    consumer_.take(deliver(make_array(make_rows(4), noon(12), east_), next_++));
  }

  forgotten_cluster forget_west() {
    const auto done = forget_cluster(*consumer_, consumer_.settings, "prod-west");
    EXPECT_TRUE(succeeds(done));
    return done ? *done : forgotten_cluster{};
  }

  std::size_t scopes() { return consumer_->scopes().value().size(); }

  const scope east_{"prod-east", "team-a", "web"};
  test_consumer consumer_;
  std::int64_t next_ = 0;
  std::int64_t now_ = 20;
};

TEST_F(forget, its_rows_and_scopes_leave_the_present_and_no_others) {
  const auto done = forget_west();
  EXPECT_EQ(done.scopes, 2);
  EXPECT_EQ(done.rows, 5);
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(4), east_));
  ASSERT_EQ(scopes(), 1U);
  EXPECT_EQ(consumer_->scopes().value().front().scope, east_);
  EXPECT_EQ(consumer_->forgotten_scopes().value().size(), 2U);
  EXPECT_EQ(forget_west().scopes, 0);
}

TEST_F(forget, the_feed_tells_of_it_as_of_an_empty_snapshot) { // DEL-01
  const auto before = consumer_->last_cursor().value();
  forget_west();
  EXPECT_EQ(folded_feed(*consumer_), state_text(make_rows(4), east_));
  const auto told = consumer_->changes_after(before, 100).value();
  ASSERT_EQ(told.size(), 3U + 1 + 2 + 1);
  for (const auto& one : told) {
    EXPECT_EQ(one.scope.cluster, "prod-west");
    EXPECT_EQ(one.origin.log, "forget");
    EXPECT_EQ(one.exported_at, noon(20));
    EXPECT_EQ(one.applied_at, noon(20));
  }
  EXPECT_EQ(told[0].kind, "removed");
  EXPECT_EQ(told[3].kind, "snapshot");
}

TEST_F(forget, what_is_not_newer_does_not_bring_it_back) { // DED-03
  forget_west();
  EXPECT_EQ(consumer_.end_of(deliver(make_array(make_rows(3), noon(10)), next_++)), outcome::duplicate);
  EXPECT_EQ(consumer_.end_of(deliver(make_array(make_rows(7), noon(9)), next_++)), outcome::stale);
  EXPECT_EQ(scopes(), 1U);
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(4), east_));
}

TEST_F(forget, a_newer_snapshot_brings_all_of_its_rows_back_though_it_was_exported_before) {
  forget_west();
  const auto report = consumer_.ingest(batch_of(deliver(make_array(make_rows(3), noon(15)), next_++)));
  ASSERT_TRUE(succeeds(report));
  EXPECT_EQ(report->rows_added, 3);
  EXPECT_EQ(scopes(), 2U);
  EXPECT_EQ(consumer_->forgotten_scopes().value().size(), 1U);
  EXPECT_EQ(folded_feed(*consumer_), state_text(*consumer_));
}

TEST_F(forget, an_empty_snapshot_brings_its_scope_back_too) { // DEL-02
  forget_west();
  EXPECT_EQ(consumer_.end_of(deliver(make_array({}, noon(15)), next_++)), outcome::applied);
  EXPECT_EQ(scopes(), 2U);
}

TEST_F(forget, rows_that_a_consumer_remembers_are_not_taken_for_those_of_the_store) {
  const auto other = consumer_.place().open_beside();
  ASSERT_TRUE(succeeds(other));
  ASSERT_TRUE(succeeds(forget_cluster(**other, consumer_.settings, "prod-west")));
  EXPECT_GT(consumer_.rows.kept().size(), 0U);
  EXPECT_EQ(consumer_.end_of(deliver(make_array(make_rows(3), noon(15)), next_++)), outcome::applied);
  EXPECT_EQ(consumer_->scopes().value().back().row_count, 3);
  EXPECT_EQ(folded_feed(*consumer_), state_text(*consumer_));
}

TEST_F(forget, parts_that_wait_for_a_newer_set_go_on_waiting) { // MP-04
  const auto parts = make_export(make_rows(20), noon(15), 1500);
  ASSERT_GE(parts.size(), 2U);
  for (std::size_t index = 0; index + 1 < parts.size(); ++index)
    consumer_.take(deliver(parts[index], next_++));
  forget_west();
  EXPECT_EQ(consumer_.end_of(deliver(parts.back(), next_++)), outcome::applied);
  EXPECT_EQ(consumer_->scopes().value().size(), 2U);
  EXPECT_EQ(folded_feed(*consumer_), state_text(*consumer_));
}

TEST_F(forget, after_a_failure_it_can_be_asked_for_again) {
  consumer_.faults.commit.push_back(make_failure(error::store_unavailable, "the test"));
  EXPECT_FALSE(forget_cluster(*consumer_, consumer_.settings, "prod-west"));
  EXPECT_EQ(scopes(), 3U);
  EXPECT_EQ(forget_west().scopes, 2);
  EXPECT_EQ(folded_feed(*consumer_), state_text(make_rows(4), east_));
}

} // namespace
} // namespace kollect::consumer::test
