#include "ingest/apply.hpp"

#include "support/consumer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kollect::consumer::test {
namespace {

// Snapshots of more rows than one piece has, compared in memory or in the store.

class large_snapshot : public testing::TestWithParam<std::int64_t> {
protected:
  large_snapshot() { consumer_.settings.max_merge_bytes = GetParam(); }

  /// Rows that share all but one in `every` with make_rows(count).
  static std::vector<item> rows(std::size_t count, std::size_t every, int version) {
    auto out = make_rows(count);
    for (std::size_t index = 0; index < count; index += every)
      out[index] = make_row("row-" + std::to_string(index), version);
    return out;
  }

  void expect_rows(const std::vector<item>& expected) {
    EXPECT_EQ(state_text(*consumer_), state_text(expected));
    EXPECT_EQ(folded_feed(*consumer_), state_text(*consumer_));
    EXPECT_EQ(consumer_.faults.comparisons > 0, GetParam() == 0);
  }

  test_consumer consumer_;
};

TEST_P(large_snapshot, is_written_piece_by_piece) {
  const auto first = rows(10'000, 1, 1);
  EXPECT_EQ(consumer_.end_of(deliver(make_array(first, noon()), 0)), outcome::applied);
  expect_rows(first);
  auto second = rows(10'000, 3, 2);
  second.erase(second.begin() + 2'000, second.begin() + 7'500);
  second.push_back(make_row("zz-new"));
  const auto batch = batch_of(deliver(make_array(second, noon(1)), 1));
  const auto report = consumer_.ingest(batch);
  ASSERT_TRUE(succeeds(report));
  EXPECT_EQ(report->rows_added, 1);
  EXPECT_EQ(report->rows_removed, 5'500);
  expect_rows(second);
}

TEST_P(large_snapshot, is_put_in_order) {
  auto shuffled = make_rows(5'000);
  std::reverse(shuffled.begin(), shuffled.end());
  std::string items = "[";
  for (const auto& row : shuffled)
    items += (items.size() == 1 ? "" : ",") + serialize(row).value();
  auto message = make_array({}, noon());
  const auto at = message.value.find("[]");
  ASSERT_NE(at, std::string::npos);
  message.value.replace(at, 2, items + "]");
  EXPECT_EQ(consumer_.end_of(deliver(message, 0)), outcome::applied);
  expect_rows(make_rows(5'000));
}

TEST_P(large_snapshot, comes_in_parts) {
  const auto all = make_rows(3'000);
  const auto parts = make_export(all, noon(), 50'000);
  ASSERT_GT(parts.size(), 10U);
  std::int64_t offset = 0;
  for (const auto& part : parts)
    consumer_.take(deliver(part, offset++));
  EXPECT_EQ(consumer_->counts().value().applied, std::ssize(parts));
  expect_rows(all);
}

TEST_P(large_snapshot, that_would_remove_too_much_writes_nothing) {
  consumer_.settings.max_delete_percent = 50;
  EXPECT_EQ(consumer_.end_of(deliver(make_array(make_rows(5'000), noon()), 0)), outcome::applied);
  EXPECT_EQ(consumer_.end_of(deliver(make_array(make_rows(2), noon(1)), 1)), outcome::dead_lettered);
  expect_rows(make_rows(5'000));
  EXPECT_EQ(consumer_.end_of(deliver(make_array(make_rows(2), noon(2)), 2)), outcome::applied);
  expect_rows(make_rows(2));
}

INSTANTIATE_TEST_SUITE_P(compared, large_snapshot, testing::Values(std::int64_t{0}, default_max_merge_bytes),
                         [](const auto& tried) { return tried.param == 0 ? "in_the_store" : "in_memory"; });

TEST(large_snapshots, say_that_they_go_on) {
  for (const std::int64_t merge_bytes : {std::int64_t{0}, default_max_merge_bytes}) {
    test_consumer consumer;
    consumer.settings.max_merge_bytes = merge_bytes;
    int heard = 0;
    consumer.settings.on_progress = [&] { ++heard; };
    EXPECT_EQ(consumer.end_of(deliver(make_array(make_rows(9'000), noon()), 0)), outcome::applied);
    EXPECT_GE(heard, 3) << "once a piece";
  }
}

// What scopes hold in memory is bounded, however many of them one batch is about.
TEST(held_scopes, give_rows_up_where_a_batch_needs_too_many) {
  test_consumer consumer(broker_system::kafka, 1, 20'000);
  const auto scope_of = [](int number) {
    return scope{"prod", "team", "inventory-" + std::to_string(number)};
  };
  std::vector<outgoing_message> first, second;
  for (int number = 0; number < 20; ++number) {
    first.push_back(make_array(make_rows(50), noon(), scope_of(number)));
    second.push_back(make_array(make_rows(49), noon(1), scope_of(number)));
  }
  consumer.take(deliver_all(first, 0));
  consumer.restart();
  EXPECT_EQ(consumer.take(deliver_all(second, 20)).applied, 20);
  EXPECT_LE(consumer.rows.kept().bytes(), 20'000U);
  for (const auto& one : consumer->scopes().value())
    EXPECT_EQ(one.row_count, 49);
}

} // namespace
} // namespace kollect::consumer::test
