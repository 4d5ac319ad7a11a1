#include "sqlite_store.hpp"

#include "feed_page.hpp"
#include "file_lock.hpp"
#include "file_watch.hpp"
#include "sqlite_database.hpp"
#include "sqlite_schema.hpp"
#include "sqlite_transaction.hpp"
#include "stored_rows.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kollect::consumer {
namespace sqlite {
namespace {

constexpr const char* letters_after =
    "SELECT dead_letter_id, name, partition, offset, message_key, subject, headers, value, is_tombstone, "
    "reason, "
    "sentence, clause, byte_offset, buried_at, value_bytes, value_digest FROM dead_letters JOIN logs USING "
    "(log_id) WHERE dead_letter_id > ? ORDER BY dead_letter_id LIMIT ?";

constexpr const char* newest_letters =
    "SELECT dead_letter_id, name, partition, offset, NULL, subject, '', CASE WHEN value IS NOT NULL THEN '' "
    "END, "
    "is_tombstone, reason, sentence, clause, byte_offset, buried_at, value_bytes, value_digest FROM "
    "dead_letters "
    "JOIN logs USING (log_id) WHERE dead_letter_id < ? ORDER BY dead_letter_id DESC LIMIT ?";

constexpr const char* rows_by_order =
    "SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN ?1 THEN item END "
    "FROM items INDEXED BY items_in_order "
    "WHERE (target_namespace, target_name, namespace, name, uid, scope_id) > (?2, ?3, ?4, ?5, ?6, ?7) "
    "AND (?9 IS NULL OR scope_id IN (SELECT value FROM json_each(?9))) "
    "ORDER BY target_namespace, target_name, namespace, name, uid, scope_id LIMIT ?8";

constexpr const char* rows_by_scopes =
    "SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN ?1 THEN item END "
    "FROM json_each(?9) CROSS JOIN items ON scope_id = value "
    "WHERE (target_namespace, target_name, namespace, name, uid, scope_id) > (?2, ?3, ?4, ?5, ?6, ?7) "
    "ORDER BY target_namespace, target_name, namespace, name, uid, scope_id LIMIT ?8";

/// One scope's rows are by order already.
constexpr const char* rows_of_scope =
    "SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN ?1 THEN item END "
    "FROM items WHERE scope_id = ?9 "
    "AND (target_namespace, target_name, namespace, name, uid, scope_id) > (?2, ?3, ?4, ?5, ?6, ?7) "
    "ORDER BY target_namespace, target_name, namespace, name, uid LIMIT ?8";

/// An entry may tell of several rows.
constexpr const char* changes_by_cursor =
    "SELECT cursor, kind, cluster, namespace, inventory, name, partition, offset, c.exported_seconds, "
    "c.exported_nanoseconds, c.applied_at, before, kept_after, changed_paths, traceparent, item_id, "
    "coalesce(first_cursor, cursor) FROM changes c JOIN scopes USING (scope_id) JOIN logs USING (log_id) "
    "WHERE cursor > ? ORDER BY cursor LIMIT ?";

/// What a change led to is the row, or `before` of the change that came next.
constexpr const char* version_of_row =
    "SELECT coalesce((SELECT item FROM items WHERE item_id = ?1 AND cursor = ?2), "
    "(SELECT before FROM changes WHERE replaces = ?2))";

/// What must not be: a sentence, and a query that answers how often it is.
struct contradiction {
  const char* sentence;
  const char* query;
};

constexpr contradiction checks[] = {
    {"the counters do not add up to what was consumed",
     "SELECT consumed <> applied + duplicate + stale + dead_lettered + pending FROM totals"},
    {"scopes with another number of rows than noted",
     "SELECT count(*) FROM scopes s WHERE row_count <> (SELECT count(*) FROM items i WHERE i.scope_id = "
     "s.scope_id)"},
    {"scopes with other rows than were written: a disk, or somebody, has changed them",
     "SELECT count(*) FROM scopes s WHERE rows_checksum <> (SELECT rows_checksum(i.target_namespace, "
     "i.target_name, i.namespace, i.name, i.uid, item) FROM items i WHERE "
     "i.scope_id = s.scope_id) OR row_bytes <> (SELECT coalesce(sum(length(CAST(item AS BLOB))), 0) FROM "
     "items "
     "i WHERE i.scope_id = s.scope_id)"},
    {"scopes whose rows were changed by a disk, or somebody: the next snapshot of each puts them right",
     "SELECT count(*) FROM scopes WHERE exported_seconds IS NOT NULL AND items_digest = zeroblob(32)"},
    {"rows of snapshots that are staged, though none is being written", "SELECT count(*) FROM staged_rows"},
    {"scopes with another number of dedup keys than noted",
     "SELECT count(*) FROM scopes s WHERE dedup_key_count <> (SELECT count(*) FROM dedup_keys d WHERE "
     "d.scope_id "
     "= s.scope_id)"},
    {"the number of pending parts is not the one counted",
     "SELECT pending <> (SELECT count(*) FROM pending_parts) FROM totals"},
    {"the bytes of pending parts are not those noted",
     "SELECT pending_bytes <> (SELECT coalesce(sum(message_bytes), 0) FROM pending_parts) FROM totals"},
    {"the bytes of dead letters are not those noted",
     "SELECT dead_letter_bytes <> (SELECT coalesce(sum(body_bytes), 0) FROM dead_letters WHERE value IS NOT "
     "NULL) FROM totals"},
    {"the file is damaged (PRAGMA quick_check)",
     "SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'"},
};

class sqlite_store final : public store {
public:
  sqlite_store(std::unique_ptr<database> opened, file_lock lock)
      : lock_(std::move(lock)), database_(std::move(opened)) {}

