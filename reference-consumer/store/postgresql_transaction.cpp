#include "postgresql_transaction.hpp"

#include "stored_values.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace kollect::consumer::postgresql {
namespace {

/// What names a scope or a row in an index: its parts may be longer than an index entry.
std::string digest_of(std::initializer_list<std::string_view> names) {
  std::string text;
  for (const auto name : names)
    text.append(std::to_string(name.size())).append(":").append(name);
  return std::string(bytes_of(sha256(text)));
}

std::string digest_of(const scope& which) {
  return digest_of({which.cluster, which.namespace_, which.inventory});
}

std::string digest_of(const row_identity& row) {
  return digest_of({row.target_namespace, row.target_name, row.namespace_, row.name, row.uid});
}

/// What names a set within the parts table, as $1 to $5.
parameters set_parameters(std::int64_t scope_id, const part_set& set) {
  parameters values;
  values.integer(scope_id)
      .integer(set.exported_at.seconds)
      .integer(set.exported_at.nanoseconds)
      .integer(set.generation)
      .integer(set.part_total);
  return values;
}

scope_record read_record(const row& found) {
  scope_record record;
  record.id = found.integer(0);
  if (!found.is_null(1))
    record.order = snapshot_order{{found.integer(1), static_cast<std::uint32_t>(found.integer(2))},
                                  found.integer(3),
                                  digest_from(found.bytes(4))};
  record.items_digest = digest_from(found.bytes(5));
  record.applied_parts = digests_from(found.bytes(6));
  record.target_digest = static_cast<std::uint64_t>(found.integer(7));
  record.target_conflicts = found.integer(8);
  return record;
}

pending_part read_part(const row& found) {
  pending_part part;
  part.set = {{found.text(0), found.text(1), found.text(2)},
              {found.integer(3), static_cast<std::uint32_t>(found.integer(4))},
              found.integer(5),
              static_cast<std::uint32_t>(found.integer(6))};
  part.part = {static_cast<std::uint32_t>(found.integer(7)), digest_from(found.bytes(8))};
  part.origin = {found.text(9), static_cast<std::int32_t>(found.integer(10)), found.integer(11)};
  if (!found.is_null(12))
    part.message_key = found.text(12);
  part.message = found.text(13);
  part.arrived_at = {found.integer(14), 0};
  return part;
}

/// The columns of rows that are written at once.
struct item_columns {
  std::vector<std::string> digests;
  std::vector<std::string_view> target_namespaces, target_names, namespaces, names, uids, items;

  void add(const change& one) {
    const auto& identity = one.identity;
    digests.push_back(digest_of(identity));
    target_namespaces.push_back(identity.target_namespace);
    target_names.push_back(identity.target_name);
    namespaces.push_back(identity.namespace_);
    names.push_back(identity.name);
    uids.push_back(identity.uid);
    items.push_back(one.after);
  }
};

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

} // namespace

std::string log_digest(const std::string& log) {
  return digest_of({log});
}

result<std::int64_t> log_id_of(connection& target, const std::string& log) {
  const auto digest = log_digest(log);
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
  return counts != outcome_counts{} || pending_bytes != 0 || dead_letter_bytes != 0 || changes != 0;
}

result<std::unique_ptr<transaction>> postgresql_transaction::begin(connection& target) {
  if (auto begun = target.execute("BEGIN"); !begun)
    return begun.error();
  return std::unique_ptr<transaction>(new postgresql_transaction(target));
}

postgresql_transaction::~postgresql_transaction() {
  // On a lost connection this fails, and the server rolls back by itself.
  if (connection_.in_transaction())
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
  auto done = connection_.run("UPDATE positions SET next_offset = $1, last_message = $2 WHERE log_id = $3 "
                              "AND partition = $4 AND owner_epoch = $5 AND next_offset = $6",
                              values);
  if (!done)
    return done.error();
  if (done->changed() == 1)
    return {};
  return make_fenced(held.partition);
}

