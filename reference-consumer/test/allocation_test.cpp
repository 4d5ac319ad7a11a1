// What a snapshot costs in allocations once its scope's rows are held: some for each row that changes, none
// for those that do not. A program of its own, as it replaces operator new.

#include "support/consumer.hpp"

#include <count_allocations.hpp>

#include <gtest/gtest.h>

namespace kollect::consumer::test {

using kollect::test::allocations;

namespace {

/// Rows whose names are too long to be kept without allocating.
std::vector<item> many_rows(std::size_t count) {
  auto rows = make_rows(count);
  for (auto& row : rows)
    row.name += "-with-a-name-that-is-longer-than-most";
  return rows;
}

/// How many allocations it takes to apply a snapshot of `rows` rows of which `changed` have changed, the
/// scope's rows being held.
std::size_t allocations_of(std::size_t rows, std::size_t changed) {
  test_consumer consumer;
  auto items = many_rows(rows);
  for (std::int64_t round = 0; round < 2; ++round) { // statements are prepared, rows held
    for (std::size_t index = 0; index < changed; ++index)
      items[index * rows / std::max<std::size_t>(changed, 1)].attributes = {{"replicas", round + 100}};
    consumer.take(deliver(make_array(items, noon(round)), round));
  }
  for (std::size_t index = 0; index < changed; ++index)
    items[index * rows / changed].attributes = {{"replicas", 200}};
  const auto batch = batch_of(deliver(make_array(items, noon(2)), 2));
  const auto before = allocations;
  const auto report = ingest(*consumer, consumer.settings, consumer.owned, batch, consumer.rows);
  const auto counted = allocations - before;
  EXPECT_TRUE(succeeds(report));
  EXPECT_EQ(report->rows_changed, static_cast<std::int64_t>(changed));
  return counted;
}

TEST(allocation, the_counter_counts) {
  const auto before = allocations;
  const auto made = std::make_unique<std::string>(1000, 'x');
  EXPECT_EQ(allocations, before + 2);
}

TEST(allocation, rows_that_do_not_change_cost_none) {
  for (const std::size_t changed : {0U, 1U, 5U})
    EXPECT_EQ(allocations_of(50, changed), allocations_of(2'000, changed)) << changed;
}

TEST(allocation, rows_that_change_cost_some_each) {
  const auto few = allocations_of(1'000, 10), many = allocations_of(1'000, 100);
  EXPECT_GT(few, allocations_of(1'000, 0));
  EXPECT_LT(many, 12 * few);
}

} // namespace
} // namespace kollect::consumer::test