  result<std::unique_ptr<transaction>> begin() override { return sqlite_transaction::begin(*database_); }

  result<std::vector<owned_position>> claim(const std::string& log, std::span<const std::int32_t> partitions,
                                            std::string_view owner) override {
    if (auto begun = database_->execute("BEGIN IMMEDIATE"); !begun)
      return begun.error();
    auto claimed = claim_within(log, partitions, owner);
    auto committed = claimed ? database_->execute("COMMIT") : result<void>{};
    // The first failure is the one to tell; what is left of the transaction goes.
    if (database_->in_transaction())
      (void)database_->execute("ROLLBACK");
    if (!committed)
      return committed.error();
    return claimed;
  }

  result<void> rewind(const std::string& log, const owned_position& held, std::int64_t next_offset) override {
    auto done = database_->run(
        "UPDATE positions SET next_offset = ?, last_message = NULL WHERE partition = ? AND owner_epoch = ? "
        "AND log_id = (SELECT log_id FROM logs WHERE name = ?)",
        [&](statement& update) {
          update.bind(next_offset).bind(held.partition).bind(held.owner_epoch).bind_text(log);
        });
    if (!done || database_->changes() == 1)
      return done;
    return make_failure(error::fenced,
                        "partition " + std::to_string(held.partition) + " was taken over by another process");
  }

  result<std::optional<owned_position>> noted_position(const std::string& log) override {
    std::optional<owned_position> noted;
    auto read = database_->query(
        "SELECT owner_epoch, next_offset, last_message FROM logs JOIN positions USING (log_id) WHERE name = "
        "? "
        "AND partition = 0 AND next_offset >= 0",
        [&](statement& select) { select.bind_text(log); },
        [&](statement& row) {
          noted = owned_position{0, row.integer(0), row.integer(1), fingerprint_from(row.bytes(2))};
        });
    if (!read)
      return read.error();
    return noted;
  }

  /// Nobody else can write this file: the lease is ours for the asking.
  result<std::optional<std::int64_t>> lease_feed(const std::string& destination, std::string_view,
                                                 std::int64_t published, std::chrono::milliseconds) override {
    std::optional<std::int64_t> stored;
    const auto take = [&](statement& row) { stored = row.integer(0); };
    if (auto read = database_->query(
            "SELECT cursor FROM feeds WHERE destination = ?",
            [&](statement& select) { select.bind_text(destination); }, take);
        !read)
      return read.error();
    if (stored && *stored >= published)
      return stored;
    if (auto written = database_->query(
            "INSERT INTO feeds (destination, cursor) VALUES (?, ?) ON CONFLICT DO UPDATE SET cursor = "
            "excluded.cursor RETURNING cursor",
            [&](statement& insert) { insert.bind_text(destination).bind(published); }, take);
        !written)
      return written.error();
    return stored;
  }

  result<void> note_caught_up(const std::string& log, std::span<const std::int32_t> partitions) override {
    for (const auto partition : partitions)
      if (auto done =
              database_->run("UPDATE positions SET has_caught_up = 1 WHERE partition = ? AND "
                             "has_caught_up = 0 AND log_id = (SELECT log_id FROM logs WHERE name = ?)",
                             [&](statement& update) { update.bind(partition).bind_text(log); });
          !done)
        return done;
    return {};
  }

  result<void> wait_for_commit(std::chrono::milliseconds longest) override {
    if (!watch_)
      watch_.emplace(file_watch::open(database_->path() + "-wal"));
    watch_->wait(longest);
    return {};
  }