result<void> postgresql_transaction::note_position(const std::string& log, std::int32_t partition,
                                                   std::int64_t next_offset) {
  auto& noted = positions_[{log, partition}];
  noted = std::max(noted, next_offset);
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
  const auto lock = [&] {
    return connection_.run("SELECT scope_id FROM scopes WHERE scope_digest = ANY ($1) ORDER BY scope_id FOR "
                           "UPDATE",
                           parameters().many_bytes(keys));
  };
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
  auto locked = lock();
  if (!locked)
    return locked.error();
  return {};
}

result<scope_record> postgresql_transaction::open_scope(const scope& which) {
  const auto digest = digest_of(which);
  const auto select = [&] {
    return connection_.run(
        "SELECT scope_id, exported_seconds, exported_nanoseconds, generation, payload_digest, items_digest, "
        "applied_parts, target_digest, target_conflicts FROM scopes WHERE scope_digest = $1 FOR UPDATE",
        parameters().bytes(digest));
  };
  auto found = select();
  if (!found)
    return found.error();
  if (found->size() == 0) {
    if (auto made = lock_scopes({which}); !made)
      return made.error();
    found = select();
    if (!found)
      return found.error();
  }
  return read_record((*found)[0]);
}

result<bool> postgresql_transaction::is_known(std::int64_t scope_id, const dedup_key& key) {
  auto found = connection_.run(
      "SELECT 1::bigint FROM dedup_keys WHERE scope_id = $1 AND payload_digest = $2 AND timestamp = $3",
      parameters().integer(scope_id).bytes(bytes_of(key.payload)).text(key.timestamp));
  if (!found)
    return found.error();
  return found->size() == 1;
}

result<void> postgresql_transaction::remember(std::int64_t scope_id, const dedup_key& key,
                                              const timestamp& instant) {
  ++remembered_[scope_id];
  auto done = connection_.run("INSERT INTO dedup_keys (scope_id, payload_digest, timestamp, "
                              "exported_seconds) VALUES ($1, $2, $3, $4)",
                              parameters()
                                  .integer(scope_id)
                                  .bytes(bytes_of(key.payload))
                                  .text(key.timestamp)
                                  .integer(instant.seconds));
  if (!done)
    return done.error();
  return {};
}

result<row_map> postgresql_transaction::rows(std::int64_t scope_id) {
  row_map out;
  auto read = connection_.visit(
      "SELECT target_namespace, target_name, namespace, name, uid, item FROM items WHERE scope_id = $1",
      parameters().integer(scope_id), [&](const row& found) {
        out.emplace(row_identity{found.text(0), found.text(1), found.text(2), found.text(3), found.text(4)},
                    found.text(5));
      });
  if (!read)
    return read.error();
  return out;
}

result<void> postgresql_transaction::write_rows(const applied_snapshot& snapshot) {
  item_columns kept, removed;
  for (const auto& one : snapshot.changes)
    (one.kind == change_kind::removed ? removed : kept).add(one);
  if (!removed.digests.empty())
    if (auto done =
            connection_.run("DELETE FROM items WHERE scope_id = $1 AND identity_digest = ANY ($2)",
                            parameters().integer(snapshot.record.id).many_bytes(views_of(removed.digests)));
        !done)
      return done.error();
  if (kept.digests.empty())
    return {};
  auto done = connection_.run(
      "INSERT INTO items (scope_id, identity_digest, target_namespace, target_name, namespace, name, uid, "
      "item) SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8) "
      "ON CONFLICT (scope_id, identity_digest) DO UPDATE SET item = excluded.item",
      parameters()
          .integer(snapshot.record.id)
          .many_bytes(views_of(kept.digests))
          .many_bytes(kept.target_namespaces)
          .many_bytes(kept.target_names)
          .many_bytes(kept.namespaces)
          .many_bytes(kept.names)
          .many_bytes(kept.uids)
          .texts(kept.items));
  if (!done)
    return done.error();
  return {};
}

