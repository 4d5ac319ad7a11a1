#include <support/failure_is.hpp>
#include <support/random_rows.hpp>

#include <kollect/export.hpp>
#include <kollect/message_builder.hpp>

#include <gtest/gtest.h>

#include <numeric>

namespace kollect::test {
namespace {

connection sink_of(broker_system system) {
  connection sink;
  sink.system = system;
  sink.destination = "inventory.changes";
  return sink;
}

std::vector<item> some_rows(std::size_t count) {
  seeded_random random(test_seed(11));
  std::vector<item> rows;
  for (std::size_t index = 0; index < count; ++index)
    rows.push_back(random_item(random, "uid-" + std::to_string(index)));
  return rows;
}

std::vector<serialized_item> sorted_texts(const std::vector<item>& rows) {
  std::vector<serialized_item> texts;
  for (const auto& row : rows)
    texts.push_back(serialize_for_sorting(row).value());
  sort_canonically(texts);
  return texts;
}

constexpr timestamp instant{1'768'478'400, 500'000'000};

} // namespace

TEST(message_builder, is_byte_for_byte_what_an_export_sends) {
  for (const auto system : {broker_system::kafka, broker_system::nats})
    for (const auto form : {payload_form::array, payload_form::export_envelope})
      for (const std::size_t count : {0UL, 1UL, 2UL, 300UL})
        for (const std::string cluster : {"prod-west", "", "a \"quoted\" <label>"}) {
          const auto sink = sink_of(system);
          const auto rows = some_rows(count);
          const snapshot source{{cluster, "team-a", "all"}, 7, instant, rows};
          const auto wanted = make_messages(source, sink, instant, {form, 0}).value().at(0);
          const auto payload = make_payloads(source, {form, 0}).value().at(0);

          const auto texts = sorted_texts(rows);
          const auto bytes = std::accumulate(
              texts.begin(), texts.end(), std::size_t{0},
              [](std::size_t sum, const serialized_item& row) { return sum + row.json.size(); });
          const export_envelope_header header{.generation = 7, .item_count = count, .exported_at = instant};
          EXPECT_EQ(payload_size(form, header, bytes).value(), payload.size());
          auto building = message_builder::begin(sink, source.scope, instant, form, header, bytes);
          ASSERT_TRUE(has_value(building));
          for (const auto& row : texts)
            building->add_row(row.json);
          const auto made = building->finish();
          ASSERT_TRUE(has_value(made));
          EXPECT_EQ(*made, wanted);
          EXPECT_EQ(make_message(sink, source.scope, instant, payload).value(), wanted);
        }
}

TEST(message_builder, says_what_it_cannot_make) {
  const auto sink = sink_of(broker_system::kafka);
  const scope where{"c", "n", "i"};
  const auto begin = [&](const timestamp& at, const export_envelope_header& header) {
    return message_builder::begin(sink, where, at, payload_form::export_envelope, header);
  };
  EXPECT_TRUE(failure_is(begin(instant, {.item_count = 1}), error::missing_field)) << "PAY-04";
  EXPECT_TRUE(failure_is(begin({0, 1'000'000'000}, {.exported_at = instant}), error::invalid_timestamp));
  EXPECT_TRUE(
      failure_is(begin(instant, {.exported_at = timestamp{253'402'300'800, 0}}), error::invalid_timestamp));
  auto building = begin(instant, {.item_count = 2, .exported_at = instant});
  ASSERT_TRUE(has_value(building));
  building->add_row(R"({"uid":"a"})");
  EXPECT_TRUE(failure_is(building->finish(), error::item_count_mismatch)) << "PAY-03";
}

TEST(make_message, labels_with_the_cluster_of_the_connection) { // ENV-06
  auto sink = sink_of(broker_system::kafka);
  sink.cluster = " prod-west\n";
  const auto value_for = [&](const std::string& cluster) {
    return make_message(sink, {cluster, "n", "i"}, instant, "[]");
  };
  for (const auto* const cluster : {"", "prod-west", " prod-west "}) {
    const auto made = value_for(cluster);
    ASSERT_TRUE(has_value(made)) << cluster;
    EXPECT_EQ(made->key, "prod-west:n/i");
    EXPECT_NE(made->value.find(R"("cluster":"prod-west")"), std::string::npos);
    EXPECT_EQ(made->headers.front().value, "prod-west");
  }
  EXPECT_TRUE(failure_is(value_for("prod-east"), error::invalid_value));
  EXPECT_TRUE(
      failure_is(make_messages({{"prod-east", "n", "i"}, 0, {}, {}}, sink, instant), error::invalid_value));
  sink.cluster.clear();
  EXPECT_EQ(value_for(" prod-east ").value().key, "prod-east:n/i");
}

TEST(make_message, takes_one_good_payload_and_nothing_else) {
  struct {
    std::string_view payload;
    error reason;
  } const cases[] = {
      {"", error::empty_export},
      {" ", error::truncated},
      {"[1],\"payload\":[2]", error::wrong_type},
      {"[],\"payload\":[]", error::syntax},
      {"[]}", error::syntax},
      {"[]x", error::syntax},
      {"[ ]", error::syntax},
      {"[]\n", error::syntax},
      {R"([{"uid": "u"}])", error::syntax},
      {R"([{"uid":"<"}])", error::syntax},
      {"[{\"uid\":\"\u2028\"}]", error::syntax},
      {"[{\"uid\":\"\xff\"}]", error::invalid_utf8},
      {"[{}]", error::missing_field},
      {"[", error::truncated},
      {"{}", error::unknown_payload_form},
      {"null", error::unknown_payload_form},
      {"5", error::unknown_payload_form},
      {"\"[]\"", error::unknown_payload_form},
      {"nope", error::syntax},
  };
  for (const auto& one : cases) {
    EXPECT_TRUE(failure_is(make_message(sink_of(broker_system::nats), {"c", "n", "i"}, instant, one.payload),
                           one.reason))
        << one.payload;
    const envelope same{.timestamp = instant, .payload = std::string(one.payload)};
    EXPECT_TRUE(failure_is(serialize(same), one.reason)) << one.payload;
  }
  EXPECT_TRUE(has_value(make_message(sink_of(broker_system::nats), {}, instant, R"([{"uid":" \\\" "}])")));
}

TEST(make_message, takes_only_instants_that_have_a_text) { // ENV-05
  const auto made_at = [](const timestamp& at) {
    return make_message(sink_of(broker_system::kafka), {"c", "n", "i"}, at, "[]");
  };
  for (const auto& good : {first_timestamp, last_timestamp, timestamp{}})
    EXPECT_TRUE(has_value(made_at(good)));
  for (const auto& bad : {timestamp{first_timestamp.seconds - 1, 0}, timestamp{last_timestamp.seconds + 1, 0},
                          timestamp{0, 1'000'000'000}, timestamp{INT64_MIN, 0}, timestamp{INT64_MAX, 0}}) {
    EXPECT_TRUE(failure_is(made_at(bad), error::invalid_timestamp)) << bad;
    EXPECT_TRUE(failure_is(serialize(envelope{.timestamp = bad, .payload = "[]"}), error::invalid_timestamp));
    EXPECT_TRUE(failure_is(serialize_export_envelope({.exported_at = bad}, "[]"), error::invalid_timestamp));
    snapshot source;
    source.exported_at = bad;
    EXPECT_TRUE(failure_is(make_payloads(source, {payload_form::export_envelope}), error::invalid_timestamp));
  }
}

TEST(make_message, takes_the_schema_version_of_the_contract_only) { // ENV-03
  for (const auto* const version : {"", "x", "kollect.dev/v2"})
    EXPECT_TRUE(failure_is(serialize(envelope{.schema_version = version, .payload = "[]"}),
                           error::unsupported_schema_version));
}

namespace {

/// A snapshot that has to be split, without exportedAt.
snapshot undated(std::int64_t revision) {
  snapshot out{{"c", "n", "i"}, 0, {}, {}};
  for (int index = 0; index < 20; ++index) {
    item row;
    row.uid = "u" + std::to_string(index);
    row.attributes = {{"v", revision}};
    out.items.push_back(row);
  }
  return out;
}

std::optional<timestamp> exported_at_of(const outgoing_message& message) {
  return parse_snapshot(parse_envelope(message.value).value()).value().exported_at;
}

} // namespace

TEST(make_messages, date_an_export_with_its_own_instant_unless_told_otherwise) { // PAY-04, MP-05
  const auto later = instant + std::chrono::seconds(100);
  const payload_options split{.max_export_bytes = 1500};
  for (const auto& at : {instant, later}) {
    const auto made = make_messages(undated(1), sink_of(broker_system::kafka), at, split).value();
    ASSERT_GT(made.size(), 1U);
    for (const auto& one : made)
      EXPECT_EQ(exported_at_of(one), at);
  }
  auto dated = undated(2);
  dated.exported_at = later;
  for (const auto& one : make_messages(dated, sink_of(broker_system::kafka), instant, split).value())
    EXPECT_EQ(exported_at_of(one), later);
}

TEST(make_payloads, never_make_a_date_up) { // PAY-04
  EXPECT_TRUE(failure_is(make_payloads(undated(1), {.max_export_bytes = 1500}), error::missing_field));
  EXPECT_TRUE(failure_is(make_payloads(undated(1), {payload_form::export_envelope}), error::missing_field));
  EXPECT_TRUE(has_value(make_payloads(undated(1), {payload_form::array})));
  const auto rows = sorted_texts(undated(1).items);
  EXPECT_TRUE(failure_is(make_part_payloads(rows, {}, 1500), error::missing_field));
  EXPECT_TRUE(failure_is(split_items(rows, {}, 1500), error::missing_field));
  EXPECT_TRUE(failure_is(serialize_export_envelope({}, "[]"), error::missing_field));
}

TEST(serialize_export_envelope, takes_an_items_array_as_it_is_described) {
  const export_envelope_header one_row{.item_count = 1, .exported_at = instant};
  EXPECT_TRUE(has_value(serialize_export_envelope(one_row, R"([{"uid":"u"}])")));
  EXPECT_TRUE(failure_is(serialize_export_envelope(one_row, "[]"), error::item_count_mismatch));
  EXPECT_TRUE(failure_is(serialize_export_envelope(one_row, ""), error::wrong_type));
  EXPECT_TRUE(failure_is(serialize_export_envelope(one_row, "{}"), error::wrong_type));
  EXPECT_TRUE(failure_is(serialize_export_envelope(one_row, R"([{"uid":"u"}],"x":1)"), error::syntax));
  EXPECT_TRUE(failure_is(serialize_export_envelope(one_row, R"([ {"uid":"u"}])"), error::syntax));
  EXPECT_TRUE(failure_is(serialize_export_envelope(one_row, "[1]"), error::wrong_type));
  auto part = one_row;
  part.part_index = 3, part.part_total = 2;
  EXPECT_TRUE(failure_is(serialize_export_envelope(part, R"([{"uid":"u"}])"), error::part_out_of_range));
}

} // namespace kollect::test
