#include "store/sqlite_store.hpp"

#include "store/network_file_system.hpp"
#include "store/sqlite_schema.hpp"
#include "support/assertions.hpp"
#include "support/messages.hpp"
#include "support/sqlite_file.hpp"

#include <program/descriptor.hpp>
#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kollect::consumer::test {
namespace {

class sqlite_store_file : public testing::Test {
protected:
  result<std::unique_ptr<store>> open(std::string_view owner = "the test") {
    return open_sqlite_store(path_, owner);
  }

  /// Makes a store with three rows in it.
  void fill() {
    auto made = open();
    ASSERT_TRUE(succeeds(made));
    owned_positions owned;
    const std::int32_t partitions[] = {0};
    owned[0] = (*made)->claim(std::string(kafka_log), partitions, "the test").value().front();
    EXPECT_TRUE(succeeds(
        ingest(**made, make_settings(), owned, batch_of(deliver(make_array(make_rows(3), noon()), 0)))));
  }

  /// Makes these the rows of the only scope.
  static void write_rows_over(store& target, const std::vector<item>& rows) {
    const auto in = target.begin().value();
    auto record = in->open_scope(web_scope()).value();
    auto held = in->rows(record.id);
    if (!held) { // somebody has edited the file
      EXPECT_TRUE(succeeds(in->distrust(record.id)));
      record = in->open_scope(web_scope()).value();
      held = in->rows(record.id);
    }
    const auto changes = diff(held.value().to_map(), rows_of(rows)).value();
    record.order = snapshot_order{noon(60), 1, {}};
    EXPECT_TRUE(succeeds(write_snapshot(*in, record, changes, {std::string(kafka_log), 0, 60}, noon(60))));
    EXPECT_TRUE(succeeds(in->commit()));
  }

