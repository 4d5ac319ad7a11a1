#include <support/failure_is.hpp>

#include <kollect/json_reader.hpp>
#include <kollect/known_rows.hpp>

#include <type_traits>

namespace kollect::test {

namespace {

/// All of a text, values in angle brackets and white space gone.
bool retell(json_reader& reader, std::string& out) {
  switch (reader.peek()) {
  case json_kind::object:
    out += '{';
    if (!reader.read_object([&](const json_string& name) {
          out += name.decode() + ":";
          return retell(reader, out);
        }))
      return false;
    out += '}';
    return true;
  case json_kind::array:
    out += '[';
    if (!reader.read_array([&] { return retell(reader, out); }))
      return false;
    out += ']';
    return true;
  default:
    std::string_view raw;
    if (!reader.read_value(raw))
      return false;
    out.append("<").append(raw).append(">");
    return true;
  }
}

result<std::string> retold(std::string_view text, std::size_t max_depth = 100) {
  json_reader reader(text, max_depth);
  std::string out;
  retell(reader, out);
  if (auto read = reader.finish(); !read)
    return read.error();
  return out;
}

std::string row_text() {
  return R"({"targetNamespace":"t","targetName":"d","namespace":"n","name":"a","version":"v1","kind":"Pod",)"
         R"("uid":"1","attributes":{"a":1}})";
}

} // namespace

TEST(json_reader, gives_out_what_is_written) {
  EXPECT_EQ(retold(R"( {"b" : 1.50, "a":[ "x\u0041", null,{}] , "b":true} )").value(),
            R"({b:<1.50>a:[<"x\u0041"><null>{}]b:<true>})");
  EXPECT_EQ(retold("-0").value(), "<-0>");
}

TEST(json_reader, tells_what_comes_next) {
  const std::pair<std::string_view, json_kind> cases[] = {
      {" {}", json_kind::object},   {"[]", json_kind::array},      {"\"\"", json_kind::string},
      {"true", json_kind::boolean}, {"false", json_kind::boolean}, {"null", json_kind::null},
      {"-1", json_kind::number},    {"7", json_kind::number},      {"", json_kind::none},
      {"  ", json_kind::none},      {"+1", json_kind::none},       {"}", json_kind::none}};
  for (const auto& [text, kind] : cases)
    EXPECT_EQ(json_reader(text).peek(), kind) << text;
}

TEST(json_reader, names_the_first_fault_and_reads_on_no_more) {
  EXPECT_TRUE(failure_is(retold(R"({"a":1,})"), error::syntax, 7));
  EXPECT_TRUE(failure_is(retold(R"({"a":[1)"), error::truncated, 7));
  EXPECT_TRUE(failure_is(retold("1 2"), error::trailing_data, 2));
  EXPECT_TRUE(failure_is(retold("[[[]]]", 2), error::too_deep, 2));
  EXPECT_TRUE(failure_is(retold("[1e999]"), error::number_overflow, 1));
  EXPECT_TRUE(failure_is(retold(""), error::truncated, 0));
  json_reader reader("[1,x,2]");
  int elements = 0;
  EXPECT_FALSE(reader.read_array([&] {
    ++elements;
    std::string_view raw;
    return reader.read_value(raw);
  }));
  EXPECT_EQ(elements, 2);
  std::string_view raw;
  EXPECT_FALSE(reader.read_value(raw));
  EXPECT_EQ(reader.peek(), json_kind::none);
  EXPECT_TRUE(failure_is(reader.finish(), error::syntax, 3));
}

TEST(json_reader, refuses_another_type_than_asked_for) {
  json_string text;
  json_reader number("7");
  EXPECT_FALSE(number.read_string(text));
  EXPECT_TRUE(failure_is(number.finish(), error::wrong_type, 0));
  json_reader array(" []");
  EXPECT_FALSE(array.read_object([](const json_string&) { return true; }));
  EXPECT_TRUE(failure_is(array.finish(), error::wrong_type, 1));
  json_reader object("{}");
  EXPECT_FALSE(object.read_array([] { return true; }));
  EXPECT_TRUE(failure_is(object.finish(), error::wrong_type, 0));
}

TEST(json_reader, lets_bytes_that_are_not_utf_8_through) {
  json_string text;
  json_reader reader("\"a\xFF\"");
  EXPECT_TRUE(reader.read_string(text));
  EXPECT_TRUE(reader.finish());
  EXPECT_EQ(text.decode(), "a\uFFFD");
}

TEST(json_reader, cannot_be_made_of_a_text_that_goes_away) {
  static_assert(std::is_constructible_v<json_reader, const std::string&>);
  static_assert(std::is_constructible_v<json_reader, const char*>);
  static_assert(!std::is_constructible_v<json_reader, std::string>);
}

TEST(row_end, is_found_by_brackets) {
  const auto row = row_text();
  EXPECT_EQ(find_row_end(row + "," + row + "]"), row.size());
  EXPECT_EQ(find_row_end(row.substr(0, row.size() - 1)), std::string_view::npos);
}

} // namespace kollect::test