  result<void> for_each_row(const visit_row& visit) override {
    return database_->query(
        "SELECT cluster, s.namespace, inventory, item FROM items i JOIN scopes s USING (scope_id) "
        "ORDER BY cluster, s.namespace, inventory, target_namespace, target_name, i.namespace, name, uid",
        [](statement&) {},
        [&](statement& row) {
          visit({row.text(0), row.text(1), row.text(2)}, row.bytes(3));
        });
  }

  result<std::vector<stored_row>> rows_in_order(const row_range& range) override {
    std::vector<stored_row> out;
    const bool is_of_one = range.scope_ids && range.scope_ids->size() == 1;
    const char* const sql = is_of_one                    ? rows_of_scope
                            : is_cheaper_by_scope(range) ? rows_by_scopes
                                                         : rows_by_order;
    // Before all rows: empty names in a scope that cannot be.
    const auto after = range.after.value_or(row_place{});
    const auto& from = after.identity;
    auto read = database_->query(
        sql,
        [&](statement& select) {
          select.bind(range.with_items ? 1 : 0)
              .bind_text(from.target_namespace)
              .bind_text(from.target_name)
              .bind_text(from.namespace_)
              .bind_text(from.name)
              .bind_text(from.uid)
              .bind(after.scope_id)
              .bind(range.limit);
          if (is_of_one)
            select.bind(range.scope_ids->front());
          else if (range.scope_ids)
            select.bind_text(scope_ids_json(*range.scope_ids));
          else
            select.bind_null();
        },
        [&](statement& row) { out.push_back(read_stored_row(row)); });
    if (!read)
      return read.error();
    return out;
  }

  result<shared_row_counts> shared_rows() override {
    shared_row_counts out;
    auto read = database_->query(
        "SELECT holders, count(*) FROM (SELECT group_concat(scope_id) AS holders FROM items INDEXED BY "
        "items_in_order GROUP BY target_namespace, target_name, namespace, name, uid HAVING count(*) > 1) "
        "GROUP BY holders",
        [](statement&) {}, [&](statement& row) { out[scope_ids_from(row.bytes(0))] += row.integer(1); });
    if (!read)
      return read.error();
    return out;
  }

  result<void> read_at_once(const std::function<result<void>()>& work) override {
    if (auto begun = database_->execute("BEGIN"); !begun)
      return begun;
    auto done = work();
    // It has only read: there is nothing to lose.
    (void)database_->execute("ROLLBACK");
    return done;
  }

  result<std::vector<feed_entry>> changes_after(std::int64_t cursor, std::int64_t limit) override {
    return read_feed(cursor, limit, [&](feed_page& page) { return read_feed_page(page); });
  }

  result<std::int64_t> last_cursor() override {
    std::int64_t cursor = 0;
    auto read = database_->query(
        "SELECT seq FROM sqlite_sequence WHERE name = 'changes'", [](statement&) {},
        [&](statement& row) { cursor = row.integer(0); });
    if (!read)
      return read.error();
    return cursor;
  }

  result<std::string> store_id() override {
    std::string id;
    auto read = database_->query(
        "SELECT store_id FROM identity", [](statement&) {}, [&](statement& row) { id = row.text(0); });
    if (!read)
      return read.error();
    return id;
  }

  result<std::string> signing_key() override {
    std::string key;
    auto read = database_->query(
        "SELECT signing_key FROM identity", [](statement&) {}, [&](statement& row) { key = row.text(0); });
    if (!read)
      return read.error();
    return key;
  }

  result<std::vector<stored_dead_letter>> newest_dead_letters(std::int64_t before_id,
                                                              std::int64_t limit) override {
    std::vector<stored_dead_letter> out;
    auto read = database_->query(
        newest_letters, [&](statement& select) { select.bind(from_newest(before_id)).bind(limit); },
        [&](statement& row) { out.push_back(read_letter(row)); });
    if (!read)
      return read.error();
    return out;
  }

  result<std::vector<stored_dead_letter>> dead_letters(std::int64_t after_id, std::int64_t limit) override {
    std::vector<stored_dead_letter> out;
    auto read = database_->query(
        letters_after, [&](statement& select) { select.bind(after_id).bind(limit); },
        [&](statement& row) { out.push_back(read_letter(row)); });
    if (!read)
      return read.error();
    return out;
  }