  std::string bytes() const { return servers::read_file(path_).value(); }

  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-sqlite-").value();
  std::string path_ = folder_.path() / "store.db";
};

TEST(network_file_system, is_known_by_its_type) {
  EXPECT_EQ(name_network_file_system(0x6969), "NFS");
  EXPECT_EQ(name_network_file_system(0xFE534D42), "SMB");
  EXPECT_EQ(name_network_file_system(0xEF53), std::nullopt); // ext4
}

TEST_F(sqlite_store_file, is_on_a_disk_of_this_host) {
  EXPECT_EQ(find_network_file_system(path_), std::nullopt);
  EXPECT_EQ(find_network_file_system(folder_.path() / "absent" / "store.db"), std::nullopt);
}

TEST_F(sqlite_store_file, is_made_with_its_mark_and_version) {
  fill();
  EXPECT_EQ(query_value(path_, "PRAGMA application_id"), std::to_string(0x4B4C4354));
  EXPECT_EQ(query_value(path_, "PRAGMA user_version"), std::to_string(sqlite::schema_version));
  EXPECT_EQ(query_value(path_, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(query_value(path_, "PRAGMA integrity_check"), "ok");
}

TEST_F(sqlite_store_file, a_second_writer_is_refused_and_told_who_is_first) {
  const auto first = open("kollect-consumer a on host-1 (pid 17)");
  ASSERT_TRUE(succeeds(first));
  const auto second = open("kollect-consumer b on host-2 (pid 18)");
  ASSERT_TRUE(fails_with(second, error::store_locked));
  EXPECT_NE(second.error().message.find("kollect-consumer a on host-1 (pid 17)"), std::string::npos)
      << second.error();
  EXPECT_EQ(second.error().message.find("host-2"), std::string::npos);
}

TEST_F(sqlite_store_file, a_second_writer_by_another_name_is_refused_too) {
  const auto first = open("the first");
  ASSERT_TRUE(succeeds(first));
  const auto link = folder_.path() / "link.db";
  std::filesystem::create_symlink(path_, link);
  EXPECT_TRUE(fails_with(open_sqlite_store(link, "the second"), error::store_locked));
}

TEST_F(sqlite_store_file, the_next_writer_may_come_when_the_first_is_gone) {
  { const auto first = open("a holder with a much longer name than the next one"); }
  const auto second = open("next");
  ASSERT_TRUE(succeeds(second));
  const auto third = open("third");
  ASSERT_TRUE(fails_with(third, error::store_locked));
  EXPECT_NE(third.error().message.find("in use by next;"), std::string::npos) << third.error();
}

TEST_F(sqlite_store_file, a_name_that_is_no_file_is_refused) { // S32
  for (const auto* const name : {"", ":memory:", ":memory:?cache=shared", "file:store.db", "File:store.db",
                                 "file:x?mode=memory", "file::memory:", "x.db?mode=ro",
                                 "/x/y.db?cache=shared", "\"x.db\"", "'x.db", ".", "/", "/dev/null"}) {
    EXPECT_TRUE(fails_with(open_sqlite_store(name, "the test"), error::invalid_value)) << name;
    EXPECT_TRUE(fails_with(open_sqlite_reader(name), error::invalid_value)) << name;
    EXPECT_FALSE(std::filesystem::exists(std::string(name) + ".lock")) << name;
  }
}

TEST_F(sqlite_store_file, a_new_file_is_nobody_elses_to_read) {
  fill();
  const auto opened = open();
  for (const auto* const end : {"", "-wal", "-shm"})
    EXPECT_EQ(std::filesystem::status(path_ + end).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << end;
}

TEST_F(sqlite_store_file, a_missing_folder_is_a_place_that_cannot_be_written) {
  const auto opened = open_sqlite_store(folder_.path() / "missing" / "store.db", "the test");
  ASSERT_TRUE(fails_with(opened, error::store_read_only));
  EXPECT_NE(to_string(opened.error()).find("missing/store.db"), std::string::npos) << opened.error();
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "missing"));
}

// Even root cannot make a file there.
// The lock file is opened first, then the store's own.
TEST_F(sqlite_store_file, too_many_open_files_are_no_fault_of_the_folder) { // F38
  rlimit whole{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &whole), 0);
  for (const int free : {0, 1}) {
    const program::descriptor next_free(::dup(0));
    rlimit little = whole;
    little.rlim_cur = static_cast<rlim_t>(next_free.get() + 1 + free);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &little), 0);
    const auto opened = open_sqlite_store(path_, "the test");
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &whole), 0);
    ASSERT_FALSE(opened) << free;
    EXPECT_EQ(opened.error().reason(), error::out_of_descriptors) << opened.error();
    EXPECT_NE(opened.error().message.find("ulimit -n"), std::string::npos) << opened.error();
  }
  EXPECT_TRUE(open_sqlite_store(path_, "the test"));
}

TEST_F(sqlite_store_file, a_folder_that_cannot_be_written_is_one_too) {
  EXPECT_TRUE(fails_with(open_sqlite_store("/proc/store.db", "the test"), error::store_read_only));
}

TEST_F(sqlite_store_file, a_folder_in_its_place_is_refused) {
  std::filesystem::create_directory(path_);
  EXPECT_TRUE(fails_with(open(), error::invalid_value));
}

