#include "store/store_suite.hpp"

#include <set>

namespace kollect::consumer::test {
namespace {

dedup_key key_at(const timestamp& instant, std::string_view payload = "[]") {
  return {"prod-west", "team-a", to_string(instant), sha256(payload)};
}

TEST_P(store_suite, a_new_scope_has_no_snapshot) {
  const auto in = begin();
  const auto record = in->open_scope(web_scope()).value();
  EXPECT_NE(record.id, 0);
  EXPECT_EQ(record.order, std::nullopt);
  EXPECT_TRUE(record.applied_parts.empty());
  EXPECT_EQ(record.target_digest, 0U);
  EXPECT_EQ(record.target_conflicts, 0);
  EXPECT_EQ(in->open_scope(web_scope()).value().id, record.id);
}

TEST_P(store_suite, scopes_are_told_apart_by_all_three_names) {
  const std::vector<scope> scopes{{"a", "b", "c"},  {"a", "b", ""},   {"a", "bc", ""},
                                  {"ab", "c", ""},  {"", "ab", "c"},  {"", "", ""},
                                  {"a:b", "c", ""}, {"a", "b/c", ""}, {"A", "b", "c"}};
  std::set<std::int64_t> ids;
  commit([&](transaction& in) {
    for (const auto& which : scopes)
      ids.insert(scope_id(in, which));
  });
  EXPECT_EQ(ids.size(), scopes.size());
  const auto in = begin();
  for (const auto& which : scopes)
    EXPECT_TRUE(ids.contains(scope_id(*in, which))) << which;
}

TEST_P(store_suite, a_scope_record_comes_back_as_it_was_written) {
  scope_record written;
  commit([&](transaction& in) {
    written = in.open_scope(web_scope()).value();
    written.order = snapshot_order{{std::numeric_limits<std::int64_t>::min(), 999'999'999},
                                   std::numeric_limits<std::int64_t>::min(),
                                   sha256("payload")};
    written.items_digest = sha256("items");
    written.applied_parts = {sha256("1"), sha256("2"), sha256("3")};
    written.target_digest = std::numeric_limits<std::uint64_t>::max();
    written.target_conflicts = 7;
    EXPECT_TRUE(succeeds(write_snapshot(in, written, {}, {log_, 0, 0}, noon())));
  });
  reopen();
  const auto read = begin()->open_scope(web_scope()).value();
  EXPECT_EQ(read.id, written.id);
  EXPECT_EQ(read.order, written.order);
  EXPECT_EQ(read.items_digest, written.items_digest);
  EXPECT_EQ(read.applied_parts, written.applied_parts);
  EXPECT_EQ(read.target_digest, written.target_digest);
  EXPECT_EQ(read.target_conflicts, 7);
}

TEST_P(store_suite, a_whole_snapshot_after_a_set_has_no_parts) {
  commit([&](transaction& in) {
    auto record = in.open_scope(web_scope()).value();
    record.order = snapshot_order{noon(), 1, {}};
    record.applied_parts = {sha256("1"), sha256("2")};
    EXPECT_TRUE(succeeds(write_snapshot(in, record, {}, {log_, 0, 0}, noon())));
    record.applied_parts.clear();
    EXPECT_TRUE(succeeds(write_snapshot(in, record, {}, {log_, 0, 1}, noon())));
  });
  EXPECT_TRUE(begin()->open_scope(web_scope()).value().applied_parts.empty());
}

TEST_P(store_suite, keys_are_remembered_within_their_scope) {
  commit([&](transaction& in) {
    const auto here = scope_id(in), there = scope_id(in, {"prod-west", "team-a", "other"});
    EXPECT_FALSE(in.is_known(here, key_at(noon())).value());
    EXPECT_TRUE(succeeds(in.remember(here, key_at(noon()), noon())));
    EXPECT_TRUE(in.is_known(here, key_at(noon())).value());
    EXPECT_FALSE(in.is_known(there, key_at(noon())).value());
    EXPECT_FALSE(in.is_known(here, key_at(noon(1))).value());
    EXPECT_FALSE(in.is_known(here, key_at(noon(), "[{}]")).value());
  });
  const auto in = begin();
  EXPECT_TRUE(in->is_known(scope_id(*in), key_at(noon())).value());
}

TEST_P(store_suite, keys_that_were_expected_are_known_as_others_are) {
  const scope other{"prod-west", "team-a", "other"}, unlocked{"prod-west", "team-a", "unlocked"};
  commit([&](transaction& in) {
    EXPECT_TRUE(succeeds(in.remember(scope_id(in), key_at(noon()), noon())));
    EXPECT_TRUE(succeeds(in.remember(scope_id(in, other), key_at(noon(1)), noon(1))));
  });
  const auto in = begin();
  ASSERT_TRUE(succeeds(in->lock_scopes({web_scope(), other})));
  const auto first = key_at(noon()), second = key_at(noon(1)), third = key_at(noon(2));
  std::vector<expected_key> keys;
  for (const auto* const where : {&std::as_const(other), &unlocked})
    for (const auto* const key : {&first, &second, &third, &first})
      keys.push_back({where, key});
  const auto here_is = web_scope();
  keys.push_back({&here_is, &first});
  EXPECT_TRUE(succeeds(in->expect_keys(keys)));
  EXPECT_TRUE(succeeds(in->expect_keys({})));
  const auto here = scope_id(*in), there = scope_id(*in, other);
  EXPECT_TRUE(in->is_known(here, first).value());
  EXPECT_FALSE(in->is_known(here, second).value()); // was not expected
  EXPECT_FALSE(in->is_known(there, first).value());
  EXPECT_TRUE(in->is_known(there, second).value());
  EXPECT_FALSE(in->is_known(there, third).value());
  EXPECT_TRUE(succeeds(in->remember(there, third, noon(2))));
  EXPECT_TRUE(in->is_known(there, third).value());
}

TEST_P(store_suite, a_locked_scope_is_read_as_it_was_left) {
  write_rows(rows_of(make_rows(2)), 0);
  const auto in = begin();
  ASSERT_TRUE(succeeds(in->lock_scopes({web_scope()})));
  auto record = in->open_scope(web_scope()).value();
  EXPECT_EQ(record.order->instant, noon());
  record.order = snapshot_order{noon(7), 1, {}};
  EXPECT_TRUE(succeeds(write_snapshot(*in, record, {}, {log_, 0, 0}, noon())));
  EXPECT_EQ(in->open_scope(web_scope()).value().order, record.order);
  EXPECT_TRUE(succeeds(in->note_held_back(record.id, sha256("items"))));
  EXPECT_EQ(in->open_scope(web_scope()).value().held_back, sha256("items"));
}

TEST_P(store_suite, keys_go_by_the_timestamp_as_it_was_sent) {
  auto spelt = key_at(noon());
  spelt.timestamp = "2026-01-15T12:00:00.0Z";
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.remember(scope_id(in), key_at(noon()), noon()))); });
  const auto in = begin();
  EXPECT_FALSE(in->is_known(scope_id(*in), spelt).value());
}