  result<std::vector<std::int64_t>> dead_letter_ids(std::string_view reason, std::int64_t after_id,
                                                    std::int64_t limit) override {
    std::vector<std::int64_t> out;
    auto read = database_->query(
        "SELECT dead_letter_id FROM dead_letters WHERE dead_letter_id > ? AND reason = ? AND value IS NOT "
        "NULL "
        "ORDER BY dead_letter_id LIMIT ?",
        [&](statement& select) { select.bind(after_id).bind_text(reason).bind(limit); },
        [&](statement& row) { out.push_back(row.integer(0)); });
    if (!read)
      return read.error();
    return out;
  }

  result<std::vector<scope_summary>> scopes() override {
    std::vector<scope_summary> out;
    auto read = database_->query(
        "SELECT cluster, namespace, inventory, row_count, exported_seconds, exported_nanoseconds, "
        "applied_at, target_conflicts, scope_id "
        "FROM scopes WHERE exported_seconds IS NOT NULL ORDER BY cluster, namespace, inventory",
        [](statement&) {}, [&](statement& row) { out.push_back(read_scope_summary(row)); });
    if (!read)
      return read.error();
    return out;
  }

  result<outcome_counts> counts() override {
    outcome_counts out;
    auto read = database_->query(
        "SELECT consumed, applied, duplicate, stale, dead_lettered, pending FROM totals", [](statement&) {},
        [&](statement& row) {
          out = {row.integer(0), row.integer(1), row.integer(2),
                 row.integer(3), row.integer(4), row.integer(5)};
        });
    if (!read)
      return read.error();
    return out;
  }

  result<std::vector<stored_position>> positions() override {
    std::vector<stored_position> out;
    auto read = database_->query(
        "SELECT name, partition, next_offset, owner_epoch, owner, last_message, has_caught_up FROM positions "
        "JOIN logs "
        "USING (log_id) "
        "ORDER BY "
        "name, partition",
        [](statement&) {},
        [&](statement& row) {
          out.push_back({row.text(0), static_cast<std::int32_t>(row.integer(1)), row.integer(2),
                         row.integer(3), row.text(4), fingerprint_from(row.bytes(5)), row.integer(6) != 0});
        });
    if (!read)
      return read.error();
    return out;
  }

  result<std::vector<std::string>> contradictions() override {
    // One snapshot for all of them, beside whoever is writing.
    if (auto begun = database_->execute("BEGIN"); !begun)
      return begun.error();
    std::vector<std::string> out;
    result<void> read;
    for (const auto& [sentence, query] : checks) {
      std::int64_t count = 0;
      read = database_->query(
          query, [](statement&) {}, [&](statement& row) { count = row.integer(0); });
      if (!read)
        break;
      if (count != 0)
        out.push_back(sentence + (count > 1 ? ": " + std::to_string(count) : std::string()));
    }
    // It has only read: there is nothing to lose.
    (void)database_->execute("ROLLBACK");
    if (!read)
      return read.error();
    return out;
  }

private:
  result<void> read_feed_page(feed_page& page) {
    result<void> expanded;
    auto read = database_->query(
        changes_by_cursor, [&](statement& select) { select.bind(page.cursor()).bind(page.limit()); },
        [&](statement& row) {
          if (expanded && !page.is_over())
            expanded = add_entries(row, page);
        });
    return read ? expanded : read;
  }

  /// The changes that an entry of the feed tells of. Its statement is still running, so that all of it is of
  /// one moment.
  result<void> add_entries(const statement& found, feed_page& page) {
    auto entry = read_feed_entry(found);
    if (found.is_null(15)) {
      page.add(std::move(entry), false);
      return {};
    }
    const std::int64_t last = entry.cursor, item_id = found.integer(15);
    for (auto next = std::max(found.integer(16), page.cursor() + 1); next <= last && !page.is_over();
         ++next) {
      auto version = find_version(item_id - (last - next), next);
      if (!version)
        return version.error();
      entry.cursor = next;
      entry.after = version->value_or(std::string());
      page.add(entry, !*version);
    }
    return {};
  }

  result<std::optional<std::string>> find_version(std::int64_t item_id, std::int64_t cursor) {
    std::optional<std::string> version;
    auto read = database_->query(
        version_of_row, [&](statement& select) { select.bind(item_id).bind(cursor); },
        [&](statement& row) {
          if (!row.is_null(0))
            version = row.text(0);
        });
    if (!read)
      return read.error();
    return version;
  }