TEST_F(sqlite_store_file, a_reader_makes_no_file) {
  EXPECT_TRUE(fails_with(open_sqlite_reader(path_), error::store_missing));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(sqlite_store_file, a_reader_of_an_empty_file_is_told_so) {
  ASSERT_TRUE(servers::write_file(path_, ""));
  EXPECT_TRUE(fails_with(open_sqlite_reader(path_), error::store_missing));
}

TEST_F(sqlite_store_file, an_empty_file_becomes_a_store) {
  ASSERT_TRUE(servers::write_file(path_, ""));
  fill();
  EXPECT_EQ(query_value(path_, "SELECT count(*) FROM items"), "3");
}

TEST_F(sqlite_store_file, a_file_of_another_program_is_left_as_it_is) {
  ASSERT_TRUE(servers::write_file(path_, ""));
  run_sql(path_, "CREATE TABLE theirs (x)");
  const auto before = bytes();
  EXPECT_TRUE(fails_with(open(), error::store_corrupt));
  EXPECT_TRUE(fails_with(open_sqlite_reader(path_), error::store_corrupt));
  EXPECT_EQ(bytes(), before);
}

TEST_F(sqlite_store_file, a_marked_file_of_another_program_is_left_as_it_is) {
  ASSERT_TRUE(servers::write_file(path_, ""));
  run_sql(path_, "PRAGMA application_id = 77");
  const auto before = bytes();
  const auto opened = open();
  EXPECT_TRUE(fails_with(opened, error::store_corrupt));
  EXPECT_NE(opened.error().message.find("another program"), std::string::npos);
  EXPECT_EQ(bytes(), before);
}

/// Makes the file one of schema 2, in which each entry of the feed keeps its row.
constexpr const char* back_to_schema_2 = R"sql(
ALTER TABLE scopes DROP COLUMN is_forgotten;
ALTER TABLE dead_letters DROP COLUMN cluster;
ALTER TABLE scopes RENAME COLUMN held_back_items TO held_back;
ALTER TABLE scopes DROP COLUMN row_bytes;
ALTER TABLE scopes DROP COLUMN rows_checksum;
DROP TABLE staged_rows;
DROP TABLE staged_changes;
DROP TABLE row_index;
DROP TABLE row_blocks;
ALTER TABLE changes RENAME COLUMN kept_after TO after;
INSERT OR REPLACE INTO changes (cursor, scope_id, kind, before, after, changed_paths, log_id, partition, offset,
    exported_seconds, exported_nanoseconds, applied_at, traceparent)
  SELECT i.cursor, c.scope_id, kind, before, i.item, changed_paths, log_id, partition, offset, exported_seconds,
    exported_nanoseconds, applied_at, traceparent
  FROM items i JOIN changes c ON i.cursor BETWEEN c.first_cursor AND c.cursor AND c.scope_id = i.scope_id;
DROP INDEX changes_by_replaced;
ALTER TABLE changes DROP COLUMN first_cursor;
ALTER TABLE changes DROP COLUMN item_id;
ALTER TABLE changes DROP COLUMN replaces;
DROP INDEX items_in_order;
ALTER TABLE items RENAME TO items_3;
CREATE TABLE items (scope_id INTEGER NOT NULL, target_namespace TEXT NOT NULL, target_name TEXT NOT NULL,
  namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL, item TEXT NOT NULL,
  UNIQUE (scope_id, target_namespace, target_name, namespace, name, uid));
INSERT INTO items SELECT scope_id, target_namespace, target_name, namespace, name, uid, item FROM items_3;
DROP TABLE items_3;
CREATE INDEX items_in_order ON items (target_namespace, target_name, namespace, name, uid, scope_id);
PRAGMA user_version = 2;
)sql";

/// And that one of schema 1, as its first consumer left it.
constexpr const char* back_to_schema_1 =
    "ALTER TABLE scopes DROP COLUMN held_back; ALTER TABLE changes DROP COLUMN traceparent; "
    "ALTER TABLE positions DROP COLUMN has_caught_up; DROP INDEX items_in_order; "
    "DROP TABLE identity; DROP TABLE feeds; PRAGMA user_version = 1";

TEST_F(sqlite_store_file, an_older_schema_is_brought_up_to_date_with_all_that_is_in_it) {
  fill();
  run_sql(path_, back_to_schema_2);
  run_sql(path_, back_to_schema_1);
  const auto reader = open_sqlite_reader(path_);
  ASSERT_TRUE(fails_with(reader, error::store_unavailable));
  EXPECT_NE(reader.error().message.find("schema 1"), std::string::npos) << reader.error();
  const auto opened = open();
  ASSERT_TRUE(succeeds(opened));
  EXPECT_EQ(query_value(path_, "PRAGMA user_version"), std::to_string(sqlite::schema_version));
  EXPECT_EQ((*opened)->changes_after(0, 100).value().size(), 4U);
  EXPECT_EQ((*opened)->store_id().value().size(), 32U);
  EXPECT_EQ(state_text(**opened), state_text(make_rows(3)));
}

