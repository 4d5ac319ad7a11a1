#include "support/consumer.hpp"
#include "support/hostile_texts.hpp"

#include <kollect/base64.hpp>
#include <kollect/parse.hpp>

#include <servers/files.hpp>

#include <boost/json/value_to.hpp>

#include <gtest/gtest.h>

#include <ctime>

namespace kollect::consumer::test {
namespace {

/// A message around a payload's text.
std::string envelope_of(const std::string& payload, const std::string& timestamp = "2026-01-15T12:00:00Z") {
  return R"({"schemaVersion":"kollect.dev/v1alpha1","timestamp":")" + timestamp +
         R"(","cluster":"prod-west","namespace":"team-a","payload":)" + payload + "}";
}

/// A row around its attributes' text.
std::string row_of(const std::string& attributes, const std::string& name = "row") {
  return R"({"targetNamespace":"team-a","targetName":"deployments","namespace":"team-a","name":")" + name +
         R"(","version":"v1","kind":"Deployment","uid":"uid","attributes":)" + attributes + "}";
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

class hostile_message : public testing::Test {
protected:
  outcome take(const std::string& value) { return consumer_.end_of(deliver_bytes(value, next_++)); }

  /// It is applied, and its row is kept as it was sent.
  void expect_kept(const std::string& attributes) {
    const auto row = row_of(attributes);
    EXPECT_EQ(take(envelope_of("[" + row + "]", to_string(noon(next_)))), outcome::applied);
    EXPECT_NE(state_text(*consumer_).find("\"item\":" + row + "}"), std::string::npos);
  }

  /// It is a dead letter for this reason, found at this byte, and nothing else has happened.
  void expect_dead(const std::string& value, error reason, std::optional<std::size_t> byte = {}) {
    SCOPED_TRACE(value.substr(0, 300));
    const auto state = state_text(*consumer_);
    EXPECT_EQ(take(value), outcome::dead_lettered);
    const auto letter = consumer_->dead_letters(last_letter_, 10).value();
    ASSERT_EQ(letter.size(), 1U);
    last_letter_ = letter[0].id;
    EXPECT_EQ(letter[0].letter.reason, error_name(reason)) << letter[0].letter.sentence;
    EXPECT_EQ(letter[0].value, value);
    if (byte) {
      EXPECT_EQ(letter[0].letter.byte_offset, static_cast<std::int64_t>(*byte));
    }
    EXPECT_EQ(state_text(*consumer_), state);
  }

  test_consumer consumer_;
  std::int64_t next_ = 0;
  std::int64_t last_letter_ = 0;
};

// S1. The message is level 1, its payload 2, the row 3, its attributes 4.

TEST_F(hostile_message, is_applied_up_to_the_depth_and_refused_beyond_it) {
  expect_kept(R"({"deep":)" + nested(252) + "}");
  const auto begin = envelope_of("[" + row_of(R"({"deep":)")).find(R"("deep":)") + 7;
  expect_dead(envelope_of("[" + row_of(R"({"deep":)" + nested(253) + "}") + "]"), error::too_deep,
              begin + 252);
  expect_dead(envelope_of("[" + row_of(R"({"deep":)" + nested(1'000'000) + "}") + "]"), error::too_deep,
              begin + 252);
  expect_dead(envelope_of(nested(1'000'000)), error::wrong_type);
  expect_dead(R"({"unknown":)" + nested(1'000'000) + "," + envelope_of("[]").substr(1), error::too_deep);
  expect_dead(std::string(1'000'000, '['), error::syntax, 0);
  expect_dead(R"({"payload":)" + std::string(1'000'000, '['), error::truncated);
}

// S2. Numbers are kept as they were written.

TEST_F(hostile_message, keeps_numbers_as_they_were_written) {
  for (const std::string number : {"-0", "1e-400", "12345678901234567890", "0.1", "1E+2", "-1.50", "1e308"})
    expect_kept(R"({"value":)" + number + "}");
  for (const auto& number : {std::string("1e999"), std::string("-1e999"),
                             std::string("1e99999999999999999999"), "1" + std::string(400, '0')})
    expect_dead(envelope_of("[" + row_of(R"({"value":)" + number + "}") + "]"), error::number_overflow);
  for (const std::string number : {"01", "+1", ".5", "1.", "0x10", "NaN", "Infinity", "- 1"})
    expect_dead(envelope_of("[" + row_of(R"({"value":)" + number + "}") + "]"), error::syntax);
}