TEST_P(store_suite, a_key_that_is_not_committed_is_forgotten) {
  {
    const auto in = begin();
    EXPECT_TRUE(succeeds(in->remember(scope_id(*in), key_at(noon()), noon())));
  }
  const auto in = begin();
  EXPECT_FALSE(in->is_known(scope_id(*in), key_at(noon())).value());
}

TEST_P(store_suite, the_newest_keys_of_a_scope_are_kept) {
  const retention bounds{.dedup_keys_per_scope = 20};
  const scope other{"prod-east", "team-a", "web"};
  commit([&](transaction& in) {
    EXPECT_TRUE(succeeds(in.remember(scope_id(in, other), key_at(noon()), noon())));
    EXPECT_TRUE(succeeds(in.prune(bounds)));
  });
  // In no order of time, 100 in all.
  for (std::int64_t round = 0; round < 10; ++round)
    commit([&](transaction& in) {
      for (std::int64_t index = 0; index < 10; ++index) {
        const auto instant = noon((round * 10 + index) * 37 % 100);
        EXPECT_TRUE(succeeds(in.remember(scope_id(in), key_at(instant), instant)));
      }
      EXPECT_TRUE(succeeds(in.prune(bounds)));
    });
  const auto in = begin();
  std::int64_t known = 0;
  for (std::int64_t second = 0; second < 100; ++second)
    known += in->is_known(scope_id(*in), key_at(noon(second))).value() ? 1 : 0;
  EXPECT_GE(known, 20);
  EXPECT_LE(known, 22); // in steps of a tenth
  for (std::int64_t second = 80; second < 100; ++second)
    EXPECT_TRUE(in->is_known(scope_id(*in), key_at(noon(second))).value()) << second;
  EXPECT_TRUE(in->is_known(scope_id(*in, other), key_at(noon())).value());
}

TEST_P(store_suite, rows_are_added_changed_and_removed) {
  const auto first = rows_of(make_rows(4));
  write_rows(first, 0);
  EXPECT_EQ(read_rows(), first);
  auto second = rows_of({make_row("row-1", 2), make_row("row-2"), make_row("row-9")});
  write_rows(second, 1);
  EXPECT_EQ(read_rows(), second);
  write_rows({}, 2);
  EXPECT_TRUE(read_rows().empty());
}

TEST_P(store_suite, a_scope_has_its_own_rows) {
  const scope other{"prod-west", "team-a", ""};
  write_rows(rows_of(make_rows(3)), 0);
  write_rows(rows_of(make_rows(2, 9)), 0, other);
  write_rows({}, 1);
  EXPECT_EQ(read_rows(other), rows_of(make_rows(2, 9)));
}

TEST_P(store_suite, a_row_with_another_uid_is_another_row) {
  auto again = make_row("row-0");
  again.uid = "uid-of-its-successor";
  const auto both = rows_of({make_row("row-0"), again});
  ASSERT_EQ(both.size(), 2U);
  write_rows(both, 0);
  EXPECT_EQ(read_rows(), both);
  write_rows(rows_of({again}), 1);
  EXPECT_EQ(read_rows(), rows_of({again}));
}