result<std::int64_t> postgresql_transaction::batch_id() {
  if (batch_id_)
    return *batch_id_;
  auto drawn = connection_.run("SELECT nextval(pg_get_serial_sequence('change_batches', 'batch_id'))");
  if (!drawn)
    return drawn.error();
  batch_id_ = (*drawn)[0].integer(0);
  return *batch_id_;
}

result<void> postgresql_transaction::write_changes(const applied_snapshot& snapshot) {
  auto log = log_id(snapshot.origin.log);
  if (!log)
    return log.error();
  auto batch = batch_id();
  if (!batch)
    return batch.error();
  std::vector<std::string> paths;
  std::vector<std::string_view> kinds, befores, afters;
  for (const auto& one : snapshot.changes) {
    kinds.push_back(to_string(one.kind));
    befores.push_back(one.before);
    afters.push_back(one.after);
    paths.push_back(paths_json(one));
  }
  kinds.push_back("snapshot");
  befores.push_back({});
  afters.push_back({});
  paths.push_back({});
  const auto& instant = snapshot.record.order->instant;
  auto told = connection_.run(
      "INSERT INTO changes (batch_id, sequence, scope_id, kind, before, after, changed_paths, log_id, "
      "partition, \"offset\", exported_seconds, exported_nanoseconds, applied_at) "
      "SELECT $1, $2 + place - 1, $3, kind, before, after, paths, $8, $9, $10, $11, $12, $13 "
      "FROM unnest($4, $5, $6, $7) WITH ORDINALITY AS one (kind, before, after, paths, place)",
      parameters()
          .integer(*batch)
          .integer(gathered_.changes)
          .integer(snapshot.record.id)
          .texts(kinds)
          .texts(befores)
          .texts(afters)
          .texts(views_of(paths))
          .integer(*log)
          .integer(snapshot.origin.partition)
          .integer(snapshot.origin.offset)
          .integer(instant.seconds)
          .integer(instant.nanoseconds)
          .own_text(to_string(snapshot.applied_at)));
  if (!told)
    return told.error();
  gathered_.changes += static_cast<std::int64_t>(kinds.size());
  return {};
}

result<void> postgresql_transaction::write_record(const applied_snapshot& snapshot) {
  const auto& record = snapshot.record;
  auto done = connection_.run(
      "UPDATE scopes SET exported_seconds = $1, exported_nanoseconds = $2, generation = $3, payload_digest = "
      "$4, items_digest = $5, applied_parts = $6, target_digest = $7, target_conflicts = $8, applied_at = "
      "$9, "
      "row_count = row_count + $10 WHERE scope_id = $11",
      parameters()
          .integer(record.order->instant.seconds)
          .integer(record.order->instant.nanoseconds)
          .integer(record.order->generation)
          .bytes(bytes_of(record.order->digest))
          .bytes(bytes_of(record.items_digest))
          .own_bytes(bytes_of(record.applied_parts))
          .integer(static_cast<std::int64_t>(record.target_digest))
          .integer(record.target_conflicts)
          .own_text(to_string(snapshot.applied_at))
          .integer(row_delta_of(snapshot))
          .integer(record.id));
  if (!done)
    return done.error();
  return {};
}

result<void> postgresql_transaction::write_snapshot(const applied_snapshot& snapshot) {
  // An unchanged snapshot costs its scope's record and nothing else, and there is nothing to tell.
  if (!snapshot.changes.empty()) {
    if (auto written = write_rows(snapshot); !written)
      return written;
    if (auto told = write_changes(snapshot); !told)
      return told;
  }
  return write_record(snapshot);
}

result<std::vector<held_part>> postgresql_transaction::held_parts(std::int64_t scope_id,
                                                                  const part_set& set) {
  auto found = connection_.run("SELECT part_index, digest FROM pending_parts WHERE scope_id = $1 AND "
                               "exported_seconds = $2 AND exported_nanoseconds = $3 AND generation = $4 AND "
                               "part_total = $5",
                               set_parameters(scope_id, set));
  if (!found)
    return found.error();
  std::vector<held_part> out;
  for (int index = 0; index < found->size(); ++index)
    out.push_back(
        {static_cast<std::uint32_t>((*found)[index].integer(0)), digest_from((*found)[index].bytes(1))});
  return out;
}

