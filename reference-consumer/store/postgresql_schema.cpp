#include "postgresql_schema.hpp"

#include "postgresql_row_totals.hpp"

#include <iterator>
#include <memory>
#include <string>

namespace kollect::consumer::postgresql {
namespace {

// All integers are BIGINT, the one binary form that is sent and read. Names are BYTEA: they may hold any
// character, U+0000 too, which TEXT refuses, and they sort by their bytes. What may be long is found by its
// SHA-256, as an index entry has at most some 2700 bytes. Rows that are updated all the time have room to be.
constexpr const char* version_1 = R"sql(
CREATE TABLE schema_version (version BIGINT NOT NULL);
CREATE TABLE logs (
  log_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name_digest BYTEA NOT NULL UNIQUE,
  name BYTEA NOT NULL
);
CREATE TABLE positions (
  log_id BIGINT NOT NULL,
  partition BIGINT NOT NULL,
  next_offset BIGINT NOT NULL,
  owner_epoch BIGINT NOT NULL,
  owner BYTEA NOT NULL,
  last_message BYTEA,
  PRIMARY KEY (log_id, partition)
) WITH (fillfactor = 50);
CREATE TABLE scopes (
  scope_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scope_digest BYTEA NOT NULL UNIQUE,
  cluster BYTEA NOT NULL,
  namespace BYTEA NOT NULL,
  inventory BYTEA NOT NULL,
  exported_seconds BIGINT,
  exported_nanoseconds BIGINT,
  generation BIGINT,
  payload_digest BYTEA,
  items_digest BYTEA,
  applied_parts BYTEA,
  target_digest BIGINT NOT NULL DEFAULT 0,
  target_conflicts BIGINT NOT NULL DEFAULT 0,
  applied_at TEXT,
  row_count BIGINT NOT NULL DEFAULT 0,
  dedup_key_count BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE TABLE dedup_keys (
  scope_id BIGINT NOT NULL,
  payload_digest BYTEA NOT NULL,
  timestamp TEXT NOT NULL,
  exported_seconds BIGINT NOT NULL,
  PRIMARY KEY (scope_id, payload_digest, timestamp)
);
CREATE TABLE items (
  scope_id BIGINT NOT NULL,
  identity_digest BYTEA NOT NULL,
  target_namespace BYTEA NOT NULL,
  target_name BYTEA NOT NULL,
  namespace BYTEA NOT NULL,
  name BYTEA NOT NULL,
  uid BYTEA NOT NULL,
  item TEXT NOT NULL,
  PRIMARY KEY (scope_id, identity_digest)
);
CREATE TABLE change_batches (
  batch_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  first_cursor BIGINT NOT NULL UNIQUE,
  last_cursor BIGINT NOT NULL UNIQUE
);
CREATE TABLE changes (
  batch_id BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  scope_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  changed_paths TEXT NOT NULL,
  log_id BIGINT NOT NULL,
  partition BIGINT NOT NULL,
  "offset" BIGINT NOT NULL,
  exported_seconds BIGINT NOT NULL,
  exported_nanoseconds BIGINT NOT NULL,
  applied_at TEXT NOT NULL,
  PRIMARY KEY (batch_id, sequence)
);
CREATE TABLE pending_parts (
  scope_id BIGINT NOT NULL,
  exported_seconds BIGINT NOT NULL,
  exported_nanoseconds BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  part_total BIGINT NOT NULL,
  part_index BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  log_id BIGINT NOT NULL,
  partition BIGINT NOT NULL,
  "offset" BIGINT NOT NULL,
  message_key BYTEA,
  arrived_seconds BIGINT NOT NULL,
  message_bytes BIGINT NOT NULL,
  message BYTEA NOT NULL,
  PRIMARY KEY (scope_id, exported_seconds, exported_nanoseconds, generation, part_total, part_index)
);
CREATE TABLE dead_letters (
  dead_letter_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  log_id BIGINT NOT NULL,
  partition BIGINT NOT NULL,
  "offset" BIGINT NOT NULL,
  message_key BYTEA,
  subject BYTEA NOT NULL,
  headers BYTEA NOT NULL,
  value BYTEA,
  value_bytes BIGINT NOT NULL,
  value_digest BYTEA NOT NULL,
  body_bytes BIGINT NOT NULL,
  is_tombstone BIGINT NOT NULL,
  reason TEXT NOT NULL,
  sentence BYTEA NOT NULL,
  clause TEXT NOT NULL,
  byte_offset BIGINT,
  buried_at TEXT NOT NULL,
  UNIQUE (log_id, partition, "offset", value_digest)
);
CREATE INDEX dead_letters_with_body ON dead_letters (dead_letter_id) WHERE value IS NOT NULL;
CREATE TABLE totals (
  only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
  consumed BIGINT NOT NULL,
  applied BIGINT NOT NULL,
  duplicate BIGINT NOT NULL,
  stale BIGINT NOT NULL,
  dead_lettered BIGINT NOT NULL,
  pending BIGINT NOT NULL,
  pending_bytes BIGINT NOT NULL,
  dead_letter_bytes BIGINT NOT NULL,
  last_cursor BIGINT NOT NULL
) WITH (fillfactor = 10);
INSERT INTO totals VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0);

-- A name as TEXT, each U+0000 as U+FFFD.
CREATE FUNCTION name_as_text(name BYTEA) RETURNS TEXT LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT convert_from(
    CASE WHEN position('\x00'::bytea IN name) = 0 THEN name
    ELSE (SELECT string_agg(CASE get_byte(name, place) WHEN 0 THEN '\xefbfbd'::bytea
                            ELSE substring(name FROM place + 1 FOR 1) END, ''::bytea ORDER BY place)
          FROM generate_series(0, length(name) - 1) place)
    END, 'UTF8')
$$;

-- A row as JSONB; U+0000 and lone surrogates, which JSONB refuses, as U+FFFD.
CREATE FUNCTION item_as_jsonb(item TEXT) RETURNS JSONB LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN item::jsonb;
EXCEPTION WHEN OTHERS THEN
  BEGIN
    RETURN regexp_replace(
      regexp_replace(item, '(?<!\\)((?:\\\\)*)\\u0000', '\1\\ufffd', 'g'),
      '(?<!\\)((?:\\\\)*)\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|[c-fC-F][0-9a-fA-F]{2})',
      '\1\\ufffd', 'g')::jsonb;
  EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
  END;
END
$$;

-- The columns of upstream's state table.
CREATE VIEW inventory_items AS
SELECT name_as_text(scopes.namespace) AS inventory_namespace,
       name_as_text(inventory) AS inventory_name,
       name_as_text(target_name) AS target_name,
       name_as_text(uid) AS source_uid,
       name_as_text(cluster) AS cluster,
       name_as_text(items.namespace) AS resource_namespace,
       item_as_jsonb(item) AS payload,
       to_timestamp(exported_seconds) + exported_nanoseconds / 1000 * INTERVAL '1 microsecond' AS exported_at
FROM items JOIN scopes USING (scope_id);
)sql";

constexpr const char* version_2 = R"sql(
ALTER TABLE scopes ADD COLUMN held_back BYTEA;
ALTER TABLE changes ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';
CREATE TABLE identity (
  only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
  store_id TEXT NOT NULL,
  signing_key BYTEA NOT NULL
);
INSERT INTO identity VALUES (1, replace(gen_random_uuid()::text, '-', ''),
  decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
ALTER TABLE positions ADD COLUMN has_caught_up BIGINT NOT NULL DEFAULT 0;
-- Names that are longer than any in Kubernetes are indexed by their beginning: an index entry has its limits.
CREATE FUNCTION beginning(name BYTEA) RETURNS BYTEA LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT substring(name FROM 1 FOR 300)';
CREATE INDEX items_in_order ON items (beginning(target_namespace), beginning(target_name), beginning(namespace),
  beginning(name), beginning(uid), scope_id);
CREATE VIEW items_with_beginnings AS
SELECT items.*, beginning(target_namespace) AS b1, beginning(target_name) AS b2, beginning(namespace) AS b3,
       beginning(name) AS b4, beginning(uid) AS b5
FROM items;
CREATE TABLE feeds (
  destination_digest BYTEA PRIMARY KEY,
  destination BYTEA NOT NULL,
  cursor BIGINT NOT NULL,
  owner BYTEA NOT NULL,
  leased_until TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 10);
)sql";

// Each version of a row is kept once. While it is the row itself, the row names the entry of the feed that
// told of it, and that has its identity_digest; from then on the entry that replaced it has it as `before`.
// An entry may tell of as many rows, added one after the other, as it has digests, the last of them at
// `sequence`. The renamed column stops processes of version 2, which would change rows without telling which
// entry does.
constexpr const char* version_3 = R"sql(
ALTER TABLE items ADD COLUMN batch_id BIGINT, ADD COLUMN sequence BIGINT;
ALTER TABLE changes RENAME COLUMN after TO kept_after;
ALTER TABLE changes ADD COLUMN first_sequence BIGINT, ADD COLUMN identity_digests BYTEA,
  ADD COLUMN replaced_batch_id BIGINT, ADD COLUMN replaced_sequence BIGINT;
ALTER TABLE changes ALTER COLUMN identity_digests SET STORAGE EXTERNAL;
CREATE INDEX changes_by_replaced ON changes (replaced_batch_id, replaced_sequence)
  WHERE replaced_batch_id IS NOT NULL;
)sql";