TEST_P(store_suite, a_transaction_reads_what_it_has_written) {
  const auto in = begin();
  write_rows(*in, rows_of(make_rows(3)), 0);
  EXPECT_EQ(in->rows(scope_id(*in)).value().to_map(), rows_of(make_rows(3)));
  write_rows(*in, rows_of(make_rows(1, 5)), 1);
  EXPECT_EQ(in->rows(scope_id(*in)).value().to_map(), rows_of(make_rows(1, 5)));
}

TEST_P(store_suite, only_rows_that_changed_are_written) {
  auto rows = make_rows(100);
  write_rows(rows_of(rows), 0);
  place_->watch_writes();
  rows[17] = make_row("row-17", 2);
  rows.pop_back();
  rows.push_back(make_row("row-new"));
  write_rows(rows_of(rows), 1);
  auto writes = place_->take_writes();
  writes.erase("totals"); // where cursors come from, in some stores
  EXPECT_EQ(writes, (std::map<std::string, std::int64_t>{{"items", 3}, {"changes", 4}, {"scopes", 1}}));
}

TEST_P(store_suite, an_unchanged_snapshot_writes_one_row) {
  write_rows(rows_of(make_rows(100)), 0);
  place_->watch_writes();
  write_rows(rows_of(make_rows(100)), 1);
  EXPECT_EQ(place_->take_writes(), (std::map<std::string, std::int64_t>{{"scopes", 1}}));
}

TEST_P(store_suite, the_summary_tells_each_scope_and_how_fresh_it_is) {
  const scope other{"prod-east", "team-b", ""};
  commit([&](transaction& in) { scope_id(in, {"no", "snapshot", "yet"}); });
  write_rows(rows_of(make_rows(4)), 0);
  write_rows(rows_of(make_rows(3, 2)), 10);
  write_rows({}, 20, other);
  const auto scopes = store_->scopes().value();
  ASSERT_EQ(scopes.size(), 2U);
  EXPECT_EQ(scopes[0].scope, other);
  EXPECT_EQ(scopes[0].row_count, 0);
  EXPECT_EQ(scopes[0].exported_at, noon(20));
  EXPECT_EQ(scopes[1].scope, web_scope());
  EXPECT_EQ(scopes[1].row_count, 3);
  EXPECT_EQ(scopes[1].exported_at, noon(10));
  EXPECT_EQ(scopes[1].applied_at, noon(11));
  EXPECT_EQ(scopes[1].target_conflicts, 0);
}

TEST_P(store_suite, all_rows_are_visited_in_the_order_of_their_bytes) {
  // Bytewise: capitals before small letters, U+00E4 after them, a prefix before what it begins.
  const std::vector<std::string> names{"B", "a", "a\x01", "ab", "b", "\xC3\xA4"};
  std::vector<std::pair<scope, std::string>> expected;
  for (const auto& cluster : names) {
    std::vector<item> rows;
    for (const auto& name : names)
      rows.push_back(make_row(name));
    const scope which{cluster, "team-a", ""};
    write_rows(rows_of(rows), 0, which);
    for (const auto& row : rows)
      expected.emplace_back(which, serialize(row).value());
  }
  std::vector<std::pair<scope, std::string>> visited;
  EXPECT_TRUE(succeeds(store_->for_each_row(
      [&](const scope& which, std::string_view row) { visited.emplace_back(which, row); })));
  EXPECT_EQ(visited, expected);
}

TEST_P(store_suite, rows_and_scopes_with_hostile_names_come_back) {
  fleet_state expected;
  for (const auto& text : hostile_texts()) {
    std::vector<item> rows;
    auto row = make_row("row");
    row.target_namespace = row.target_name = row.namespace_ = row.name = row.uid = row.kind = text;
    if (text.empty())
      row.uid = "u"; // ROW-01: a row has a name or a uid
    row.attributes = {{"value", text}};
    rows.push_back(row);
    const scope which{text, text, text};
    SCOPED_TRACE(text.substr(0, 40));
    write_rows(rows_of(rows), 0, which);
    EXPECT_EQ(read_rows(which), rows_of(rows));
    expected.apply(which, {}, rows_of(rows));
  }
  EXPECT_EQ(state_text(*store_), state_text(expected));
  EXPECT_EQ(folded_feed(*store_), state_text(expected));
  for (const auto& text : hostile_texts())
    write_rows({}, 1, {text, text, text});
  EXPECT_EQ(state_text(*store_), "[]\n");
}

TEST_P(store_suite, a_scope_from_a_key_that_is_not_utf8_comes_back) {
  const scope which{"prod-west", "team-a", "\xFF\xFE\xC3"};
  write_rows(rows_of(make_rows(1)), 0, which);
  EXPECT_EQ(read_rows(which), rows_of(make_rows(1)));
  EXPECT_EQ(store_->scopes().value().front().scope, which);
}

} // namespace
} // namespace kollect::consumer::test