result<void> postgresql_transaction::hold_part(std::int64_t scope_id, const pending_part& part) {
  auto log = log_id(part.origin.log);
  if (!log)
    return log.error();
  const auto bytes = static_cast<std::int64_t>(part.message.size());
  auto values = set_parameters(scope_id, part.set);
  values.integer(part.part.part_index)
      .bytes(bytes_of(part.part.digest))
      .integer(*log)
      .integer(part.origin.partition)
      .integer(part.origin.offset)
      .bytes_or_null(part.message_key)
      .integer(part.arrived_at.seconds)
      .integer(bytes)
      .bytes(part.message);
  auto kept = connection_.run(
      "INSERT INTO pending_parts (scope_id, exported_seconds, exported_nanoseconds, generation, part_total, "
      "part_index, digest, log_id, partition, \"offset\", message_key, arrived_seconds, message_bytes, "
      "message) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
      values);
  if (!kept)
    return kept.error();
  gathered_.pending_bytes += bytes;
  return {};
}

result<std::vector<pending_part>> postgresql_transaction::take_parts(std::int64_t scope_id,
                                                                     const part_set& set) {
  auto taken = connection_.run(
      "WITH taken AS (DELETE FROM pending_parts WHERE scope_id = $1 AND exported_seconds = $2 AND "
      "exported_nanoseconds = $3 AND generation = $4 AND part_total = $5 RETURNING *) "
      "SELECT cluster, namespace, inventory, t.exported_seconds, t.exported_nanoseconds, t.generation, "
      "part_total, part_index, digest, name, partition, \"offset\", message_key, message, arrived_seconds "
      "FROM taken t JOIN scopes USING (scope_id) JOIN logs USING (log_id) ORDER BY part_index",
      set_parameters(scope_id, set));
  if (!taken)
    return taken.error();
  std::vector<pending_part> out;
  for (int index = 0; index < taken->size(); ++index) {
    out.push_back(read_part((*taken)[index]));
    gathered_.pending_bytes -= static_cast<std::int64_t>(out.back().message.size());
  }
  return out;
}

result<std::int64_t> postgresql_transaction::drop_superseded_parts(std::int64_t scope_id,
                                                                   const snapshot_order& held) {
  auto dropped =
      connection_.run("WITH gone AS (DELETE FROM pending_parts WHERE scope_id = $1 AND (exported_seconds, "
                      "exported_nanoseconds, generation) < ($2, $3, $4) RETURNING message_bytes) "
                      "SELECT count(*), coalesce(sum(message_bytes), 0)::bigint FROM gone",
                      parameters()
                          .integer(scope_id)
                          .integer(held.instant.seconds)
                          .integer(held.instant.nanoseconds)
                          .integer(held.generation));
  if (!dropped)
    return dropped.error();
  gathered_.pending_bytes -= (*dropped)[0].integer(1);
  return (*dropped)[0].integer(0);
}

result<std::vector<pending_part>> postgresql_transaction::take_torn_set(const retention& bounds,
                                                                        const timestamp& now) {
  for (;;) {
    // The set whose newest part came longest ago, if it is too old or all of them are too large.
    auto found =
        connection_.run("SELECT scope_id, exported_seconds, exported_nanoseconds, generation, part_total, "
                        "max(arrived_seconds) AS newest FROM pending_parts GROUP BY 1, 2, 3, 4, 5 HAVING "
                        "max(arrived_seconds) < $1 OR (SELECT pending_bytes FROM totals) + $2 > $3 ORDER BY "
                        "newest, 2, 3 LIMIT "
                        "1",
                        parameters()
                            .integer(now.seconds - bounds.pending_seconds)
                            .integer(gathered_.pending_bytes)
                            .integer(bounds.pending_bytes));
    if (!found)
      return found.error();
    if (found->size() == 0)
      return std::vector<pending_part>{};
    const auto one = (*found)[0];
    // A scope that another process is writing just now is left for the next time.
    auto locked = connection_.run("SELECT scope_id FROM scopes WHERE scope_id = $1 FOR UPDATE SKIP LOCKED",
                                  parameters().integer(one.integer(0)));
    if (!locked)
      return locked.error();
    if (locked->size() == 0)
      return std::vector<pending_part>{};
    part_set set;
    set.exported_at = {one.integer(1), static_cast<std::uint32_t>(one.integer(2))};
    set.generation = one.integer(3);
    set.part_total = static_cast<std::uint32_t>(one.integer(4));
    auto parts = take_parts(one.integer(0), set);
    // None: another process took the set between the two statements.
    if (!parts || !parts->empty())
      return parts;
  }
}

