#include <support/messages.hpp>

#include <kollect/snapshot.hpp>

#include <gtest/gtest.h>

#include <range/v3/algorithm/count_if.hpp>
#include <range/v3/range/concepts.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <ranges>

namespace kollect::test {

static_assert(std::ranges::forward_range<row_range>);
static_assert(std::ranges::view<row_range>);
static_assert(std::ranges::borrowed_range<row_range>);
static_assert(std::ranges::viewable_range<row_range>);
static_assert(std::forward_iterator<row_range::iterator>);
static_assert(ranges::forward_range<row_range>);
static_assert(ranges::view_<row_range>);
static_assert(ranges::borrowed_range<row_range>);

namespace {

std::string three_rows() {
  return "[" + row_text("a") + "," + row_text("b") + ",{\"uid\":\"c\"}]";
}

bool is_deployment(const item_view& row) {
  return row.kind == "Deployment";
}

std::string uid_of(const item_view& row) {
  return row.uid.decode();
}

} // namespace

TEST(row_range, goes_through_views_and_algorithms_of_the_standard) {
  const auto text = three_rows();
  const auto view = parse_payload(text).value();
  std::string found;
  for (const auto& uid : view.rows() | std::views::filter(is_deployment) | std::views::transform(uid_of))
    found += uid;
  EXPECT_EQ(found, "ab");
  EXPECT_EQ(std::ranges::count_if(view.rows(), is_deployment), 2);
  // What is found in a range that is gone stays good: it is borrowed.
  const auto row = std::ranges::find_if(view.rows(), [](const item_view& one) { return one.uid == "c"; });
  EXPECT_EQ(row->raw, R"({"uid":"c"})");
  EXPECT_EQ(std::ranges::distance(view.rows()), 3);
}

TEST(row_range, goes_through_views_and_algorithms_of_range_v3) {
  const auto text = three_rows();
  const auto view = parse_payload(text).value();
  std::string found;
  for (const auto& uid :
       view.rows() | ranges::views::filter(is_deployment) | ranges::views::transform(uid_of))
    found += uid;
  EXPECT_EQ(found, "ab");
  EXPECT_EQ(ranges::count_if(view.rows(), is_deployment), 2);
}

TEST(row_range, of_nothing_is_empty) {
  EXPECT_EQ(std::ranges::distance(row_range()), 0);
  EXPECT_EQ(std::ranges::distance(parse_payload("[]").value().rows()), 0);
}

} // namespace kollect::test
