#include "store/store_suite.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

namespace kollect::consumer::test {
namespace {

dead_letter make_letter(std::int64_t offset) {
  dead_letter letter;
  letter.origin = {std::string(kafka_log), 0, offset};
  return letter;
}

TEST_P(store_suite, the_feed_tells_what_became_of_each_row) {
  write_rows(rows_of({make_row("gone"), make_row("kept"), make_row("other", 1)}), 0);
  const auto cursor = changes_after(0).back().cursor;
  write_rows(rows_of({make_row("kept"), make_row("new"), make_row("other", 2)}), 10);
  const auto told = changes_after(cursor);
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[0].kind, "removed");
  EXPECT_EQ(told[0].before, serialize(make_row("gone")).value());
  EXPECT_EQ(told[0].after, "");
  EXPECT_EQ(told[1].kind, "added");
  EXPECT_EQ(told[1].before, "");
  EXPECT_EQ(told[1].after, serialize(make_row("new")).value());
  EXPECT_EQ(told[1].changed_paths_json, "");
  EXPECT_EQ(told[2].kind, "changed");
  EXPECT_EQ(told[2].before, serialize(make_row("other", 1)).value());
  EXPECT_EQ(told[2].after, serialize(make_row("other", 2)).value());
  EXPECT_EQ(told[2].changed_paths_json, R"(["/attributes/replicas"])");
  EXPECT_EQ(told[3].kind, "snapshot");
  EXPECT_EQ(told[3].before + told[3].after + told[3].changed_paths_json, "");
  for (const auto& entry : told) {
    EXPECT_EQ(entry.scope, web_scope());
    EXPECT_EQ(entry.origin.log, log_);
    EXPECT_EQ(entry.origin.partition, 3);
    EXPECT_EQ(entry.origin.offset, 10);
    EXPECT_EQ(entry.exported_at, noon(10));
    EXPECT_EQ(entry.applied_at, noon(11));
  }
}

TEST_P(store_suite, an_unchanged_snapshot_tells_nothing) {
  write_rows(rows_of(make_rows(3)), 0);
  const auto before = changes_after(0).size();
  write_rows(rows_of(make_rows(3)), 1);
  EXPECT_EQ(changes_after(0).size(), before);
}

TEST_P(store_suite, the_feed_is_read_in_pages) {
  write_rows(rows_of(make_rows(5)), 0); // six entries
  std::vector<std::int64_t> cursors;
  for (std::int64_t cursor = 0;;) {
    const auto page = store_->changes_after(cursor, 4).value();
    EXPECT_LE(page.size(), 4U);
    if (page.empty())
      break;
    for (const auto& entry : page)
      cursors.push_back(entry.cursor);
    cursor = page.back().cursor;
  }
  ASSERT_EQ(cursors.size(), 6U);
  EXPECT_TRUE(std::is_sorted(cursors.begin(), cursors.end(), std::less_equal<>()));
  EXPECT_TRUE(store_->changes_after(cursors.back(), 10).value().empty());
  EXPECT_TRUE(store_->changes_after(0, 0).value().empty());
  EXPECT_TRUE(store_->changes_after(std::numeric_limits<std::int64_t>::max(), 10).value().empty());
}

TEST_P(store_suite, the_feed_is_read_from_any_cursor_in_pages_of_any_size) {
  write_rows(rows_of(make_rows(5)), 0);
  write_rows(rows_of({make_row("row-1", 7), make_row("row-2"), make_row("row-4", 7), make_row("row-5"),
                      make_row("row-6")}),
             1);
  const auto all = changes_after(0);
  ASSERT_EQ(all.size(), 13U);
  for (std::size_t from = 0; from <= all.size(); ++from)
    for (std::size_t limit = 1; limit <= all.size(); ++limit) {
      const auto cursor = from == 0 ? 0 : all[from - 1].cursor;
      const auto page = store_->changes_after(cursor, static_cast<std::int64_t>(limit)).value();
      ASSERT_EQ(page.size(), std::min(limit, all.size() - from));
      for (std::size_t index = 0; index < page.size(); ++index) {
        EXPECT_EQ(page[index].cursor, all[from + index].cursor);
        EXPECT_EQ(page[index].kind, all[from + index].kind);
        EXPECT_EQ(page[index].before, all[from + index].before);
        EXPECT_EQ(page[index].after, all[from + index].after);
      }
    }
}

TEST_P(store_suite, what_a_change_led_to_is_told_whatever_became_of_the_row_since) {
  const auto versions = {rows_of(make_rows(6)),
                         rows_of(make_rows(4, 1)),
                         row_map{},
                         rows_of(make_rows(6, 1)),
                         rows_of({make_row("another"), make_row("row-0", 1), make_row("row-3", 2)}),
                         rows_of(make_rows(5, 1))};
  std::int64_t second = 0;
  for (const auto& rows : versions)
    write_rows(rows, second++);
  // From entry to entry the feed leads from one version to the next.
  row_map told;
  auto version = versions.begin();
  for (const auto& entry : changes_after(0)) {
    if (entry.kind == "snapshot") {
      EXPECT_EQ(told, *version++);
      continue;
    }
    const auto row = *kollect::row_range(entry.after.empty() ? entry.before : entry.after).begin();
    const auto held = told.find(row.identity());
    EXPECT_EQ(entry.before, held == told.end() ? "" : held->second);
    EXPECT_EQ(entry.after.empty(), entry.kind == "removed");
    if (entry.after.empty())
      told.erase(row.identity());
    else
      told.insert_or_assign(row.identity(), entry.after);
  }
  EXPECT_EQ(version, versions.end());
  EXPECT_TRUE(store_->contradictions().value().empty());
}

TEST_P(store_suite, the_history_is_cut_at_any_change) {
  write_rows(rows_of(make_rows(5)), 0);
  write_rows(rows_of(make_rows(7)), 1); // two more
  write_rows(rows_of(make_rows(3)), 2); // four fewer
  const auto all = changes_after(0);
  ASSERT_EQ(all.size(), 14U);
  for (std::size_t kept = all.size(); kept-- > 0;) {
    commit([&](transaction& in) {
      EXPECT_TRUE(succeeds(in.prune({.changes = static_cast<std::int64_t>(kept)})));
    });
    const auto left = changes_after(0);
    ASSERT_EQ(left.size(), kept);
    for (std::size_t index = 0; index < kept; ++index) {
      const auto& before = all[all.size() - kept + index];
      EXPECT_EQ(left[index].cursor, before.cursor);
      EXPECT_EQ(left[index].before, before.before);
      EXPECT_EQ(left[index].after, before.after);
    }
    const auto found = store_->contradictions().value();
    EXPECT_TRUE(found.empty()) << kept << " kept: " << found.front();
  }
}

TEST_P(store_suite, the_last_cursor_is_known_even_if_its_change_is_gone) {
  EXPECT_EQ(store_->last_cursor().value(), 0);
  write_rows(rows_of(make_rows(4)), 0);
  EXPECT_EQ(store_->last_cursor().value(), 5);
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.prune({.changes = 0}))); });
  EXPECT_EQ(store_->last_cursor().value(), 5);
}

