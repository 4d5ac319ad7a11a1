#ifndef KOLLECT_CONSUMER_STATEMENTS_HPP
#define KOLLECT_CONSUMER_STATEMENTS_HPP

/// Statements that SQLite and PostgreSQL both understand. SQLite numbers `$1`, `$2` … as they come up in the
/// text: each statement names them in their order.
namespace kollect::consumer::statements {

// Positions.

inline constexpr char claim_position[] = R"sql(
INSERT INTO positions AS p (log_id, partition, next_offset, owner_epoch, owner) VALUES ($1, $2, -1, 1, $3)
ON CONFLICT (log_id, partition) DO UPDATE SET owner_epoch = p.owner_epoch + 1, owner = excluded.owner
RETURNING owner_epoch, next_offset, last_message)sql";

inline constexpr char advance_position[] = R"sql(
UPDATE positions SET next_offset = $1, last_message = $2
WHERE log_id = $3 AND partition = $4 AND owner_epoch = $5 AND next_offset = $6)sql";

inline constexpr char note_position[] = R"sql(
INSERT INTO positions AS p (log_id, partition, next_offset, last_message, owner_epoch, owner)
VALUES ($1, $2, $3, $4, 0, '')
ON CONFLICT (log_id, partition) DO UPDATE SET next_offset = excluded.next_offset, last_message = excluded.last_message
WHERE excluded.next_offset > p.next_offset)sql";

inline constexpr char all_positions[] = R"sql(
SELECT name, partition, next_offset, owner_epoch, owner, last_message, has_caught_up
FROM positions JOIN logs USING (log_id) ORDER BY name, partition)sql";

// Scopes, their keys and their rows.

inline constexpr char scopes_with_a_snapshot[] = R"sql(
SELECT cluster, namespace, inventory, row_count, exported_seconds, exported_nanoseconds, applied_at, target_conflicts,
       scope_id
FROM scopes WHERE exported_seconds IS NOT NULL AND is_forgotten = 0 ORDER BY cluster, namespace, inventory)sql";

inline constexpr char forgotten_scopes[] = R"sql(
SELECT cluster, namespace, inventory, row_count, exported_seconds, exported_nanoseconds, applied_at, target_conflicts,
       scope_id
FROM scopes WHERE is_forgotten = 1 ORDER BY cluster, namespace, inventory)sql";

/// Exclusive or of the checksum, spelled with the operators that both know.
inline constexpr char update_scope[] = R"sql(
UPDATE scopes SET exported_seconds = $1, exported_nanoseconds = $2, generation = $3, payload_digest = $4,
  items_digest = $5, applied_parts = $6, target_digest = $7, target_conflicts = $8, applied_at = $9, row_count = $10,
  row_bytes = $11, rows_checksum = (rows_checksum | $12) & ~(rows_checksum & $12), held_back_items = NULL,
  is_forgotten = $13
WHERE scope_id = $14)sql";

inline constexpr char hold_back[] = "UPDATE scopes SET held_back_items = $1 WHERE scope_id = $2";

inline constexpr char is_known_key[] =
    "SELECT 1 FROM dedup_keys WHERE scope_id = $1 AND payload_digest = $2 AND timestamp = $3";

inline constexpr char remember_key[] = R"sql(
INSERT INTO dedup_keys (scope_id, payload_digest, timestamp, exported_seconds) VALUES ($1, $2, $3, $4))sql";

inline constexpr char checksum_of_scope[] = "SELECT rows_checksum FROM scopes WHERE scope_id = $1";

inline constexpr char rows_of_scope[] = R"sql(
SELECT target_namespace, target_name, namespace, name, uid, item FROM items WHERE scope_id = $1
ORDER BY target_namespace, target_name, namespace, name, uid)sql";

inline constexpr char all_rows[] = R"sql(
SELECT cluster, s.namespace, inventory, item FROM items i JOIN scopes s USING (scope_id)
ORDER BY cluster, s.namespace, inventory, target_namespace, target_name, i.namespace, name, uid)sql";

// Parts that wait.

inline constexpr char waiting_parts[] = R"sql(
SELECT part_index, digest, message_bytes FROM pending_parts
WHERE scope_id = $1 AND exported_seconds = $2 AND exported_nanoseconds = $3 AND generation = $4 AND part_total = $5)sql";

inline constexpr char hold_part[] = R"sql(
INSERT INTO pending_parts (scope_id, exported_seconds, exported_nanoseconds, generation, part_total, part_index, digest,
                           log_id, partition, "offset", message_key, arrived_seconds, message_bytes, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14))sql";

inline constexpr char one_part[] = R"sql(
SELECT cluster, namespace, inventory, p.exported_seconds, p.exported_nanoseconds, p.generation, part_total, part_index,
       digest, name, partition, "offset", message_key, message, arrived_seconds
FROM pending_parts p JOIN scopes USING (scope_id) JOIN logs USING (log_id)
WHERE p.scope_id = $1 AND p.exported_seconds = $2 AND p.exported_nanoseconds = $3 AND p.generation = $4
  AND part_total = $5 AND part_index = $6)sql";

/// The set whose newest part came longest ago, if it is too old or all of them are too large. $2: bytes that
/// the totals do not know yet.
inline constexpr char torn_set[] = R"sql(
SELECT scope_id, p.exported_seconds, p.exported_nanoseconds, p.generation, part_total, max(arrived_seconds) AS newest,
       cluster, namespace, inventory
