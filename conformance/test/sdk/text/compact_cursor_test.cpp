// The fast readers against the exact ones: what they take must be the same, and what they give up on is left
// alone.

#include <support/exact_bytes.hpp>
#include <support/random_rows.hpp>
#include <support/random_text.hpp>

#include <kollect/detail/compact_cursor.hpp>
#include <kollect/detail/json_cursor.hpp>
#include <kollect/envelope.hpp>
#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>
#include <kollect/snapshot.hpp>

namespace kollect::test {

namespace {

/// Where the fast reader found the value's end; nothing where it gave up.
std::optional<std::size_t> read_fast(std::string_view text, std::size_t room = 256) {
  const exact_bytes bytes(text);
  detail::compact_cursor cursor(bytes.view(), 0);
  detail::no_values ignored;
  return cursor.read_value(room, ignored) ? std::optional(cursor.position()) : std::nullopt;
}

std::optional<std::size_t> read_exactly(std::string_view text) {
  detail::json_cursor cursor(text, 256);
  std::string_view raw;
  return cursor.skip_value(raw) ? std::optional(cursor.position()) : std::nullopt;
}

/// The same JSON with a space wherever one may stand: only the exact readers take that.
std::string spaced(std::string_view text) {
  std::string out;
  bool is_in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    if (letter == '"')
      is_in_string = !is_in_string;
    out += letter;
    if (is_in_string && letter == '\\')
      out += text[++at];
    else if (!is_in_string && std::string_view("{}[]:,").find(letter) != std::string_view::npos)
      out += ' ';
  }
  return out;
}

/// Two rows of three with names as clusters have them: the fast reader gives up on other ones.
item likely_item(seeded_random& random, const std::string& uid) {
  auto row = random_item(random, uid);
  if (!random.once_in(3))
    for (auto* const text : {&row.target_namespace, &row.target_name, &row.namespace_, &row.name, &row.group,
                             &row.version, &row.kind})
      text->assign(random.below(40), static_cast<char>('a' + random.below(26)));
  return row;
}

} // namespace

TEST(compact_cursor, takes_what_encoders_write) {
  seeded_random random(test_seed(20261103));
  std::size_t taken = 0, rounds = 5'000;
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto text = serialize(parse_value(random_json(random, 5)).value()).value();
    const auto end = read_fast(text);
    ASSERT_TRUE(!end || *end == text.size()) << text;
    taken += end ? 1 : 0;
  }
  EXPECT_GT(taken, rounds / 2) << "it gives up on numbers with an exponent, and on little else";
  for (const std::string_view text :
       {"null", "true", "false", "0", "-0", "12", "-1.50", "\"\"", "\"a\"", "\"\u00E9\\n\\u003c\\\\\"", "{}",
        "[]", "[[],{},[{}]]", "{\"a\":1,\"b\":{\"c\":[null]}}", "{\"\":\"\"}"})
    EXPECT_EQ(read_fast(text), text.size()) << text;
}

TEST(compact_cursor, gives_up_on_whatever_is_wrong_or_spelled_otherwise) {
  for (const std::string_view text :
       {"",           " 1",       "nul",       "nulL", "-",   "-a",      "+1",       ".5",
        "1.",         "1e5",      "1E-5",      "\"",   "\"a", "\"\\",    "\"\\x\"",  "\"\\u12\"",
        "\"\n\"",     "\"\x80\"", "{",         "[",    "[1",  "[1,",     "[1,]",     "[,1]",
        "[1 2]",      "[1, 2]",   "[}",        "[1}",  "{]",  "{\"a\"}", "{\"a\":}", "{\"a\" :1}",
        "{\"a\":1,}", "{1:2}",    "{\"a\":1]", "]",    "}",   ",",       "\"\xC3\""})
    EXPECT_EQ(read_fast(text), std::nullopt) << text;
  EXPECT_EQ(read_fast("01"), std::nullopt);
  EXPECT_EQ(read_fast(std::string(400, '9')), std::nullopt) << "more than a double may hold";
}

TEST(compact_cursor, nests_no_deeper_than_there_is_room) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  for (std::size_t room = 0; room <= 32; ++room) {
    EXPECT_EQ(read_fast(nested(room + 1), room), std::nullopt) << room;
    if (room > 0) {
      EXPECT_EQ(read_fast(nested(room), room), 2 * room);
    }
  }
  EXPECT_EQ(read_fast(nested(100)), std::nullopt) << "rare, and left to the exact reader";
}