TEST_P(store_suite, a_change_keeps_the_trace_of_its_message) {
  const std::string traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  commit([&](transaction& in) {
    auto record = in.open_scope(web_scope()).value();
    record.order = snapshot_order{noon(), 1, {}};
    const auto changes = diff({}, rows_of(make_rows(1))).value();
    EXPECT_TRUE(succeeds(write_snapshot(in, record, changes, {log_, 0, 0, traceparent}, noon())));
  });
  for (const auto& entry : changes_after(0))
    EXPECT_EQ(entry.origin.traceparent, traceparent);
}

TEST_P(store_suite, has_an_id_that_stays_and_is_no_others) {
  const auto id = store_->store_id().value();
  EXPECT_EQ(id.size(), 32U);
  reopen();
  EXPECT_EQ(store_->store_id().value(), id);
  const auto other = GetParam().make_place();
  EXPECT_NE(other->open("the test").value()->store_id().value(), id);
}

TEST_P(store_suite, the_cursor_of_a_feed_rises_and_stays) {
  EXPECT_EQ(store_->lease_feed("kafka/feed", "first", 0, std::chrono::hours(1)).value(), 0);
  EXPECT_EQ(store_->lease_feed("kafka/feed", "first", 7, std::chrono::hours(1)).value(), 7);
  EXPECT_EQ(store_->lease_feed("kafka/feed", "first", 5, std::chrono::hours(1)).value(), 7);
  EXPECT_EQ(store_->lease_feed("nats/feed", "first", 2, std::chrono::hours(1)).value(), 2);
  reopen();
  EXPECT_EQ(store_->lease_feed("kafka/feed", "first", 0, std::chrono::hours(1)).value(), 7);
}

