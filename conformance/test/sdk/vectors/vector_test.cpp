#include "vector.hpp"

#include <support/failure_is.hpp>
#include <support/hex_dump.hpp>

#include <kollect/kollect.hpp>
#include <kollect/multipart.hpp>
#include <kollect/serialize_items.hpp>

#include <algorithm>

namespace kollect::test {

namespace {

snapshot snapshot_of(const vector& given) {
  return {given.scope, given.generation, parse_timestamp(given.exported_at).value(),
          parse_items(given.items).value()};
}

std::string message_of(const vector& given, const std::string& payload) {
  return serialize(envelope{.timestamp = parse_timestamp(given.timestamp).value(),
                            .cluster = given.scope.cluster,
                            .namespace_ = given.scope.namespace_,
                            .payload = payload})
      .value();
}

void expect_message(const vector& given, const std::string& payload, const expected_message& expected) {
  EXPECT_TRUE(same_bytes(message_of(given, payload), expected.value));
  EXPECT_EQ(nats_message_id(given.scope.cluster, given.scope.namespace_, payload), expected.nats_message_id);
}

void expect_exports(const vector& given, const snapshot& source) {
  EXPECT_EQ(message_key(source.scope), given.key);
  EXPECT_EQ(to_string(source.exported_at.value()), given.exported_at);
  EXPECT_EQ(to_string(sha256(serialize_items(source.items).value())), given.items_checksum);

  const auto bare = make_payloads(source, {.form = payload_form::array, .max_export_bytes = 0}).value();
  ASSERT_EQ(bare.size(), 1U);
  expect_message(given, bare[0], given.bare_array);

  const payload_options options{.form = payload_form::export_envelope,
                                .max_export_bytes = given.max_export_bytes};
  const auto parts = make_payloads(source, options);
  if (given.is_oversized) {
    ASSERT_TRUE(failure_is(parts, error::item_exceeds_limit));
    EXPECT_EQ(parts.error().message, "single item export envelope exceeds maxExportBytes (" +
                                         std::to_string(given.max_export_bytes) + ")");
    return;
  }
  ASSERT_TRUE(has_value(parts));
  ASSERT_EQ(parts->size(), given.export_envelope.size());
  for (std::size_t index = 0; index < parts->size(); ++index)
    expect_message(given, (*parts)[index], given.export_envelope[index]);
}

/// The items as they are after being read once more: a negative zero, which is sent as -0, is read as the
/// integer 0.
std::string read_again(std::string_view items) {
  return serialize_items(parse_items(items).value()).value();
}

/// Reads a message that a producer made, and answers its rows as a producer would hold them.
std::vector<item> read_rows(const vector& given, const expected_message& message, payload_form form) {
  const auto head = read_head(message.value, given.key);
  EXPECT_TRUE(has_value(head));
  EXPECT_EQ(head->scope, given.scope);
  EXPECT_EQ(head->key.timestamp, given.timestamp);
  EXPECT_EQ(compact_payload(head->envelope.payload).value(), head->envelope.payload);
  const auto content = parse_snapshot(head->envelope);
  if (!content) {
    ADD_FAILURE() << content.error();
    return {};
  }
  EXPECT_EQ(content->form, form);
  std::vector<item> rows;
  for (const auto& row : content->rows())
    rows.push_back(to_item(row).value());
  EXPECT_EQ(rows.size(), content->item_count);
  EXPECT_TRUE(same_bytes(serialize_items(rows).value(), read_again(content->items)));
  return rows;
}

void expect_readable(const vector& given, std::vector<item> expected) {
  EXPECT_EQ(read_rows(given, given.bare_array, payload_form::array).size(), expected.size());
  const auto form =
      given.export_envelope.size() > 1 ? payload_form::multipart : payload_form::export_envelope;
  std::vector<item> rows;
  for (const auto& part : given.export_envelope)
    for (auto& row : read_rows(given, part, form))
      rows.push_back(std::move(row));
  if (given.is_oversized)
    return;
  EXPECT_TRUE(same_bytes(serialize_items(rows).value(), read_again(serialize_items(expected).value())));
}

void expect_vectors(const std::string& file) {
  for (const auto& line : read_lines(file)) {
    const auto given = read_vector(line);
    SCOPED_TRACE(given.name);
    auto source = snapshot_of(given);
    expect_exports(given, source);
    std::reverse(source.items.begin(), source.items.end());
    expect_exports(given, source); // ORD-01: the order of the input never shows
    expect_readable(given, source.items);
  }
}

} // namespace

TEST(vectors, named_cases_are_equal_byte_for_byte) {
  expect_vectors("fixed.jsonl");
}

TEST(vectors, random_cases_are_equal_byte_for_byte) {
  expect_vectors("random.jsonl");
}

TEST(vectors, a_difference_is_shown_as_a_hex_dump) {
  const auto shown = same_bytes(std::string(40, 'a') + "b" + std::string(40, 'c'), std::string(81, 'a'));
  ASSERT_FALSE(shown);
  const std::string text = shown.message();
  EXPECT_NE(text.find("the first difference is at byte 40"), std::string::npos) << text;
  EXPECT_NE(text.find("> 00000020  61 61 61 61 61 61 61 61 62 63"), std::string::npos) << text;
  EXPECT_TRUE(same_bytes("same", "same"));
  EXPECT_FALSE(same_bytes("sam", "same"));
}

} // namespace kollect::test
