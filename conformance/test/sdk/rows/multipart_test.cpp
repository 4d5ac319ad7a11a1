#include <support/failure_is.hpp>
#include <support/hex_dump.hpp>
#include <support/messages.hpp>
#include <support/random_rows.hpp>

#include <kollect/kollect.hpp>
#include <kollect/multipart.hpp>
#include <kollect/serialize_items.hpp>

namespace kollect::test {

namespace {

constexpr payload_form envelope_form = payload_form::export_envelope;

result<std::vector<std::string>> parts_of(const snapshot& source, std::size_t limit,
                                          payload_form form = envelope_form) {
  return make_payloads(source, {.form = form, .max_export_bytes = limit});
}

/// A payload read as a consumer does.
snapshot_view view_of(std::string_view payload) {
  return parse_payload(payload).value();
}

std::vector<item> rows_of(const std::vector<std::string>& payloads) {
  std::vector<item> rows;
  for (const auto& payload : payloads)
    for (const auto& row : view_of(payload).rows())
      rows.push_back(to_item(row).value());
  return rows;
}

/// The size that MP-01 measures a candidate part with, by writing it out.
std::size_t measured(const snapshot& source, const std::vector<std::string>& rows, std::size_t all) {
  std::string items = "[";
  for (const auto& row : rows)
    items += (items.size() > 1 ? "," : "") + row;
  export_envelope_header header;
  header.generation = source.generation;
  header.exported_at = source.exported_at;
  header.item_count = rows.size();
  header.part_index = header.part_total = static_cast<std::uint32_t>(all);
  return serialize_export_envelope(header, items + "]").value().size();
}

/// MP-01 word by word: how many rows go into each part; nothing where one row is too large.
std::vector<std::size_t> deal_out(const snapshot& source, std::size_t limit) {
  std::vector<std::string> texts;
  for (const auto& row : source.items)
    texts.push_back(serialize(row).value());
  std::sort(texts.begin(), texts.end());
  std::vector<std::vector<std::string>> parts;
  for (const auto& text : texts) {
    if (measured(source, {text}, texts.size()) > limit)
      return {};
    auto longer = parts.empty() ? std::vector<std::string>{} : parts.back();
    longer.push_back(text);
    if (!parts.empty() && measured(source, longer, texts.size()) <= limit)
      parts.back() = longer;
    else
      parts.push_back({text});
  }
  std::vector<std::size_t> sizes;
  for (const auto& part : parts)
    sizes.push_back(part.size());
  return sizes;
}

void expect_good_set(const snapshot& source, const std::vector<std::string>& parts, std::size_t limit) {
  const auto expected = deal_out(source, limit);
  ASSERT_EQ(parts.size(), expected.size());
  ASSERT_GT(parts.size(), 1U);
  for (std::size_t index = 0; index < parts.size(); ++index) {
    ASSERT_LE(parts[index].size(), limit);
    const auto view = view_of(parts[index]);
    EXPECT_EQ(view.form, payload_form::multipart);
    EXPECT_EQ(view.part_index, index + 1);
    EXPECT_EQ(view.part_total, parts.size());
    EXPECT_EQ(view.generation, source.generation);
    EXPECT_EQ(view.exported_at, source.exported_at);
    EXPECT_EQ(view.item_count, expected[index]);
    EXPECT_EQ(serialize_items(rows_of({parts[index]})).value(),
              serialize_items(parse_items(view.items).value()).value());
  }
}

/// The rows of all parts by identity.
row_map collected(const std::vector<std::string>& parts) {
  row_map rows;
  for (const auto& part : parts)
    collect_rows(view_of(part), rows);
  return rows;
}

/// Sends the parts through a projection in random order, each twice: the rows that it holds then.
row_map assembled(seeded_random& random, const std::vector<std::string>& parts) {
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), 0);
  random.shuffle(order);
  projection collector;
  arrival how;
  how.now = parse_timestamp("9999-12-31T23:59:59Z").value(); // random snapshots may be of any year
  for (std::size_t place = 0; place < order.size(); ++place) {
    const auto message = message_with(parts[order[place]]);
    const bool is_last = place + 1 == order.size();
    EXPECT_EQ(outcome_of(collector.apply(message, {}, how)), is_last ? outcome::applied : outcome::pending);
    EXPECT_EQ(outcome_of(collector.apply(message, {}, how)), outcome::duplicate);
  }
  EXPECT_EQ(collector.pending_bytes(), 0U);
  const auto* const rows = collector.rows({"prod-west", "team-a", ""});
  return rows == nullptr ? row_map() : *rows;
}

} // namespace

TEST(multipart, random_snapshots_are_split_as_mp_01_says_and_come_together_again) {
  seeded_random random(test_seed(43));
  std::size_t sets = 0, refused = 0;
  for (int round = 0; round < 150; ++round) {
    const auto source = random_snapshot(random, 1 + random.below(25));
    const auto whole = parts_of(source, 0).value();
    ASSERT_EQ(whole.size(), 1U);
    const std::size_t limit = 350 + random.below(whole[0].size());
    const auto parts = parts_of(source, limit);
    if (whole[0].size() <= limit) {
      ASSERT_TRUE(same_bytes(parts.value().at(0), whole[0])); // MP-03
    } else if (deal_out(source, limit).empty()) {
      ASSERT_TRUE(failure_is(parts, error::item_exceeds_limit));
      ++refused;
    } else {
      ASSERT_TRUE(has_value(parts));
      expect_good_set(source, *parts, limit);
      ASSERT_EQ(assembled(random, *parts), collected(*parts));
      ASSERT_EQ(serialize_items(rows_of(*parts)).value(),
                serialize_items(parse_items(serialize_items(source.items).value()).value()).value());
      ++sets;
    }
    if (HasFailure())
      return;
  }
  EXPECT_GT(sets, 20U);
  EXPECT_GT(refused, 5U);
}

