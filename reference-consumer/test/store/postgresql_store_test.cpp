// What only a PostgreSQL store has: credentials, other processes, SQL that others may run.
#include "store/postgresql_store.hpp"

#include "store/postgresql_connection.hpp"
#include "store/postgresql_schema.hpp"

#include "support/assertions.hpp"
#include "support/messages.hpp"
#include "support/postgresql_place.hpp"

#include <servers/wait_until.hpp>

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include <csignal>

namespace kollect::consumer::test {
namespace {

using rows_of_text = std::vector<std::string>;

class postgresql_store : public testing::Test {
protected:
  postgresql_store() {
    static std::atomic<int> count{0};
    settings_.url = shared_postgresql_server().url();
    settings_.schema = "Store of one \"test\" " + std::to_string(count++);
    settings_.timeout = std::chrono::seconds(5);
  }

  std::unique_ptr<store> open() { return open_postgresql_store(settings_).value(); }

  std::string escaped_schema() const {
    std::string quoted = settings_.schema;
    for (auto at = quoted.find('"'); at != std::string::npos; at = quoted.find('"', at + 2))
      quoted.insert(at, 1, '"');
    return quoted;
  }

  rows_of_text sql(const std::string& text) const {
    return run_postgresql(settings_.url, "SET search_path = \"" + escaped_schema() + "\";" + text);
  }

  /// One row of a scope, as a transaction of its own would write it; not committed.
  static void write_row(transaction& in, const scope& which, std::int64_t second) {
    auto record = in.open_scope(which).value();
    const auto changes = diff(in.rows(record.id).value().to_map(), rows_of(make_rows(1, second))).value();
    record.order = snapshot_order{noon(second), 1, sha256(std::to_string(second))};
    EXPECT_TRUE(succeeds(write_snapshot(in, record, changes, {"log", 0, second}, noon(second))));
  }

  /// In version 2 each entry of the feed keeps its row.
  void back_to_version_2() const {
    sql("ALTER TABLE scopes DROP COLUMN row_bytes, DROP COLUMN rows_checksum, DROP COLUMN is_forgotten");
    sql("ALTER TABLE dead_letters DROP COLUMN cluster");
    sql("DROP INDEX items_of_scope");
    sql("ALTER TABLE scopes RENAME COLUMN held_back_items TO held_back");
    sql("DROP TABLE staged_rows, staged_changes, row_index, row_blocks");
    sql("ALTER TABLE changes RENAME COLUMN kept_version TO kept_after");
    sql("INSERT INTO changes (batch_id, sequence, scope_id, kind, before, kept_after, changed_paths, log_id, "
        "partition, \"offset\", exported_seconds, exported_nanoseconds, applied_at, traceparent) "
        "SELECT i.batch_id, i.sequence, c.scope_id, kind, before, item, changed_paths, log_id, partition, "
        "\"offset\", exported_seconds, exported_nanoseconds, applied_at, traceparent FROM items i JOIN "
        "changes c ON "
        "c.batch_id = i.batch_id AND i.sequence BETWEEN c.first_sequence AND c.sequence "
        "ON CONFLICT (batch_id, sequence) DO UPDATE SET kept_after = excluded.kept_after");
    sql("DROP INDEX changes_by_replaced");
    sql("ALTER TABLE changes DROP COLUMN first_sequence, DROP COLUMN identity_digests, DROP COLUMN "
        "replaced_batch_id, DROP COLUMN replaced_sequence");
    sql("ALTER TABLE changes RENAME COLUMN kept_after TO after");
    sql("ALTER TABLE items DROP COLUMN batch_id, DROP COLUMN sequence");
    sql("UPDATE schema_version SET version = 2");
  }

