#include "simulation/simulated_clock.hpp"

#include <gtest/gtest.h>

namespace kollect::producer {
namespace {

TEST(simulated_clock, counts_milliseconds_from_its_base) {
  simulated_clock clock(parse_timestamp("2026-01-15T11:59:59.999Z").value());
  EXPECT_EQ(to_string(clock.tick()), "2026-01-15T11:59:59.999Z");
  EXPECT_EQ(to_string(clock.tick()), "2026-01-15T12:00:00Z");
  EXPECT_EQ(to_string(clock.tick()), "2026-01-15T12:00:00.001Z");
}

TEST(simulated_clock, is_the_real_time_without_a_base_but_never_twice_the_same) {
  simulated_clock clock({});
  const auto before = kollect::now();
  auto last = clock.tick();
  EXPECT_GE(last, before);
  for (int round = 0; round < 1'000; ++round) {
    const auto next = clock.tick();
    EXPECT_GT(next, last);
    last = next;
  }
  EXPECT_LE(last, kollect::now() + std::chrono::milliseconds(1));
}

} // namespace
} // namespace kollect::producer