result<bool> postgresql_transaction::bury(const dead_letter& letter) {
  auto log = log_id(letter.origin.log);
  if (!log)
    return log.error();
  const auto digest = sha256(letter.value);
  const auto body_bytes = body_bytes_of(letter);
  parameters values;
  values.integer(*log)
      .integer(letter.origin.partition)
      .integer(letter.origin.offset)
      .bytes_or_null(letter.message_key)
      .bytes(letter.subject)
      .bytes(letter.headers_json)
      .bytes(letter.value)
      .integer(static_cast<std::int64_t>(letter.value.size()))
      .bytes(bytes_of(digest))
      .integer(body_bytes)
      .integer(letter.is_tombstone ? 1 : 0)
      .text(letter.reason)
      .bytes(letter.sentence)
      .text(letter.clause);
  if (letter.byte_offset)
    values.integer(*letter.byte_offset);
  else
    values.null();
  values.own_text(to_string(letter.at));
  auto buried = connection_.run(
      "INSERT INTO dead_letters (log_id, partition, \"offset\", message_key, subject, headers, value, "
      "value_bytes, value_digest, body_bytes, is_tombstone, reason, sentence, clause, byte_offset, "
      "buried_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING",
      values);
  if (!buried)
    return buried.error();
  if (buried->changed() == 0)
    return false;
  gathered_.dead_letter_bytes += body_bytes;
  return true;
}

stored_dead_letter read_letter(const row& found) {
  stored_dead_letter out;
  out.id = found.integer(0);
  auto& letter = out.letter;
  letter.origin = {found.text(1), static_cast<std::int32_t>(found.integer(2)), found.integer(3)};
  if (!found.is_null(4))
    letter.message_key = found.text(4);
  letter.subject = found.text(5);
  letter.headers_json = found.text(6);
  letter.value = found.text(7);
  letter.is_tombstone = found.integer(8) != 0;
  letter.reason = found.text(9);
  letter.sentence = found.text(10);
  letter.clause = found.text(11);
  if (!found.is_null(12))
    letter.byte_offset = found.integer(12);
  letter.at = read_timestamp(found.bytes(13));
  out.has_body = !found.is_null(7);
  out.value_bytes = found.integer(14);
  out.value_digest = digest_from(found.bytes(15));
  return out;
}

result<std::optional<stored_dead_letter>> postgresql_transaction::take_dead_letter(std::int64_t id) {
  auto found =
      connection_.run("WITH taken AS (DELETE FROM dead_letters WHERE dead_letter_id = $1 RETURNING *) "
                      "SELECT dead_letter_id, name, partition, \"offset\", message_key, subject, headers, "
                      "value, is_tombstone, "
                      "reason, sentence, clause, byte_offset, buried_at, value_bytes, value_digest FROM "
                      "taken JOIN logs USING "
                      "(log_id)",
                      parameters().integer(id));
  if (!found)
    return found.error();
  if (found->size() == 0)
    return std::optional<stored_dead_letter>();
  auto taken = read_letter((*found)[0]);
  if (taken.has_body)
    gathered_.dead_letter_bytes -= body_bytes_of(taken.letter);
  return std::optional(std::move(taken));
}