  postgresql_settings settings_;
};

TEST_F(postgresql_store, wrong_password_is_refused_and_not_printed) { // SEC-02
  const auto secured = servers::postgresql_server::start({.password = "right"}).value();
  settings_.url = secured.url();
  settings_.url.insert(settings_.url.find('@'), ":canary-4711");
  const auto opened = open_postgresql_store(settings_);
  ASSERT_TRUE(fails_with(opened, error::authentication_failed));
  EXPECT_EQ(to_string(opened.error()).find("canary"), std::string::npos) << opened.error();
  EXPECT_NE(to_string(opened.error()).find("127.0.0.1"), std::string::npos) << opened.error();
}

TEST_F(postgresql_store, missing_database_is_a_mistake_and_a_missing_server_may_come) {
  settings_.url = shared_postgresql_server().url("nowhere");
  EXPECT_TRUE(fails_with(open_postgresql_store(settings_), error::invalid_value));
  settings_.url = "postgresql://kollect@127.0.0.1:1/postgres";
  EXPECT_TRUE(fails_with(open_postgresql_store(settings_), error::store_unavailable));
}

/// What stays wrong until somebody mends it is no outage.
TEST_F(postgresql_store, mistakes_that_no_waiting_mends_are_told_as_such) {
  const auto secured = servers::postgresql_server::start({.password = "right"}).value();
  settings_.url = secured.url();
  const auto missing = open_postgresql_store(settings_);
  ASSERT_TRUE(fails_with(missing, error::authentication_failed));
  EXPECT_NE(to_string(missing.error()).find("KOLLECT_STORE"), std::string::npos) << missing.error();
  for (const std::string parameters :
       {"?sslmode=require", "?sslmode=verify-full", "?sslmode=verify-ca&sslrootcert=/nowhere",
        "?sslmode=nonsense", "?channel_binding=perhaps", "?keepalives=maybe"}) {
    settings_.url = shared_postgresql_server().url() + parameters;
    const auto refused = open_postgresql_store(settings_);
    EXPECT_TRUE(fails_with(refused, error::invalid_value)) << parameters;
  }
}

TEST_F(postgresql_store, settings_of_the_database_do_not_change_what_is_written) {
  run_postgresql(settings_.url, "CREATE DATABASE odd_settings");
  for (const char* const setting :
       {"standard_conforming_strings = off", "bytea_output = escape",
        "default_transaction_isolation = 'serializable'", "escape_string_warning = on",
        "DateStyle = 'German'", "extra_float_digits = 0"})
    run_postgresql(settings_.url, std::string("ALTER DATABASE odd_settings SET ") + setting);
  settings_.url = shared_postgresql_server().url("odd_settings");
  const auto opened = open();
  auto writing = opened->begin().value();
  write_row(*writing, {"cluster \\ with 'quotes'", "n\\000", "i"}, 1);
  ASSERT_TRUE(succeeds(writing->commit()));
  EXPECT_EQ(opened->contradictions().value(), std::vector<std::string>());
  EXPECT_EQ(opened->scopes().value().at(0).scope.cluster, "cluster \\ with 'quotes'");
}

/// A store that is pulled away is no defect of ours.
TEST_F(postgresql_store, a_schema_that_is_dropped_under_a_writer_is_missing) {
  const auto opened = open();
  run_postgresql(settings_.url, "DROP SCHEMA \"" + escaped_schema() + "\" CASCADE");
  auto counts = opened->counts();
  ASSERT_TRUE(fails_with(counts, error::store_missing));
  EXPECT_EQ(to_string(counts.error()).find("report"), std::string::npos) << counts.error();
  EXPECT_NE(to_string(counts.error()).find("somebody has removed"), std::string::npos) << counts.error();
}

TEST_F(postgresql_store, reader_finds_no_store_before_the_first_writer) {
  EXPECT_TRUE(fails_with(open_postgresql_reader(settings_), error::store_missing));
  EXPECT_EQ(
      run_postgresql(settings_.url, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%one \"test\" " +
                                        settings_.schema.substr(settings_.schema.rfind(' ') + 1) + "'"),
      rows_of_text{"0"});
  open();
  EXPECT_TRUE(succeeds(open_postgresql_reader(settings_)));
}

TEST_F(postgresql_store, newer_tables_are_refused_and_left_alone) {
  open();
  sql("UPDATE schema_version SET version = 99");
  EXPECT_TRUE(fails_with(open_postgresql_store(settings_), error::store_too_new));
  EXPECT_TRUE(fails_with(open_postgresql_reader(settings_), error::store_too_new));
  EXPECT_EQ(sql("SELECT version FROM schema_version"), rows_of_text{"99"});
}

TEST_F(postgresql_store, changes_of_older_tables_are_told_as_before_and_gone_on_with) {
  const auto write = [](store& target, std::int64_t second) {
    const auto in = target.begin().value();
    write_row(*in, {"c", "n", "i"}, second);
    EXPECT_TRUE(succeeds(in->commit()));
  };
  write(*open(), 0);
  const auto told = open()->changes_after(0, 100).value();
  ASSERT_EQ(told.size(), 2U);
  back_to_version_2();
  EXPECT_TRUE(fails_with(open_postgresql_reader(settings_), error::store_unavailable));
  const auto opened = open();
  write(*opened, 1);
  const auto all = opened->changes_after(0, 100).value();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].cursor, told[0].cursor);
  EXPECT_EQ(all[0].after, told[0].after);
  EXPECT_EQ(all[2].before, told[0].after);
  EXPECT_EQ(all[2].after, serialize(make_rows(1, 1)[0]).value());
  EXPECT_TRUE(opened->contradictions().value().empty());
}

