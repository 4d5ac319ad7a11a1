#include "sqlite_schema.hpp"

#include <iterator>
#include <string>

namespace kollect::consumer::sqlite {
namespace {

constexpr const char* version_1 = R"sql(
CREATE TABLE logs (
  log_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE positions (
  log_id INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  next_offset INTEGER NOT NULL,
  owner_epoch INTEGER NOT NULL,
  owner TEXT NOT NULL,
  last_message BLOB,
  PRIMARY KEY (log_id, partition)
) WITHOUT ROWID;
CREATE TABLE scopes (
  scope_id INTEGER PRIMARY KEY,
  cluster TEXT NOT NULL,
  namespace TEXT NOT NULL,
  inventory TEXT NOT NULL,
  exported_seconds INTEGER,
  exported_nanoseconds INTEGER,
  generation INTEGER,
  payload_digest BLOB,
  items_digest BLOB,
  applied_parts BLOB,
  target_digest INTEGER NOT NULL DEFAULT 0,
  target_conflicts INTEGER NOT NULL DEFAULT 0,
  applied_at TEXT,
  row_count INTEGER NOT NULL DEFAULT 0,
  dedup_key_count INTEGER NOT NULL DEFAULT 0,
  UNIQUE (cluster, namespace, inventory)
);
CREATE TABLE dedup_keys (
  scope_id INTEGER NOT NULL,
  payload_digest BLOB NOT NULL,
  timestamp TEXT NOT NULL,
  exported_seconds INTEGER NOT NULL,
  PRIMARY KEY (scope_id, payload_digest, timestamp)
) WITHOUT ROWID;
CREATE TABLE items (
  scope_id INTEGER NOT NULL,
  target_namespace TEXT NOT NULL,
  target_name TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  item TEXT NOT NULL,
  UNIQUE (scope_id, target_namespace, target_name, namespace, name, uid)
);
CREATE TABLE changes (
  cursor INTEGER PRIMARY KEY AUTOINCREMENT,
  scope_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  changed_paths TEXT NOT NULL,
  log_id INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  exported_seconds INTEGER NOT NULL,
  exported_nanoseconds INTEGER NOT NULL,
  applied_at TEXT NOT NULL
);
CREATE TABLE pending_parts (
  scope_id INTEGER NOT NULL,
  exported_seconds INTEGER NOT NULL,
  exported_nanoseconds INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  part_total INTEGER NOT NULL,
  part_index INTEGER NOT NULL,
  digest BLOB NOT NULL,
  log_id INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  message_key BLOB,
  arrived_seconds INTEGER NOT NULL,
  message_bytes INTEGER NOT NULL,
  message BLOB NOT NULL,
  PRIMARY KEY (scope_id, exported_seconds, exported_nanoseconds, generation, part_total, part_index)
);
CREATE TABLE dead_letters (
  dead_letter_id INTEGER PRIMARY KEY AUTOINCREMENT,
  log_id INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  message_key BLOB,
  subject TEXT NOT NULL,
  headers TEXT NOT NULL,
  value BLOB,
  value_bytes INTEGER NOT NULL,
  value_digest BLOB NOT NULL,
  body_bytes INTEGER NOT NULL,
  is_tombstone INTEGER NOT NULL,
  reason TEXT NOT NULL,
  sentence TEXT NOT NULL,
  clause TEXT NOT NULL,
  byte_offset INTEGER,
  buried_at TEXT NOT NULL
);
CREATE UNIQUE INDEX dead_letters_by_origin ON dead_letters (log_id, partition, offset, value_digest);
CREATE INDEX dead_letters_with_body ON dead_letters (dead_letter_id) WHERE value IS NOT NULL;
CREATE TABLE totals (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  consumed INTEGER NOT NULL,
  applied INTEGER NOT NULL,
  duplicate INTEGER NOT NULL,
  stale INTEGER NOT NULL,
  dead_lettered INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  pending_bytes INTEGER NOT NULL,
  dead_letter_bytes INTEGER NOT NULL
);
INSERT INTO totals VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0);
)sql";

constexpr const char* version_2 = R"sql(
ALTER TABLE scopes ADD COLUMN held_back BLOB;
ALTER TABLE changes ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';
CREATE TABLE identity (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  store_id TEXT NOT NULL,
  signing_key BLOB NOT NULL
);
INSERT INTO identity VALUES (1, lower(hex(randomblob(16))), randomblob(32));
ALTER TABLE positions ADD COLUMN has_caught_up INTEGER NOT NULL DEFAULT 0;
CREATE INDEX items_in_order ON items (target_namespace, target_name, namespace, name, uid, scope_id);
CREATE TABLE feeds (
  destination TEXT PRIMARY KEY,
  cursor INTEGER NOT NULL
) WITHOUT ROWID;
)sql";

