#include <support/failure_is.hpp>
#include <support/seeded_random.hpp>

#include <kollect/multipart.hpp>
#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

#include <bit>
#include <cmath>
#include <limits>

namespace kollect::test {

namespace {

std::string written(double value) {
  return serialize(boost::json::value(value)).value();
}
std::string read_and_written(std::string_view text) {
  return serialize(parse_value(text).value()).value();
}

} // namespace

TEST(numbers, doubles_are_laid_out_as_go_does) {
  struct {
    double value;
    std::string_view expected;
  } const cases[] = {
      {0.0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {-1, "-1"},
      {0.1, "0.1"},
      {0.30000000000000004, "0.30000000000000004"},
      {100, "100"},
      {123456789.125, "123456789.125"},
      {1e20, "100000000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {999999999999999900000.0, "999999999999999900000"},
      {1e21, "1e+21"},
      {-1e21, "-1e+21"},
      {1.5e21, "1.5e+21"},
      {1.2345678901234568e22, "1.2345678901234568e+22"},
      {1e100, "1e+100"},
      {1e-6, "0.000001"},
      {1.5e-6, "0.0000015"},
      {9.999999999999997e-7, "9.999999999999997e-7"},
      {1e-7, "1e-7"},
      {-1.25e-7, "-1.25e-7"},
      {1e-9, "1e-9"},
      {1e-10, "1e-10"},
      {5e-324, "5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {-1.7976931348623157e308, "-1.7976931348623157e+308"},
      {9007199254740991.0, "9007199254740991"},
      {9007199254740992.0, "9007199254740992"},
      {9007199254740994.0, "9007199254740994"},
      {9223372036854775808.0, "9223372036854776000"},
      {18446744073709551616.0, "18446744073709552000"},
      {4.35, "4.35"},
      {2.5e-5, "0.000025"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(written(one.value), one.expected);
}

TEST(numbers, integers_stay_integers_if_they_fit_int64) {
  for (const std::string_view text : {"0", "-1", "9007199254740991", "9007199254740992", "9007199254740993",
                                      "9223372036854775807", "-9223372036854775808", "1000000000000000000"})
    EXPECT_EQ(read_and_written(text), text);
  EXPECT_EQ(serialize(boost::json::value(std::numeric_limits<std::int64_t>::min())).value(),
            "-9223372036854775808");
  EXPECT_EQ(serialize(boost::json::value(std::numeric_limits<std::int64_t>::max())).value(),
            "9223372036854775807");
  EXPECT_EQ(serialize(boost::json::value(std::numeric_limits<std::uint64_t>::max())).value(),
            "18446744073709552000");
}

TEST(numbers, everything_else_becomes_the_nearest_double) {
  struct {
    std::string_view text, expected;
  } const cases[] = {
      {"9223372036854775808", "9223372036854776000"},
      {"-9223372036854775809", "-9223372036854776000"},
      {"18446744073709551615", "18446744073709552000"},
      {"123456789012345678901234567890", "1.2345678901234568e+29"},
      {"1.0", "1"},
      {"-0", "0"}, // an integer, as Go's ParseInt says
      {"-0.0", "-0"},
      {"-0e5", "-0"},
      {"1e2", "100"},
      {"1E+2", "100"},
      {"2.5E-1", "0.25"},
      {"1e0", "1"},
      {"9007199254740993.0", "9007199254740992"}, // ties go to even
      {"9007199254740995.0", "9007199254740996"},
      {"0.1000000000000000055511151231257827021181583404541015625", "0.1"},
      {"1e-400", "0"},
      {"-1e-400", "-0"},
      {"2e-324", "0"}, // less than half of the least double
      {"3e-324", "5e-324"},
      {"1e-99999999999999999999", "0"},
      {"0e99999999999", "0"},
      {"0e99999999999999999999999", "0"},
      {"-0.000e99999999999999999999999", "-0"},
      {"0.0000000000001e320", "1e+307"},
      {"100000000000e-330", "1e-319"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"1.7976931348623158e308", "1.7976931348623157e+308"},
      {"17976931348623157e292", "1.7976931348623157e+308"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(read_and_written(one.text), one.expected) << one.text;
}

TEST(numbers, numbers_beyond_a_double_are_refused_at_their_first_byte) {
  for (const auto& text :
       {std::string("1e999"), std::string("-1e999"), std::string("1e309"),
        std::string("1.7976931348623159e308"), std::string("1e99999999999999999999"),
        std::string("0.001e99999999999999999999"), std::string("0.0000000000001e322"),
        "1" + std::string(400, '0'), "-1" + std::string(400, '0'), "1" + std::string(400, '0') + ".5",
        std::string(400, '9') + "e0", std::string(309, '9')}) {
    EXPECT_TRUE(failure_is(parse_value(text), error::number_overflow, 0)) << text;
    EXPECT_TRUE(failure_is(parse_value("[1, " + text + "]"), error::number_overflow, 4)) << text;
  }
}

TEST(numbers, long_numbers_within_a_double_are_read) {
  EXPECT_EQ(read_and_written("1" + std::string(308, '0')), "1e+308");
  EXPECT_EQ(read_and_written("1" + std::string(400, '0') + "e-400"), "1");
  EXPECT_EQ(read_and_written("0." + std::string(400, '0') + "1e401"), "1");
  EXPECT_EQ(read_and_written("0." + std::string(400, '0') + "1"), "0");
  EXPECT_EQ(read_and_written("0." + std::string(1000, '3')), "0.3333333333333333");
  EXPECT_EQ(read_and_written("1" + std::string(1000, '0') + "e-1000"), "1");
}

TEST(numbers, doubles_of_every_exponent_read_back_as_they_were) {
  seeded_random random(test_seed(19));
  for (std::uint64_t exponent = 0; exponent < 2047; ++exponent) {
    for (int round = 0; round < 12; ++round) {
      const std::uint64_t mantissas[] = {0, 1, (std::uint64_t{1} << 52U) - 1, random.bits() >> 12U};
      const auto bits = (random.bits() << 63U) | exponent << 52U | random.pick(mantissas);
      const auto value = std::bit_cast<double>(bits);
      const auto text = written(value);
      const auto read = parse_value(text);
      ASSERT_TRUE(has_value(read)) << text;
      ASSERT_EQ(read->to_number<double>(), value) << text;
      ASSERT_LE(text.size(), 26U) << text;
    }
  }
}

TEST(numbers, what_json_has_no_text_for_is_an_error_wherever_it_stands) {
  using boost::json::array;
  using boost::json::object;
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}) {
    const boost::json::value values[] = {bad, array{1, bad}, object{{"a", bad}},
                                         object{{"b", 1}, {"a", array{object{{"c", bad}}}}}};
    for (const auto& value : values) {
      EXPECT_TRUE(failure_is(serialize(value), error::invalid_value));
      item row;
      row.name = "n";
      row.attributes = object{{"x", value}};
      EXPECT_TRUE(failure_is(serialize(row), error::invalid_value));
      EXPECT_TRUE(failure_is(serialize_for_sorting(row), error::invalid_value));
      const item rows[] = {{.name = "m"}, row}, unsorted[] = {row, {.name = "m"}};
      EXPECT_TRUE(failure_is(serialize_items(rows), error::invalid_value));
      EXPECT_TRUE(failure_is(serialize_items(unsorted), error::invalid_value));
      snapshot source;
      source.items = {row};
      EXPECT_TRUE(failure_is(make_payloads(source), error::invalid_value));
      std::string text = "before";
      EXPECT_TRUE(failure_is(append_item(text, row), error::invalid_value));
      EXPECT_EQ(text, "before");
    }
  }
}

TEST(numbers, what_fits_int64_is_written_in_decimal_whatever_type_it_has) { // BYT-04
  const auto written_unsigned = [](std::uint64_t value) {
    return serialize(boost::json::value(value)).value();
  };
  EXPECT_EQ(written_unsigned(9'007'199'254'740'993), "9007199254740993");
  EXPECT_EQ(written_unsigned(9'223'372'036'854'775'807), "9223372036854775807");
  EXPECT_EQ(written_unsigned(9'223'372'036'854'775'808U), "9223372036854776000");
  EXPECT_EQ(written_unsigned(18'446'744'073'709'551'615U), "18446744073709552000");
}

TEST(attributes, are_an_object_or_null_or_an_error) { // ROW-02
  for (const boost::json::value& bad :
       {boost::json::value(boost::json::array{1}), boost::json::value("x"), boost::json::value(1),
        boost::json::value(true), boost::json::value(1.5)}) {
    item row;
    row.uid = "u";
    row.attributes = bad;
    EXPECT_TRUE(failure_is(serialize(row), error::wrong_type));
    EXPECT_TRUE(failure_is(serialize_items(std::span(&row, 1)), error::wrong_type));
    EXPECT_EQ(serialize(row).error().clause, "ROW-02");
  }
}

TEST(writing, a_row_without_name_and_uid_is_none) { // ROW-03
  EXPECT_TRUE(failure_is(serialize(item{.namespace_ = "n"}), error::missing_field));
  EXPECT_TRUE(has_value(serialize(item{.name = "n"})));
  EXPECT_TRUE(has_value(serialize(item{.uid = "u"})));
}

namespace {

/// `depth` arrays, one in the other, or so many objects.
boost::json::value nested_value(std::size_t depth, bool in_objects) {
  boost::json::value out = 1;
  for (; depth != 0; --depth) {
    if (in_objects) {
      boost::json::object around;
      around.emplace("a", std::move(out));
      out = std::move(around);
    } else {
      boost::json::array around;
      around.push_back(std::move(out));
      out = std::move(around);
    }
  }
  return out;
}

} // namespace

TEST(writing, is_bounded_in_depth_as_reading_is) {
  for (const bool in_objects : {false, true}) {
    EXPECT_TRUE(has_value(serialize(nested_value(256, in_objects))));
    EXPECT_TRUE(failure_is(serialize(nested_value(257, in_objects)), error::too_deep));
    EXPECT_TRUE(failure_is(serialize(nested_value(20'000, in_objects)), error::too_deep));
    EXPECT_TRUE(has_value(serialize(nested_value(1024, in_objects), {.max_depth = 5'000})));
    const auto refused = serialize(nested_value(1025, in_objects), {.max_depth = 5'000});
    ASSERT_TRUE(failure_is(refused, error::too_deep));
    EXPECT_NE(refused.error().message.find("1024"), std::string::npos) << refused.error();
    // What is written can be read: the row stands in the envelope, the export envelope and the array.
    for (const std::size_t depth : {252U, 253U}) {
      item row;
      row.uid = "u";
      row.attributes = nested_value(depth, true);
      const auto items = serialize_items(std::span(&row, 1));
      EXPECT_EQ(items.has_value(), depth == 252);
      EXPECT_EQ(serialize_for_sorting(row).has_value(), depth == 252);
      EXPECT_TRUE(has_value(serialize(row)));
      if (items) {
        EXPECT_TRUE(has_value(parse_items(*items)));
      }
    }
  }
}

} // namespace kollect::test