result<void> postgresql_transaction::count(const outcome_counts& counts) {
  gathered_.counts += counts;
  return {};
}

result<void> postgresql_transaction::prune_dedup_keys(const retention& bounds) {
  for (const auto& [scope_id, added] : remembered_) {
    auto kept =
        connection_.run("UPDATE scopes SET dedup_key_count = dedup_key_count + $1 WHERE scope_id = $2 "
                        "RETURNING dedup_key_count",
                        parameters().integer(added).integer(scope_id));
    if (!kept)
      return kept.error();
    const auto surplus = surplus_keys((*kept)[0].integer(0), bounds);
    if (surplus == 0)
      continue;
    auto pruned = connection_.run(
        "WITH gone AS (DELETE FROM dedup_keys WHERE (scope_id, payload_digest, timestamp) IN (SELECT "
        "scope_id, payload_digest, timestamp FROM dedup_keys WHERE scope_id = $1 ORDER BY exported_seconds, "
        "timestamp COLLATE \"C\" LIMIT $2) RETURNING 1) "
        "UPDATE scopes SET dedup_key_count = dedup_key_count - (SELECT count(*) FROM gone) WHERE scope_id = "
        "$1",
        parameters().integer(scope_id).integer(surplus));
    if (!pruned)
      return pruned.error();
  }
  remembered_.clear();
  return {};
}

result<void> postgresql_transaction::prune_dead_letter_bodies(const retention& bounds) {
  for (;;) {
    auto oldest =
        connection_.run("SELECT dead_letter_id, body_bytes FROM dead_letters WHERE value IS NOT NULL AND "
                        "(SELECT dead_letter_bytes FROM totals) + $1 > $2 ORDER BY dead_letter_id LIMIT 1",
                        parameters().integer(gathered_.dead_letter_bytes).integer(bounds.dead_letter_bytes));
    if (!oldest)
      return oldest.error();
    if (oldest->size() == 0)
      return {};
    auto dropped = connection_.run("UPDATE dead_letters SET value = NULL, message_key = NULL, headers = '[]' "
                                   "WHERE dead_letter_id = $1 AND value IS NOT NULL",
                                   parameters().integer((*oldest)[0].integer(0)));
    if (!dropped)
      return dropped.error();
    // Not changed: another process has dropped this body, and counted it.
    if (dropped->changed() == 1)
      gathered_.dead_letter_bytes -= (*oldest)[0].integer(1);
  }
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
  auto gone =
      connection_.run("DELETE FROM change_batches WHERE last_cursor <= $1", parameters().integer(horizon));
  if (!gone)
    return gone.error();
  return {};
}

result<void> postgresql_transaction::write_positions() {
  for (const auto& [place, next_offset] : positions_) {
    auto log = log_id(place.first);
    if (!log)
      return log.error();
    auto noted = connection_.run(
        "INSERT INTO positions AS p (log_id, partition, next_offset, owner_epoch, owner) VALUES ($1, $2, $3, "
        "0, "
        "'') ON CONFLICT (log_id, partition) DO UPDATE SET next_offset = greatest(p.next_offset, "
        "excluded.next_offset)",
        parameters().integer(*log).integer(place.second).integer(next_offset));
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
          parameters().integer(*batch_id_).integer(last_cursor - gathered_.changes + 1).integer(last_cursor));
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
  if (!gathered_.is_anything() && !kept_changes_)
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
                          .integer(gathered_.changes));
  if (!drawn)
    return drawn.error();
  const auto last_cursor = (*drawn)[0].integer(0);
  if (gathered_.changes > 0)
    if (auto numbered = number_changes(last_cursor); !numbered)
      return numbered;
  if (!kept_changes_)
    return {};
  const auto oldest = (*drawn)[0].is_null(1) ? last_cursor - gathered_.changes + 1 : (*drawn)[0].integer(1);
  const auto horizon = last_cursor - *kept_changes_;
  return oldest <= horizon ? prune_changes(horizon) : result<void>{};
}

result<void> postgresql_transaction::commit() {
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