// What is noted of all rows of a scope tells when one of them is not what was written. Snapshots that are too
// large for memory are compared in the staged tables, which are empty between two transactions and need not
// survive one: they are not logged.
constexpr const char* version_4 = R"sql(
ALTER TABLE scopes ADD COLUMN row_bytes BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN rows_checksum BIGINT NOT NULL DEFAULT 0;
CREATE UNLOGGED TABLE staged_rows (
  scope_id BIGINT NOT NULL,
  identity_digest BYTEA NOT NULL,
  target_namespace BYTEA NOT NULL,
  target_name BYTEA NOT NULL,
  namespace BYTEA NOT NULL,
  name BYTEA NOT NULL,
  uid BYTEA NOT NULL,
  item TEXT NOT NULL,
  PRIMARY KEY (scope_id, identity_digest)
);
CREATE UNLOGGED TABLE staged_changes (
  scope_id BIGINT NOT NULL,
  change_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  identity_digest BYTEA NOT NULL,
  PRIMARY KEY (scope_id, change_id)
);
)sql";

// A function that catches exceptions begins a subtransaction, which no parallel worker, and no leader of one,
// may.
constexpr const char* version_5 = "ALTER FUNCTION item_as_jsonb(TEXT) PARALLEL UNSAFE";

// The index. A scope without blocks is one block of which nothing is known, as is a block that is not built;
// is_complete says that there are none. It is filled by build_index(), a piece at a time. The renamed column
// stops processes of version 5, which would write rows past the index.
constexpr const char* version_6 = R"sql(
CREATE TABLE row_index (
  only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
  paths TEXT NOT NULL,
  is_complete BIGINT NOT NULL
) WITH (fillfactor = 10);
INSERT INTO row_index VALUES (1, 'none', 0);
CREATE TABLE row_blocks (
  block_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scope_id BIGINT NOT NULL,
  row_count BIGINT NOT NULL,
  room BIGINT NOT NULL,
  is_built BIGINT NOT NULL,
  filter BIT VARYING NOT NULL,
  from_key BYTEA NOT NULL,
  until_key BYTEA NOT NULL
) WITH (fillfactor = 80);
ALTER TABLE row_blocks ALTER COLUMN filter SET STORAGE PLAIN;
CREATE UNIQUE INDEX row_blocks_in_order ON row_blocks (scope_id, from_key);
CREATE INDEX row_blocks_unbuilt ON row_blocks (block_id) WHERE is_built = 0;
ALTER TABLE changes RENAME COLUMN kept_after TO kept_version;
)sql";

