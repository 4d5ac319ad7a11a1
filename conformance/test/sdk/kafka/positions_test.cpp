#include <kollect/kafka/detail/positions.hpp>

#include <gtest/gtest.h>

#include <array>

namespace kollect::kafka::detail {
namespace {

/// Partitions 0 and 1, the first to be read from offset 10 on.
positions read_from_ten() {
  positions read;
  read.take_over(std::array{0, 1});
  read.start(0, 10);
  return read;
}

TEST(kafka_positions, knows_nothing_of_a_partition_that_starts_at_the_beginning) {
  const auto read = read_from_ten();
  EXPECT_EQ(read.next(1), std::nullopt);
  EXPECT_EQ(read.settled(1), std::nullopt);
}

TEST(kafka_positions, a_start_counts_as_settled) {
  const auto read = read_from_ten();
  EXPECT_EQ(read.next(0), 10);
  EXPECT_EQ(read.settled(0), 10);
}

TEST(kafka_positions, a_message_is_open_until_acknowledged) {
  auto read = read_from_ten();
  ASSERT_TRUE(read.deliver(0, 10));
  EXPECT_EQ(read.next(0), 11);
  EXPECT_EQ(read.settled(0), 10);
  read.acknowledge(read.generation(), 0, 10);
  EXPECT_EQ(read.settled(0), 11);
}

TEST(kafka_positions, settles_only_below_the_first_open_message) {
  auto read = read_from_ten();
  for (const std::int64_t offset : {10, 11, 15})
    ASSERT_TRUE(read.deliver(0, offset));
  read.acknowledge(read.generation(), 0, 11);
  read.acknowledge(read.generation(), 0, 15);
  EXPECT_EQ(read.settled(0), 10);
  read.acknowledge(read.generation(), 0, 10);
  EXPECT_EQ(read.settled(0), 16);
}

TEST(kafka_positions, refuses_what_was_delivered_before) {
  auto read = read_from_ten();
  EXPECT_FALSE(read.deliver(0, 9));
  EXPECT_TRUE(read.deliver(0, 10));
  EXPECT_FALSE(read.deliver(0, 10));
}

TEST(kafka_positions, refuses_partitions_of_others) {
  auto read = read_from_ten();
  EXPECT_FALSE(read.deliver(7, 0));
  EXPECT_FALSE(read.holds(7));
}

TEST(kafka_positions, the_end_of_the_log_passes_over_records_that_are_no_messages) {
  auto read = read_from_ten();
  ASSERT_TRUE(read.deliver(0, 10));
  read.skip_to(0, 14);
  EXPECT_EQ(read.next(0), 14);
  EXPECT_EQ(read.settled(0), 10);
  read.acknowledge(read.generation(), 0, 10);
  EXPECT_EQ(read.settled(0), 14);
}

TEST(kafka_positions, never_goes_back) {
  auto read = read_from_ten();
  read.skip_to(0, 5);
  EXPECT_EQ(read.next(0), 10);
}

TEST(kafka_positions, acknowledging_twice_is_as_once) {
  auto read = read_from_ten();
  for (const std::int64_t offset : {10, 11})
    ASSERT_TRUE(read.deliver(0, offset));
  read.acknowledge(read.generation(), 0, 10);
  read.acknowledge(read.generation(), 0, 10);
  EXPECT_EQ(read.settled(0), 11);
}

TEST(kafka_positions, acknowledgements_from_before_a_rebalance_have_no_effect) {
  auto read = read_from_ten();
  ASSERT_TRUE(read.deliver(0, 10));
  const auto before = read.generation();
  read.take_over(std::array{0});
  read.start(0, 10);
  ASSERT_TRUE(read.deliver(0, 10));
  read.acknowledge(before, 0, 10);
  EXPECT_EQ(read.settled(0), 10);
}

TEST(kafka_positions, gives_up_all_partitions) {
  auto read = read_from_ten();
  read.clear();
  EXPECT_TRUE(read.partitions().empty());
  EXPECT_EQ(read.settled(0), std::nullopt);
}

} // namespace
} // namespace kollect::kafka::detail