TEST(compact_cursor, what_it_takes_is_json_and_ends_where_it_says) {
  seeded_random random(test_seed(20261104));
  std::size_t taken = 0;
  for (int round = 0; round < 30'000; ++round) {
    const auto text = mutate(random, serialize(parse_value(random_json(random, 4)).value()).value());
    const auto end = read_fast(text);
    taken += end ? 1 : 0;
    if (end) {
      ASSERT_EQ(end, read_exactly(text)) << text;
    }
  }
  EXPECT_GT(taken, 1'000U);
}

TEST(compact_cursor, rows_are_the_same_however_they_are_spelled) {
  seeded_random random(test_seed(20261105));
  for (int round = 0; round < 300; ++round) {
    std::vector<item> rows;
    for (std::size_t count = 1 + random.below(12); count > 0; --count)
      rows.push_back(likely_item(random, "uid-" + std::to_string(count)));
    const auto text = serialize_items(rows).value(), other = spaced(text);
    const auto read = parse_items(text), read_otherwise = parse_items(other);
    ASSERT_TRUE(read && read_otherwise) << text;
    ASSERT_EQ(*read, *read_otherwise) << text;
    const auto viewed = parse_payload(text).value(), viewed_otherwise = parse_payload(other).value();
    ASSERT_EQ(viewed.item_count, rows.size());
    auto one = viewed.rows().begin();
    for (const auto& expected : viewed_otherwise.rows()) {
      ASSERT_EQ(one->identity(), expected.identity());
      ASSERT_EQ(spaced(one->raw), std::string(expected.raw) + " ");
      ASSERT_EQ(to_item(*one).value(), to_item(expected).value());
      ++one;
    }
    ASSERT_EQ(one, viewed.rows().end());
  }
}

TEST(compact_cursor, a_broken_row_gets_the_verdict_of_the_exact_reader) {
  seeded_random random(test_seed(20261106));
  std::size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    // A space at its start alone sends the whole first row to the exact reader.
    const auto row = mutate(random, serialize(likely_item(random, "uid")).value());
    const auto fast = parse_payload(std::string_view("[" + row + "]")),
               exact = parse_payload(std::string_view("[ " + row + "]"));
    ASSERT_EQ(fast.has_value(), exact.has_value()) << row;
    if (fast)
      continue;
    ++refused;
    ASSERT_EQ(fast.error().reason(), exact.error().reason()) << row;
    ASSERT_EQ(fast.error().position->offset + 1, exact.error().position->offset) << row;
  }
  EXPECT_GT(refused, 1'000U);
}

TEST(compact_cursor, an_envelope_is_the_same_however_it_is_spelled) {
  const envelope sent{.timestamp = parse_timestamp("2026-01-15T12:00:00.5Z").value(),
                      .cluster = "prod-west",
                      .namespace_ = "team-a",
                      .payload = R"([{"uid":"]"}])"};
  const auto text = serialize(sent).value(), other = spaced(text);
  const auto one = parse_envelope(text).value(), two = parse_envelope(other).value();
  for (const auto field : {&envelope_view::schema_version, &envelope_view::timestamp_text,
                           &envelope_view::cluster, &envelope_view::namespace_})
    EXPECT_EQ((one.*field).raw(), (two.*field).raw());
  EXPECT_EQ(one.timestamp, two.timestamp);
  EXPECT_EQ(one.payload, sent.payload);
  EXPECT_EQ(spaced(one.payload), std::string(two.payload) + " ");
  // The same beginning, and more after the payload: seen, and checked.
  const auto with_more = text.substr(0, text.size() - 1) + R"(,"later":{"b":[]}})";
  EXPECT_EQ(parse_envelope(with_more).value().payload, sent.payload);
  EXPECT_EQ(parse_envelope(std::string_view(text.substr(0, text.size() - 1) + R"(,"cluster":"b"})"))
                .error()
                .reason(),
            error::duplicate_field);
  EXPECT_EQ(parse_envelope(std::string_view(text + "}")).error().reason(), error::trailing_data);
  EXPECT_EQ(parse_envelope(text, limits{.max_depth = 0}).error().reason(), error::too_deep);
}

} // namespace kollect::test
