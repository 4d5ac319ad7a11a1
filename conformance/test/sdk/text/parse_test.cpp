#include <support/failure_is.hpp>
#include <support/items_parser.hpp>
#include <support/random_rows.hpp>

#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

namespace kollect::test {

namespace {

std::string fields(std::string_view but = {}) {
  std::string out;
  for (const std::string_view name :
       {"targetNamespace", "targetName", "namespace", "name", "version", "kind", "uid"})
    if (name != but)
      out += "\"" + std::string(name) + "\":\"x\",";
  out.pop_back();
  return out;
}

std::string row(std::string_view more = {}) {
  return "{" + fields() + std::string(more) + "}";
}

/// A row whose own texts have nothing that must be escaped.
item random_plain_item(seeded_random& random) {
  const auto text = [&] { return std::string(random.below(40), static_cast<char>('a' + random.below(26))); };
  return {.target_namespace = text(),
          .target_name = text(),
          .namespace_ = text(),
          .name = text(),
          .group = random.once_in(2) ? std::string() : text(),
          .version = text(),
          .kind = text(),
          .uid = text(),
          .attributes = random_item(random, {}).attributes};
}

text_position place(const failure& reason) {
  return reason.position.value_or(text_position{});
}

} // namespace

TEST(parse_value, keys_that_come_twice_are_the_last_one) {
  EXPECT_EQ(serialize(parse_value(R"({"a":{"b":1,"c":2},"d":0,"a":{"e":3},"\u0061":[4]})").value()).value(),
            R"({"a":[4],"d":0})");
  EXPECT_EQ(serialize(parse_value(R"({"a":[1,2],"a":{"b":1}})").value()).value(), R"({"a":{"b":1}})");
}

TEST(parse_value, keys_are_written_in_bytewise_order_at_every_depth) {
  EXPECT_EQ(
      serialize(parse_value(R"([{"b":{"z":1,"Z":2,"\u00e9":3,"":4,"zz":5},"a":[{"y":1,"x":2}]}])").value())
          .value(),
      "[{\"a\":[{\"x\":2,\"y\":1}],\"b\":{\"\":4,\"Z\":2,\"z\":1,\"zz\":5,\"\u00E9\":3}}]");
  EXPECT_EQ(serialize(parse_value("{\"\U0001F600\":1,\"\uFFFF\":2}").value()).value(),
            "{\"\uFFFF\":2,\"\U0001F600\":1}");
}

TEST(parse_value, errors_have_offset_line_and_column) {
  const auto wrong = parse_value("{\n  \"a\": 1,\n  \"b\": tru\n}");
  ASSERT_TRUE(failure_is(wrong, error::syntax, 22));
  EXPECT_EQ(place(wrong.error()), (text_position{22, 3, 11}));
  EXPECT_EQ(place(parse_value("[1] x").error()), (text_position{4, 1, 5}));
  EXPECT_TRUE(failure_is(parse_value("[1] x"), error::trailing_data, 4));
  EXPECT_EQ(place(parse_value("").error()), (text_position{0, 1, 1}));
  EXPECT_EQ(place(parse_value("[\n").error()), (text_position{2, 2, 1}));
  EXPECT_EQ(place(parse_value("[\r\n\n x]").error()), (text_position{5, 3, 2}));
}

TEST(parse_value, depth_is_bounded) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(has_value(parse_value(nested(256))));
  EXPECT_TRUE(failure_is(parse_value(nested(257)), error::too_deep, 256));
  EXPECT_TRUE(has_value(parse_value(nested(3), limits{.max_depth = 3})));
  EXPECT_TRUE(failure_is(parse_value(nested(4), limits{.max_depth = 3}), error::too_deep, 3));
  EXPECT_TRUE(has_value(parse_value(nested(1024), limits{.max_depth = 1'000'000})));
  EXPECT_TRUE(failure_is(parse_value(std::string(1'000'000, '['), limits{.max_depth = 1'000'000}),
                         error::too_deep, 1024));
}

TEST(parse_items, rows_and_fields_may_come_in_any_order) {
  const auto rows =
      parse_items(R"( [ {"uid":"u","kind":"k","attributes":{"b":1,"a":[]},"version":"v","name":"n",
    "namespace":"ns","targetName":"tn","targetNamespace":"tns","group":"g"} , {"targetNamespace":"","targetName":"",
    "namespace":"","name":"","version":"","kind":"","uid":"v"} ] )");
  ASSERT_TRUE(has_value(rows));
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].identity(), (row_identity{"tns", "tn", "ns", "n", "u"}));
  EXPECT_EQ((*rows)[0].group, "g");
  EXPECT_EQ((*rows)[0].version, "v");
  EXPECT_EQ((*rows)[0].kind, "k");
  EXPECT_EQ(serialize((*rows)[0]).value(),
            R"({"targetNamespace":"tns","targetName":"tn","namespace":"ns","name":"n","group":"g",)"
            R"("version":"v","kind":"k","uid":"u","attributes":{"a":[],"b":1}})");
  EXPECT_EQ(serialize((*rows)[1]).value(),
            R"({"targetNamespace":"","targetName":"","namespace":"","name":"","version":"",)"
            R"("kind":"","uid":"v","attributes":null})");
}