// Each version of a row is kept once. While it is the row itself, the entry of the feed that told of it names
// the row, which names the entry; from then on the entry that `replaces` it has it as `before`. An entry with
// a first_cursor tells of as many rows, one after the other up to item_id. Rows have a number of their own,
// as VACUUM may change those that SQLite gives. The renamed column stops readers of version 2 that are still
// running.
constexpr const char* version_3 = R"sql(
ALTER TABLE items RENAME TO items_2;
CREATE TABLE items (
  item_id INTEGER PRIMARY KEY,
  scope_id INTEGER NOT NULL,
  target_namespace TEXT NOT NULL,
  target_name TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  cursor INTEGER NOT NULL,
  item TEXT NOT NULL,
  UNIQUE (scope_id, target_namespace, target_name, namespace, name, uid)
);
INSERT INTO items (scope_id, target_namespace, target_name, namespace, name, uid, cursor, item)
  SELECT scope_id, target_namespace, target_name, namespace, name, uid, 0, item FROM items_2;
DROP TABLE items_2;
CREATE INDEX items_in_order ON items (target_namespace, target_name, namespace, name, uid, scope_id);
ALTER TABLE changes RENAME COLUMN after TO kept_after;
ALTER TABLE changes ADD COLUMN first_cursor INTEGER;
ALTER TABLE changes ADD COLUMN item_id INTEGER;
ALTER TABLE changes ADD COLUMN replaces INTEGER;
CREATE INDEX changes_by_replaced ON changes (replaces) WHERE replaces IS NOT NULL;
)sql";

// What is noted of all rows of a scope tells when one of them is not what was written. Snapshots that are too
// large for memory are compared in the staged tables, which are empty between two transactions.
constexpr const char* version_4 = R"sql(
ALTER TABLE scopes ADD COLUMN row_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE scopes ADD COLUMN rows_checksum INTEGER NOT NULL DEFAULT 0;
UPDATE scopes SET
  row_bytes = (SELECT coalesce(sum(length(CAST(item AS BLOB))), 0) FROM items i WHERE i.scope_id = scopes.scope_id),
  rows_checksum = (SELECT rows_checksum(i.target_namespace, i.target_name, i.namespace, i.name, i.uid, item) FROM items i WHERE i.scope_id = scopes.scope_id);
CREATE TABLE staged_rows (
  staged_id INTEGER PRIMARY KEY,
  target_namespace TEXT NOT NULL,
  target_name TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  item TEXT NOT NULL,
  UNIQUE (target_namespace, target_name, namespace, name, uid)
);
CREATE TABLE staged_changes (
  change_id INTEGER PRIMARY KEY,
  item_id INTEGER,
  staged_id INTEGER
);
)sql";

