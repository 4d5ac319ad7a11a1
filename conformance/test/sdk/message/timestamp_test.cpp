#include <support/failure_is.hpp>
#include <support/seeded_random.hpp>

#include <kollect/timestamp.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <sstream>
#include <unordered_set>

namespace kollect::test {

namespace {

constexpr std::int64_t first_second = -62'167'219'200; // 0000-01-01T00:00:00Z
constexpr std::int64_t last_second = 253'402'300'799;  // 9999-12-31T23:59:59Z

} // namespace

TEST(timestamps, are_read) {
  struct {
    std::string_view text;
    timestamp expected;
  } const cases[] = {
      {"1970-01-01T00:00:00Z", {0, 0}},
      {"1969-12-31T23:59:59.5Z", {-1, 500'000'000}},
      {"2026-01-15T12:00:00Z", {1'768'478'400, 0}},
      {"2026-01-15T12:00:00.1Z", {1'768'478'400, 100'000'000}},
      {"2026-01-15T12:00:00.123456789Z", {1'768'478'400, 123'456'789}},
      {"2026-01-15T12:00:00.100000000Z", {1'768'478'400, 100'000'000}},
      {"2026-01-15T12:00:00.000000001Z", {1'768'478'400, 1}},
      {"2026-01-15T12:00:00.0Z", {1'768'478'400, 0}},
      {"2024-02-29T00:00:00Z", {1'709'164'800, 0}},
      {"2000-02-29T23:59:59Z", {951'868'799, 0}},
      {"0000-01-01T00:00:00Z", {first_second, 0}},
      {"9999-12-31T23:59:59.999999999Z", {last_second, 999'999'999}},
      {"2262-04-11T23:47:16.854775808Z", {9'223'372'036, 854'775'808}},
      {"2263-01-01T00:00:00Z", {9'246'182'400, 0}},
  };
  for (const auto& one : cases) {
    const auto read = parse_timestamp(one.text);
    ASSERT_TRUE(has_value(read)) << one.text;
    EXPECT_EQ(*read, one.expected) << one.text;
  }
}

TEST(timestamps, everything_else_is_refused) {
  for (const std::string_view text : {"",
                                      "Z",
                                      "2026",
                                      "2026-01-15",
                                      "2026-01-15T12:00Z",
                                      "2026-01-15T12:00:00",
                                      "2026-01-15 12:00:00Z",
                                      "2026-01-15t12:00:00Z",
                                      "2026-01-15T12:00:00z",
                                      "2026-01-15T12:00:00+00:00",
                                      "2026-01-15T12:00:00+02:00",
                                      "2026-01-15T12:00:00-00:00",
                                      "2026-01-15T12:00:00.Z",
                                      "2026-01-15T12:00:00,5Z",
                                      "2026-01-15T12:00:00.1234567890Z",
                                      "2026-01-15T12:00:00.5",
                                      "2026-01-15T12:00:00.5ZZ",
                                      "2026-01-15T12:00:00Z ",
                                      " 2026-01-15T12:00:00Z",
                                      "2026-01-15T12:00:60Z",
                                      "2026-06-30T23:59:60Z",
                                      "2026-01-15T12:60:00Z",
                                      "2026-01-15T24:00:00Z",
                                      "2026-00-15T12:00:00Z",
                                      "2026-13-15T12:00:00Z",
                                      "2026-01-00T12:00:00Z",
                                      "2026-01-32T12:00:00Z",
                                      "2026-02-29T12:00:00Z",
                                      "1900-02-29T12:00:00Z",
                                      "2026-04-31T12:00:00Z",
                                      "-026-01-15T12:00:00Z",
                                      "+026-01-15T12:00:00Z",
                                      "10000-01-15T12:00:00Z",
                                      "12026-01-15T12:00:00Z",
                                      "2026-1-15T12:00:00.00Z",
                                      "2026-01-15T1 :00:00Z",
                                      "2026-01-15T12:00:0xZ",
                                      "2026/01/15T12:00:00Z",
                                      "2026-01-15T12.00.00Z",
                                      "2026-W03-4T12:00:00Z",
                                      "\u0662026-01-15T12:00:00Z",
                                      "2026-01-15T12:00:00.\u0661Z"}) {
    const auto read = parse_timestamp(text);
    ASSERT_TRUE(failure_is(read, error::invalid_timestamp)) << text;
    EXPECT_EQ(read.error().clause, "ENV-05");
  }
  EXPECT_TRUE(
      failure_is(parse_timestamp(std::string_view("2026-01-15T12:00:00\0", 20)), error::invalid_timestamp));
  const auto long_text = parse_timestamp(std::string(1'000'000, '2'));
  ASSERT_TRUE(failure_is(long_text, error::invalid_timestamp));
  EXPECT_LT(long_text.error().message.size(), 300U);
}

TEST(timestamps, every_single_change_of_a_digit_or_mark_is_noticed) {
  const std::string good = "2026-01-15T12:00:00.5Z";
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int byte = 0; byte < 256; ++byte) {
      auto text = good;
      text[at] = static_cast<char>(static_cast<unsigned char>(byte));
      if (text.ends_with(".0Z"))
        continue; // read, and written without
      const auto read = parse_timestamp(text);
      ASSERT_TRUE(!read || to_string(*read) == text) << text;
    }
}

TEST(timestamps, are_written_as_go_does_without_trailing_zeros) {
  struct {
    timestamp value;
    std::string_view expected;
  } const cases[] = {
      {{0, 0}, "1970-01-01T00:00:00Z"},
      {{0, 1}, "1970-01-01T00:00:00.000000001Z"},
      {{0, 10}, "1970-01-01T00:00:00.00000001Z"},
      {{0, 120'000'000}, "1970-01-01T00:00:00.12Z"},
      {{-1, 999'999'999}, "1969-12-31T23:59:59.999999999Z"},
      {{first_second, 0}, "0000-01-01T00:00:00Z"},
      {{last_second, 0}, "9999-12-31T23:59:59Z"},
      {{1'768'478'400, 12'345'000}, "2026-01-15T12:00:00.012345Z"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(to_string(one.value), one.expected);
    std::ostringstream out;
    out << one.value;
    EXPECT_EQ(out.str(), one.expected);
  }
}

TEST(timestamps, random_instants_read_back_as_they_were) {
  seeded_random random(test_seed(31));
  for (int round = 0; round < 50'000; ++round) {
    timestamp value{first_second + static_cast<std::int64_t>(random.below(last_second - first_second + 1)),
                    0};
    if (!random.once_in(4))
      value.nanoseconds = static_cast<std::uint32_t>(random.below(1'000'000'000));
    if (random.once_in(4))
      value.nanoseconds -= value.nanoseconds % 1'000'000;
    const auto read = parse_timestamp(to_string(value));
    ASSERT_TRUE(has_value(read));
    ASSERT_EQ(*read, value) << value;
  }
}

TEST(timestamps, compare_as_instants_where_their_texts_do_not) {
  const auto whole = parse_timestamp("2026-01-15T12:00:00Z").value(),
             later = parse_timestamp("2026-01-15T12:00:00.1Z").value();
  EXPECT_LT(whole, later);
  EXPECT_GT(to_string(whole), to_string(later)); // the trap
  EXPECT_EQ(parse_timestamp("2026-01-15T12:00:00.10Z").value(), later);
  EXPECT_LT((timestamp{-1, 999'999'999}), (timestamp{0, 0}));
}

TEST(timestamps, a_span_is_added_across_the_second) {
  using std::chrono::nanoseconds;
  EXPECT_EQ((timestamp{5, 999'999'999} + nanoseconds(1)), (timestamp{6, 0}));
  EXPECT_EQ((timestamp{5, 0} + nanoseconds(-1)), (timestamp{4, 999'999'999}));
  EXPECT_EQ((timestamp{0, 0} + nanoseconds(-1)), (timestamp{-1, 999'999'999}));
  EXPECT_EQ((timestamp{5, 600'000'000} + nanoseconds(1'600'000'000)), (timestamp{7, 200'000'000}));
  EXPECT_EQ((timestamp{5, 600'000'000} + nanoseconds(-1'700'000'000)), (timestamp{3, 900'000'000}));
  EXPECT_EQ((timestamp{5, 1} + std::chrono::minutes(5)), (timestamp{305, 1}));
  EXPECT_EQ((timestamp{0, 0} + nanoseconds::max()), (timestamp{9'223'372'036, 854'775'807}));
  EXPECT_EQ((timestamp{0, 0} + nanoseconds::min()), (timestamp{-9'223'372'037, 145'224'192}));
  EXPECT_EQ(from_system_clock(std::chrono::system_clock::time_point{}), (timestamp{0, 0}));
  EXPECT_EQ(from_system_clock(std::chrono::system_clock::time_point{std::chrono::milliseconds(-1)}),
            (timestamp{-1, 999'000'000}));
}

TEST(timestamps, are_hashed_over_their_whole_range) {
  std::unordered_set<timestamp> seen;
  for (const auto second :
       {first_second, std::int64_t{-1}, std::int64_t{0}, std::int64_t{9'300'000'000}, last_second,
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
    for (const std::uint32_t nanosecond : {0U, 1U, 999'999'999U})
      EXPECT_TRUE(seen.insert({second, nanosecond}).second);
  EXPECT_EQ(seen.size(), 21U);
}

TEST(timestamp, without_a_text_is_told_from_all_that_have_one) {
  for (const auto& bad : {timestamp{first_timestamp.seconds - 1, 0}, timestamp{last_timestamp.seconds + 1, 0},
                          timestamp{0, 1'000'000'000}, timestamp{INT64_MIN, 0}, timestamp{INT64_MAX, 7}}) {
    EXPECT_FALSE(is_valid(bad));
    EXPECT_TRUE(failure_is(parse_timestamp(to_string(bad)), error::invalid_timestamp)) << bad;
  }
  for (const auto& good : {first_timestamp, last_timestamp})
    EXPECT_EQ(parse_timestamp(to_string(good)).value(), good);
  EXPECT_EQ(to_string(first_timestamp), "0000-01-01T00:00:00Z");
  EXPECT_EQ(to_string(last_timestamp), "9999-12-31T23:59:59.999999999Z");
}

TEST(timestamp, goes_to_chrono_and_back) {
  namespace chrono = std::chrono;
  static_assert(std::same_as<decltype(to_system_clock(timestamp())), chrono::sys_time<chrono::nanoseconds>>);
  for (const auto& instant : {timestamp{}, timestamp{-1, 1}, timestamp{1'768'478'400, 999'999'999}})
    EXPECT_EQ(from_system_clock(to_system_clock(instant)), instant);
  EXPECT_EQ(from_system_clock(chrono::sys_days(chrono::year(2026) / 1 / 15)), (timestamp{1'768'435'200, 0}));
  EXPECT_EQ(from_system_clock(chrono::sys_time<chrono::milliseconds>(chrono::milliseconds(-1))),
            (timestamp{-1, 999'000'000}));
  // Coarser units round down, and both ways saturate.
  EXPECT_EQ(to_system_clock<chrono::seconds>({-1, 1}).time_since_epoch().count(), -1);
  EXPECT_EQ(to_system_clock<chrono::days>({-1, 0}).time_since_epoch().count(), -1);
  EXPECT_EQ(to_system_clock(last_timestamp), chrono::sys_time<chrono::nanoseconds>::max());
  EXPECT_EQ(to_system_clock(first_timestamp), chrono::sys_time<chrono::nanoseconds>::min());
  EXPECT_EQ(from_system_clock(to_system_clock<chrono::microseconds>(last_timestamp)),
            (timestamp{last_timestamp.seconds, 999'999'000}));
  EXPECT_EQ(from_system_clock(chrono::sys_seconds(chrono::seconds(INT64_MAX))), last_timestamp);
  EXPECT_EQ(from_system_clock(chrono::sys_seconds(chrono::seconds(INT64_MIN))), first_timestamp);
  EXPECT_EQ(last_timestamp + chrono::nanoseconds(1), last_timestamp);
  EXPECT_EQ(first_timestamp + chrono::nanoseconds(-1), first_timestamp);
}

} // namespace kollect::test