  result<std::vector<owned_position>>
  claim_within(const std::string& log, std::span<const std::int32_t> partitions, std::string_view owner) {
    auto id = log_id_of(*database_, log);
    if (!id)
      return id.error();
    std::vector<owned_position> out;
    for (const auto partition : partitions) {
      auto claimed = database_->query(
          "INSERT INTO positions (log_id, partition, next_offset, owner_epoch, owner) VALUES (?, ?, -1, 1, "
          "?) "
          "ON CONFLICT DO UPDATE SET owner_epoch = owner_epoch + 1, owner = excluded.owner RETURNING "
          "owner_epoch, next_offset, "
          "last_message",
          [&](statement& insert) { insert.bind(*id).bind(partition).bind_text(owner); },
          [&](statement& row) {
            out.push_back({partition, row.integer(0), row.integer(1), fingerprint_from(row.bytes(2))});
          });
      if (!claimed)
        return claimed.error();
    }
    return out;
  }

  file_lock lock_; // released after the database is closed
  std::unique_ptr<database> database_;
  std::optional<file_watch> watch_;
};

} // namespace
} // namespace sqlite

namespace {

/// What stands behind `sqlite:` is a file's name, and nothing that SQLite would take for something else: what
/// was applied into memory would be gone, and a URI would be locked under another name than the file.
result<void> check_name(const std::string& path) {
  if (!path.empty() && path != ":memory:" && !path.starts_with("file:"))
    return {};
  auto refused =
      make_failure(error::invalid_value,
                   "a store is a file, and this names none; for a file with such a name write ./NAME");
  refused.source = path;
  return refused;
}

/// A new file is nobody else's to read: rows and dead letters hold what the fleet holds. SQLite gives its
/// other files the rights of this one. One that is there keeps its own.
void make_private_file(const std::string& path) {
  if (const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
      file >= 0)
    ::close(file);
}

} // namespace

result<std::unique_ptr<store>> open_sqlite_store(const std::string& path, std::string_view owner) {
  if (auto checked = check_name(path); !checked)
    return checked.error();
  // Under its real name: a link to the file is the same store.
  std::error_code unknown;
  const auto real_path = std::filesystem::weakly_canonical(path, unknown);
  auto lock = file_lock::acquire((unknown ? path : real_path.string()) + ".lock", owner);
  if (!lock)
    return lock.error();
  make_private_file(path);
  auto opened = sqlite::database::open(path, sqlite::access::read_write_create);
  if (!opened)
    return opened.error();
  // Before the journal mode, which is written into the file: another program's is left as it is.
  if (auto checked = sqlite::check_is_ours(**opened); !checked)
    return checked.error();
  // The size of pages is that of a new file; one that is there keeps its own. The kernel takes nearly as long
  // for a small page as for a large one, and rows have 1 KiB or so. By default, each batch's pages would be
  // copied back at once; so it is every 2048.
  for (const char* const setting :
       {"PRAGMA page_size = 16384", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
        "PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -65536", "PRAGMA journal_size_limit = 67108864",
        "PRAGMA wal_autocheckpoint = 2048"})
    if (auto done = (*opened)->execute(setting); !done)
      return done.error();
  if (auto migrated = sqlite::migrate(**opened); !migrated)
    return migrated.error();
  return std::unique_ptr<store>(new sqlite::sqlite_store(std::move(*opened), std::move(*lock)));
}

namespace {

result<std::unique_ptr<sqlite::database>> open_to_read(const std::string& path, sqlite::access how) {
  auto opened = sqlite::database::open(path, how);
  if (!opened)
    return opened.error();
  if (auto checked = sqlite::check_schema(**opened); !checked)
    return checked.error();
  return opened;
}

/// Where the folder cannot be written, SQLite cannot read a store that may have a writer. A copy, a backup or
/// a snapshot has none, nor a log beside it with what the file lacks.
result<std::unique_ptr<sqlite::database>> open_where_nobody_writes(const std::string& path, failure reason) {
  std::error_code unknown;
  if (const auto size = std::filesystem::file_size(path + "-wal", unknown); unknown || size == 0)
    return open_to_read(path, sqlite::access::immutable);
  reason.message =
      "the folder of the store must be writable, also to read it, as long as what was stored last "
      "stands in the file of that name with -wal (" +
      reason.message + "); copy both to a folder that is";
  return reason;
}

} // namespace

result<std::unique_ptr<store>> open_sqlite_reader(const std::string& path) {
  if (auto checked = check_name(path); !checked)
    return checked.error();
  auto opened = open_to_read(path, sqlite::access::read_only);
  if (!opened && opened.error().reason() == error::store_read_only)
    opened = open_where_nobody_writes(path, std::move(opened).error());
  if (!opened)
    return opened.error();
  return std::unique_ptr<store>(new sqlite::sqlite_store(std::move(*opened), file_lock{}));
}

} // namespace kollect::consumer