// Scopes of a forgotten cluster keep their record, so that what is older than that does not bring it back.
// The renamed column stops processes of version 6, which would not end that. What the index of filters finds
// is read scope by scope.
constexpr const char* version_7 = R"sql(
ALTER TABLE scopes ADD COLUMN is_forgotten BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scopes RENAME COLUMN held_back TO held_back_items;
ALTER TABLE dead_letters ADD COLUMN cluster BYTEA;
CREATE INDEX items_of_scope ON items (scope_id, beginning(target_namespace), beginning(target_name),
  beginning(namespace), beginning(name), beginning(uid));
)sql";

/// Notes what version 4 keeps of rows that were there before.
result<void> note_row_totals(connection& target) {
  auto scopes = read_row_totals(target);
  if (!scopes)
    return scopes.error();
  for (const auto& [scope_id, totals] : *scopes)
    if (auto noted =
            target.run("UPDATE scopes SET row_bytes = $1, rows_checksum = $2 WHERE scope_id = $3",
                       parameters().integer(totals.bytes).integer(totals.checksum).integer(scope_id));
        !noted)
      return noted.error();
  return {};
}

/// What leads from each version to the next, beginning with an empty schema.
constexpr const char* migrations[] = {version_1, version_2, version_3, version_4,
                                      version_5, version_6, version_7};