// S3. Names count in exact case, and once.

TEST_F(hostile_message, has_each_field_once_and_in_exact_case) {
  const auto good = envelope_of("[]");
  for (const std::string field : {R"("cluster":"x")", R"("payload":[])",
                                  R"("schemaVersion":"kollect.dev/v1alpha1")", R"("\u0063luster":"x")"})
    expect_dead("{" + field + "," + good.substr(1), error::duplicate_field);
  EXPECT_EQ(take(R"({"Cluster":"x","CLUSTER":"y",)" + good.substr(1)), outcome::applied); // unknown fields
  auto wrong_case = good;
  expect_dead(wrong_case.replace(wrong_case.find("\"cluster\""), 9, "\"Cluster\""), error::missing_field);
  auto twice = row_of("{}");
  expect_dead(envelope_of("[" + twice.insert(1, R"("name":"other",)") + "]"), error::duplicate_field);
  expect_dead(R"({"a":1,"a":2,)" + good.substr(1), error::duplicate_field);
}

TEST_F(hostile_message, must_be_the_shape_the_contract_says) {
  expect_dead(envelope_of("null"), error::unknown_payload_form);
  expect_dead(envelope_of("\"[]\""), error::unknown_payload_form);
  expect_dead(envelope_of("{}"), error::unknown_payload_form);
  expect_dead(envelope_of("[null]"), error::wrong_type);
  expect_dead(envelope_of("[[]]"), error::wrong_type);
  expect_dead(envelope_of("[" + row_of("[]") + "]"), error::wrong_type);
  expect_dead(envelope_of(R"([{"name":7}])"), error::wrong_type);
  expect_dead("[]", error::syntax, 0);
  expect_dead("null", error::syntax, 0);
  expect_dead("{}", error::missing_field);
}

// S4. Bytes that are not one UTF-8 text of JSON.

TEST_F(hostile_message, must_be_utf8) {
  const auto with = [](std::string_view bytes) {
    return envelope_of("[" + row_of(R"({"v":")" + std::string(bytes) + R"("})") + "]");
  };
  const auto begin = with("").find(R"("v":")") + 5;
  for (const std::string_view bytes : {"\xFF", "\xC3(", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                                       "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\x80"})
    expect_dead(with(bytes), error::invalid_utf8, begin);
  auto in_a_label = envelope_of("[]");
  expect_dead(in_a_label.replace(in_a_label.find("prod"), 4, "\xC3\x28!!"), error::invalid_utf8);
}

TEST_F(hostile_message, must_be_one_document) {
  const auto good = envelope_of("[]");
  expect_dead("\xEF\xBB\xBF" + good, error::syntax, 0);
  expect_dead(good + "x", error::trailing_data, good.size());
  expect_dead(good + good, error::trailing_data, good.size());
  expect_dead(good + std::string(1, '\0'), error::trailing_data, good.size());
  expect_dead(good.substr(0, good.size() - 1), error::truncated, good.size() - 1);
  expect_dead(good.substr(0, 40), error::truncated, 40);
  EXPECT_EQ(take(" \t\r\n" + good + "\n"), outcome::applied);
}

TEST_F(hostile_message, of_no_bytes_or_no_value_is_a_dead_letter) { // F36
  expect_dead("", error::empty_message);
  EXPECT_EQ(consumer_.end_of(deliver_tombstone(next_++)), outcome::dead_lettered);
  const auto letters = consumer_.dead_letters();
  EXPECT_FALSE(letters[0].letter.is_tombstone);
  EXPECT_TRUE(letters[1].letter.is_tombstone);
  EXPECT_EQ(letters[1].letter.message_key, message_key(web_scope()));
}

// S5. Escapes that some databases do not like.

TEST_F(hostile_message, keeps_escapes_as_they_were_written) {
  expect_kept(R"({"nul":"\u0000","lone":"\ud800","low":"\udfff","separator":"\u2028"})");
  expect_kept("{\"separator\":\"\xE2\x80\xA8\",\"\\u0000\":1}");
  expect_dead(envelope_of("[" + row_of(R"({"v":"\u12"})") + "]"), error::syntax);
  expect_dead(envelope_of("[" + row_of("{\"v\":\"\n\"}") + "]"), error::syntax);
}

