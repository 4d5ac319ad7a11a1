#include "ingest/row_cache.hpp"

#include "support/messages.hpp"
#include "support/store_steps.hpp"

#include <gtest/gtest.h>

namespace kollect::consumer::test {
namespace {

class row_cache_with : public testing::Test {
protected:
  static scope place(int number) { return {"cluster", "namespace", std::to_string(number)}; }

  static scope_record record(std::int64_t id = 1, std::int64_t second = 0) {
    scope_record out;
    out.id = id;
    out.order = snapshot_order{noon(second), 0, sha256("payload")};
    out.items_digest = sha256(std::to_string(second));
    return out;
  }

  static held_rows rows(std::size_t count) { return hold_rows(rows_of(make_rows(count))); }
};

TEST_F(row_cache_with, the_record_of_its_rows_gives_them_once) {
  row_cache cache(1'000'000);
  cache.put(place(1), record(), rows(3));
  EXPECT_EQ(cache.take(place(1), record()).value().to_map(), rows_of(make_rows(3)));
  EXPECT_FALSE(cache.take(place(1), record()));
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_F(row_cache_with, another_record_gives_nothing_and_drops_them) {
  const auto other_digest = [] {
    auto out = record();
    out.items_digest = sha256("others");
    return out;
  }();
  auto none = record();
  none.order.reset();
  for (const auto& other : {record(2), record(1, 1), other_digest, none}) {
    row_cache cache(1'000'000);
    cache.put(place(1), record(), rows(3));
    EXPECT_FALSE(cache.take(place(1), other));
    EXPECT_FALSE(cache.take(place(1), record()));
    EXPECT_EQ(cache.size(), 0U);
  }
}

TEST_F(row_cache_with, a_scope_without_a_snapshot_keeps_nothing) {
  row_cache cache(1'000'000);
  auto none = record();
  none.order.reset();
  cache.put(place(1), none, {});
  EXPECT_EQ(cache.size(), 0U);
}

TEST_F(row_cache_with, too_much_forgets_what_was_not_used_for_longest) {
  row_cache cache(1'000'000);
  cache.put(place(0), record(), rows(10));
  const auto one = cache.bytes();
  EXPECT_GT(one, rows(10).bytes());
  row_cache small(3 * one + one / 2);
  for (int number = 0; number < 3; ++number)
    small.put(place(number), record(), rows(10));
  auto used = small.take(place(0), record());
  small.put(place(0), record(), std::move(used.value()));
  small.put(place(3), record(), rows(10));
  EXPECT_EQ(small.size(), 3U);
  EXPECT_LE(small.bytes(), 3 * one + one / 2);
  EXPECT_FALSE(small.take(place(1), record()));
  for (const int number : {0, 2, 3})
    EXPECT_TRUE(small.take(place(number), record())) << number;
  EXPECT_EQ(small.bytes(), 0U);
}

TEST_F(row_cache_with, the_size_given_is_never_exceeded) {
  for (const std::size_t size : {0U, 1U, 500U, 5'000U, 50'000U}) {
    row_cache cache(size);
    for (int number = 0; number < 50; ++number) {
      cache.put(place(number % 7), record(), rows(static_cast<std::size_t>(number)));
      EXPECT_LE(cache.bytes(), size);
    }
    cache.clear();
    EXPECT_EQ(cache.bytes(), 0U);
    EXPECT_EQ(cache.size(), 0U);
  }
}

} // namespace
} // namespace kollect::consumer::test
