#include "held_rows.hpp"

#include "support/assertions.hpp"
#include "support/messages.hpp"
#include "support/seeded_random.hpp"

#include <kollect/snapshot_message.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>

namespace kollect::consumer::test {
namespace {

/// A row as text; `attributes` is any JSON object.
std::string row_text(const std::string& name, const std::string& attributes = "{}") {
  return R"({"targetNamespace":"team-a","targetName":"deployments","namespace":"team-a","name":")" + name +
         R"(","version":"v1","kind":"Deployment","uid":"uid","attributes":)" + attributes + "}";
}

std::string nested(std::size_t levels) {
  std::string out = "{\"v\":1}";
  for (; levels > 1; --levels)
    out = "{\"v\":" + out + "}";
  return out;
}

/// Checked rows of a payload.
struct checked {
  explicit checked(const std::vector<std::string>& rows, known_rows* known = nullptr,
                   const limits& bounds = {}) {
    for (const auto& row : rows)
      text += (text.empty() ? "[" : ",") + row;
    text += text.empty() ? "[]" : "]";
    const envelope_view around{.message = text, .payload = text};
    view = known != nullptr ? parse_snapshot(around, bounds, *known) : parse_snapshot(around, bounds);
    room = row_room(payload_form::array, bounds);
  }
  checked(const checked&) = delete;
  checked& operator=(const checked&) = delete;

  row_map rows() const {
    row_map out;
    collect_rows(*view, out);
    return out;
  }

  std::string text;
  result<snapshot_view> view;
  std::size_t room = 0;
};

held_rows hold(const std::vector<std::string>& rows, const limits& bounds = {}) {
  const checked from(rows, nullptr, bounds);
  return find_difference({}, {&*from.view, 1}, from.room).value().rows;
}

/// The difference is the one that diff() finds, whatever order the rows are in.
void expect_difference(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  const auto held = hold(before);
  const checked earlier(before), plain(after);
  ASSERT_TRUE(succeeds(earlier.view) && succeeds(plain.view));
  EXPECT_EQ(held.to_map(), earlier.rows());
  held_known_rows known(held, {});
  const checked spared(after, &known);
  ASSERT_TRUE(succeeds(spared.view));
  EXPECT_EQ(spared.view->items.size(), plain.view->items.size());
  EXPECT_EQ(spared.view->item_count, plain.view->item_count);
  const auto found = find_difference(held, {&*spared.view, 1}, spared.room);
  ASSERT_TRUE(succeeds(found));
  EXPECT_EQ(found->changes, diff(earlier.rows(), plain.rows()).value());
  EXPECT_EQ(found->rows.to_map(), plain.rows());
  EXPECT_TRUE(found->rows.are_checked());
}

TEST(find_difference, tells_added_changed_and_removed_rows) {
  const auto a = row_text("a"), b = row_text("b"), c = row_text("c"), d = row_text("d");
  const auto new_b = row_text("b", R"({"replicas":2})");
  expect_difference({}, {});
  expect_difference({}, {a, b, c});
  expect_difference({a, b, c}, {});
  expect_difference({a, b, c}, {a, b, c});
  expect_difference({a, b, c}, {a, new_b, c});
  expect_difference({a, b, c}, {b, c});
  expect_difference({a, b, c}, {a, b});
  expect_difference({a, b, c}, {c});
  expect_difference({b, c}, {a, b, c, d});
  expect_difference({a, c}, {b, d});
  expect_difference({a, b, c}, {new_b, d});
}

TEST(find_difference, puts_rows_in_order_that_are_not) {
  const auto a = row_text("a"), b = row_text("b"), c = row_text("c");
  expect_difference({a, b, c}, {c, b, a});
  expect_difference({a, b, c}, {b, a, c});
  expect_difference({c, b, a}, {a, c});
  expect_difference({a, b}, {b, c, a});
}

TEST(find_difference, lets_the_later_of_two_rows_with_one_identity_count) {
  const auto a = row_text("a"), b = row_text("b");
  const auto new_a = row_text("a", R"({"replicas":2})"), newer_a = row_text("a", R"({"replicas":3})");
  expect_difference({a, b}, {a, a, b});
  expect_difference({a, b}, {a, new_a, b});
  expect_difference({a, b}, {new_a, a, b});
  expect_difference({a, b}, {new_a, newer_a, b});
  expect_difference({a, b}, {a, b, new_a});
  expect_difference({a, a, b}, {b, a, new_a});
  expect_difference({}, {a, new_a});
}

TEST(find_difference, knows_a_name_however_it_is_spelt) {
  expect_difference({row_text("a"), row_text("b")}, {row_text("\\u0061"), row_text("b")});
  expect_difference({row_text("\\u0061"), row_text("b")}, {row_text("a"), row_text("\\u0062")});
  expect_difference({row_text("\\u0000"), row_text("a\\u0000b")}, {row_text("a"), row_text("a\\u0000b")});
  expect_difference({row_text("\\ud800")}, {row_text("\xEF\xBF\xBD")}); // a lone surrogate is U+FFFD
}