TEST_F(hostile_message, names_rows_by_what_their_names_mean) {
  const auto two = "[" + row_of("{}", R"(a\u0000b)") + "," + row_of("{}", R"(a\u0000c)") + "]";
  EXPECT_EQ(take(envelope_of(two)), outcome::applied);
  EXPECT_EQ(consumer_->scopes().value().front().row_count, 2);
  // Two spellings of one name are one row, the later one counts; a lone surrogate means U+FFFD.
  const auto one =
      "[" + row_of("{}", R"(\u0061\ud800)") + "," + row_of(R"({"last":true})", "a\xEF\xBF\xBD") + "]";
  EXPECT_EQ(take(envelope_of(one, to_string(noon(1)))), outcome::applied);
  EXPECT_EQ(consumer_->scopes().value().front().row_count, 1);
  EXPECT_NE(state_text(*consumer_).find(R"({"last":true})"), std::string::npos);
}

// S6, S7. Cost grows with the bytes, and not faster.

TEST_F(hostile_message, with_very_many_values_or_keys_is_applied_in_linear_time) {
  std::string zeros = "0", keys;
  for (int count = 0; count < 500'000; ++count)
    zeros += ",0";
  for (int count = 0; count < 100'000; ++count)
    keys += (count == 0 ? "\"" : ",\"") + std::to_string(count * 7919) + "\":1";
  const auto begun = std::clock();
  for (const std::string last : {"1", "2"}) {
    EXPECT_EQ(take(envelope_of("[" + row_of(R"({"zeros":[)" + zeros + "," + last + "]}") + "]",
                               to_string(noon(next_)))),
              outcome::applied);
    EXPECT_EQ(take(envelope_of("[" + row_of("{" + keys + R"(,"last":)" + last + "}") + "]",
                               to_string(noon(next_)))),
              outcome::applied);
  }
  EXPECT_LT((std::clock() - begun) / CLOCKS_PER_SEC,
            30); // seconds of this processor; quadratic would be hours
  std::string unknown = "{";
  for (int count = 0; count < 100'000; ++count)
    unknown += "\"" + std::to_string(count) + "\":1,";
  const auto unknown_begun = std::clock();
  EXPECT_EQ(take(unknown + envelope_of("[]", to_string(noon(next_))).substr(1)), outcome::applied); // ENV-02
  EXPECT_LT((std::clock() - unknown_begun) / CLOCKS_PER_SEC, 30);
}

// Naming every changed value by its path would take the square of the message's size.
TEST_F(hostile_message, with_a_long_key_above_many_changes_is_no_burden) {
  const auto make = [&](int value) {
    std::string leaves;
    for (int count = 0; count < 20'000; ++count)
      leaves += (count == 0 ? "\"" : ",\"") + std::to_string(count) + "\":" + std::to_string(value);
    return envelope_of("[" + row_of("{\"" + std::string(200'000, 'k') + "\":{" + leaves + "}}") + "]",
                       to_string(noon(next_)));
  };
  EXPECT_EQ(take(make(1)), outcome::applied);
  EXPECT_EQ(take(make(2)), outcome::applied);
  const auto feed = consumer_->changes_after(0, 100).value();
  ASSERT_EQ(feed.size(), 4U);
  EXPECT_EQ(feed[2].kind, "changed");
  EXPECT_LT(feed[2].changed_paths_json.size(), 1'000'000U);
}

TEST_F(hostile_message, over_the_limit_is_a_dead_letter) {
  consumer_.settings.limits.max_message_bytes = 1000;
  expect_dead(envelope_of("[" + row_of("{\"v\":\"" + std::string(1000, 'x') + "\"}") + "]"),
              error::too_large);
}

// S8. Two different payloads with equal XXH3-128 are two snapshots.

TEST_F(hostile_message, with_the_fingerprint_of_another_is_not_taken_for_it) {
  const auto lines = servers::read_file(KOLLECT_VECTORS "/xxh3-collision.jsonl").value();
  std::size_t pairs = 0;
  for (std::size_t at = 0, end = 0; (end = lines.find('\n', at)) != std::string::npos;
       at = end + 1, ++pairs) {
    const auto pair = parse_value(lines.substr(at, end - at)).value();
    std::vector<std::string> values;
    for (const auto* name : {"a", "b"})
      values.push_back(decode_base64(boost::json::value_to<std::string>(pair.at(name))).value());
    for (const bool swapped : {false, true}) {
      test_consumer consumer;
      std::vector<received_message> batch;
      for (std::int64_t offset = 0; offset < 2; ++offset)
        batch.push_back(
            deliver_bytes(values[static_cast<std::size_t>(offset) ^ (swapped ? 1U : 0U)], offset));
      const auto counts = consumer.take(batch);
      EXPECT_EQ(counts.duplicate, 0);
      EXPECT_EQ(counts.applied + counts.stale, 2);
      const auto winner =
          read_head(values[0]).value().key.payload < read_head(values[1]).value().key.payload ? 1U : 0U;
      row_map rows;
      collect_rows(parse_snapshot(read_head(values[winner]).value().envelope).value(), rows);
      EXPECT_EQ(consumer->begin().value()->rows(1).value().to_map(), rows);
    }
  }
  EXPECT_EQ(pairs, 2U);
}

// S9. What a producer says of its own bytes is worked out again.

TEST_F(hostile_message, with_a_forged_checksum_or_count_is_a_dead_letter) {
  const auto good = make_export(make_rows(3), noon()).front().value;
  const auto digest = good.find("\"checksum\":\"") + 12;
  auto forged = good;
  forged[digest] = forged[digest] == '0' ? '1' : '0';
  expect_dead(forged, error::checksum_mismatch);
  forged = good;
  expect_dead(forged.replace(forged.find("\"replicas\":1"), 12, "\"replicas\":7"), error::checksum_mismatch);
  forged = good;
  expect_dead(forged.replace(forged.find("\"itemCount\":3"), 13, "\"itemCount\":2"),
              error::item_count_mismatch);
  for (const std::string marks : {"\"partIndex\":4,\"partTotal\":3,", "\"partIndex\":0,\"partTotal\":3,",
                                  "\"partIndex\":-1,\"partTotal\":3,", "\"partIndex\":1,\"partTotal\":10001,",
                                  "\"partIndex\":1,\"partTotal\":0,"}) {
    forged = good;
    expect_dead(forged.insert(forged.find("\"itemCount\""), marks), error::part_out_of_range);
  }
  EXPECT_EQ(take(good), outcome::applied);
}

TEST_F(hostile_message, is_not_told_apart_by_its_message_id) {
  auto first = make_array(make_rows(1), noon()), second = make_array(make_rows(2), noon(1));
  first.headers = second.headers = {{"Nats-Msg-Id", "forged"}};
  EXPECT_EQ(consumer_.end_of(deliver(first, next_++)), outcome::applied);
  EXPECT_EQ(consumer_.end_of(deliver(second, next_++)), outcome::applied);
  second.headers = {{"Nats-Msg-Id", "another"}};
  EXPECT_EQ(consumer_.end_of(deliver(second, next_++)), outcome::duplicate);
}

// S10. Time.

TEST_F(hostile_message, dated_in_the_future_does_not_hold_its_scope_back) {
  for (const std::string instant :
       {"9999-12-31T23:59:59Z", "2263-01-01T00:00:00Z", "2026-01-15T13:05:00.000000001Z"})
    expect_dead(envelope_of("[]", instant), error::future_timestamp);
  EXPECT_EQ(take(envelope_of("[]", "2026-01-15T13:05:00Z")), outcome::applied);
}

TEST_F(hostile_message, exported_in_the_future_does_not_hold_its_scope_back) {
  expect_dead(make_export(make_rows(2), at("9999-12-31T23:59:59Z"), 0, 1, noon()).front().value,
              error::future_timestamp);
  expect_dead(make_export(make_rows(20), at("2100-01-01T00:00:00Z"), 1500, 1, noon()).front().value,
              error::future_timestamp);
  EXPECT_EQ(take(envelope_of("[]")), outcome::applied);
}

TEST_F(hostile_message, is_believed_when_the_broker_took_it_in_that_late) {
  auto message = deliver_bytes(envelope_of("[]", "2026-01-15T15:04:00Z"), next_++);
  message.appended_at = at("2026-01-15T15:00:00Z");
  EXPECT_EQ(consumer_.end_of(std::move(message)), outcome::applied);
}

TEST_F(hostile_message, has_a_timestamp_that_is_one) {
  for (const std::string instant :
       {"2026-01-15T12:00:60Z", "2026-01-15T12:00:00+02:00", "2026-01-15T12:00:00+00:00",
        "2026-01-15 12:00:00Z", "2026-02-30T12:00:00Z", "-001-01-15T12:00:00Z",
        "2026-01-15T12:00:00.0123456789Z", "2026-01-15t12:00:00z", "2026-01-15T24:00:00Z", "", "now",
        R"(2026-01-15T12:00:00\u0000Z)"})
    expect_dead(envelope_of("[]", instant), error::invalid_timestamp);
  EXPECT_EQ(take(envelope_of("[]", "0000-01-01T00:00:00Z")), outcome::applied);
  EXPECT_EQ(take(envelope_of("[]", "1969-12-31T23:59:59.999999999Z")), outcome::applied);
}

TEST_F(hostile_message, of_another_schema_is_parked) { // ENV-03
  auto other = envelope_of("[]");
  expect_dead(other.replace(other.find("v1alpha1"), 8, "v1beta1"), error::unsupported_schema_version);
  auto empty = envelope_of("[]");
  EXPECT_EQ(take(empty.replace(empty.find("kollect.dev/v1alpha1"), 20, "")), outcome::applied);
}

// S11. Texts that are not for a database.

TEST_F(hostile_message, with_hostile_names_in_every_field_is_applied_as_it_is) {
  consumer_.settings.limits.max_name_bytes = 2'000'000; // one of them is that long
  fleet_state expected;
  for (const auto& text : hostile_texts()) {
    auto row = make_row("row");
    row.target_namespace = row.target_name = row.namespace_ = row.name = row.group = row.version = row.kind =
        row.uid = text;
    if (text.empty())
      row.uid = "u"; // ROW-01: a row has a name or a uid
    boost::json::object attributes;
    attributes[text] = text;
    row.attributes = attributes;
    scope where{text, text, text};
    EXPECT_EQ(consumer_.end_of(deliver(make_array({row}, noon(), where), next_++)), outcome::applied);
    if (text.starts_with(' '))
      where.cluster = text.substr(1, text.size() - 2); // ENV-06: a label is trimmed
    expected.apply(where, {}, rows_of({row}));
  }
  EXPECT_EQ(state_text(*consumer_), state_text(expected));
  EXPECT_EQ(folded_feed(*consumer_), state_text(expected));
  EXPECT_EQ(consumer_->scopes().value().size(), hostile_texts().size());
}

TEST_F(hostile_message, with_hostile_headers_and_keys_is_buried_with_them) { // S13, S14
  auto message = make_kafka_message(web_scope(), noon(), "nonsense");
  message.key = std::string("\xFF\r\n\0", 4);
  message.headers = {{"a\r\nb", "c\"d\x1B"}, {"", ""}};
  EXPECT_EQ(consumer_.end_of(deliver(message, next_++)), outcome::dead_lettered);
  const auto letter = consumer_.dead_letters().front().letter;
  EXPECT_EQ(letter.message_key, message.key);
  EXPECT_EQ(letter.headers_json, R"([["a\r\nb","c\"d\u001b"],["",""]])");
}

// S28. A flood of keys in one scope.

TEST_F(hostile_message, floods_of_keys_are_bounded) {
  consumer_.settings.retention.dedup_keys_per_scope = 50;
  std::vector<outgoing_message> messages;
  for (std::int64_t second = 0; second < 300; ++second)
    messages.push_back(make_array({}, noon(second)));
  consumer_.take(deliver_all(messages));
  EXPECT_EQ(consumer_.end_of(deliver(messages.front(), 1000)),
            outcome::stale); // forgotten, and still without effect
  EXPECT_EQ(consumer_.end_of(deliver(messages.back(), 1001)), outcome::duplicate);
  const auto dump = consumer_.place().dump();
  std::size_t keys = 0;
  for (std::size_t at = dump.find("dedup_keys: "); at != std::string::npos;
       at = dump.find("dedup_keys: ", at + 1))
    ++keys;
  EXPECT_LE(keys, 56U);
}

// S29. A flood of dead letters.

TEST_F(hostile_message, floods_of_dead_letters_are_bounded) {
  consumer_.settings.retention.dead_letter_bytes = 20'000;
  for (int round = 0; round < 5; ++round) {
    std::vector<received_message> batch;
    for (int count = 0; count < 40; ++count)
      batch.push_back(deliver_bytes(std::string(1000, '!'), next_++));
    consumer_.take(batch);
  }
  std::size_t bytes = 0, bodies = 0;
  for (const auto& stored : consumer_.dead_letters()) {
    bytes += stored.value.size();
    bodies += stored.has_body ? 1U : 0U;
    EXPECT_EQ(stored.value_digest, sha256(std::string(1000, '!')));
  }
  EXPECT_EQ(consumer_.dead_letters().size(), 200U);
  EXPECT_LE(bytes, 20'000U);
  EXPECT_GE(bodies, 15U);
}

} // namespace
} // namespace kollect::consumer::test