// The index. A scope without blocks is one block of which nothing is known, as is a block without a filter;
// is_complete says that there are none. It is filled by build_index(), a piece at a time.
constexpr const char* version_5 = R"sql(
CREATE TABLE row_index (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  paths TEXT NOT NULL,
  is_complete INTEGER NOT NULL
);
INSERT INTO row_index VALUES (1, 'none', 0);
CREATE TABLE row_blocks (
  block_id INTEGER PRIMARY KEY,
  scope_id INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  room INTEGER NOT NULL,
  filter BLOB,
  from_key BLOB NOT NULL,
  until_key BLOB NOT NULL
);
CREATE UNIQUE INDEX row_blocks_in_order ON row_blocks (scope_id, from_key);
CREATE INDEX row_blocks_unbuilt ON row_blocks (block_id) WHERE filter IS NULL;
)sql";

// Scopes of a forgotten cluster keep their record, so that what is older than that does not bring it back.
// The renamed column stops processes of version 5, which would not end that.
constexpr const char* version_6 = R"sql(
ALTER TABLE scopes ADD COLUMN is_forgotten INTEGER NOT NULL DEFAULT 0;
ALTER TABLE scopes RENAME COLUMN held_back TO held_back_items;
ALTER TABLE dead_letters ADD COLUMN cluster TEXT;
)sql";

/// What leads from each version to the next, beginning with an empty file.
constexpr const char* migrations[] = {version_1, version_2, version_3, version_4, version_5, version_6};
static_assert(std::size(migrations) == schema_version);

result<std::int64_t> read_pragma(database& target, const char* sql) {
  auto statement = target.prepared(sql);
  if (!statement)
    return statement.error();
  auto row = (*statement)->step();
  if (!row)
    return row.error();
  const std::int64_t value = *row ? (*statement)->integer(0) : 0;
  (*statement)->reset();
  return value;
}

failure refuse(const database& target, error reason, std::string sentence) {
  auto out = make_failure(reason, std::move(sentence));
  out.source = target.path();
  return out;
}

/// The file's schema version; 0 for an empty file.
result<std::int64_t> read_version(database& target) {
  auto version = read_pragma(target, "PRAGMA user_version");
  if (!version)
    return version;
  auto id = read_pragma(target, "PRAGMA application_id");
  if (!id)
    return id;
  auto tables = read_pragma(target, "SELECT count(*) FROM sqlite_schema");
  if (!tables)
    return tables;
  if (*id != application_id && (*id != 0 || *tables != 0))
    return refuse(target, error::store_corrupt,
                  "this SQLite file belongs to another program; name another file");
  if (*version > schema_version)
    return refuse(target, error::store_too_new,
                  "the store has schema " + std::to_string(*version) + ", this program knows up to " +
                      std::to_string(schema_version) + "; use the newer program");
  return version;
}

} // namespace

result<void> migrate(database& target) {
  if (auto begun = target.execute("BEGIN IMMEDIATE"); !begun)
    return begun;
  const auto work = [&]() -> result<void> {
    auto version = read_version(target);
    if (!version)
      return version.error();
    if (*version == schema_version)
      return {};
    for (auto next = *version; next < schema_version; ++next)
      if (auto made = target.execute(migrations[next]); !made)
        return made;
    if (auto marked = target.execute("PRAGMA application_id = 1263289172"); !marked)
      return marked;
    return target.execute("PRAGMA user_version = 6");
  };
  static_assert(application_id == 1263289172 && schema_version == 6, "the literals above say the same");
  auto done = work();
  if (done)
    done = target.execute("COMMIT");
  // A failed statement may have ended the transaction already; the first reason is the one to tell.
  if (!done && target.in_transaction())
    (void)target.execute("ROLLBACK");
  return done;
}

result<void> check_is_ours(database& target) {
  auto version = read_version(target);
  if (!version)
    return version.error();
  return {};
}

result<void> check_schema(database& target) {
  auto version = read_version(target);
  if (!version)
    return version.error();
  if (*version == 0)
    return refuse(target, error::store_missing, "the store is empty; `kollect-consumer run` fills it");
  if (*version < schema_version)
    return refuse(target, error::store_unavailable,
                  "the store has schema " + std::to_string(*version) +
                      "; start `kollect-consumer run` of this "
                      "version once, which brings it up to date");
  return {};
}

} // namespace kollect::consumer::sqlite