TEST_P(store_suite, what_was_held_back_is_known_until_the_next_snapshot) {
  write_rows(rows_of(make_rows(2)), 0);
  const auto held_back = [&] {
    const auto in = begin();
    return in->open_scope(web_scope()).value().held_back;
  };
  EXPECT_FALSE(held_back());
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.note_held_back(scope_id(in), sha256("items")))); });
  reopen();
  EXPECT_EQ(held_back(), sha256("items"));
  write_rows(rows_of(make_rows(3)), 1);
  EXPECT_FALSE(held_back());
}

TEST_P(store_suite, the_newest_changes_are_kept) {
  for (std::int64_t round = 0; round < 10; ++round)
    write_rows(rows_of(make_rows(4, round)), round);
  const auto all = changes_after(0);
  ASSERT_EQ(all.size(), 50U);
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.prune({.changes = 7}))); });
  const auto kept = changes_after(0);
  ASSERT_EQ(kept.size(), 7U);
  EXPECT_EQ(kept.front().cursor, all[43].cursor);
  EXPECT_EQ(kept.back().cursor, all.back().cursor);
}

TEST_P(store_suite, a_cursor_is_never_used_twice_even_if_nothing_is_kept) {
  write_rows(rows_of(make_rows(4)), 0);
  const auto last = changes_after(0).back().cursor;
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.prune({.changes = 0}))); });
  EXPECT_TRUE(changes_after(0).empty());
  reopen();
  write_rows(rows_of(make_rows(4, 2)), 1);
  EXPECT_GT(changes_after(0).front().cursor, last);
}

TEST_P(store_suite, changes_that_are_not_committed_are_never_told) {
  write_rows(*begin(), rows_of(make_rows(4)), 0);
  EXPECT_TRUE(changes_after(0).empty());
  write_rows(rows_of(make_rows(1)), 1);
  EXPECT_EQ(changes_after(0).size(), 2U);
}

// Transactions as a whole.

TEST_P(store_suite, what_is_not_committed_leaves_nothing_at_all) {
  const auto held = claim_one();
  write_rows(rows_of(make_rows(3)), 0);
  const auto before = place_->dump();
  {
    const auto in = begin();
    auto moved = held;
    moved.next_offset = 5;
    EXPECT_TRUE(succeeds(in->advance(log_, held, moved)));
    EXPECT_TRUE(succeeds(in->note_position(std::string(nats_log), {0, 0, 5, {}})));
    const auto id = scope_id(*in, {"new", "scope", ""});
    EXPECT_TRUE(succeeds(in->remember(id, {"new", "scope", to_string(noon()), sha256("x")}, noon())));
    write_rows(*in, rows_of(make_rows(5, 2)), 1);
    const part_set set{{"new", "scope", ""}, noon(), 1, 2};
    EXPECT_TRUE(succeeds(in->hold_part(id, {set, {1, sha256("part")}, {log_, 0, 4}, {}, "part", noon()})));
    EXPECT_TRUE(succeeds(in->bury(make_letter(3), "poison")));
    EXPECT_TRUE(succeeds(in->count({3, 1, 0, 0, 1, 1})));
    EXPECT_TRUE(succeeds(in->prune({.changes = 1})));
  }
  EXPECT_EQ(place_->dump(), before);
  reopen();
  EXPECT_EQ(place_->dump(), before);
}

