// What a snapshot costs in allocations once its scope's rows are held: some for each row that changes, none
// for those that do not. A program of its own, as it replaces operator new.

#include "ingest/ingest_within_memory.hpp"
#include "support/consumer.hpp"

#include <count_allocations.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <new>

namespace kollect::consumer::test {

using kollect::test::allocations;
using kollect::test::largest_allocation;

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

/// Memory that cannot be had in pieces of more than so many bytes.
class small_memory {
public:
  explicit small_memory(std::size_t largest) { largest_allocation = largest; }
  ~small_memory() { largest_allocation = std::numeric_limits<std::size_t>::max(); }
  small_memory(const small_memory&) = delete;
  small_memory& operator=(const small_memory&) = delete;
};

/// The scope's next snapshot, of so many rows.
received_message snapshot_of(std::size_t rows, std::int64_t offset) {
  auto items = many_rows(rows);
  return deliver(make_array(items, noon(offset)), offset);
}

TEST(want_of_memory, rolls_back_a_batch_and_takes_what_fits) { // F38
  test_consumer consumer(broker_system::kafka, 1, 0);
  auto items = many_rows(3);
  items[1].attributes = {{"large", std::string(4'000'000, 'x')}};
  std::vector<received_message> batch;
  batch.push_back(snapshot_of(5, 0));
  batch.push_back(deliver(make_array(items, noon(1)), 1));
  batch.push_back(snapshot_of(7, 2));
  result<batch_report> done = make_failure(error::internal, "nothing was done yet");
  {
    const small_memory little(1'000'000);
    EXPECT_THROW((void)ingest(*consumer, consumer.settings, consumer.owned, batch, consumer.rows),
                 std::bad_alloc);
    done = ingest_within_memory(*consumer, consumer.settings, consumer.owned, batch, consumer.rows);
  }
  ASSERT_TRUE(succeeds(done));
  EXPECT_EQ(done->counts.consumed, 3);
  EXPECT_EQ(done->counts.applied, 2);
  EXPECT_EQ(done->counts.dead_lettered, 1);
  EXPECT_EQ(done->notes.size(), 3U);
  EXPECT_EQ(done->dead_letters, (std::map<std::string, std::int64_t>{{"out_of_memory", 1}}));
  EXPECT_EQ(consumer->counts().value(), done->counts);
  EXPECT_EQ(consumer.owned.at(0).next_offset, 3);
  const auto letters = consumer.dead_letters();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].letter.origin.offset, 1);
  EXPECT_EQ(letters[0].value_bytes, 0) << "the log has them";
  EXPECT_NE(letters[0].letter.sentence.find("--memory-budget"), std::string::npos);
  EXPECT_EQ(consumer->scopes().value().front().row_count, 7);
}

TEST(want_of_memory, that_passes_costs_nothing) {
  test_consumer consumer(broker_system::kafka, 1, 0);
  std::vector<received_message> batch;
  for (std::int64_t offset = 0; offset < 100; ++offset)
    batch.push_back(snapshot_of(2, offset));
  result<batch_report> done = make_failure(error::internal, "nothing was done yet");
  {
    const small_memory little(30'000); // enough for each alone
    EXPECT_THROW((void)ingest(*consumer, consumer.settings, consumer.owned, batch, consumer.rows),
                 std::bad_alloc);
    done = ingest_within_memory(*consumer, consumer.settings, consumer.owned, batch, consumer.rows);
  }
  ASSERT_TRUE(succeeds(done));
  EXPECT_EQ(done->counts.consumed, 100);
  EXPECT_EQ(done->counts.dead_lettered, 0);
  EXPECT_EQ(consumer.owned.at(0).next_offset, 100);
}

} // namespace
} // namespace kollect::consumer::test
