#include "simulation/random_source.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace kollect::producer {
namespace {

TEST(random_source, gives_the_same_numbers_everywhere) {
  // Those of the reference implementation of SplitMix64 for the seed 1234567.
  random_source numbers(1'234'567);
  const std::array<std::uint64_t, 5> expected{6457827717110365317U, 3203168211198807973U,
                                              9817491932198370423U, 4593380528125082431U,
                                              16408922859458223821U};
  for (const auto number : expected)
    EXPECT_EQ(numbers.next(), number);
}

TEST(random_source, stays_below_its_bound_and_reaches_all_of_it) {
  random_source numbers(1);
  std::vector<int> seen(7);
  for (int round = 0; round < 1'000; ++round)
    ++seen.at(numbers.below(seen.size()));
  for (const int count : seen)
    EXPECT_GT(count, 80);
}

TEST(random_source, takes_chances_at_their_rate) {
  random_source numbers(2);
  int hits = 0;
  for (int round = 0; round < 10'000; ++round) {
    EXPECT_FALSE(numbers.chance(0));
    EXPECT_TRUE(numbers.chance(1));
    hits += numbers.chance(0.25) ? 1 : 0;
  }
  EXPECT_NEAR(hits, 2'500, 200);
}

TEST(random_source, repeats_as_often_as_its_share_says) {
  random_source numbers(3);
  std::size_t total = 0;
  for (int round = 0; round < 10'000; ++round) {
    const auto times = numbers.times(2.5);
    EXPECT_TRUE(times == 2 || times == 3) << times;
    EXPECT_EQ(numbers.times(0), 0U);
    EXPECT_EQ(numbers.times(1), 1U);
    total += times;
  }
  EXPECT_NEAR(static_cast<double>(total), 25'000, 300);
}

TEST(combine_seeds, tells_places_apart) {
  EXPECT_EQ(combine_seeds(1, 2), combine_seeds(1, 2));
  EXPECT_NE(combine_seeds(1, 2), combine_seeds(2, 1));
  EXPECT_NE(combine_seeds(1, 2), combine_seeds(1, 3));
  EXPECT_NE(combine_seeds(1, 0), combine_seeds(0, 1));
}

} // namespace
} // namespace kollect::producer