TEST_F(postgresql_store, processes_of_versions_2_and_5_cannot_write_changes_any_more) {
  open();
  EXPECT_EQ(sql("SELECT column_name FROM information_schema.columns WHERE table_name = 'changes' AND "
                "table_schema = "
                "current_schema() AND column_name IN ('after', 'kept_after', 'kept_version')"),
            rows_of_text{"kept_version"});
}

TEST_F(postgresql_store, a_change_whose_row_somebody_took_away_is_a_gap_of_the_feed) {
  const auto opened = open();
  const auto in = opened->begin().value();
  write_row(*in, {"c", "n", "i"}, 0);
  write_row(*in, {"c", "n", "another"}, 0);
  EXPECT_TRUE(succeeds(in->commit())); // a row, its snapshot, a row, its snapshot
  sql("DELETE FROM items WHERE scope_id = (SELECT max(scope_id) FROM items)");
  EXPECT_EQ(opened->changes_after(0, 100).value().size(), 2U) << "a page ends before it";
  EXPECT_EQ(opened->changes_after(2, 1).value().at(0).cursor, 4) << "the next one begins after it";
  sql("DELETE FROM items");
  EXPECT_EQ(opened->changes_after(0, 1).value().at(0).cursor, 2);
}

TEST_F(postgresql_store, older_tables_are_brought_up_to_date) {
  open();
  back_to_version_2();
  sql("ALTER TABLE scopes DROP COLUMN held_back");
  sql("ALTER TABLE changes DROP COLUMN traceparent");
  sql("ALTER TABLE positions DROP COLUMN has_caught_up");
  sql("DROP VIEW items_with_beginnings");
  sql("DROP INDEX items_in_order");
  sql("DROP FUNCTION beginning");
  sql("DROP TABLE identity");
  sql("DROP TABLE feeds");
  sql("UPDATE schema_version SET version = 1");
  EXPECT_TRUE(fails_with(open_postgresql_reader(settings_), error::store_unavailable));
  const auto opened = open();
  EXPECT_EQ(opened->store_id().value().size(), 32U);
  EXPECT_EQ(sql("SELECT version FROM schema_version"),
            rows_of_text{std::to_string(postgresql::schema_version)});
}

TEST_F(postgresql_store, one_process_at_a_time_publishes_the_feed) {
  const auto first = open(), second = open();
  EXPECT_EQ(first->lease_feed("kafka/feed", "first", 0, std::chrono::hours(1)).value(), 0);
  EXPECT_EQ(second->lease_feed("kafka/feed", "second", 0, std::chrono::hours(1)).value(), std::nullopt);
  // What it claims to have published does not count without the lease.
  EXPECT_EQ(second->lease_feed("kafka/feed", "second", 99, std::chrono::hours(1)).value(), std::nullopt);
  EXPECT_EQ(first->lease_feed("kafka/feed", "first", 5, std::chrono::milliseconds(1)).value(), 5);
  EXPECT_TRUE(servers::wait_until(
      [&] {
        return second->lease_feed("kafka/feed", "second", 99, std::chrono::hours(1)).value() ==
               std::optional<std::int64_t>(5);
      },
      std::chrono::seconds(30)));
  EXPECT_EQ(first->lease_feed("kafka/feed", "first", 6, std::chrono::hours(1)).value(), std::nullopt);
  EXPECT_EQ(second->lease_feed("kafka/feed", "second", 6, std::chrono::hours(1)).value(), 6);
}

