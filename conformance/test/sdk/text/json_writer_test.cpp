#include <support/failure_is.hpp>

#include <kollect/json_writer.hpp>
#include <kollect/parse.hpp>

#include <cstdint>
#include <limits>

namespace kollect::test {

namespace {

template <class Value>
std::string written(const Value& value) {
  std::string out;
  EXPECT_TRUE(json_writer(out).value(value).status());
  return out;
}

template <class Write>
std::string written_by(Write&& write) {
  std::string out = "before ";
  json_writer to(out);
  write(to);
  EXPECT_TRUE(to.status());
  return out.substr(7);
}

} // namespace

TEST(json_writer, sets_commas_where_json_wants_them) {
  const auto text = written_by([](json_writer& to) {
    to.begin_object().name("empty").begin_object().end_object().name("none").begin_array().end_array();
    to.name("list").begin_array().value(1).value("[").value("{").value(":").value(",");
    to.begin_array().begin_array().end_array().value(nullptr).end_array();
    to.begin_object().member("a", 1).member("b", 2).end_object().end_array();
    to.member("last", true).end_object();
  });
  EXPECT_EQ(text, R"({"empty":{},"none":[],"list":[1,"[","{",":",",",[[],null],{"a":1,"b":2}],"last":true})");
  EXPECT_TRUE(parse_value(text));
}

TEST(json_writer, writes_one_value_after_what_stands_in_the_string) {
  for (const std::string before : {"", "x", "[", "{\"a\":", "1"}) {
    std::string out = before;
    json_writer(out).value(7);
    EXPECT_EQ(out, before + "7");
  }
}

TEST(json_writer, spells_values_as_go_does) {
  EXPECT_EQ(written("<\xFF\u2028>"), R"("\u003c\ufffd\u2028\u003e")");
  EXPECT_EQ(written(std::string("a\0b", 3)), R"("a\u0000b")");
  EXPECT_EQ(written(std::string_view()), R"("")");
  EXPECT_EQ(written(true), "true");
  EXPECT_EQ(written(false), "false");
  EXPECT_EQ(written(nullptr), "null");
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(written(std::int8_t{-7}), "-7");
  EXPECT_EQ(written(std::uint8_t{200}), "200");
  EXPECT_EQ(written(1e21), "1e+21");
  EXPECT_EQ(written(-0.0), "-0");
  EXPECT_EQ(written(2.0), "2");
  EXPECT_EQ(written(std::optional<int>()), "null");
  EXPECT_EQ(written(std::optional<std::string>("x")), R"("x")");
  EXPECT_EQ(written(boost::json::value{{"b", 1}, {"a", {1.5, nullptr}}}), R"({"a":[1.5,null],"b":1})");
}

TEST(json_writer, spells_names_as_it_does_strings) {
  const auto text = written_by([](json_writer& to) {
    to.begin_object();
    for (const char* const name : {"plain", "", "<&>", "\"\\\n", "\u00E9", "\xFF", "\u2028"})
      to.member(name, 0);
    to.end_object();
  });
  EXPECT_EQ(text, "{\"plain\":0,\"\":0,\"\\u003c\\u0026\\u003e\":0,\"\\\"\\\\\\n\":0,\"\u00E9\":0,"
                  "\"\\ufffd\":0,\"\\u2028\":0}");
}

TEST(json_writer, spells_names_of_every_length) {
  for (std::size_t length = 0; length < 200; ++length) {
    const std::string plain(length, 'n'), special = plain + "<";
    EXPECT_EQ(written_by([&](json_writer& to) {
                to.begin_object().member(plain, 1).member(special, 2).member(plain, 3).end_object();
              }),
              "{\"" + plain + "\":1,\"" + plain + "\\u003c\":2,\"" + plain + "\":3}");
  }
}

TEST(json_writer, leaves_json_that_it_is_given_alone) {
  EXPECT_EQ(written_by([](json_writer& to) {
              to.begin_object().name("a").raw("{ \"x\" : 1e3 }").name("b").raw("[]").end_object();
            }),
            R"({"a":{ "x" : 1e3 },"b":[]})");
}

TEST(json_writer, says_so_when_json_has_no_text_for_a_value) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto expect_refused = [](auto&& write) {
    std::string out;
    json_writer to(out);
    to.begin_array().value(1);
    write(to);
    to.value(2).end_array();
    EXPECT_TRUE(failure_is(to.status(), error::invalid_value)) << out;
    EXPECT_EQ(out, "[1,null,2]");
  };
  for (const double number : {infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}) {
    expect_refused([&](json_writer& to) { to.value(number); });
    expect_refused([&](json_writer& to) { to.value(std::optional(number)); });
    expect_refused([&](json_writer& to) { to.value(boost::json::value(number)); });
    expect_refused([&](json_writer& to) { to.value(boost::json::value{{"a", {1, number}}}); });
  }
  expect_refused([](json_writer& to) { to.raw(""); });
  boost::json::value deep;
  for (int level = 0; level < 300; ++level)
    deep = boost::json::array{std::move(deep)};
  std::string out;
  json_writer to(out);
  to.begin_array().value(deep).end_array();
  EXPECT_TRUE(failure_is(to.status(), error::too_deep));
  EXPECT_EQ(out, "[null]");
}

} // namespace kollect::test
