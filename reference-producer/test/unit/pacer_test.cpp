#include "simulation/pacer.hpp"

#include <gtest/gtest.h>

namespace kollect::producer {
namespace {

using namespace std::chrono_literals;

TEST(pacer, spreads_messages_evenly_from_the_start) {
  const pacer::clock::time_point start{};
  const pacer pace(4, start);
  EXPECT_EQ(pace.due_by(start - 1ns), 0U);
  EXPECT_EQ(pace.due_by(start), 1U);
  EXPECT_EQ(pace.due_by(start + 249ms), 1U);
  EXPECT_EQ(pace.due_by(start + 250ms), 2U);
  EXPECT_EQ(pace.due_by(start + 10s), 41U);
  EXPECT_EQ(pace.due_at(0), start);
  EXPECT_EQ(pace.due_at(1), start + 250ms);
}

TEST(pacer, does_not_drift) {
  const pacer::clock::time_point start{};
  for (const double rate : {0.3, 3.0, 7.0, 1'000.0, 33'333.0}) {
    const pacer pace(rate, start);
    for (const std::uint64_t index : {1U, 10U, 999U, 1'000'000U}) {
      // When a message is due, it and all before it are, and it was not a moment before.
      EXPECT_GE(pace.due_by(pace.due_at(index) + 1us), index + 1) << rate << ' ' << index;
      EXPECT_LE(pace.due_by(pace.due_at(index) - 1us), index) << rate << ' ' << index;
    }
  }
}

} // namespace
} // namespace kollect::producer
