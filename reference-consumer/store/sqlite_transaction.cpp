#include "sqlite_transaction.hpp"

#include "sqlite_snapshot_writer.hpp"
#include "statements.hpp"
#include "stored_rows.hpp"

#include <utility>

namespace kollect::consumer::sqlite {
result<std::int64_t> log_id_of(database& target, const std::string& log) {
  if (auto made = target.run("INSERT INTO logs (name) VALUES (?) ON CONFLICT DO NOTHING",
                             [&](statement& insert) { insert.bind_text(log); });
      !made)
    return made.error();
  std::int64_t id = 0;
  auto read = target.query(
      "SELECT log_id FROM logs WHERE name = ?", [&](statement& select) { select.bind_text(log); },
      [&](statement& row) { id = row.integer(0); });
  if (!read)
    return read.error();
  return id;
}

result<std::unique_ptr<transaction>>
sqlite_transaction::begin(database& target, const std::function<result<index_writing>()>& index) {
  if (auto in_place = target.check_in_place(); !in_place)
    return in_place.error();
  // IMMEDIATE: the write lock is taken now, not in the middle of the batch.
  if (auto begun = target.execute("BEGIN IMMEDIATE"); !begun)
    return begun.error();
  std::unique_ptr<sqlite_transaction> begun(new sqlite_transaction(target));
  auto found = index();
  if (!found)
    return found.error();
  begun->index_ = *found;
  return std::unique_ptr<transaction>(std::move(begun));
}

sqlite_transaction::~sqlite_transaction() {
  // SQLite rolls back by itself after some errors; where it did not and cannot, closing the file does.
  if (database_.in_transaction())
    (void)database_.execute("ROLLBACK");
}

result<std::int64_t> sqlite_transaction::log_id(const std::string& log) {
  const auto found = log_ids_.find(log);
  if (found != log_ids_.end())
    return found->second;
  auto id = log_id_of(database_, log);
  if (id)
    log_ids_.emplace(log, *id);
  return id;
}

result<void> sqlite_transaction::advance(const std::string& log, const owned_position& held,
                                         const owned_position& moved) {
  auto id = log_id(log);
  if (!id)
    return id.error();
  auto done = database_.run(statements::advance_position, [&](statement& update) {
    update.bind(moved.next_offset);
    if (moved.last_message)
      update.bind_blob(bytes_of(*moved.last_message));
    else
      update.bind_null();
    update.bind(*id).bind(held.partition).bind(held.owner_epoch).bind(held.next_offset);
  });
  if (!done)
    return done;
  if (database_.changes() == 1)
    return {};
  return make_fenced(held.partition);
}

result<void> sqlite_transaction::note_position(const std::string& log, const owned_position& reached) {
  auto id = log_id(log);
  if (!id)
    return id.error();
  return database_.run(statements::note_position, [&](statement& insert) {
    insert.bind(*id).bind(reached.partition).bind(reached.next_offset);
    if (reached.last_message)
      insert.bind_blob(bytes_of(*reached.last_message));
    else
      insert.bind_null();
  });
}

result<scope_record> sqlite_transaction::open_scope(const scope& which) {
  const auto bind_scope = [&](statement& target) {
    target.bind_text(which.cluster).bind_text(which.namespace_).bind_text(which.inventory);
  };
  scope_record record;
  const auto read = [&](statement& row) { record = read_record(row); };
  constexpr const char* select =
      "SELECT scope_id, exported_seconds, exported_nanoseconds, generation, payload_digest, "
      "items_digest, applied_parts, target_digest, target_conflicts, held_back_items, row_count, row_bytes "
      "FROM "
      "scopes "
      "WHERE cluster = ? AND namespace = ? AND inventory = ?";
  if (auto found = database_.query(select, bind_scope, read); !found)
    return found.error();
  if (record.id != 0)
    return record;
  if (auto made =
          database_.run("INSERT INTO scopes (cluster, namespace, inventory) VALUES (?, ?, ?)", bind_scope);
      !made)
    return made.error();
  record.id = database_.last_insert_rowid();
  return record;
}

result<bool> sqlite_transaction::is_known(std::int64_t scope_id, const dedup_key& key) {
  bool is_there = false;
  auto read = database_.query(
      statements::is_known_key,
      [&](statement& select) {
        select.bind(scope_id).bind_blob(bytes_of(key.payload)).bind_text(key.timestamp);
      },
      [&](statement&) { is_there = true; });
  if (!read)
    return read.error();
  return is_there;
}

result<void> sqlite_transaction::remember(std::int64_t scope_id, const dedup_key& key,
                                          const timestamp& instant) {
  ++remembered_[scope_id];
  return database_.run(statements::remember_key, [&](statement& insert) {
    insert.bind(scope_id).bind_blob(bytes_of(key.payload)).bind_text(key.timestamp).bind(instant.seconds);
  });
}

result<held_rows> sqlite_transaction::rows(std::int64_t scope_id) {
  std::int64_t checksum = 0;
  if (auto read = database_.select(
          statements::checksum_of_scope, [&](const statement& row) { checksum = row.integer(0); }, scope_id);
      !read)
    return read.error();
  stored_rows_reader out(checksum);
  auto read = database_.select(
      statements::rows_of_scope, [&](const statement& row) { out.add(row); }, scope_id);
  if (!read)
    return read.error();
  return out.finish();
}

result<void> sqlite_transaction::note_held_back(std::int64_t scope_id, const sha256_digest& items) {
  return database_.run(statements::hold_back,
                       [&](statement& update) { update.bind_blob(bytes_of(items)).bind(scope_id); });
}

result<std::unique_ptr<snapshot_writer>> sqlite_transaction::write_snapshot(const snapshot_place& place) {
  auto log = log_id(place.origin.log);
  if (!log)
    return log.error();
  return std::unique_ptr<snapshot_writer>(
      new sqlite_snapshot_writer(database_, place, *log, index_, last_cursor_));
}

result<void> sqlite_transaction::count(const outcome_counts& counts) {
  return database_.run(
      "UPDATE totals SET consumed = consumed + ?, applied = applied + ?, duplicate = duplicate + ?, "
      "stale = stale + ?, dead_lettered = dead_lettered + ?, pending = pending + ?",
      [&](statement& update) {
        update.bind(counts.consumed)
            .bind(counts.applied)
            .bind(counts.duplicate)
            .bind(counts.stale)
            .bind(counts.dead_lettered)
            .bind(counts.pending);
      });
}

result<void> sqlite_transaction::prune_dedup_keys(const retention& bounds) {
  for (const auto& [scope_id, added] : remembered_) {
    std::int64_t kept = 0;
    auto counted = database_.query(
        "UPDATE scopes SET dedup_key_count = dedup_key_count + ? WHERE scope_id = ? RETURNING "
        "dedup_key_count",
        [&, key_count = added, id = scope_id](statement& update) { update.bind(key_count).bind(id); },
        [&](statement& row) { kept = row.integer(0); });
    if (!counted)
      return counted;
    const auto surplus = surplus_keys(kept, bounds);
    if (surplus == 0)
      continue;
    auto pruned = database_.run(
        "DELETE FROM dedup_keys WHERE (scope_id, payload_digest, timestamp) IN (SELECT scope_id, "
        "payload_digest, timestamp FROM dedup_keys WHERE scope_id = ? ORDER BY exported_seconds, timestamp "
        "LIMIT ?)",
        [&, id = scope_id](statement& remove) { remove.bind(id).bind(surplus); });
    if (!pruned)
      return pruned;
    auto corrected =
        database_.run("UPDATE scopes SET dedup_key_count = dedup_key_count - ? WHERE scope_id = ?",
                      [&, id = scope_id](statement& update) { update.bind(surplus).bind(id); });
    if (!corrected)
      return corrected;
  }
  return {};
}

result<void> sqlite_transaction::prune_changes(const retention& bounds) {
  auto pruned = database_.run("DELETE FROM changes WHERE cursor <= (SELECT max(cursor) FROM changes) - ?",
                              [&](statement& remove) { remove.bind(bounds.changes); });
  if (!pruned)
    return pruned;
  // The first that is left may tell of several rows.
  return database_.run(
      "UPDATE changes SET first_cursor = (SELECT max(cursor) FROM changes) - ?1 + 1 WHERE cursor = (SELECT "
      "min(cursor) FROM changes) AND first_cursor <= (SELECT max(cursor) FROM changes) - ?1",
      [&](statement& update) { update.bind(bounds.changes); });
}

result<void> sqlite_transaction::prune(const retention& bounds) {
  if (auto pruned = prune_dedup_keys(bounds); !pruned)
    return pruned;
  if (auto pruned = prune_dead_letter_bodies(bounds); !pruned)
    return pruned;
  return prune_changes(bounds);
}

result<void> sqlite_transaction::commit() {
  return database_.execute("COMMIT");
}

} // namespace kollect::consumer::sqlite