FROM pending_parts p JOIN scopes USING (scope_id) GROUP BY 1, 2, 3, 4, 5, 7, 8, 9
HAVING max(arrived_seconds) < $1 OR (SELECT pending_bytes FROM totals) + $2 > $3 ORDER BY newest, 2, 3 LIMIT 1)sql";

// Dead letters.

inline constexpr char bury[] = R"sql(
INSERT INTO dead_letters (log_id, partition, "offset", message_key, subject, headers, value, value_bytes, value_digest,
                          body_bytes, is_tombstone, reason, sentence, clause, byte_offset, buried_at, cluster)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT DO NOTHING)sql";

inline constexpr char letters_after[] = R"sql(
SELECT dead_letter_id, name, partition, "offset", message_key, subject, headers, value, is_tombstone, reason, sentence,
       clause, byte_offset, buried_at, value_bytes, value_digest, cluster
FROM dead_letters JOIN logs USING (log_id) WHERE dead_letter_id > $1 ORDER BY dead_letter_id LIMIT $2)sql";

inline constexpr char newest_letters[] = R"sql(
SELECT dead_letter_id, name, partition, "offset", NULL, subject, '', CASE WHEN value IS NOT NULL THEN '' END,
       is_tombstone, reason, sentence, clause, byte_offset, buried_at, value_bytes, value_digest, cluster
FROM dead_letters JOIN logs USING (log_id) WHERE dead_letter_id < $1 ORDER BY dead_letter_id DESC LIMIT $2)sql";

inline constexpr char one_letter[] = R"sql(
SELECT dead_letter_id, name, partition, "offset", NULL, subject, '', substr(value, 1, CAST($1 AS INTEGER)),
       is_tombstone, reason, sentence, clause, byte_offset, buried_at, value_bytes, value_digest, cluster
FROM dead_letters JOIN logs USING (log_id) WHERE dead_letter_id = $2)sql";

inline constexpr char letters_of_reason[] = R"sql(
SELECT dead_letter_id FROM dead_letters WHERE dead_letter_id > $1 AND reason = $2 AND value IS NOT NULL
ORDER BY dead_letter_id LIMIT $3)sql";

/// $1: bytes that the totals do not know yet.
inline constexpr char oldest_body[] = R"sql(
SELECT dead_letter_id, body_bytes FROM dead_letters
WHERE value IS NOT NULL AND (SELECT dead_letter_bytes FROM totals) + $1 > $2 ORDER BY dead_letter_id LIMIT 1)sql";

inline constexpr char drop_body[] = R"sql(
UPDATE dead_letters SET value = NULL, message_key = NULL, headers = '[]'
WHERE dead_letter_id = $1 AND value IS NOT NULL)sql";

// The store as a whole.

inline constexpr char counters[] =
    "SELECT consumed, applied, duplicate, stale, dead_lettered, pending FROM totals";
inline constexpr char store_id[] = "SELECT store_id FROM identity";
inline constexpr char signing_key[] = "SELECT signing_key FROM identity";

/// What must not be: a sentence, and a query that answers how often it is.
struct contradiction {
  const char* sentence;
  const char* query;
};

inline constexpr contradiction contradictions[] = {
    {"the counters do not add up to what was consumed", R"sql(
SELECT count(*) FROM totals WHERE consumed <> applied + duplicate + stale + dead_lettered + pending)sql"},
    {"scopes with another number of rows than noted", R"sql(
SELECT count(*) FROM scopes s WHERE row_count <> (SELECT count(*) FROM items i WHERE i.scope_id = s.scope_id))sql"},
    {"rows of snapshots that are staged, though none is being written", "SELECT count(*) FROM staged_rows"},
    {"scopes with another number of dedup keys than noted", R"sql(
SELECT count(*) FROM scopes s
WHERE dedup_key_count <> (SELECT count(*) FROM dedup_keys d WHERE d.scope_id = s.scope_id))sql"},
    {"the number of pending parts is not the one counted", R"sql(
SELECT count(*) FROM totals WHERE pending <> (SELECT count(*) FROM pending_parts))sql"},
    {"the bytes of pending parts are not those noted", R"sql(
SELECT count(*) FROM totals WHERE pending_bytes <> (SELECT coalesce(sum(message_bytes), 0) FROM pending_parts))sql"},
    {"scopes whose blocks of the index overlap or leave rows out", R"sql(
SELECT count(DISTINCT scope_id) FROM (
  SELECT scope_id, length(from_key) AS from_bytes, until_key, lag(until_key) OVER one AS until_before, from_key,
         row_number() OVER one AS place, lead(from_key) OVER one AS next_from
  FROM row_blocks WINDOW one AS (PARTITION BY scope_id ORDER BY from_key)) AS block
WHERE (place = 1 AND from_bytes > 0) OR (place > 1 AND from_key <> until_before)
   OR (next_from IS NULL AND length(until_key) > 0))sql"},
    {"the bytes of dead letters are not those noted", R"sql(
SELECT count(*) FROM totals
WHERE dead_letter_bytes <> (SELECT coalesce(sum(body_bytes), 0) FROM dead_letters WHERE value IS NOT NULL))sql"},
};

inline constexpr char damaged_scopes_sentence[] =
    "scopes with other rows than were written: a disk, or somebody, has changed them";
inline constexpr char distrusted_scopes_sentence[] =
    "scopes whose rows were changed by a disk, or somebody: the next snapshot of each puts them right";

} // namespace kollect::consumer::statements

#endif