TEST_P(store_suite, counters_add_up_over_transactions) {
  EXPECT_EQ(store_->counts().value(), outcome_counts{});
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.count({10, 1, 2, 3, 0, 4}))); });
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.count({0, 2, 0, 0, 1, -3}))); });
  EXPECT_TRUE(succeeds(begin()->count({1, 1, 0, 0, 0, 0}))); // never committed
  reopen();
  EXPECT_EQ(store_->counts().value(), (outcome_counts{10, 3, 2, 3, 1, 1}));
}

TEST_P(store_suite, everything_is_still_there_after_opening_it_again) {
  write_rows(rows_of(make_rows(20)), 0);
  const auto before = place_->dump();
  for (int time = 0; time < 3; ++time)
    reopen();
  EXPECT_EQ(place_->dump(), before);
  EXPECT_EQ(read_rows(), rows_of(make_rows(20)));
}

TEST_P(store_suite, a_reader_sees_all_of_a_transaction_or_nothing) {
  write_rows(rows_of(make_rows(2)), 0);
  auto reader = place_->open_reader();
  ASSERT_TRUE(succeeds(reader));
  const auto before = state_text(**reader);
  {
    const auto in = begin();
    write_rows(*in, rows_of(make_rows(5, 2)), 1);
    EXPECT_TRUE(succeeds(in->count({1, 1, 0, 0, 0, 0})));
    EXPECT_EQ(state_text(**reader), before);
    EXPECT_EQ((*reader)->counts().value(), outcome_counts{});
    EXPECT_TRUE(succeeds(in->commit()));
  }
  EXPECT_EQ(state_text(**reader), state_text(*store_));
  EXPECT_EQ((*reader)->counts().value().applied, 1);
}

TEST_P(store_suite, a_reader_cannot_write) {
  write_rows(rows_of(make_rows(2)), 0);
  const auto reader = place_->open_reader();
  ASSERT_TRUE(succeeds(reader));
  EXPECT_EQ(dynamic_cast<store*>(reader->get()), nullptr);
}

TEST_P(store_suite, readers_beside_a_writer_see_one_snapshot_after_the_other) {
  constexpr std::int64_t rounds = 50;
  write_rows(rows_of(make_rows(8, 0)), 0);
  std::atomic<bool> is_written{false};
  std::atomic<std::int64_t> looks{0};
  std::thread reading([&] {
    auto reader = place_->open_reader();
    ASSERT_TRUE(succeeds(reader));
    std::int64_t last = 0;
    for (bool is_last = false; !is_last; ++looks) {
      is_last = is_written;
      std::vector<std::string> rows;
      ASSERT_TRUE(succeeds(
          (*reader)->for_each_row([&](const scope&, std::string_view row) { rows.emplace_back(row); })));
      // All rows are of one round, and rounds do not go back.
      std::int64_t round = 0;
      while (round <= rounds && rows.front() != serialize(make_row("row-0", round)).value())
        ++round;
      ASSERT_GE(round, last);
      ASSERT_EQ(rows.size(), 8U);
      for (std::size_t index = 0; index < rows.size(); ++index)
        ASSERT_EQ(rows[index], serialize(make_row("row-" + std::to_string(index), round)).value());
      last = round;
    }
    EXPECT_EQ(last, rounds);
  });
  for (std::int64_t round = 1; round <= rounds; ++round)
    write_rows(rows_of(make_rows(8, round)), round);
  is_written = true;
  reading.join();
  EXPECT_GT(looks, 0);
}

} // namespace
} // namespace kollect::consumer::test