TEST_F(postgresql_store, processes_that_start_together_make_the_tables_once) {
  std::vector<std::thread> starting;
  std::atomic<int> opened{0};
  for (int process = 0; process < 8; ++process)
    starting.emplace_back([&] { opened += open_postgresql_store(settings_).has_value() ? 1 : 0; });
  for (auto& one : starting)
    one.join();
  EXPECT_EQ(opened, 8);
  EXPECT_EQ(sql("SELECT version FROM schema_version"),
            rows_of_text{std::to_string(postgresql::schema_version)});
}

TEST_F(postgresql_store, read_only_database_is_said_to_be_one) {
  run_postgresql(settings_.url, "CREATE DATABASE read_only");
  run_postgresql(settings_.url, "ALTER DATABASE read_only SET default_transaction_read_only = on");
  settings_.url = shared_postgresql_server().url("read_only");
  EXPECT_TRUE(fails_with(open_postgresql_store(settings_), error::store_read_only));
}

TEST_F(postgresql_store, commit_after_a_failed_statement_is_refused) {
  const auto opened = open();
  const auto in = opened->begin().value();
  sql("ALTER TABLE dead_letters RENAME TO hidden");
  EXPECT_FALSE(in->take_dead_letter(1));
  EXPECT_FALSE(in->commit());
}

TEST_F(postgresql_store, cursors_rise_by_order_of_commit) {
  const auto first = open(), second = open();
  const std::array<std::int32_t, 1> partitions{0};
  ASSERT_TRUE(
      succeeds(first->claim("log", partitions, "the test"))); // a new log is made known by one process
  const auto slow = first->begin().value();
  write_row(*slow, {"a", "", ""}, 1);
  const auto quick = second->begin().value();
  write_row(*quick, {"b", "", ""}, 2);
  EXPECT_TRUE(succeeds(quick->commit()));
  const auto seen = second->changes_after(0, 100).value();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen.front().scope.cluster, "b");
  EXPECT_TRUE(succeeds(slow->commit()));
  const auto next = second->changes_after(seen.back().cursor, 100).value();
  ASSERT_EQ(next.size(), 2U);
  EXPECT_EQ(next.front().scope.cluster, "a");
  EXPECT_EQ(next.front().cursor, seen.back().cursor + 1);
}

TEST_F(postgresql_store, batches_that_meet_in_many_scopes_wait_for_each_other_and_go_on) {
  open();
  const std::vector<scope> scopes{{"a", "", ""}, {"b", "", ""}, {"c", "", ""}, {"d", "", ""}};
  std::vector<std::thread> processes;
  std::atomic<int> failures{0};
  for (int process = 0; process < 4; ++process)
    processes.emplace_back([&, process] {
      const auto opened = open();
      for (std::int64_t turn = 0; turn < 25; ++turn) {
        auto in = opened->begin().value();
        bool is_well = in->lock_scopes({scopes.begin(), scopes.end()}).has_value();
        // Each in another order, as messages come.
        for (std::size_t step = 0; step < scopes.size(); ++step)
          is_well =
              is_well &&
              in->open_scope(scopes[(step + static_cast<std::size_t>(process)) % scopes.size()]).has_value();
        is_well = is_well && in->count({1, 1, 0, 0, 0, 0}).has_value() && in->commit().has_value();
        failures += is_well ? 0 : 1;
      }
    });
  for (auto& one : processes)
    one.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(open()->counts().value().consumed, 100);
}

// Writes are sent without waiting for the answer.

