#include <support/exact_bytes.hpp>

#include <kollect/detail/json_cursor.hpp>

namespace kollect::test {

namespace {

struct verdict {
  std::string reason = "accepted";
  std::size_t offset = 0;

  friend bool operator==(const verdict&, const verdict&) = default;
  friend std::ostream& operator<<(std::ostream& out, const verdict& value) {
    return out << value.reason << " at byte " << value.offset;
  }
};

/// What the cursor says of a whole text.
verdict check(std::string_view text, std::size_t max_depth = 256,
              detail::invalid_utf8 policy = detail::invalid_utf8::refuse) {
  const exact_bytes bytes(text);
  detail::json_cursor cursor(bytes.view(), max_depth, policy);
  std::string_view raw;
  if (cursor.skip_value(raw) && !cursor.at_end())
    cursor.fail(error::trailing_data, cursor.position());
  if (!cursor.failed())
    return {};
  return {std::string(error_name(cursor.reason())), cursor.failed_at()};
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (; times > 0; --times)
    out += text;
  return out;
}

} // namespace

TEST(json_cursor, accepts_every_kind_of_value) {
  for (const std::string_view text : {"null",
                                      "true",
                                      "false",
                                      "0",
                                      "-0",
                                      "1",
                                      "-1",
                                      "10",
                                      "0.5",
                                      "1.50",
                                      "1e5",
                                      "1E+5",
                                      "1e-5",
                                      "-0.0e-0",
                                      "\"\"",
                                      "\"a\"",
                                      "{}",
                                      "[]",
                                      " [ ] ",
                                      "\t{\n}\r",
                                      "[1,2,[],{}]",
                                      "{\"a\":1,\"b\":{\"c\":[null]}}",
                                      "{\"\":\"\"}",
                                      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uABCD\\uabcd\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\\ud800\"",
                                      "\"\x7F\"",
                                      "\"\u00E9\u6F22\U0001F600\uFFFF\"",
                                      "\"\U0010FFFF\"",
                                      "{\"a\":1,\"a\":2}"})
    EXPECT_EQ(check(text), verdict{}) << text;
}

TEST(json_cursor, refuses_with_reason_and_offset) {
  struct {
    std::string_view text;
    verdict expected;
  } const cases[] = {
      {"", {"truncated", 0}},
      {"  ", {"truncated", 2}},
      {"nul", {"truncated", 3}},
      {"nulL", {"syntax", 3}},
      {"True", {"syntax", 0}},
      {"tru e", {"syntax", 3}},
      {"NaN", {"syntax", 0}},
      {"Infinity", {"syntax", 0}},
      {"-", {"truncated", 1}},
      {"-a", {"syntax", 1}},
      {"+1", {"syntax", 0}},
      {".5", {"syntax", 0}},
      {"1.", {"truncated", 2}},
      {"1.e5", {"syntax", 2}},
      {"1e", {"truncated", 2}},
      {"1e+", {"truncated", 3}},
      {"1ex", {"syntax", 2}},
      {"01", {"trailing_data", 1}},
      {"[01]", {"syntax", 2}},
      {"-01", {"trailing_data", 2}},
      {"0x10", {"trailing_data", 1}},
      {"1 2", {"trailing_data", 2}},
      {"{}{}", {"trailing_data", 2}},
      {"[]]", {"trailing_data", 2}},
      {"[", {"truncated", 1}},
      {"[1", {"truncated", 2}},
      {"[1,", {"truncated", 3}},
      {"[1,]", {"syntax", 3}},
      {"[,1]", {"syntax", 1}},
      {"[1 2]", {"syntax", 3}},
      {"[}", {"syntax", 1}},
      {"[1}", {"syntax", 2}},
      {"{]", {"syntax", 1}},
      {"{\"a\":1]", {"syntax", 6}},
      {"{", {"truncated", 1}},
      {"{a:1}", {"syntax", 1}},
      {"{'a':1}", {"syntax", 1}},
      {"{\"a\"}", {"syntax", 4}},
      {"{\"a\":}", {"syntax", 5}},
      {"{\"a\":1,}", {"syntax", 7}},
      {"{\"a\" 1}", {"syntax", 5}},
      {"{1:2}", {"syntax", 1}},
      {"]", {"syntax", 0}},
      {"}", {"syntax", 0}},
      {",", {"syntax", 0}},
      {"// c\n1", {"syntax", 0}},
      {"[1/**/]", {"syntax", 2}},
      {std::string_view("\0", 1), {"syntax", 0}},
      {std::string_view("[\0]", 3), {"syntax", 1}},
      {std::string_view("1\0", 2), {"trailing_data", 1}},
      {"\f1", {"syntax", 0}},
      {"\v1", {"syntax", 0}},
      {"\xC2\xA0"
       "1",
       {"syntax", 0}},                   // no-break space
      {"\xEF\xBB\xBF{}", {"syntax", 0}}, // byte order mark
  };
  for (const auto& one : cases)
    EXPECT_EQ(check(one.text), one.expected) << one.text;
}

TEST(json_cursor, refuses_bad_strings_with_reason_and_offset) {
  struct {
    std::string_view text;
    verdict expected;
  } const cases[] = {
      {"\"", {"truncated", 1}},
      {"\"a", {"truncated", 2}},
      {"\"\\", {"truncated", 2}},
      {"\"\\\"", {"truncated", 3}},
      {"\"\\u", {"truncated", 3}},
      {"\"\\u12", {"truncated", 5}},
      {"\"\\u123", {"truncated", 6}},
      {"\"\\u12\"", {"syntax", 1}},
      {"\"\\u\"", {"syntax", 1}},
      {"\"\\uX", {"syntax", 1}},
      {"\"\\u123g\"", {"syntax", 1}},
      {"\"a\\x\"", {"syntax", 2}},
      {"\"\\a\"", {"syntax", 1}},
      {"\"\\'\"", {"syntax", 1}},
      {"\"\\U0041\"", {"syntax", 1}},
      {std::string_view("\"\\\0\"", 4), {"syntax", 1}},
      {"\"a\nb\"", {"syntax", 2}},
      {"\"a\x1F\"", {"syntax", 2}},
      {std::string_view("\"a\0\"", 4), {"syntax", 2}},
      {"\"a\x80\"", {"invalid_utf8", 2}},
      {"\"\xC0\x80\"", {"invalid_utf8", 1}},         // overlong
      {"\"\xC1\xBF\"", {"invalid_utf8", 1}},         // overlong
      {"\"\xE0\x9F\xBF\"", {"invalid_utf8", 1}},     // overlong
      {"\"\xF0\x8F\xBF\xBF\"", {"invalid_utf8", 1}}, // overlong
      {"\"\xED\xA0\x80\"", {"invalid_utf8", 1}},     // surrogate
      {"\"\xED\xBF\xBF\"", {"invalid_utf8", 1}},     // surrogate
      {"\"\xF4\x90\x80\x80\"", {"invalid_utf8", 1}}, // over U+10FFFF
      {"\"\xF5\x80\x80\x80\"", {"invalid_utf8", 1}},
      {"\"\xFF\"", {"invalid_utf8", 1}},
      {"\"\xC3\"", {"invalid_utf8", 1}},
      {"\"\xE6\xBC\"", {"invalid_utf8", 1}},
      {"\"\xF0\x9F\x98\"", {"invalid_utf8", 1}},
      {"{\"\xFF\":1}", {"invalid_utf8", 2}},
  };
  for (const auto& one : cases)
    EXPECT_EQ(check(one.text), one.expected) << one.text;
}

TEST(json_cursor, replaces_invalid_utf8_where_asked_to) {
  for (const std::string_view text : {"\"\x80\"", "\"\xC3\"", "\"\xED\xA0\x80\"", "{\"\xFF\":\"\xF0\x9F\"}"})
    EXPECT_EQ(check(text, 256, detail::invalid_utf8::replace), verdict{}) << text;
}

TEST(json_cursor, depth_is_bounded_at_the_very_level) {
  EXPECT_EQ(check(repeat("[", 256) + repeat("]", 256)), verdict{});
  EXPECT_EQ(check(repeat("[", 257) + repeat("]", 257)), (verdict{"too_deep", 256}));
  EXPECT_EQ(check(repeat("{\"a\":", 256) + "1" + repeat("}", 256)), verdict{});
  EXPECT_EQ(check(repeat("{\"a\":", 257) + "1" + repeat("}", 257)), (verdict{"too_deep", 256 * 5}));
  EXPECT_EQ(check("[[],[],[[]]]", 3), verdict{});
  EXPECT_EQ(check("[[],[],[[]]]", 2), (verdict{"too_deep", 8}));
  EXPECT_EQ(check("1", 0), verdict{});
  EXPECT_EQ(check("[]", 0), (verdict{"too_deep", 0}));
}

TEST(json_cursor, depth_has_a_ceiling_that_no_limit_lifts) {
  EXPECT_EQ(check(repeat("[", 1024) + repeat("]", 1024), 1'000'000), verdict{});
  EXPECT_EQ(check(repeat("[", 1025) + repeat("]", 1025), 1'000'000), (verdict{"too_deep", 1024}));
  EXPECT_EQ(check(repeat("[", 1'000'000), 1'000'000), (verdict{"too_deep", 1024}));
  EXPECT_EQ(check(repeat("{\"a\":[", 1'000'000), 1'000'000), (verdict{"too_deep", 512 * 6}));
}

TEST(json_cursor, objects_and_arrays_of_one_depth_do_not_mix) {
  EXPECT_EQ(check("[{},[],{\"a\":[{}]},[{\"b\":[]}]]"), verdict{});
  EXPECT_EQ(check("[[],{\"a\":[]],{}]"), (verdict{"syntax", 11}));
  EXPECT_EQ(check("{\"a\":{},\"b\":[]}"), verdict{});
  EXPECT_EQ(check("[{},\"b\":1]"), (verdict{"syntax", 7}));
  EXPECT_EQ(check("{\"a\":[],1}"), (verdict{"syntax", 8}));
}

TEST(json_cursor, the_first_error_stays) {
  detail::json_cursor cursor("[1,2", 256);
  EXPECT_FALSE(cursor.fail(error::wrong_type, 1));
  EXPECT_FALSE(cursor.fail(error::too_large, 3));
  EXPECT_EQ(cursor.reason(), error::wrong_type);
  EXPECT_EQ(cursor.failed_at(), 1U);
}

TEST(json_cursor, skip_value_gives_the_text_of_the_value_alone) {
  detail::json_cursor cursor("  {\"a\": [1, 2]}  ,", 256);
  std::string_view raw;
  ASSERT_TRUE(cursor.skip_value(raw));
  EXPECT_EQ(raw, "{\"a\": [1, 2]}");
  EXPECT_EQ(cursor.depth(), 0U);
  EXPECT_EQ(cursor.peek(), ',');
}

TEST(json_cursor, read_object_and_read_array_give_each_member_in_turn) {
  detail::json_cursor cursor(R"( { "a" : [ 1 , "x" ] , "\u0062" : { } } )", 256);
  std::string seen;
  EXPECT_TRUE(cursor.read_object([&](const json_string& name) {
    seen += name.decode() + "=";
    if (name == "a")
      return cursor.read_array([&] {
        std::string_view raw;
        const bool is_read = cursor.skip_value(raw);
        seen += std::string(raw) + ";";
        return is_read;
      });
    return cursor.read_object([](const json_string&) { return false; });
  }));
  EXPECT_EQ(seen, "a=1;\"x\";b=");
  EXPECT_TRUE(cursor.at_end());
}

} // namespace kollect::test
