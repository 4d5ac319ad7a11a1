#include "postgresql_transaction.hpp"

#include "postgresql_digests.hpp"
#include "statements.hpp"
#include "stored_rows.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace kollect::consumer::postgresql {
result<std::int64_t> log_id_of(connection& target, const std::string& log) {
  const auto digest = digest_of_log(log);
  const auto find = [&]() -> result<std::int64_t> {
    auto found = target.run("SELECT log_id FROM logs WHERE name_digest = $1", parameters().bytes(digest));
    if (!found)
      return found.error();
    return found->size() == 1 ? (*found)[0].integer(0) : 0;
  };
  auto id = find();
  if (!id || *id != 0)
    return id;
  if (auto made = target.run("INSERT INTO logs (name_digest, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                             parameters().bytes(digest).bytes(log));
      !made)
    return made.error();
  return find();
}

bool postgresql_transaction::gathered::is_anything() const {
  return counts != outcome_counts{} || pending_bytes != 0 || dead_letter_bytes != 0;
}

result<std::unique_ptr<transaction>> postgresql_transaction::begin(connection& target,
                                                                   postgresql_block_table& blocks) {
  if (auto begun = target.execute("BEGIN"); !begun)
    return begun.error();
  return std::unique_ptr<transaction>(new postgresql_transaction(target, blocks));
}

postgresql_transaction::~postgresql_transaction() {
  // On a lost connection this fails, and the server rolls back by itself.
  if (!connection_.in_transaction())
    return;
  (void)connection_.settle(); // whatever was posted goes too
  (void)connection_.execute("ROLLBACK");
}

result<std::int64_t> postgresql_transaction::log_id(const std::string& log) {
  const auto found = log_ids_.find(log);
  if (found != log_ids_.end())
    return found->second;
  auto id = log_id_of(connection_, log);
  if (id)
    log_ids_.emplace(log, *id);
  return id;
}

result<void> postgresql_transaction::advance(const std::string& log, const owned_position& held,
                                             const owned_position& moved) {
  auto id = log_id(log);
  if (!id)
    return id.error();
  parameters values;
  values.integer(moved.next_offset);
  if (moved.last_message)
    values.own_bytes(bytes_of(*moved.last_message));
  else
    values.bytes_or_null({});
  values.integer(*id).integer(held.partition).integer(held.owner_epoch).integer(held.next_offset);
  auto done = connection_.run(statements::advance_position, values);
  if (!done)
    return done.error();
  if (done->changed() == 1)
    return {};
  return make_fenced(held.partition);
}

result<void> postgresql_transaction::note_position(const std::string& log, const owned_position& reached) {
  auto& noted = positions_[{log, reached.partition}];
  if (reached.next_offset > noted.next_offset)
    noted = reached;
  return {};
}

result<void> postgresql_transaction::lock_scopes(const std::set<scope>& scopes) {
  std::vector<std::string> digests;
  std::vector<std::string_view> clusters, namespaces, inventories;
  for (const auto& which : scopes) {
    digests.push_back(digest_of(which));
    clusters.push_back(which.cluster);
    namespaces.push_back(which.namespace_);
    inventories.push_back(which.inventory);
  }
  const auto keys = views_of(digests);
  auto missing = connection_.run("SELECT count(*) FROM scopes WHERE scope_digest = ANY ($1)",
                                 parameters().many_bytes(keys));
  if (!missing)
    return missing.error();
  // Each process makes missing scopes by order of digest and locks by order of id: no two can wait for
  // each other.
  if ((*missing)[0].integer(0) < static_cast<std::int64_t>(scopes.size()))
    if (auto made = connection_.run(
            "INSERT INTO scopes (scope_digest, cluster, namespace, inventory) "
            "SELECT * FROM unnest($1, $2, $3, $4) AS one (digest, cluster, namespace, inventory) "
            "ORDER BY digest ON CONFLICT DO NOTHING",
            parameters()
                .many_bytes(keys)
                .many_bytes(clusters)
                .many_bytes(namespaces)
                .many_bytes(inventories));
        !made)
      return made.error();
  auto locked = connection_.run(
      "SELECT scope_id FROM scopes WHERE scope_digest = ANY ($1) ORDER BY scope_id FOR UPDATE",
      parameters().many_bytes(keys));
  if (!locked)
    return locked.error();
  return read_locked(keys);
}

/// Reads scopes that are locked, in a statement of its own: one that waited for the lock may have seen other
/// tables as they were before.
result<void> postgresql_transaction::read_locked(const std::vector<std::string_view>& digests) {
  auto found = connection_.run(
      "SELECT scope_id, exported_seconds, exported_nanoseconds, generation, payload_digest, items_digest, "
      "applied_parts, target_digest, target_conflicts, held_back_items, row_count, row_bytes, scope_digest, "
      "(EXISTS (SELECT FROM "
      "pending_parts p WHERE p.scope_id = s.scope_id))::int::bigint FROM scopes s WHERE scope_digest = ANY "
      "($1)",
      parameters().many_bytes(digests));
  if (!found)
    return found.error();
  for (int index = 0; index < found->size(); ++index) {
    const auto one = (*found)[index];
    auto record = read_record(one);
    has_parts_[record.id] = one.integer(13) != 0;
    scope_ids_.insert_or_assign(one.text(12), record.id);
    locked_.insert_or_assign(one.text(12), std::move(record));
  }
  return {};
}

result<scope_record> postgresql_transaction::open_scope(const scope& which) {
  const auto digest = digest_of(which);
  if (!locked_.contains(digest))
    if (auto locked = lock_scopes({which}); !locked)
      return locked.error();
  // Taken out: what is written to it later is not noted here.
  auto found = locked_.extract(digest);
  if (!found)
    return connection_.refuse(error::internal, "a scope that was just made is not there");
  return std::move(found.mapped());
}

result<void> postgresql_transaction::expect_keys(std::span<const expected_key> keys) {
  std::vector<std::int64_t> scope_ids;
  std::vector<std::string_view> payloads, stamps;
  std::vector<std::pair<std::int64_t, dedup_key>> asked;
  for (const auto& one : keys) {
    const auto locked = scope_ids_.find(digest_of(*one.scope));
    if (locked == scope_ids_.end())
      continue;
    scope_ids.push_back(locked->second);
    payloads.push_back(bytes_of(one.key->payload));
    stamps.push_back(one.key->timestamp);
    asked.emplace_back(locked->second, *one.key);
  }
  auto found = connection_.run("SELECT place FROM unnest($1, $2, $3) WITH ORDINALITY AS one (scope_id, "
                               "payload_digest, timestamp, place) "
                               "JOIN dedup_keys USING (scope_id, payload_digest, timestamp)",
                               parameters().integers(scope_ids).many_bytes(payloads).texts(stamps));
  if (!found)
    return found.error();
  for (const auto& key : asked)
    known_keys_.try_emplace(key, false);
  for (int index = 0; index < found->size(); ++index)
    known_keys_[asked.at(static_cast<std::size_t>((*found)[index].integer(0)) - 1)] = true;
  return {};
}

result<bool> postgresql_transaction::is_known(std::int64_t scope_id, const dedup_key& key) {
  if (const auto expected = known_keys_.find({scope_id, key}); expected != known_keys_.end())
    return expected->second;
  auto found =
      connection_.run(statements::is_known_key,
                      parameters().integer(scope_id).bytes(bytes_of(key.payload)).text(key.timestamp));
  if (!found)
    return found.error();
  return found->size() == 1;
}

result<void> postgresql_transaction::remember(std::int64_t scope_id, const dedup_key& key,
                                              const timestamp& instant) {
  ++remembered_[scope_id];
  known_keys_[{scope_id, key}] = true;
  return connection_.post(statements::remember_key, parameters()
                                                        .integer(scope_id)
                                                        .bytes(bytes_of(key.payload))
                                                        .text(key.timestamp)
                                                        .integer(instant.seconds));
}

result<held_rows> postgresql_transaction::rows(std::int64_t scope_id) {
  std::int64_t checksum = 0;
  if (auto read = connection_.select(
          statements::checksum_of_scope, [&](const row& found) { checksum = found.integer(0); }, scope_id);
      !read)
    return read.error();
  stored_rows_reader out(checksum);
  auto read = connection_.select(
      statements::rows_of_scope, [&](const row& found) { out.add(found); }, scope_id);
  if (!read)
    return read.error();
  return out.finish();
}

result<feed_place*> postgresql_transaction::find_feed_place() {
  if (!feed_) {
    auto drawn = connection_.run("SELECT nextval(pg_get_serial_sequence('change_batches', 'batch_id'))");
    if (!drawn)
      return drawn.error();
    feed_ = feed_place{(*drawn)[0].integer(0), 0};
  }
  return &*feed_;
}

result<void> postgresql_transaction::note_held_back(std::int64_t scope_id, const sha256_digest& items) {
  return connection_.post(statements::hold_back, parameters().bytes(bytes_of(items)).integer(scope_id));
}

result<std::unique_ptr<snapshot_writer>> postgresql_transaction::write_snapshot(const snapshot_place& place) {
  auto log = log_id(place.origin.log);
  if (!log)
    return log.error();
  if (!index_) {
    auto locked = blocks_.lock_paths();
    if (!locked)
      return locked.error();
    index_ = *locked;
  }
  return std::unique_ptr<snapshot_writer>(new postgresql_snapshot_writer(
      connection_, place, *log, *index_, [this] { return find_feed_place(); }));
}

result<void> postgresql_transaction::count(const outcome_counts& counts) {
  gathered_.counts += counts;
  return {};
}

result<void> postgresql_transaction::prune_dedup_keys(const retention& bounds) {
  if (remembered_.empty())
    return {};
  std::vector<std::int64_t> scope_ids, added;
  for (const auto& [scope_id, keys] : remembered_) {
    scope_ids.push_back(scope_id);
    added.push_back(keys);
  }
  auto kept = connection_.run("UPDATE scopes s SET dedup_key_count = dedup_key_count + added FROM unnest($1, "
                              "$2) AS one (scope_id, added) "
                              "WHERE s.scope_id = one.scope_id RETURNING s.scope_id, dedup_key_count",
                              parameters().integers(scope_ids).integers(added));
  if (!kept)
    return kept.error();
  for (int index = 0; index < kept->size(); ++index) {
    const auto surplus = surplus_keys((*kept)[index].integer(1), bounds);
    if (surplus == 0)
      continue;
    auto pruned = connection_.post(
        "WITH gone AS (DELETE FROM dedup_keys WHERE (scope_id, payload_digest, timestamp) IN (SELECT "
        "scope_id, payload_digest, timestamp FROM dedup_keys WHERE scope_id = $1 ORDER BY exported_seconds, "
        "timestamp COLLATE \"C\" LIMIT $2) RETURNING 1) "
        "UPDATE scopes SET dedup_key_count = dedup_key_count - (SELECT count(*) FROM gone) WHERE scope_id = "
        "$1",
        parameters().integer((*kept)[index].integer(0)).integer(surplus));
    if (!pruned)
      return pruned;
  }
  remembered_.clear();
  known_keys_.clear();
  return {};
}

result<void> postgresql_transaction::prune(const retention& bounds) {
  kept_changes_ = bounds.changes; // at commit(), when cursors are known
  if (auto pruned = prune_dedup_keys(bounds); !pruned)
    return pruned;
  return prune_dead_letter_bodies(bounds);
}

result<void> postgresql_transaction::prune_changes(std::int64_t horizon) {
  if (auto gone =
          connection_.run("DELETE FROM changes c USING change_batches b WHERE c.batch_id = b.batch_id "
                          "AND b.first_cursor <= $1 AND b.first_cursor + c.sequence <= $1",
                          parameters().integer(horizon));
      !gone)
    return gone.error();
  // One that is left may tell of rows on both sides.
  if (auto cut =
          connection_.run("UPDATE changes c SET first_sequence = $1 - b.first_cursor + 1 FROM "
                          "change_batches b WHERE c.batch_id = b.batch_id AND b.first_cursor <= $1 AND "
                          "b.last_cursor > $1 AND b.first_cursor + c.first_sequence <= $1",
                          parameters().integer(horizon));
      !cut)
    return cut.error();
  auto gone =
      connection_.run("DELETE FROM change_batches WHERE last_cursor <= $1", parameters().integer(horizon));
  if (!gone)
    return gone.error();
  return {};
}

result<void> postgresql_transaction::write_positions() {
  for (const auto& [place, reached] : positions_) {
    auto log = log_id(place.first);
    if (!log)
      return log.error();
    parameters values;
    values.integer(*log).integer(place.second).integer(reached.next_offset);
    if (reached.last_message)
      values.own_bytes(bytes_of(*reached.last_message));
    else
      values.bytes_or_null({});
    auto noted = connection_.run(statements::note_position, values);
    if (!noted)
      return noted.error();
  }
  return {};
}

result<void> postgresql_transaction::number_changes(std::int64_t last_cursor) {
  if (auto told = connection_.run(
          "INSERT INTO change_batches (batch_id, first_cursor, last_cursor) OVERRIDING SYSTEM VALUE VALUES "
          "($1, "
          "$2, $3)",
          parameters()
              .integer(feed_->batch_id)
              .integer(last_cursor - feed_->sequence + 1)
              .integer(last_cursor));
      !told)
    return told.error();
  auto notified = connection_.run("SELECT pg_notify('kollect_changes', $1::bigint::text)",
                                  parameters().integer(last_cursor));
  if (!notified)
    return notified.error();
  return {};
}

/// Cursors are drawn here, under the lock of the only row, which is held until the transaction is
/// committed: so they rise by order of commit.
result<void> postgresql_transaction::write_totals() {
  const std::int64_t changes = feed_ ? feed_->sequence : 0;
  if (!gathered_.is_anything() && changes == 0 && !kept_changes_)
    return {};
  const auto& counts = gathered_.counts;
  auto drawn =
      connection_.run("UPDATE totals SET consumed = consumed + $1, applied = applied + $2, duplicate = "
                      "duplicate + $3, stale = "
                      "stale + $4, dead_lettered = dead_lettered + $5, pending = pending + $6, pending_bytes "
                      "= pending_bytes + "
                      "$7, dead_letter_bytes = dead_letter_bytes + $8, last_cursor = last_cursor + $9 "
                      "RETURNING last_cursor, (SELECT min(first_cursor) FROM change_batches)",
                      parameters()
                          .integer(counts.consumed)
                          .integer(counts.applied)
                          .integer(counts.duplicate)
                          .integer(counts.stale)
                          .integer(counts.dead_lettered)
                          .integer(counts.pending)
                          .integer(gathered_.pending_bytes)
                          .integer(gathered_.dead_letter_bytes)
                          .integer(changes));
  if (!drawn)
    return drawn.error();
  const auto last_cursor = (*drawn)[0].integer(0);
  if (changes > 0)
    if (auto numbered = number_changes(last_cursor); !numbered)
      return numbered;
  if (!kept_changes_)
    return {};
  const auto oldest = (*drawn)[0].is_null(1) ? last_cursor - changes + 1 : (*drawn)[0].integer(1);
  const auto horizon = last_cursor - *kept_changes_;
  return oldest <= horizon ? prune_changes(horizon) : result<void>{};
}

result<void> postgresql_transaction::commit() {
  if (auto settled = connection_.settle(); !settled)
    return settled;
  if (auto written = write_positions(); !written)
    return written;
  if (auto written = write_totals(); !written)
    return written;
  // To COMMIT after a failed statement PostgreSQL answers with success, and rolls back.
  if (connection_.has_failed())
    return connection_.refuse(error::internal, "a statement of this transaction has failed before");
  return connection_.execute("COMMIT");
}

} // namespace kollect::consumer::postgresql