TEST(find_difference, is_that_of_row_maps_whatever_changes) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    seeded_random random(seed);
    const auto some_rows = [&] {
      std::vector<std::string> rows;
      for (char name = 'a'; name < 'q'; ++name)
        for (std::size_t times = random.once_in(12) ? 2 : 1; times > 0; --times)
          if (!random.once_in(4))
            rows.push_back(row_text({name}, random.once_in(3) ? R"({"v":2})" : R"({"v":1})"));
      if (random.once_in(4))
        random.shuffle(rows);
      return rows;
    };
    expect_difference(some_rows(), some_rows());
    if (testing::Test::HasFailure())
      return;
  }
}

TEST(find_difference, joins_the_parts_of_a_set) {
  const auto a = row_text("a"), b = row_text("b"), c = row_text("c"), d = row_text("d");
  const auto held = hold({a, c});
  for (const bool is_in_order : {true, false}) {
    const checked first(is_in_order ? std::vector{a, b} : std::vector{c, d});
    const checked second(is_in_order ? std::vector{c, d} : std::vector{a, b});
    const std::vector<snapshot_view> parts{*first.view, *second.view};
    const auto found = find_difference(held, parts, first.room);
    ASSERT_TRUE(succeeds(found));
    EXPECT_EQ(found->rows.to_map(), checked({a, b, c, d}).rows());
    EXPECT_EQ(found->changes.size(), 2U);
  }
}

// What was found good is good only where it nests as deep as it may.

TEST(known_rows, are_looked_into_where_less_nesting_is_allowed) {
  const std::vector<std::string> rows{row_text("a", nested(6)), row_text("b")};
  const limits wide{.max_depth = 10}, narrow{.max_depth = 8};
  const auto held = hold(rows, wide);
  EXPECT_TRUE(held.are_checked());
  for (const auto& bounds : {wide, narrow}) {
    held_known_rows known(held, {});
    const checked spared(rows, &known, bounds), plain(rows, nullptr, bounds);
    EXPECT_EQ(static_cast<bool>(spared.view), static_cast<bool>(plain.view));
    if (!plain.view) {
      EXPECT_EQ(spared.view.error().reason(), error::too_deep);
      EXPECT_EQ(spared.view.error().position->offset, plain.view.error().position->offset);
    }
  }
  // The export envelope is one level more.
  EXPECT_EQ(row_room(payload_form::array, wide), row_room(payload_form::export_envelope, wide) + 1);
  EXPECT_EQ(row_room(payload_form::multipart, {.max_depth = 1}), 0U);
}

TEST(known_rows, leave_every_verdict_as_it_is) {
  const std::vector<std::string> rows{row_text("a"), row_text("b", R"({"v":[1,{"w":"x"}]})"), row_text("c")};
  const auto held = hold(rows);
  const checked whole(rows);
  seeded_random random(1);
  for (std::size_t at = 0; at < whole.text.size(); ++at)
    for (const bool is_cut : {false, true}) {
      auto text = whole.text;
      if (is_cut)
        text.resize(at);
      else
        text[at] = static_cast<char>(random.below(256));
      const envelope_view around{.message = text, .payload = text};
      held_known_rows known(held, {});
      const auto spared = parse_snapshot(around, {}, known), plain = parse_snapshot(around, {});
      ASSERT_EQ(static_cast<bool>(spared), static_cast<bool>(plain)) << text;
      if (plain) {
        EXPECT_EQ(spared->items, plain->items);
        EXPECT_EQ(spared->item_count, plain->item_count);
      } else {
        EXPECT_EQ(spared.error().reason(), plain.error().reason()) << text;
        EXPECT_EQ(spared.error().position->offset, plain.error().position->offset) << text;
      }
    }
}

/// An export envelope of these items, as text.
std::string export_envelope_of(const std::string& items, const std::string& checksum) {
  return R"({"checksum":")" + checksum + R"(","exportedAt":"2026-01-15T12:00:00Z","items":)" + items + "}";
}

