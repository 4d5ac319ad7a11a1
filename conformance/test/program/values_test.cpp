#include <program/values.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace kollect::program::test {
namespace {

TEST(values, numbers_take_units_and_keep_to_their_range) {
  const auto sizes = bytes(1, std::int64_t{1} << 40);
  EXPECT_EQ(read_number("1048576", sizes), 1048576);
  EXPECT_EQ(read_number("512MiB", sizes), 512 * 1024 * 1024);
  EXPECT_EQ(read_number("64Ki", sizes), 64 * 1024);
  EXPECT_EQ(read_number("10MB", sizes), 10'000'000);
  EXPECT_EQ(read_number("1TiB", sizes), std::int64_t{1} << 40);
  EXPECT_EQ(read_number("7B", sizes), 7);
  for (const auto* const wrong :
       {"", " 1", "1 ", "0", "-1", "+1", "1.5", "1mib", "1K", "2TiB", "MiB", "0x10", "1e3",
        "9223372036854775808", "99999999999999999999", "9000000000TiB", "1MiBx"})
    EXPECT_EQ(read_number(wrong, sizes), std::nullopt) << wrong;
  EXPECT_EQ(read_number("30", seconds(1, 3600)), 30);
  EXPECT_EQ(read_number("5m", seconds(1, 3600)), 300);
  EXPECT_EQ(read_number("2000ms", seconds(1, 3600)), 2);
  EXPECT_EQ(read_number("1500ms", seconds(1, 3600)), std::nullopt) << "no whole number of seconds";
  EXPECT_EQ(read_number("1d", seconds(1, 3600)), std::nullopt);
  EXPECT_EQ(read_number("500", milliseconds(100, 60'000)), 500);
  EXPECT_EQ(read_number("1m", milliseconds(100, 60'000)), 60'000);
  EXPECT_EQ(read_number("4KiB", count()), std::nullopt) << "a count has no unit";
  EXPECT_EQ(read_number("-5", count(-10, 10)), -5);
}

TEST(values, decimals_are_finite_and_whole_texts) {
  EXPECT_EQ(read_decimal("0.25", {0, 1}), 0.25);
  EXPECT_EQ(read_decimal("1e-1", {0, 1}), 0.1);
  for (const auto* const wrong : {"", "nan", "inf", "1e999", "0.5x", "-0.1", "1.1", "0,5"})
    EXPECT_EQ(read_decimal(wrong, {0, 1}), std::nullopt) << wrong;
}

TEST(values, switches_are_read_in_either_case) {
  for (const auto* const yes : {"true", "TRUE", "yes", "on", "1"})
    EXPECT_EQ(read_switch(yes), true) << yes;
  for (const auto* const no : {"false", "No", "off", "0"})
    EXPECT_EQ(read_switch(no), false) << no;
  EXPECT_EQ(read_switch("maybe"), std::nullopt);
  EXPECT_EQ(read_switch(""), std::nullopt);
}

TEST(values, ranges_and_numbers_are_told_in_few_letters) {
  EXPECT_EQ(range_of(count(0, 100)), "0 to 100");
  EXPECT_EQ(range_of(count(1)), "1 or more");
  EXPECT_EQ(range_of(decimal_kind{}), "0 or more");
  EXPECT_EQ(range_of(decimal_kind{0, 1}), "0 to 1");
  EXPECT_EQ(range_of(seconds(1, 3600)), "1s to 1h");
  EXPECT_EQ(range_of(milliseconds(500, 60'000)), "500ms to 1m");
  EXPECT_EQ(range_of(bytes(1024, 1024 * 1024)), "1KiB to 1MiB");
  EXPECT_EQ(number_text(1'000'000, unit::bytes), "1000000");
  EXPECT_EQ(number_text(0, unit::bytes), "0");
  EXPECT_EQ(number_text(0, unit::seconds), "0s");
  EXPECT_EQ(number_text(86'400, unit::seconds), "1d");
  EXPECT_EQ(number_text(90, unit::seconds), "90s");
}

TEST(values, what_is_told_of_a_number_can_be_given) {
  for (const std::int64_t number : {std::int64_t{1}, std::int64_t{1500}, std::int64_t{86'400},
                                    std::int64_t{1} << 30, std::numeric_limits<std::int64_t>::max()})
    for (const auto counts : {unit::none, unit::bytes, unit::seconds, unit::milliseconds})
      EXPECT_EQ(read_number(number_text(number, counts), {0, unbounded, counts}), number);
}

TEST(values, passwords_in_urls_are_seen) {
  for (const auto* const url :
       {"postgresql://me:hunter2@db/portal", "postgresql://:hunter2@db/portal",
        "postgresql://db/p?password=hunter2", "postgresql://me@db/p?sslmode=require&sslpassword=hunter2",
        "postgres://me:hunter2@[db/kollect", "postgresql://me:hunt/er2@db/portal",
        "postgresql://me:p@ss@db/portal", "host=db password=hunter2", "postgresql://db/p?PASSWORD=hunter2",
        "nats://token:hunter2@host"})
    EXPECT_TRUE(shows_password(url)) << url;
  for (const auto* const url :
       {"sqlite:/var/lib/x.db", "postgresql://me@db:5432/portal", "postgresql://db/p?sslmode=x",
        "postgresql://me:@db/portal", "", "sqlite:a@b:c.db", "postgresql://[::1]:5432/portal"})
    EXPECT_FALSE(shows_password(url)) << url;
}

TEST(values, what_may_be_secret_is_not_repeated) {
  EXPECT_EQ(quote_value("yaml"), "\"yaml\"");
  EXPECT_EQ(quote_value("a\x1b[31m"), "\"a\\u001b[31m\"");
  for (const auto& secret : {std::string("postgresql://me:hunter2@db"), std::string("me:hunter2@db"),
                             std::string("password=hunter2"), std::string("hunter2") + std::string(80, 'x')})
    EXPECT_EQ(quote_value(secret).find("hunter2"), std::string::npos) << secret;
}

} // namespace
} // namespace kollect::program::test
