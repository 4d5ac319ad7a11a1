#include <support/exact_bytes.hpp>
#include <support/failure_is.hpp>
#include <support/messages.hpp>

#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/snapshot_message.hpp>

namespace kollect::test {

namespace {

constexpr std::size_t start = message_start.size();

/// Reads the payload of a usual message. The bytes last as long as the program.
result<snapshot_view> read(std::string_view payload, const limits& bounds = {}) {
  static std::vector<exact_bytes> kept;
  kept.emplace_back(message_with(payload));
  const auto envelope = parse_envelope(kept.back().view());
  if (!envelope)
    return envelope.error();
  return parse_snapshot(*envelope, bounds);
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string operator_style(std::string_view more) {
  return export_envelope_text("[" + row_text("a") + "]", 1, more);
}

} // namespace

TEST(snapshot, an_array_is_read) {
  const auto items = "[" + row_text("b") + ", " + row_text("a", R"({"x":[1]})") + "]";
  const auto view = read(items);
  ASSERT_TRUE(has_value(view));
  EXPECT_EQ(view->form, payload_form::array);
  EXPECT_EQ(view->items, items);
  EXPECT_EQ(view->item_count, 2U);
  EXPECT_FALSE(view->checksum || view->exported_at || view->items_digest);
  EXPECT_EQ(view->generation, 0);
  EXPECT_EQ(view->part_total, 0U);
  std::vector<std::string> names;
  for (const auto& row : view->rows())
    names.push_back(row.name.decode());
  EXPECT_EQ(names, (std::vector<std::string>{"b", "a"}));
}

TEST(snapshot, an_empty_snapshot_is_read_in_both_forms) {
  const auto array = read("[ ]");
  ASSERT_TRUE(has_value(array));
  EXPECT_EQ(array->item_count, 0U);
  EXPECT_EQ(array->items, "[ ]");
  EXPECT_TRUE(array->rows().begin() == array->rows().end());
  const auto envelope = read(export_envelope_text("[]", 0));
  ASSERT_TRUE(has_value(envelope));
  EXPECT_TRUE(envelope->rows().begin() == envelope->rows().end());
  EXPECT_TRUE(row_range().begin() == row_range().end());
}

TEST(snapshot, an_export_envelope_is_read) {
  const auto view = read(operator_style(R"(,"generation":7,"cluster":"c")"));
  ASSERT_TRUE(has_value(view));
  EXPECT_EQ(view->form, payload_form::export_envelope);
  EXPECT_EQ(view->generation, 7);
  EXPECT_EQ(view->item_count, 1U);
  EXPECT_EQ(to_string(view->exported_at.value()), "2026-01-15T12:00:00.5Z");
  EXPECT_EQ(view->checksum->decode(), to_string(sha256(view->items)));
  EXPECT_EQ(view->items_digest, sha256(view->items));
}

TEST(snapshot, an_export_envelope_may_have_its_fields_in_any_order_and_unknown_ones) {
  const auto items = "[" + row_text("a") + "]";
  const auto view =
      read(R"({"items":)" + items + R"(,"more":{"items":[]},"ex\u0070ortedAt":"2026-01-15T12:00:00Z",)" +
           R"("partTotal":3,"generation":-1,"partIndex":2})");
  ASSERT_TRUE(has_value(view));
  EXPECT_EQ(view->form, payload_form::multipart);
  EXPECT_EQ(view->part_index, 2U);
  EXPECT_EQ(view->part_total, 3U);
  EXPECT_EQ(view->generation, -1);
  EXPECT_FALSE(view->checksum);
  EXPECT_EQ(view->items, items);
}

TEST(snapshot, the_checksum_is_over_the_raw_bytes_of_items) {
  EXPECT_TRUE(has_value(read(export_envelope_text("[ " + row_text("a") + "\n]", 1))));
  auto payload = operator_style("");
  payload.replace(payload.find("\"a\""), 3, "\"b\"");
  const auto view = read(payload);
  ASSERT_TRUE(
      failure_is(view, error::checksum_mismatch, start + payload.find(":\"", payload.find("checksum")) + 1));
  EXPECT_EQ(view.error().clause, "PAY-02");
  auto upper = operator_style("");
  const auto at = upper.find("checksum") + 11;
  std::transform(upper.begin() + static_cast<std::ptrdiff_t>(at),
                 upper.begin() + static_cast<std::ptrdiff_t>(at + 64),
                 upper.begin() + static_cast<std::ptrdiff_t>(at),
                 [](char letter) { return letter == 'a' ? 'A' : letter; });
  EXPECT_TRUE(failure_is(read(upper), error::checksum_mismatch));
  EXPECT_TRUE(failure_is(read(R"({"checksum":"","exportedAt":"2026-01-15T12:00:00Z","items":[]})"),
                         error::checksum_mismatch));
}

TEST(snapshot, item_count_must_be_the_number_of_items) {
  for (const std::size_t wrong : {0U, 2U, 4'000'000'000U}) {
    const auto payload = export_envelope_text("[" + row_text("a") + "]", wrong);
    const auto view = read(payload);
    ASSERT_TRUE(failure_is(view, error::item_count_mismatch, start + payload.find("itemCount") + 11))
        << wrong;
    EXPECT_EQ(view.error().clause, "PAY-03");
  }
}

TEST(snapshot, part_marks_must_be_in_range) {
  struct {
    std::string_view marks;
    bool is_good;
    payload_form form = payload_form::multipart;
  } const cases[] = {
      {R"(,"partIndex":1,"partTotal":2)", true},
      {R"(,"partIndex":2,"partTotal":2)", true},
      {R"(,"partIndex":10000,"partTotal":10000)", true},
      {R"(,"partIndex":1,"partTotal":1)", true, payload_form::export_envelope},
      {R"(,"partIndex":0,"partTotal":0)", true, payload_form::export_envelope},
      {R"(,"partIndex":0,"partTotal":2)", false},
      {R"(,"partIndex":3,"partTotal":2)", false},
      {R"(,"partIndex":-1,"partTotal":2)", false},
      {R"(,"partIndex":1,"partTotal":0)", false},
      {R"(,"partIndex":1,"partTotal":-2)", false},
      {R"(,"partIndex":1,"partTotal":10001)", false},
      {R"(,"partIndex":4294967297,"partTotal":4294967298)", false},
      {R"(,"partIndex":1)", false},
      {R"(,"partTotal":2)", false},
  };
  for (const auto& one : cases) {
    const auto view = read(operator_style(one.marks));
    if (one.is_good) {
      ASSERT_TRUE(has_value(view)) << one.marks;
      EXPECT_EQ(view->form, one.form) << one.marks;
    } else {
      ASSERT_TRUE(failure_is(view, error::part_out_of_range)) << one.marks;
      EXPECT_EQ(view.error().clause, "MP-04");
    }
  }
  const auto set_of_one = read(operator_style(cases[3].marks));
  EXPECT_EQ(set_of_one->part_index, 0U);
  EXPECT_EQ(set_of_one->part_total, 0U);
  EXPECT_TRUE(
      failure_is(read(operator_style(cases[0].marks), {.max_part_total = 1}), error::part_out_of_range));
  EXPECT_TRUE(has_value(read(operator_style(cases[0].marks), {.max_part_total = 2})));
}

TEST(snapshot, payloads_of_no_known_form_are_refused) {
  for (const std::string_view payload : {"null", "1", "-0.5", "true", "\"items\"", "{}", R"({"item":[]})"}) {
    const auto view = read(payload);
    ASSERT_TRUE(failure_is(view, error::unknown_payload_form, start)) << payload;
    EXPECT_EQ(view.error().clause, "PAY-01");
  }
}

TEST(snapshot, fields_of_an_export_envelope_are_checked_at_their_place) {
  struct {
    std::string_view payload;
    error reason;
    std::size_t offset;
  } const cases[] = {
      {R"({"items":{}})", error::wrong_type, 9},
      {R"({"items": null})", error::wrong_type, 10},
      {R"({"itemCount":"1"})", error::wrong_type, 13},
      {R"({"itemCount":1.0})", error::wrong_type, 13},
      {R"({"itemCount":1e2})", error::wrong_type, 13},
      {R"({"generation":9223372036854775808})", error::wrong_type, 14},
      {R"({"partIndex":null})", error::wrong_type, 13},
      {R"({"exportedAt":1})", error::wrong_type, 14},
      {R"({"checksum":[]})", error::wrong_type, 12},
      {R"({"cluster":false})", error::wrong_type, 11},
      {R"({"items":[],"items":[]})", error::duplicate_field, 12},
      {R"({"checksum":"","check\u0073um":""})", error::duplicate_field, 15},
      {R"({"items":[]})", error::missing_field, 0},
      {R"({"items":[],"exportedAt":"2026"})", error::invalid_timestamp, 25},
      {R"({"schemaVersion":"v2","items":[],"exportedAt":"2026-01-15T12:00:00Z"})",
       error::unsupported_schema_version, 17},
      {R"({"more":[1,],"items":[]})", error::syntax, 11},
      {R"({"more":tru})", error::syntax, 11},
  };
  for (const auto& one : cases)
    EXPECT_TRUE(failure_is(read(one.payload), one.reason, start + one.offset)) << one.payload;
  EXPECT_TRUE(has_value(read(R"({"schemaVersion":"","items":[],"exportedAt":"2026-01-15T12:00:00Z"})")));
}

TEST(snapshot, rows_are_checked_at_their_place) {
  struct {
    std::string_view items;
    error reason;
    std::size_t offset;
  } const cases[] = {
      {"[1]", error::wrong_type, 1},
      {"[[]]", error::wrong_type, 1},
      {R"([{"uid":"u"},null])", error::wrong_type, 13},
      {R"([{"uid":"u"},])", error::syntax, 13},
      {"[}", error::syntax, 1},
      {R"([{"uid":1}])", error::wrong_type, 8},
      {R"([{"uid": null}])", error::wrong_type, 9},
      {R"([{"attributes":[]}])", error::wrong_type, 15},
      {R"([{"attributes":"x"}])", error::wrong_type, 15},
      {R"([{"attributes":nul}])", error::syntax, 18},
      {R"([{"uid":"a","uid":"a"}])", error::duplicate_field, 12},
      {R"([{"uid":"a","u\u0069d":"a"}])", error::duplicate_field, 12},
      {R"([{"attributes":{},"attributes":{}}])", error::duplicate_field, 18},
      {"[{\"uid\":\"\xFF\"}]", error::invalid_utf8, 9},
      {R"([{"more":1e999}])", error::number_overflow, 9},
      {R"([{"attributes":{"a":01}}])", error::syntax, 21},
      {R"([{"uid":"a"} {}])", error::syntax, 13},
  };
  for (const auto& one : cases)
    EXPECT_TRUE(failure_is(read(one.items), one.reason, start + one.offset)) << one.items;
}

TEST(snapshot, a_row_has_a_name_or_a_uid) { // ROW-01, ROW-03
  struct {
    std::string_view row;
    bool is_one;
  } const cases[] = {
      {"{}", false},
      {R"({"x":1})", false},
      {R"({"uid":"","name":""})", false},
      {R"({"attributes":{}})", false},
      {R"({"targetNamespace":"a","targetName":"b","namespace":"c","group":"d","version":"e","kind":"f"})",
       false},
      {R"({"targetNamespace":"","targetName":"","namespace":"","name":"","version":"","kind":"","uid":"","attributes":{}})",
       false},
      {R"({"uid":"u"})", true},
      {R"({"name":"n"})", true},
      {R"({"namespace":"n","uid":"u"})", true}, // as upstream's golden has it
  };
  for (const auto& one : cases) {
    const auto items = "[" + row_text("a") + "," + std::string(one.row) + "]";
    const auto in_array = read(items), in_envelope = read(export_envelope_text(items, 2));
    EXPECT_EQ(in_array.has_value(), one.is_one) << one.row;
    EXPECT_EQ(in_envelope.has_value(), one.is_one) << one.row;
    EXPECT_EQ(parse_row(one.row).has_value(), one.is_one) << one.row;
    if (one.is_one)
      continue;
    EXPECT_TRUE(failure_is(in_array, error::missing_field, start + row_text("a").size() + 2)) << one.row;
    EXPECT_EQ(in_array.error().message, "row 2 must have a name or a uid");
    EXPECT_EQ(in_array.error().clause, "ROW-01");
  }
}

TEST(snapshot, the_strict_check_of_a_row_names_what_a_producer_owes) { // ROW-01
  const std::string good = row_text("a");
  const auto without = [&](const std::string& part) {
    auto text = good;
    return text.erase(text.find(part), part.size());
  };
  struct {
    std::string text;
    std::optional<error> reason;
    std::string_view field;
  } const cases[] = {
      {good, {}, {}},
      {without(R"("group":"apps",)"), {}, {}},
      {R"({"namespace":"n","uid":"u"})", error::missing_field, "targetNamespace"},
      {without(R"("name":"a",)"), error::missing_field, "name"},
      {without(R"(,"attributes":{})"), error::missing_field, "attributes"},
      {std::string(good).replace(good.find("apps"), 4, ""), error::unknown_field, "group"},
      {std::string(good).insert(1, R"("x":1,)"), error::unknown_field, "x"},
      {R"({"uid":"a",)" + without(R"(,"uid":"a")").substr(1), error::wrong_type, "targetNamespace"},
  };
  for (const auto& one : cases) {
    const auto row = parse_row(one.text);
    ASSERT_TRUE(has_value(row)) << one.text;
    const auto checked = check_row(*row);
    ASSERT_EQ(checked.has_value(), !one.reason) << one.text;
    if (one.reason) {
      EXPECT_EQ(checked.error().reason(), *one.reason) << one.text;
      EXPECT_NE(checked.error().message.find("\"" + std::string(one.field) + "\""), std::string::npos)
          << checked.error();
    }
  }
}

TEST(snapshot, errors_name_the_field_and_the_row) {
  struct {
    std::string payload, message;
  } const cases[] = {
      {"[" + row_text("a") + R"(,{"uid":7}])", "\"uid\" of row 2 must be a string, not a number"},
      {R"([{"name":null}])", "\"name\" of row 1 must be a string, not null"},
      {R"([{"uid":"u","attributes":[]}])", "\"attributes\" of row 1 must be an object or null, not an array"},
      {R"([{"uid":"u","uid":"v"}])", "the field \"uid\" of row 1 appears twice"},
      {R"([true])", "row 1 must be an object, not a boolean"},
      {R"({"items":{}})", "\"items\" must be an array, not an object"},
      {R"({"itemCount":"3"})", "\"itemCount\" must be an integer that fits 64 bits, not a string"},
      {R"({"generation":9223372036854775808})",
       "\"generation\" must be an integer that fits 64 bits, not a number"},
      {R"({"checksum":false})", "\"checksum\" must be a string, not a boolean"},
      {R"({"items":[],"items":[]})", "the field \"items\" appears twice"},
      {R"({"items":[]})", "the export envelope has no field \"exportedAt\""},
  };
  for (const auto& one : cases)
    EXPECT_EQ(read(one.payload).error().message, one.message);
}

TEST(snapshot, a_row_may_lack_fields_and_have_unknown_ones) {
  const auto view =
      read(R"([{"namespace":"n","uid":"u"},{"x":{"uid":"no"},"uid":"v","X":[],"X":[],"attributes":null}])");
  ASSERT_TRUE(has_value(view));
  std::vector<item_view> rows;
  for (const auto& row : view->rows())
    rows.push_back(row);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].identity(), (row_identity{"", "", "n", "", "u"}));
  EXPECT_TRUE(rows[0].attributes.empty());
  EXPECT_EQ(rows[1].identity(), (row_identity{"", "", "", "", "v"}));
  EXPECT_EQ(rows[1].attributes, "null");
  EXPECT_EQ(rows[0].raw, R"({"namespace":"n","uid":"u"})");
}

TEST(snapshot, depth_counts_from_the_message) {
  const auto in_array = [](std::size_t depth) {
    return R"([{"uid":"u","attributes":{"a":)" + nested(depth) + "}}]";
  };
  EXPECT_TRUE(has_value(read(in_array(252)))); // message, array, row, attributes
  EXPECT_TRUE(failure_is(read(in_array(253)), error::too_deep, start + 30 + 252));
  const auto in_envelope = [](std::size_t depth) {
    return R"({"exportedAt":"2026-01-15T12:00:00Z","items":[{"uid":"u","attributes":{"a":)" + nested(depth) +
           "}}]}";
  };
  EXPECT_TRUE(has_value(read(in_envelope(251))));
  EXPECT_TRUE(failure_is(read(in_envelope(252)), error::too_deep));
  EXPECT_TRUE(failure_is(read(nested(1'000'000)), error::wrong_type, start + 1));
  EXPECT_TRUE(failure_is(read(in_array(1'000'000)), error::too_deep, start + 30 + 252));
  EXPECT_TRUE(has_value(read(in_array(1020), {.max_depth = 1'000'000})));
  EXPECT_TRUE(failure_is(read(in_array(1021), {.max_depth = 1'000'000}), error::too_deep));
  EXPECT_TRUE(failure_is(read("[]", {.max_depth = 1}), error::too_deep, start));
  EXPECT_TRUE(has_value(read("[]", {.max_depth = 2})));
}

TEST(snapshot, whatever_a_producer_accepts_a_consumer_with_the_same_limits_reads) {
  for (std::size_t depth = 200; depth <= 260; ++depth) {
    const auto rows = parse_items("[" + row_text("a", R"({"a":)" + nested(depth) + "}") + "]");
    if (!rows)
      continue;
    export_envelope_header header;
    header.item_count = 1;
    header.exported_at = timestamp{};
    EXPECT_TRUE(has_value(read(serialize_export_envelope(header, serialize_items(*rows).value()).value())))
        << depth;
    EXPECT_TRUE(has_value(read(serialize_items(*rows).value()))) << depth;
  }
}

TEST(snapshot, an_inspection_shows_what_a_refused_payload_holds) {
  const auto text = message_with(export_envelope_text("[" + row_text("a") + "]", 9, R"(,"generation":4)"));
  const auto envelope = parse_envelope(text);
  const auto inspected = inspect_snapshot(envelope.value());
  ASSERT_TRUE(inspected.refused);
  EXPECT_EQ(inspected.refused->reason(), error::item_count_mismatch);
  EXPECT_EQ(inspected.view.item_count, 1U);
  EXPECT_EQ(inspected.view.generation, 4);
  const auto good = message_with("[]");
  EXPECT_FALSE(inspect_snapshot(parse_envelope(good).value()).refused);
}

TEST(snapshot, a_payload_by_itself_is_read_with_offsets_from_its_start) {
  const auto payload = export_envelope_text("[" + row_text("a") + "]", 1);
  const auto view = parse_payload(payload);
  ASSERT_TRUE(has_value(view));
  EXPECT_EQ(view->item_count, 1U);
  EXPECT_TRUE(failure_is(parse_payload("[1]"), error::wrong_type, 1));
  EXPECT_TRUE(failure_is(parse_payload(""), error::truncated, 0));
  EXPECT_TRUE(failure_is(parse_payload("[] x"), error::syntax, 3));
}

TEST(snapshot, a_hundred_thousand_rows_are_read) {
  std::string items = "[";
  for (int index = 0; index < 100'000; ++index)
    items += (index == 0 ? "" : ",") + row_text("name-" + std::to_string(index));
  items += "]";
  const auto text = message_with(export_envelope_text(items, 100'000));
  const auto head = read_head(text);
  ASSERT_TRUE(has_value(head));
  const auto view = parse_snapshot(head->envelope);
  ASSERT_TRUE(has_value(view));
  EXPECT_EQ(view->item_count, 100'000U);
  row_map rows;
  EXPECT_EQ(collect_rows(*view, rows), 0U);
  EXPECT_EQ(rows.size(), 100'000U);
  EXPECT_EQ(rows.at({"team-a", "deployments", "team-a", "name-77777", "name-77777"}), row_text("name-77777"));
}

TEST(snapshot, rows_are_a_forward_range_whose_elements_outlive_the_iterator) {
  static_assert(std::forward_iterator<row_range::iterator>);
  static_assert(!std::is_reference_v<std::iter_reference_t<row_range::iterator>>);
  const auto view = read("[" + row_text("a") + "," + row_text("b") + "]");
  const auto rows = view->rows();
  auto at = rows.begin();
  const auto& first = *at++;
  const auto& second = *at++;
  EXPECT_EQ(first.name.decode(), "a");
  EXPECT_EQ(second.name.decode(), "b");
  EXPECT_EQ(rows.begin()->name.decode(), "a");
  EXPECT_TRUE(at == rows.end());
  EXPECT_EQ(std::ranges::distance(rows.begin(), rows.end()), 2);
}

TEST(snapshot, rows_of_strings_that_look_like_rows_are_found_right) {
  const auto view = read(R"([ {"name":"{\"}]","attributes":{"a":"},{"}} , {"name":"[{","uid":"{}"} ])");
  ASSERT_TRUE(has_value(view));
  std::vector<std::string> names;
  for (const auto& row : view->rows())
    names.push_back(row.name.decode());
  EXPECT_EQ(names, (std::vector<std::string>{"{\"}]", "[{"}));
}

TEST(snapshot, of_two_rows_with_one_identity_the_later_counts) {
  const auto view =
      read("[" + row_text("a", "{\"x\":1}") + "," + row_text("b") + "," + row_text("a", "{\"x\":2}") + "]");
  row_map rows;
  EXPECT_EQ(collect_rows(*view, rows), 1U);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.begin()->second, row_text("a", "{\"x\":2}"));
}

} // namespace kollect::test