TEST_F(postgresql_store, a_write_that_fails_is_told_by_the_commit_and_leaves_nothing) {
  const auto one = open();
  const dedup_key key{"prod-west", "team-a", "2026-01-15T12:00:00Z", sha256("payload")};
  for (int time = 0; time < 2; ++time) { // and again, when the statements have been prepared
    const auto in = one->begin().value();
    write_row(*in, web_scope(), 1);
    const auto id = in->open_scope(web_scope()).value().id;
    EXPECT_TRUE(succeeds(in->remember(id, key, noon())));
    (void)in->remember(id, key, noon()); // is told now, or later
    (void)in->note_held_back(id, sha256("items"));
    EXPECT_TRUE(fails_with(in->commit(), error::internal));
    EXPECT_FALSE(in->commit()) << "and stays so";
  }
  EXPECT_EQ(sql("SELECT (SELECT count(*) FROM scopes) + (SELECT count(*) FROM items) + (SELECT count(*) FROM "
                "dedup_keys)"),
            rows_of_text{"0"});
  const auto in = one->begin().value();
  write_row(*in, web_scope(), 1);
  EXPECT_TRUE(succeeds(in->remember(in->open_scope(web_scope()).value().id, key, noon())));
  EXPECT_TRUE(succeeds(in->commit()));
  EXPECT_EQ(sql("SELECT count(*) FROM items"), rows_of_text{"1"});
}

TEST_F(postgresql_store, more_is_sent_than_the_server_has_room_for) {
  const auto one = open();
  const auto in = one->begin().value();
  auto record = in->open_scope(web_scope()).value();
  std::vector<change> changes;
  for (const auto& [identity, raw] : rows_of(make_rows(20)))
    changes.push_back(
        {change_kind::added, identity, {}, R"({"v":")" + std::string(1'000'000, 'x') + "\"}", {}});
  record.order = snapshot_order{noon(), 1, {}};
  EXPECT_TRUE(succeeds(write_snapshot(*in, record, changes, {"log", 0, 0}, noon())));
  EXPECT_TRUE(succeeds(in->commit()));
  EXPECT_EQ(sql("SELECT sum(length(item)) FROM items"), rows_of_text{"20000160"});
}

TEST_F(postgresql_store, what_stands_still_in_a_transaction_loses_its_locks) {
  settings_.timeout = std::chrono::seconds(1);
  const auto stopped = open(), other = open();
  const auto held = stopped->begin().value();
  write_row(*held, web_scope(), 1);
  const auto in = other->begin().value();
  write_row(*in, web_scope(), 2); // waits for the server to end the other session
  EXPECT_TRUE(succeeds(in->commit()));
  EXPECT_TRUE(fails_with(held->commit(), error::store_unavailable));
  EXPECT_EQ(other->changes_after(0, 100).value().size(), 2U);
}