// Where the digest of held items is told without hashing, no message may be taken for right, or wrong, that
// is not.
TEST(known_rows, tell_the_digest_of_nothing_but_the_held_bytes) {
  const std::vector<std::string> rows{row_text("a"), row_text("b", R"({"v":[1]})"), row_text("c")};
  const checked whole(rows);
  const auto digest = sha256(whole.text);
  const auto held = hold(rows);
  EXPECT_TRUE(held.are_whole_items());
  std::vector<std::string> texts{whole.text,
                                 "[" + rows[0] + ", " + rows[1] + "," + rows[2] + "]",
                                 "[" + rows[0] + "," + rows[2] + "," + rows[1] + "]",
                                 "[" + rows[0] + "," + rows[1] + "]",
                                 "[" + rows[0] + "," + rows[0] + "," + rows[1] + "," + rows[2] + "]",
                                 "[" + rows[0] + "," + rows[1] + "," + rows[2] + "," + rows[2] + "]",
                                 "[]"};
  for (std::size_t at = 0; at < whole.text.size(); ++at) {
    texts.push_back(whole.text);
    texts.back()[at] = static_cast<char>(texts.back()[at] ^ 1);
  }
  int told = 0;
  for (const auto& items : texts)
    for (const auto& checksum : {to_string(digest), to_string(sha256(items))}) {
      const auto text = export_envelope_of(items, checksum);
      const envelope_view around{.message = text, .payload = text};
      held_known_rows known(held, digest);
      const auto spared = parse_snapshot(around, {}, known), plain = parse_snapshot(around, {});
      ASSERT_EQ(static_cast<bool>(spared), static_cast<bool>(plain)) << text;
      if (plain) {
        EXPECT_EQ(spared->items_digest, plain->items_digest) << text;
        told += known.digest_of(spared->items).has_value() ? 1 : 0;
      } else {
        EXPECT_EQ(spared.error().reason(), plain.error().reason()) << text;
      }
    }
  EXPECT_EQ(told, 2) << "the held bytes, with the one checksum and the other, which is the same";
}

TEST(held_rows, are_the_items_of_that_very_text_only) {
  for (const std::size_t count : {0U, 1U, 2U, 5U}) {
    std::vector<std::string> rows;
    for (const auto& row : make_rows(count))
      rows.push_back(serialize(row).value());
    std::string items = "[";
    for (const auto& row : rows)
      items += (items.size() == 1 ? "" : ",") + row;
    items += ']';
    const auto held = hold(rows);
    EXPECT_TRUE(held.are_items(items));
    EXPECT_FALSE(held.are_items(items + " "));
    EXPECT_FALSE(held.are_items(""));
    EXPECT_FALSE(held.are_items("["));
    for (std::size_t at = 0; at < items.size(); ++at) {
      auto other = items;
      other[at] ^= 1;
      EXPECT_FALSE(held.are_items(other)) << at;
    }
    EXPECT_FALSE(held_rows().are_items(items)) << "it is not known what they came from";
  }
}

TEST(held_rows, are_whole_items_only_if_nothing_else_was_there) {
  const auto a = row_text("a"), b = row_text("b");
  EXPECT_TRUE(hold({}).are_whole_items());
  EXPECT_TRUE(hold({a}).are_whole_items());
  EXPECT_FALSE(hold({b, a}).are_whole_items()) << "they are held in another order";
  EXPECT_FALSE(hold({a, a}).are_whole_items());
  for (const auto& items : {std::string("[ ]"), "[" + a + " ]", "[" + a + ", " + b + "]"}) {
    const envelope_view around{.message = items, .payload = items};
    const auto view = parse_snapshot(around).value();
    EXPECT_FALSE(find_difference({}, {&view, 1}, 10).value().rows.are_whole_items()) << items;
  }
  const checked first({a}), second({b});
  const std::vector<snapshot_view> parts{*first.view, *second.view};
  EXPECT_FALSE(find_difference({}, parts, first.room).value().rows.are_whole_items());
}

TEST(hold_in_order, holds_what_a_difference_would_or_nothing) {
  const auto a = row_text("a", nested(4)), b = row_text("b"), c = row_text("c");
  for (const auto& rows : {std::vector<std::string>{}, {a}, {a, b, c}, {c, b}, {a, a}, {a, c, b}}) {
    const checked from(rows);
    const auto held = hold_in_order({&*from.view, 1}, from.room);
    ASSERT_EQ(held.has_value(),
              std::adjacent_find(rows.begin(), rows.end(), std::greater_equal<>()) == rows.end());
    if (!held)
      continue;
    const auto expected = hold(rows);
    EXPECT_EQ(held->to_map(), expected.to_map());
    EXPECT_EQ(held->nesting(), expected.nesting());
    EXPECT_EQ(held->are_whole_items(), expected.are_whole_items());
    EXPECT_TRUE(held->are_checked());
  }
}

TEST(held_rows, of_a_store_are_not_taken_for_checked) {
  const auto rows = checked({row_text("a"), row_text("b")}).rows();
  const auto held = held_rows::from_store(rows);
  ASSERT_TRUE(succeeds(held));
  EXPECT_FALSE(held->are_checked());
  EXPECT_EQ(held->to_map(), rows);
  EXPECT_GE(held->bytes(), (*held)[0].size() + (*held)[1].size());
}

TEST(held_rows, filed_under_another_name_are_refused) {
  auto rows = checked({row_text("a"), row_text("b")}).rows();
  rows.begin()->second = row_text("c");
  EXPECT_TRUE(fails_with(held_rows::from_store(rows), error::store_corrupt));
  rows.begin()->second = "no row";
  EXPECT_TRUE(fails_with(held_rows::from_store(rows), error::store_corrupt));
  rows.begin()->second = row_text("a") + " ";
  EXPECT_TRUE(fails_with(held_rows::from_store(rows), error::store_corrupt));
}

} // namespace
} // namespace kollect::consumer::test