static_assert(std::size(migrations) == schema_version);

/// Any number that others are unlikely to use: the first bytes of "kollect".
constexpr const char* lock_migration = "SELECT pg_advisory_xact_lock(30239034178757492)";

result<std::int64_t> version_of(connection& target) {
  auto table = target.run("SELECT 1::bigint FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                          "ON n.oid = c.relnamespace "
                          "WHERE relname = 'schema_version' AND nspname = current_schema()");
  if (!table)
    return table.error();
  if (table->size() == 0)
    return 0;
  auto found = target.run("SELECT version FROM schema_version");
  if (!found)
    return found.error();
  return found->size() == 1 ? (*found)[0].integer(0) : 0;
}

result<void> refuse_newer(const connection& target, std::int64_t version) {
  if (version <= schema_version)
    return {};
  return target.refuse(error::store_too_new, "the tables have version " + std::to_string(version) +
                                                 ", this program knows " + std::to_string(schema_version) +
                                                 "; use the program that wrote them, or a newer one");
}

result<void> migrate_within(connection& target, const std::string& schema) {
  if (auto locked = target.run(lock_migration); !locked)
    return locked.error();
  auto exists = target.run("SELECT 1::bigint FROM pg_catalog.pg_namespace WHERE nspname = $1",
                           parameters().text(schema));
  if (!exists)
    return exists.error();
  // Only where it is missing: to ask for it takes a right that there is no need for otherwise.
  if (exists->size() == 0)
    if (auto made = target.execute("CREATE SCHEMA " + target.quoted(schema)); !made)
      return made;
  auto version = version_of(target);
  if (!version)
    return version.error();
  if (auto known = refuse_newer(target, *version); !known || *version == schema_version)
    return known;
  for (auto next = *version; next < schema_version; ++next)
    if (auto made = target.execute(migrations[next]); !made)
      return made;
  if (*version > 0 && *version < 4)
    if (auto noted = note_row_totals(target); !noted)
      return noted;
  if (auto cleared = target.execute("DELETE FROM schema_version"); !cleared)
    return cleared;
  auto noted = target.run("INSERT INTO schema_version VALUES ($1)", parameters().integer(schema_version));
  if (!noted)
    return noted.error();
  return {};
}

} // namespace

result<void> migrate(connection& target, const std::string& schema) {
  if (auto begun = target.execute("BEGIN"); !begun)
    return begun;
  auto done = migrate_within(target, schema);
  // The first failure is the one to tell; a lost connection rolls back by itself.
  auto ended = target.execute(done ? "COMMIT" : "ROLLBACK");
  return done ? ended : done;
}

result<void> check_schema(connection& target) {
  auto version = version_of(target);
  if (!version)
    return version.error();
  if (*version == 0)
    return target.refuse(error::store_missing,
                         "the schema holds no store yet; `kollect-consumer run` makes it");
  if (*version < schema_version)
    return target.refuse(
        error::store_unavailable,
        "the tables have version " + std::to_string(*version) +
            "; start `kollect-consumer run` of this version once, which brings them up to date");
  return refuse_newer(target, *version);
}

} // namespace kollect::consumer::postgresql