TEST_F(sqlite_store_file, changes_of_an_older_schema_are_told_as_before_and_gone_on_with) {
  fill();
  const auto told = open().value()->changes_after(0, 100).value();
  run_sql(path_, back_to_schema_2);
  const auto opened = open();
  ASSERT_TRUE(succeeds(opened));
  const auto again = (*opened)->changes_after(0, 100).value();
  ASSERT_EQ(again.size(), told.size());
  for (std::size_t index = 0; index < told.size(); ++index) {
    EXPECT_EQ(again[index].cursor, told[index].cursor);
    EXPECT_EQ(again[index].after, told[index].after);
  }
  write_rows_over(**opened, make_rows(3, 2));
  const auto all = (*opened)->changes_after(0, 100).value();
  ASSERT_EQ(all.size(), told.size() + 4);
  EXPECT_EQ(all[0].after, serialize(make_rows(3)[0]).value());
  EXPECT_EQ(all[4].before, serialize(make_rows(3)[0]).value());
  EXPECT_EQ(all[4].after, serialize(make_rows(3, 2)[0]).value());
  EXPECT_TRUE((*opened)->contradictions().value().empty());
}

TEST_F(sqlite_store_file, a_change_whose_row_somebody_took_away_is_a_gap_of_the_feed) {
  fill();
  run_sql(path_, "DELETE FROM items WHERE item_id = 2");
  const auto opened = open();
  ASSERT_TRUE(succeeds(opened));
  const auto cursors = [&](std::int64_t after, std::int64_t limit) {
    std::vector<std::int64_t> out;
    for (const auto& entry : (*opened)->changes_after(after, limit).value())
      out.push_back(entry.cursor);
    return out;
  };
  using expected = std::vector<std::int64_t>;
  EXPECT_EQ(cursors(0, 100), expected{1}) << "a page ends before it";
  EXPECT_EQ(cursors(1, 100), (expected{3, 4})) << "the next one begins after it";
  EXPECT_EQ(cursors(1, 1), expected{3});
  // The next snapshot has it again.
  write_rows_over(**opened, make_rows(3, 2));
  EXPECT_EQ(state_text(**opened), state_text(make_rows(3, 2)));
  run_sql(path_, "DELETE FROM items");
  EXPECT_EQ(cursors(4, 1), expected{8}) << "all rows are gone, the last entry is of none";
}

/// Flips a byte of a row, as a disk may; both the row's text and its names.
constexpr const char* damages[] = {
    "UPDATE items SET item = replace(item, 'Deployment', 'Deplnyment') WHERE item_id = 2",
    "UPDATE items SET name = name || 'x' WHERE item_id = 2", "DELETE FROM items WHERE item_id = 2",
    "INSERT INTO items SELECT 99, scope_id, 'x', target_name, namespace, name, uid, cursor, item FROM items "
    "WHERE item_id = 2"};

TEST_F(sqlite_store_file, damaged_rows_are_found_and_put_right_by_the_next_snapshot) {
  for (const auto* const damage : damages) {
    SCOPED_TRACE(damage);
    std::filesystem::remove(path_);
    fill();
    run_sql(path_, damage);
    const auto opened = open();
    ASSERT_TRUE(succeeds(opened));
    std::vector<std::string> notices;
    auto settings = make_settings();
    settings.notice = [&](const scope&, std::string_view what) { notices.emplace_back(what); };
    EXPECT_EQ(check_held_rows(**opened, settings, 0, 1'000'000).value(), 0);
    ASSERT_EQ(notices.size(), 1U);
    EXPECT_NE(notices[0].find("put"), std::string::npos);
    EXPECT_FALSE((*opened)->contradictions().value().empty()) << "doctor tells until it is mended";
    owned_positions owned;
    const std::int32_t partitions[] = {0};
    owned[0] = (*opened)->claim(std::string(kafka_log), partitions, "the test").value().front();
    // The same rows in a later export.
    ASSERT_TRUE(
        succeeds(ingest(**opened, settings, owned, batch_of(deliver(make_array(make_rows(3), noon(9)), 1)))));
    EXPECT_EQ(state_text(**opened), state_text(make_rows(3)));
    EXPECT_EQ((*opened)->contradictions().value(), std::vector<std::string>());
  }
}