TEST_F(postgresql_store, view_has_the_columns_of_the_state_table_and_stands_hostile_names) {
  const auto opened = open();
  auto rows = make_rows(2);
  rows[0].name = std::string("nul\0l", 5);
  rows[0].attributes = boost::json::parse(R"({"text":"\u0000"})");
  const auto in = opened->begin().value();
  auto record = in->open_scope({"prod", std::string("n\0s", 3), "all"}).value();
  record.order = snapshot_order{{1'768'478'400, 123'456'789}, 1, {}};
  auto changes = diff({}, rows_of(rows)).value();
  for (auto& one : changes) // as it may well have been sent
    if (one.after.find("\\u0000") == std::string::npos)
      one.after.insert(one.after.size() - 2, R"(,"lone":"\ud800x\\u0000")");
  ASSERT_TRUE(succeeds(write_snapshot(*in, record, changes, {"log", 0, 1}, noon())));
  ASSERT_TRUE(succeeds(in->commit()));
  EXPECT_EQ(
      sql("SELECT DISTINCT inventory_namespace, inventory_name, cluster, exported_at AT TIME ZONE 'UTC' FROM "
          "inventory_items"),
      rows_of_text{"n\xEF\xBF\xBDs|all|prod|2026-01-15 12:00:00.123456"});
  EXPECT_EQ(sql("SELECT count(*) FROM inventory_items WHERE payload IS NULL"), rows_of_text{"0"});
  EXPECT_EQ(
      sql("SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; "
          "SELECT count(payload) FROM inventory_items"),
      sql("SELECT count(*) FROM items"))
      << "a server that works in parallel, as it does for many rows";
  EXPECT_EQ(
      sql("SELECT payload #>> '{attributes,text}' FROM inventory_items WHERE payload #> '{attributes,text}' "
          "IS NOT NULL"),
      rows_of_text{"\xEF\xBF\xBD"});
  EXPECT_EQ(
      sql("SELECT payload #>> '{attributes,lone}' FROM inventory_items WHERE payload #> '{attributes,lone}' "
          "IS NOT NULL"),
      rows_of_text{"\xEF\xBF\xBDx\\u0000"});
}

/// A statement that takes longer than any deadline, while the server works on it.
TEST_F(postgresql_store, a_busy_server_is_not_taken_for_a_dead_one) {
  settings_.timeout = std::chrono::seconds(1);
  const auto session = postgresql::connection::open(settings_, postgresql::access::read_write).value();
  EXPECT_TRUE(succeeds(session->run("SELECT pg_sleep(7.5)")));
}

TEST_F(postgresql_store, a_session_that_is_not_worked_for_is_given_up) {
  settings_.timeout = std::chrono::seconds(1);
  const auto session = postgresql::connection::open(settings_, postgresql::access::read_write).value();
  EXPECT_TRUE(succeeds(session->execute("CREATE TEMPORARY TABLE one (x BIGINT)")));
  const auto found = session->run("SELECT pg_backend_pid()::bigint");
  const auto pid = static_cast<pid_t>((*found)[0].integer(0));
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  const auto answered = session->run("SELECT count(*) FROM one");
  EXPECT_EQ(::kill(pid, SIGCONT), 0);
  EXPECT_TRUE(fails_with(answered, error::store_unavailable))
      << "it stands still, and is idle for all others";
}

/// What is posted fails no later than when its answer is read, however much is posted.
TEST_F(postgresql_store, a_posted_statement_that_fails_is_told_among_many) {
  const auto session = postgresql::connection::open(settings_, postgresql::access::read_write).value();
  const std::string text(100'000, 'x');
  ASSERT_TRUE(succeeds(session->execute("BEGIN; CREATE TEMPORARY TABLE one (x TEXT UNIQUE) ON COMMIT DROP")));
  result<void> posted;
  for (int count = 0; posted && count < 20; ++count)
    posted = session->post("INSERT INTO one VALUES (left($1, 10))", postgresql::parameters().text(text));
  ASSERT_TRUE(succeeds(posted) || fails_with(posted, error::internal));
  const auto settled = session->settle();
  EXPECT_TRUE(!posted || !settled) << "the same text twice";
  EXPECT_TRUE(session->has_failed());
  EXPECT_TRUE(succeeds(session->execute("ROLLBACK")));
  EXPECT_TRUE(succeeds(session->run("SELECT 1::bigint"))) << "and the session goes on";
}

TEST_F(postgresql_store, damaged_rows_are_found_and_put_right_by_the_next_snapshot) {
  for (const auto* const damage :
       {"UPDATE items SET item = replace(item, 'Deployment', 'Deplnyment') WHERE name = 'row-1'",
        "UPDATE items SET name = 'x' WHERE name = 'row-1'", "DELETE FROM items WHERE name = 'row-1'"}) {
    SCOPED_TRACE(damage);
    settings_.schema += "'";
    const auto opened = open();
    owned_positions owned;
    const std::int32_t partitions[] = {0};
    owned[0] = opened->claim(std::string(kafka_log), partitions, "the test").value().front();
    std::vector<std::string> notices;
    auto settings = make_settings();
    settings.notice = [&](const scope&, std::string_view what) { notices.emplace_back(what); };
    const auto apply = [&](std::int64_t second) {
      EXPECT_TRUE(succeeds(ingest(*opened, settings, owned,
                                  batch_of(deliver(make_array(make_rows(3), noon(second)), second)))));
    };
    apply(0);
    sql(damage);
    EXPECT_FALSE(opened->contradictions().value().empty());
    EXPECT_EQ(check_held_rows(*opened, settings, 0, 1'000'000).value(), 0);
    EXPECT_EQ(notices.size(), 1U);
    apply(1);
    EXPECT_EQ(state_text(*opened), state_text(make_rows(3)));
    EXPECT_EQ(opened->contradictions().value(), std::vector<std::string>());
  }
}

TEST(postgresql_url, is_described_without_its_password) {
  EXPECT_EQ(describe_postgresql("postgresql://me:hunter2@db.example:5433/portal?sslmode=require"),
            "postgresql://db.example:5433/portal");
  EXPECT_TRUE(has_password("postgresql://me:hunter2@db/portal"));
  EXPECT_TRUE(has_password("postgresql://db/portal?password=hunter2"));
  EXPECT_FALSE(has_password("postgresql://me@db/portal"));
  const auto checked = check_postgresql_url("postgresql://me:hunter2@[db/portal");
  ASSERT_TRUE(fails_with(checked, error::invalid_value));
  EXPECT_EQ(to_string(checked.error()).find("hunter2"), std::string::npos);
}

// S31: libpq takes these, and repeats a part of the password in its messages.
TEST(postgresql_url, where_a_part_of_the_password_could_be_taken_for_something_else_is_refused) {
  for (const std::string url :
       {"postgresql://me:first@hunter2@db.example:5432/portal",
        "postgres://me:first@hunter2@db.example/portal", "postgresql://me:hunter2#x@db/portal",
        "postgresql://me:hunter2/x@db:5432/portal", "postgresql://me:x/hunter2@db:5432/portal",
        "postgresql://me:hunter2?x@db:5432/portal", "postgresql://me:hunter2[x@db/portal",
        "postgresql://me:hunter2 x@db/portal", "postgresql://me:x@db:hunter2/portal",
        "postgresql://me:x@db,other:hunter2/portal", "postgresql://me:hunter2%zz@db/portal",
        "postgresql://me:hunter2@db/portal\nx", "postgresql://me:x@db/portal?sslmode=require#hunter2"}) {
    const auto checked = check_postgresql_url(url);
    ASSERT_TRUE(fails_with(checked, error::invalid_value)) << url;
    EXPECT_EQ(to_string(checked.error()).find("hunter2"), std::string::npos);
    EXPECT_NE(to_string(checked.error()).find("percent-encoded"), std::string::npos);
  }
  for (const std::string url :
       {"postgresql://", "postgresql:///portal", "postgresql://db", "postgresql://me@db:5432/portal",
        "postgresql://me:a%40b%23c%2Fd@db/portal?application_name=a@b",
        "postgresql://me:a:b@[::1]:5432/portal",
        "postgresql://me@one:5432,two:5433/portal?target_session_attrs=read-write",
        "postgresql://%2Fvar%2Frun%2Fpostgresql/portal", "postgresql://me:p@,db:/portal"})
    EXPECT_TRUE(succeeds(check_postgresql_url(url))) << url;
}

// Percent-encoding is no help against these; nothing of them is repeated, as it may be of a password.
TEST(postgresql_url, mistaken_parameters_are_told) {
  const std::pair<std::string, std::string> cases[] = {
      {"postgresql://me@db/portal?sslmod=require", "did you mean \"sslmode\"?"},
      {"postgresql://me@db/portal?connect_timeout=5&Sslmode=require", "did you mean \"sslmode\"?"},
      {"postgresql://me@db/portal?hunter2hunter2=1",
       "none that PostgreSQL's client library knows; they are like"},
      {"postgresql://me@db/portal?password=x&hunter2hunter2", "& in a value is %26"},
      {"postgresql://me@db/portal?sslmode", "has no value"},
      {"postgresql://me@db/portal?password=hunter2%zz", "needs percent-encoding"},
      {"postgresql://me@db/portal?password=hunter2=x", "needs percent-encoding"},
  };
  for (const auto& [url, told] : cases) {
    const auto checked = check_postgresql_url(url);
    ASSERT_TRUE(fails_with(checked, error::invalid_value)) << url;
    EXPECT_NE(checked.error().message.find(told), std::string::npos) << url << ": " << checked.error();
    EXPECT_EQ(checked.error().message.find("hunter2"), std::string::npos);
  }
  EXPECT_TRUE(succeeds(check_postgresql_url("postgresql://me@db/portal?ssl=true")));
}

} // namespace
} // namespace kollect::consumer::test
