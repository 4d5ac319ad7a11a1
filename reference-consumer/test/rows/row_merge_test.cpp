#include "rows/row_merge.hpp"

#include "rows/row_sort.hpp"

#include "support/assertions.hpp"
#include "support/messages.hpp"
#include "support/store_steps.hpp"

#include <kollect/snapshot_message.hpp>
#include <test/sdk/support/seeded_random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <optional>
#include <span>

namespace kollect::consumer::test {
namespace {

using kollect::test::seeded_random;

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

/// What a merge makes of rows in rising order: changes as diff() gives them.
std::vector<change> changes_of(const held_rows& held, const std::deque<found_change>& found) {
  std::vector<change> out;
  for (const auto& one : found) {
    if (one.kind == change_kind::removed) {
      for (std::size_t index = one.held; index < one.held + one.rows; ++index)
        out.push_back({one.kind, read_row(held[index]).identity(), std::string(held[index]), {}, {}});
      continue;
    }
    change next{one.kind, read_row(one.text()).identity(), {}, std::string(one.text()), {}};
    if (one.kind == change_kind::changed) {
      next.before = held[one.held];
      next.changed_paths = changed_paths(next.before, next.after).value();
    }
    out.push_back(std::move(next));
  }
  return out;
}

/// The rows of payloads by rising order, whatever order they are in.
std::deque<found_change> find_changes(const held_rows& held, std::span<const snapshot_view> parts) {
  row_merge merge(held);
  row_walk walk(parts);
  EXPECT_FALSE(walk.go_on(merge, std::numeric_limits<std::size_t>::max()));
  if (merge.is_in_order())
    return merge.take_changes();
  row_merge sorted(held);
  for (const auto& row : sort_rows(parts))
    if (sorted.pass_held(row.text()) == 0)
      sorted.pass(read_row(row.text()));
  sorted.finish();
  EXPECT_TRUE(sorted.is_in_order());
  return sorted.take_changes();
}

held_rows hold(const std::vector<std::string>& rows, const limits& bounds = {}) {
  const checked from(rows, nullptr, bounds);
  const held_rows none;
  auto out = follow(none, find_changes(none, {&*from.view, 1}), from.room);
  row_merge order(none);
  row_walk(std::span(&*from.view, 1)).go_on(order, std::numeric_limits<std::size_t>::max());
  if (order.is_in_order())
    out.came_from_items(from.view->items.size());
  return out;
}

/// The difference is the one that diff() finds, whatever order the rows are in, and however it is driven.
void expect_difference(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  const auto held = hold(before);
  const checked earlier(before), plain(after);
  ASSERT_TRUE(succeeds(earlier.view) && succeeds(plain.view));
  EXPECT_EQ(held.to_map(), earlier.rows());
  row_merge known(held);
  const checked spared(after, &known);
  known.finish();
  ASSERT_TRUE(succeeds(spared.view));
  EXPECT_EQ(spared.view->items.size(), plain.view->items.size());
  EXPECT_EQ(spared.view->item_count, plain.view->item_count);
  const auto expected = diff(earlier.rows(), plain.rows()).value();
  if (known.is_in_order()) {
    EXPECT_EQ(changes_of(held, known.changes()), expected);
    EXPECT_TRUE(known.is_recorded());
    EXPECT_EQ(known.counts().all(), expected.size());
  }
  const auto found = find_changes(held, {&*plain.view, 1});
  EXPECT_EQ(changes_of(held, found), expected);
  EXPECT_EQ(follow(held, found, plain.room).to_map(), plain.rows());
}

TEST(row_merge, tells_added_changed_and_removed_rows) {
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

TEST(row_merge, puts_rows_in_order_that_are_not) {
  const auto a = row_text("a"), b = row_text("b"), c = row_text("c");
  expect_difference({a, b, c}, {c, b, a});
  expect_difference({a, b, c}, {b, a, c});
  expect_difference({c, b, a}, {a, c});
  expect_difference({a, b}, {b, c, a});
}

TEST(row_merge, lets_the_later_of_two_rows_with_one_identity_count) {
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

TEST(row_merge, knows_a_name_however_it_is_spelt) {
  expect_difference({row_text("a"), row_text("b")}, {row_text("\\u0061"), row_text("b")});
  expect_difference({row_text("\\u0061"), row_text("b")}, {row_text("a"), row_text("\\u0062")});
  expect_difference({row_text("\\u0000"), row_text("a\\u0000b")}, {row_text("a"), row_text("a\\u0000b")});
  expect_difference({row_text("\\ud800")}, {row_text("\xEF\xBF\xBD")}); // a lone surrogate is U+FFFD
}

TEST(row_merge, is_that_of_row_maps_whatever_changes) {
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

TEST(row_merge, joins_the_parts_of_a_set) {
  const auto a = row_text("a"), b = row_text("b"), c = row_text("c"), d = row_text("d");
  const auto held = hold({a, c});
  for (const bool is_in_order : {true, false}) {
    const checked first(is_in_order ? std::vector{a, b} : std::vector{c, d});
    const checked second(is_in_order ? std::vector{c, d} : std::vector{a, b});
    const std::vector<snapshot_view> parts{*first.view, *second.view};
    const auto found = find_changes(held, parts);
    EXPECT_EQ(follow(held, found, first.room).to_map(), checked({a, b, c, d}).rows());
    EXPECT_EQ(found.size(), 2U);
  }
}

TEST(row_merge, counts_what_it_does_not_record) {
  const auto a = row_text("a"), b = row_text("b"), c = row_text("c"), d = row_text("d");
  const auto held = hold({a, c});
  const checked after({b, d});
  for (std::size_t most = 0; most <= 4; ++most) {
    row_merge merge(held, {}, most);
    row_walk(std::span(&*after.view, 1)).go_on(merge, std::numeric_limits<std::size_t>::max());
    EXPECT_EQ(merge.counts().added, 2U);
    EXPECT_EQ(merge.counts().removed, 2U);
    EXPECT_EQ(merge.changes().size(), most);
    EXPECT_EQ(merge.is_recorded(), most == 4);
  }
}

TEST(row_merge, gives_its_changes_piece_by_piece) {
  std::vector<std::string> before, after;
  for (const auto& row : make_rows(100))
    (before.size() % 3 == 0 ? before : after).push_back(serialize(row).value());
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  const auto held = hold(before);
  const checked next(after);
  const auto expected = changes_of(held, find_changes(held, {&*next.view, 1}));
  for (const std::size_t piece : {1U, 2U, 7U, 1000U}) {
    row_merge merge(held);
    row_walk walk(std::span(&*next.view, 1));
    std::vector<change> found;
    for (bool is_more = true; is_more;) {
      is_more = walk.go_on(merge, piece);
      for (auto& one : changes_of(held, merge.take_changes()))
        found.push_back(std::move(one));
    }
    EXPECT_EQ(found, expected);
  }
}

// What was found good is good only where it nests as deep as it may.

TEST(known_rows, are_looked_into_where_less_nesting_is_allowed) {
  const std::vector<std::string> rows{row_text("a", nested(6)), row_text("b")};
  const limits wide{.max_depth = 10}, narrow{.max_depth = 8};
  const auto held = hold(rows, wide);
  for (const auto& bounds : {wide, narrow}) {
    row_merge known(held);
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
      row_merge known(held);
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
      row_merge known(held, digest);
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
    const held_rows none;
    auto held = follow(none, find_changes(none, {&view, 1}), 10);
    held.came_from_items(view.items.size());
    EXPECT_FALSE(held.are_whole_items()) << items;
  }
}

TEST(held_rows, filed_under_another_name_are_refused) {
  const auto identity = read_row(row_text("a")).identity();
  for (const auto& text : {row_text("c"), std::string("no row"), row_text("a") + " ", std::string()}) {
    held_rows_builder rows;
    EXPECT_TRUE(fails_with(rows.add_stored(identity, text), error::store_corrupt)) << text;
  }
  held_rows_builder rows;
  EXPECT_TRUE(succeeds(rows.add_stored(identity, row_text("a"))));
}

} // namespace
} // namespace kollect::consumer::test