TEST_F(sqlite_store_file, damage_that_a_changed_snapshot_meets_is_put_right_at_once) {
  for (const auto* const damage : damages) {
    SCOPED_TRACE(damage);
    std::filesystem::remove(path_);
    fill();
    run_sql(path_, damage);
    const auto opened = open();
    std::vector<std::string> notices;
    auto settings = make_settings();
    settings.notice = [&](const scope&, std::string_view what) { notices.emplace_back(what); };
    owned_positions owned;
    const std::int32_t partitions[] = {0};
    owned[0] = (*opened)->claim(std::string(kafka_log), partitions, "the test").value().front();
    ASSERT_TRUE(
        succeeds(ingest(**opened, settings, owned, batch_of(deliver(make_array(make_rows(4), noon(9)), 1)))));
    EXPECT_EQ(notices.size(), 1U);
    EXPECT_EQ(state_text(**opened), state_text(make_rows(4)));
    EXPECT_EQ((*opened)->contradictions().value(), std::vector<std::string>());
  }
}

TEST_F(sqlite_store_file, a_newer_schema_is_left_as_it_is) {
  fill();
  run_sql(path_, "PRAGMA user_version = 99");
  run_sql(path_, "PRAGMA wal_checkpoint(TRUNCATE)");
  const auto before = bytes();
  const auto opened = open();
  ASSERT_TRUE(fails_with(opened, error::store_too_new));
  EXPECT_NE(opened.error().message.find("99"), std::string::npos);
  EXPECT_TRUE(fails_with(open_sqlite_reader(path_), error::store_too_new));
  EXPECT_EQ(bytes(), before);
}

TEST_F(sqlite_store_file, a_file_that_is_no_database_is_left_as_it_is) {
  const std::string text = "this is not a database, but somebody may need it\n" + std::string(5000, '.');
  ASSERT_TRUE(servers::write_file(path_, text));
  EXPECT_TRUE(fails_with(open(), error::store_corrupt));
  EXPECT_TRUE(fails_with(open_sqlite_reader(path_), error::store_corrupt));
  EXPECT_EQ(bytes(), text);
}

TEST_F(sqlite_store_file, damage_within_the_file_is_noticed_and_is_no_crash) {
  fill();
  run_sql(path_, "PRAGMA wal_checkpoint(TRUNCATE)");
  const auto whole = bytes();
  // SQLite's file format, 1.3: bytes 16 and 17.
  const std::size_t page =
      static_cast<unsigned char>(whole.at(16)) * std::size_t{256} + static_cast<unsigned char>(whole.at(17));
  ASSERT_EQ(page, 16384U);
  // One page after the other, but for the first, whose damage makes it no database at all.
  for (std::size_t at = page; at < whole.size(); at += page) {
    SCOPED_TRACE("page " + std::to_string(at / page + 1));
    auto damaged = whole;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), page, '\xA5');
    ASSERT_TRUE(servers::write_file(path_, damaged));
    const auto opened = open_sqlite_reader(path_);
    std::vector<std::optional<failure>> ends;
    const auto note = [&ends](const auto& end) {
      ends.push_back(end ? std::nullopt : std::optional(end.error()));
    };
    note(opened);
    if (opened) {
      note((*opened)->for_each_row([](const scope&, std::string_view) {}));
      note((*opened)->counts());
      note((*opened)->scopes());
      note((*opened)->changes_after(0, 10));
      note((*opened)->dead_letters(0, 10));
      // What a consumer asks that has the store checked as a whole.
      const auto found = (*opened)->contradictions();
      EXPECT_FALSE(found && found->empty());
      note(found);
    }
    for (const auto& end : ends) {
      EXPECT_TRUE(!end || end->reason() == error::store_corrupt) << *end;
    }
  }
}