TEST(parse_items, an_empty_array_is_an_empty_snapshot_and_no_text_is_an_error) {
  EXPECT_TRUE(parse_items("[]").value().empty());
  EXPECT_TRUE(parse_items(" [ ] ").value().empty());
  EXPECT_TRUE(failure_is(parse_items(""), error::empty_export));
  EXPECT_TRUE(failure_is(parse_items(" \n"), error::empty_export));
  EXPECT_EQ(parse_items("").error().clause, "ENV-08");
}

TEST(parse_items, each_field_must_be_there_but_group_and_attributes) {
  for (const std::string_view name :
       {"targetNamespace", "targetName", "namespace", "name", "version", "kind", "uid"}) {
    const auto read = parse_items("[" + row() + ",\n {" + fields(name) + "}]");
    ASSERT_TRUE(failure_is(read, error::missing_field)) << name;
    EXPECT_EQ(read.error().clause, "ROW-01");
    EXPECT_EQ(read.error().message, "\"" + std::string(name) + "\" of row 2 is missing");
    EXPECT_EQ(place(read.error()).line, 2U);
    EXPECT_EQ(place(read.error()).column, 2U); // where the row begins
  }
}

TEST(parse_items, fields_that_are_wrong_are_named_with_their_place) {
  struct {
    std::string more;
    error reason;
    std::size_t offset; ///< from the end of the row's first fields
    std::string_view field;
  } const cases[] = {
      {R"(,"Group":"g")", error::unknown_field, 1, "Group"},
      {R"(, "gruop" : "g")", error::unknown_field, 2, "gruop"},
      {R"(,"group":1)", error::wrong_type, 9, "group"},
      {R"(,"group":x)", error::syntax, 9, "group"},
      {R"(,"group": null)", error::wrong_type, 10, "group"},
      {R"(,"attributes":[])", error::wrong_type, 14, "attributes"},
      {R"(,"attributes":"x")", error::wrong_type, 14, "attributes"},
      {R"(,"attributes":nul})", error::syntax, 17, "attributes"},
      {R"(,"attributes":{"a":1e999})", error::number_overflow, 19, "attributes"},
      {R"(,"uid":"x")", error::duplicate_field, 1, "uid"},
      {R"(,"attributes":{},"\u0061ttributes":{})", error::duplicate_field, 17, "attributes"},
  };
  for (const auto& one : cases) {
    const auto read = parse_items("[" + row(one.more) + "]");
    const std::size_t offset = 2 + fields().size() + one.offset;
    ASSERT_TRUE(failure_is(read, one.reason, offset)) << one.more;
    EXPECT_NE(read.error().message.find("\"" + std::string(one.field) + "\" of row 1"), std::string::npos)
        << read.error();
    EXPECT_EQ(place(read.error()), (text_position{offset, 1, offset + 1}));
  }
}

TEST(parse_items, what_is_no_array_of_rows_is_refused_at_its_place) {
  EXPECT_TRUE(failure_is(parse_items("{}"), error::wrong_type, 0));
  EXPECT_TRUE(failure_is(parse_items(" null"), error::wrong_type, 1));
  EXPECT_TRUE(failure_is(parse_items("[1]"), error::wrong_type, 1));
  EXPECT_TRUE(failure_is(parse_items("[[]]"), error::wrong_type, 1));
  EXPECT_TRUE(failure_is(parse_items("[" + row() + ",null]"), error::wrong_type, 2 + row().size()));
  EXPECT_TRUE(failure_is(parse_items("[" + row() + "] []"), error::trailing_data, 3 + row().size()));
  EXPECT_TRUE(failure_is(parse_items("[" + row() + ",]"), error::syntax, 2 + row().size()));
  EXPECT_TRUE(failure_is(parse_items("[" + row()), error::truncated, 1 + row().size()));
  EXPECT_TRUE(failure_is(parse_items("["), error::truncated, 1));
  EXPECT_TRUE(failure_is(parse_items("[{"), error::truncated, 2));
  EXPECT_TRUE(failure_is(parse_items("[{\"uid\":"), error::truncated, 8));
  EXPECT_TRUE(failure_is(parse_items("[{\"attributes\":"), error::truncated, 15));
}