TEST(multipart, every_limit_is_kept_to_the_byte) {
  seeded_random random(test_seed(47));
  const auto source = random_snapshot(random, 5);
  const auto whole = parts_of(source, 0).value().at(0).size();
  for (std::size_t limit = 1; limit <= whole + 1; ++limit) {
    const auto parts = parts_of(source, limit);
    if (limit >= whole)
      ASSERT_EQ(parts.value().size(), 1U) << limit;
    else if (parts)
      expect_good_set(source, *parts, limit);
    else
      ASSERT_TRUE(deal_out(source, limit).empty()) << limit;
    if (HasFailure())
      return;
  }
}

TEST(multipart, a_snapshot_of_the_limits_very_size_is_sent_whole_and_one_byte_more_is_split) {
  snapshot source;
  source.exported_at = timestamp{};
  for (int index = 0; index < 3; ++index) {
    source.items.emplace_back();
    source.items.back().uid = "uid-" + std::to_string(index);
    source.items.back().attributes = {{"pad", std::string(300, 'x')}};
  }
  for (const auto form : {payload_form::array, envelope_form, payload_form::multipart}) {
    const auto whole = parts_of(source, 0, form).value().at(0);
    EXPECT_EQ(parts_of(source, whole.size(), form).value(), std::vector<std::string>{whole});
    EXPECT_GT(parts_of(source, whole.size() - 1, form).value().size(), 1U);
  }
  const auto array_as_set = parts_of(source, 900, payload_form::array).value();
  EXPECT_EQ(array_as_set, parts_of(source, 900).value()); // an array cannot carry part marks
}

TEST(multipart, one_row_over_the_limit_refuses_everything) {
  snapshot source;
  source.exported_at = timestamp{};
  source.items.resize(20);
  for (std::size_t index = 0; index < source.items.size(); ++index)
    source.items[index].uid = std::to_string(index);
  const auto longest = measured(source, {serialize(source.items.back()).value()}, source.items.size());
  EXPECT_TRUE(has_value(parts_of(source, longest)));
  const auto refused = parts_of(source, longest - 1);
  ASSERT_TRUE(failure_is(refused, error::item_exceeds_limit));
  EXPECT_EQ(refused.error().message,
            "single item export envelope exceeds maxExportBytes (" + std::to_string(longest - 1) + ")");
  EXPECT_EQ(refused.error().clause, "MP-02");
}

TEST(multipart, an_empty_snapshot_is_sent_whole_whatever_the_limit) {
  snapshot source;
  source.exported_at = timestamp{};
  EXPECT_EQ(parts_of(source, 1, payload_form::array).value(), std::vector<std::string>{"[]"});
  const auto payloads = parts_of(source, 1).value();
  ASSERT_EQ(payloads.size(), 1U);
  EXPECT_EQ(view_of(payloads[0]).item_count, 0U);
}

TEST(multipart, rows_that_are_equal_in_everything_are_all_sent) {
  snapshot source;
  source.exported_at = timestamp{};
  source.items.resize(10, item{.name = "n"});
  EXPECT_EQ(view_of(parts_of(source, 0).value().at(0)).item_count, 10U);
  EXPECT_EQ(rows_of(parts_of(source, 500).value()).size(), 10U);
}

TEST(multipart, the_default_is_an_array_within_1572864_bytes) {
  snapshot source;
  source.exported_at = timestamp{};
  source.items.resize(1);
  source.items[0].uid = "x";
  const auto around = serialize_items(source.items).value().size() - 1;
  source.items[0].uid = std::string(default_max_export_bytes - around, 'x');
  EXPECT_EQ(make_payloads(source).value().at(0).size(), 1'572'864U);
  source.items[0].uid += 'x';
  EXPECT_TRUE(failure_is(make_payloads(source), error::item_exceeds_limit));
}

TEST(export_envelope, is_written_in_contract_order_without_what_is_zero_or_empty) {
  export_envelope_header header;
  header.item_count = 2;
  header.exported_at = timestamp{1, 0};
  const std::string items = R"([{"uid":"a"},{"uid":"b"}])", digest = to_string(sha256(items));
  EXPECT_EQ(serialize_export_envelope(header, items).value(),
            R"({"schemaVersion":"kollect.dev/v1alpha1","checksum":")" + digest +
                R"(","itemCount":2,"exportedAt":"1970-01-01T00:00:01Z","items":)" + items + "}");
  header.generation = -5, header.part_index = 1, header.part_total = 4'294'967'295, header.cluster = "a&b";
  EXPECT_EQ(serialize_export_envelope(header, items).value(),
            R"({"schemaVersion":"kollect.dev/v1alpha1","checksum":")" + digest +
                R"(","generation":-5,"partIndex":1,"partTotal":4294967295,"itemCount":2,)"
                R"("exportedAt":"1970-01-01T00:00:01Z","cluster":"a\u0026b","items":)" +
                items + "}");
}

} // namespace kollect::test