TEST_F(sqlite_store_file, a_truncated_file_is_noticed) {
  fill();
  run_sql(path_, "PRAGMA wal_checkpoint(TRUNCATE)");
  std::filesystem::resize_file(path_, 4096);
  const auto opened = open_sqlite_reader(path_);
  const auto counts = opened ? (*opened)->counts() : result<outcome_counts>(opened.error());
  EXPECT_TRUE(fails_with(counts, error::store_corrupt));
}

TEST_F(sqlite_store_file, a_writer_waits_for_another_connection_only_so_long) {
  fill();
  auto opened = open();
  ASSERT_TRUE(succeeds(opened));
  auto other = sqlite::database::open(path_, sqlite::open_mode::read_write_create);
  ASSERT_TRUE(succeeds(other));
  ASSERT_TRUE(succeeds((*other)->execute("BEGIN IMMEDIATE")));
  EXPECT_TRUE(fails_with((*opened)->begin(), error::store_unavailable));
  ASSERT_TRUE(succeeds((*other)->execute("ROLLBACK")));
  EXPECT_TRUE(succeeds((*opened)->begin()));
}

TEST_F(sqlite_store_file, a_long_reader_does_not_hold_the_writer_up) {
  fill();
  auto opened = open();
  ASSERT_TRUE(succeeds(opened));
  auto reader = sqlite::database::open(path_, sqlite::open_mode::read_only);
  ASSERT_TRUE(succeeds(reader));
  ASSERT_TRUE(succeeds((*reader)->execute("BEGIN; SELECT count(*) FROM items")));
  for (std::int64_t round = 0; round < 5; ++round) {
    auto work = (*opened)->begin();
    ASSERT_TRUE(succeeds(work));
    EXPECT_TRUE(succeeds((*work)->count({1, 1, 0, 0, 0, 0})));
    EXPECT_TRUE(succeeds((*work)->commit()));
  }
  EXPECT_EQ((*opened)->counts().value().consumed, 6);
}

TEST_F(sqlite_store_file, a_reader_that_closes_last_leaves_the_log_to_the_writer) {
  fill();
  auto reader = open_sqlite_reader(path_);
  ASSERT_TRUE(succeeds(reader));
  {
    auto writer = open();
    ASSERT_TRUE(succeeds(writer));
    auto work = (*writer)->begin();
    ASSERT_TRUE(succeeds((*work)->count({1, 1, 0, 0, 0, 0})));
    ASSERT_TRUE(succeeds((*work)->commit()));
  }
  EXPECT_EQ((*reader)->counts().value().consumed, 2);
  const auto size = std::filesystem::file_size(path_ + "-wal");
  reader->reset();
  EXPECT_EQ(std::filesystem::file_size(path_ + "-wal"), size);
  auto again = open();
  ASSERT_TRUE(succeeds(again));
  EXPECT_EQ((*again)->counts().value().consumed, 2);
}

TEST_F(sqlite_store_file, bodies_that_were_dropped_are_not_searched_again) {
  fill();
  const auto plan = run_sql(
      path_, "EXPLAIN QUERY PLAN SELECT dead_letter_id, body_bytes FROM dead_letters WHERE value IS NOT NULL "
             "AND (SELECT dead_letter_bytes FROM totals) > 1 ORDER BY dead_letter_id LIMIT 1");
  ASSERT_FALSE(plan.empty());
  EXPECT_NE(plan.front().find("USING INDEX dead_letters_with_body"), std::string::npos) << plan.front();
}

} // namespace
} // namespace kollect::consumer::test
