#include "command/outcome_json.hpp"

#include <gtest/gtest.h>

namespace kollect::consumer::test {
namespace {

TEST(outcome_json, is_one_line) {
  EXPECT_EQ(counts_json({15, 5, 4, 3, 2, 1}),
            R"({"consumed":15,"applied":5,"duplicate":4,"stale":3,"dead_lettered":2,"pending":1})");
  EXPECT_EQ(counts_json({0, 3, 0, 0, 0, -3}),
            R"({"consumed":0,"applied":3,"duplicate":0,"stale":0,"dead_lettered":0,"pending":-3})");
}

} // namespace
} // namespace kollect::consumer::test