TEST(items_parser, reads_what_parse_items_reads_whatever_it_has_read_before) {
  seeded_random random(test_seed(20261125));
  items_parser parser;
  for (int round = 0; round < 2'000; ++round) {
    std::vector<item> rows;
    for (std::size_t count = random.below(6); count != 0; --count)
      rows.push_back(random.once_in(4) ? random_item(random, "uid") : random_plain_item(random));
    auto text = serialize_items(rows).value();
    if (random.once_in(3)) // another spelling, which is not read by the fast reader
      text.insert(1, " ");
    if (random.once_in(5)) // most likely wrong
      text[random.below(text.size())] = random.once_in(2) ? '"' : '7';
    const auto wanted = parse_items(text);
    const auto read = parser.parse(text);
    ASSERT_EQ(read.has_value(), wanted.has_value()) << text;
    if (!wanted) {
      ASSERT_EQ(read.error().message, wanted.error().message) << text;
      continue;
    }
    ASSERT_TRUE(std::equal(read->begin(), read->end(), wanted->begin(), wanted->end())) << text;
  }
}

TEST(items_parser, bounds_are_those_of_parse_items) {
  items_parser parser;
  EXPECT_TRUE(failure_is(parser.parse(""), error::empty_export));
  // Envelope, export envelope, items, row and attributes are the five levels around.
  const auto text = "[" + row(R"(,"attributes":{"a":[[[]]]})") + "]";
  EXPECT_TRUE(has_value(parser.parse(text, {.max_depth = 8})));
  EXPECT_TRUE(failure_is(parser.parse(text, {.max_depth = 7}), error::too_deep));
}

TEST(compact_payload, takes_white_space_out_and_leaves_the_rest_but_what_must_be_escaped) {
  struct {
    std::string_view text, expected;
  } const cases[] = {
      {" [ 1 , 2 ] ", "[1,2]"},
      {"{\n\t\"a b\" : \" c \\\" d \" , \"e\" : { } }\r\n", R"({"a b":" c \" d ","e":{}})"},
      {R"([1.0,1e2,-0,1E+05,0.10,12345678901234567890])", R"([1.0,1e2,-0,1E+05,0.10,12345678901234567890])"},
      {R"(["<a>&","\u003C\u003c","\/\u0041\ud800"])",
       R"(["\u003ca\u003e\u0026","\u003C\u003c","\/\u0041\ud800"])"},
      {"[\"\u2028\u2029\u202A\u6F22\x7F\"]", "[\"\\u2028\\u2029\u202A\u6F22\x7F\"]"},
      {R"({"<":1, "b":2, "a":3, "a":4})", R"({"\u003c":1,"b":2,"a":3,"a":4})"},
      {R"(["\\", " \\\" ", "\\\\"])", R"(["\\"," \\\" ","\\\\"])"},
      {"\"\xFF\xE2\x80\"", "\"\uFFFD\uFFFD\uFFFD\""}, // BYT-03: as all that a producer is given
      {" \"a\" ", "\"a\""},
      {"1 ", "1"},
  };
  for (const auto& one : cases) {
    const auto made = compact_payload(one.text);
    ASSERT_TRUE(has_value(made)) << one.text;
    EXPECT_EQ(*made, one.expected);
    EXPECT_EQ(compact_payload(*made).value(), one.expected);
  }
}

TEST(parse_items, depth_is_that_of_the_message_that_the_rows_will_be_in) {
  const auto nested = [](std::size_t depth) {
    return "[" + row(",\"attributes\":{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}") +
           "]";
  };
  // Envelope, export envelope, items, row and attributes are the five levels around.
  EXPECT_TRUE(has_value(parse_items(nested(251))));
  EXPECT_TRUE(failure_is(parse_items(nested(252)), error::too_deep));
}

TEST(compact_payload, depth_is_that_of_the_message_that_the_payload_will_be_in) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(has_value(compact_payload(nested(255))));
  EXPECT_TRUE(failure_is(compact_payload(nested(256)), error::too_deep, 255));
}

TEST(compact_payload, refuses_what_is_not_one_json_value) {
  EXPECT_TRUE(failure_is(compact_payload(""), error::truncated, 0));
  EXPECT_TRUE(failure_is(compact_payload("[1,]"), error::syntax, 3));
  EXPECT_TRUE(failure_is(compact_payload("[] x"), error::trailing_data, 3));
  EXPECT_TRUE(failure_is(compact_payload("[1e999]"), error::number_overflow, 1));
  EXPECT_EQ(compact_payload("[").error().clause, "BYT-05");
}

} // namespace kollect::test
