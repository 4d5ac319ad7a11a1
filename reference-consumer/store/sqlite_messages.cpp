// What a transaction does with whole messages: parts that wait for their sets, and dead letters.
#include "sqlite_transaction.hpp"
#include "statements.hpp"
#include "stored_rows.hpp"

#include <utility>

namespace kollect::consumer::sqlite {
namespace {

/// Binds what names a set within the parts table.
void bind_set(statement& target, std::int64_t scope_id, const part_set& set) {
  target.bind(scope_id)
      .bind(set.exported_at.seconds)
      .bind(set.exported_at.nanoseconds)
      .bind(set.generation)
      .bind(set.part_total);
}

} // namespace

result<waiting_parts> sqlite_transaction::waiting(std::int64_t scope_id, const part_set& set) {
  waiting_parts out;
  auto read = database_.query(
      statements::waiting_parts, [&](statement& select) { bind_set(select, scope_id, set); },
      [&](statement& row) {
        out.parts.push_back({static_cast<std::uint32_t>(row.integer(0)), digest_from(row.bytes(1))});
        out.bytes += row.integer(2);
      });
  if (!read)
    return read.error();
  return out;
}

result<void> sqlite_transaction::hold_part(std::int64_t scope_id, const pending_part& part) {
  auto log = log_id(part.origin.log);
  if (!log)
    return log.error();
  const auto bytes = static_cast<std::int64_t>(part.message.size());
  auto kept = database_.run(statements::hold_part, [&](statement& insert) {
    bind_set(insert, scope_id, part.set);
    insert.bind(part.part.part_index)
        .bind_blob(bytes_of(part.part.digest))
        .bind(*log)
        .bind(part.origin.partition)
        .bind(part.origin.offset);
    if (part.message_key)
      insert.bind_blob(*part.message_key);
    else
      insert.bind_null();
    insert.bind(part.arrived_at.seconds).bind(bytes).bind_blob(part.message);
  });
  if (!kept)
    return kept;
  return database_.run("UPDATE totals SET pending_bytes = pending_bytes + ?",
                       [&](statement& update) { update.bind(bytes); });
}

result<void> sqlite_transaction::drop_parts(std::int64_t scope_id, const part_set& set) {
  if (auto told = database_.run(
          "UPDATE totals SET pending_bytes = pending_bytes - (SELECT total(message_bytes) FROM pending_parts "
          "WHERE scope_id = ? AND exported_seconds = ? AND exported_nanoseconds = ? AND generation = ? "
          "AND part_total = ?)",
          [&](statement& update) { bind_set(update, scope_id, set); });
      !told)
    return told;
  return database_.run(
      "DELETE FROM pending_parts WHERE scope_id = ? AND exported_seconds = ? AND exported_nanoseconds = ? "
      "AND generation = ? AND part_total = ?",
      [&](statement& remove) { bind_set(remove, scope_id, set); });
}

result<pending_part> sqlite_transaction::read_part(std::int64_t scope_id, const part_set& set,
                                                   std::uint32_t part_index) {
  std::optional<pending_part> found;
  auto read = database_.query(
      statements::one_part,
      [&](statement& select) {
        bind_set(select, scope_id, set);
        select.bind(part_index);
      },
      [&](statement& row) { found = consumer::read_part(row); });
  if (!read)
    return read.error();
  if (!found)
    return make_lost_part(part_index);
  return std::move(*found);
}

result<std::int64_t> sqlite_transaction::drop_superseded_parts(std::int64_t scope_id,
                                                               const snapshot_order& held) {
  const auto bind_order = [&](statement& target) {
    target.bind(scope_id).bind(held.instant.seconds).bind(held.instant.nanoseconds).bind(held.generation);
  };
  bool has_any = false;
  if (auto read = database_.query("SELECT 1 FROM pending_parts WHERE scope_id = ? AND (exported_seconds, "
                                  "exported_nanoseconds, generation) < (?, ?, ?) LIMIT 1",
                                  bind_order, [&](statement&) { has_any = true; });
      !read)
    return read.error();
  if (!has_any)
    return 0;
  if (auto told = database_.run(
          "UPDATE totals SET pending_bytes = pending_bytes - (SELECT total(message_bytes) FROM pending_parts "
          "WHERE scope_id = ? AND (exported_seconds, exported_nanoseconds, generation) < (?, ?, ?))",
          bind_order);
      !told)
    return told.error();
  if (auto removed = database_.run("DELETE FROM pending_parts WHERE scope_id = ? AND "
                                   "(exported_seconds, exported_nanoseconds, generation) < (?, ?, ?)",
                                   bind_order);
      !removed)
    return removed.error();
  return database_.changes();
}

result<std::optional<torn_set>> sqlite_transaction::find_torn_set(const retention& bounds,
                                                                  const timestamp& now) {
  std::optional<torn_set> found;
  auto read = database_.query(
      statements::torn_set,
      [&](statement& select) {
        select.bind(now.seconds - bounds.pending_seconds).bind(0).bind(bounds.pending_bytes);
      },
      [&](statement& row) { found = read_torn_set(row); });
  if (!read)
    return read.error();
  return found;
}

result<bool> sqlite_transaction::bury(const dead_letter& letter, std::string_view value) {
  auto log = log_id(letter.origin.log);
  if (!log)
    return log.error();
  const auto value_bytes = static_cast<std::int64_t>(value.size());
  const auto body_bytes = body_bytes_of(letter, value);
  const auto digest = sha256(value);
  auto buried = database_.run(statements::bury, [&](statement& insert) {
    insert.bind(*log).bind(letter.origin.partition).bind(letter.origin.offset);
    if (letter.message_key)
      insert.bind_blob(*letter.message_key);
    else
      insert.bind_null();
    insert.bind_text(letter.subject)
        .bind_text(letter.headers_json)
        .bind_blob(value)
        .bind(value_bytes)
        .bind_blob(bytes_of(digest))
        .bind(body_bytes)
        .bind(letter.is_tombstone ? 1 : 0)
        .bind_text(letter.reason)
        .bind_text(letter.sentence)
        .bind_text(letter.clause);
    if (letter.byte_offset)
      insert.bind(*letter.byte_offset);
    else
      insert.bind_null();
    insert.bind_text(to_string(letter.at));
    if (letter.cluster)
      insert.bind_text(*letter.cluster);
    else
      insert.bind_null();
  });
  if (!buried)
    return buried.error();
  if (database_.changes() == 0)
    return false;
  if (auto told = database_.run("UPDATE totals SET dead_letter_bytes = dead_letter_bytes + ?",
                                [&](statement& update) { update.bind(body_bytes); });
      !told)
    return told.error();
  return true;
}

result<std::optional<stored_dead_letter>> sqlite_transaction::take_dead_letter(std::int64_t id) {
  std::optional<stored_dead_letter> taken;
  auto read = database_.query(
      "SELECT dead_letter_id, name, partition, offset, message_key, subject, headers, value, is_tombstone, "
      "reason, "
      "sentence, clause, byte_offset, buried_at, value_bytes, value_digest, cluster FROM dead_letters JOIN "
      "logs USING "
      "(log_id) WHERE dead_letter_id = ?",
      [&](statement& select) { select.bind(id); }, [&](statement& row) { taken = read_letter(row); });
  if (!read)
    return read.error();
  if (!taken)
    return taken;
  if (auto removed = database_.run("DELETE FROM dead_letters WHERE dead_letter_id = ?",
                                   [&](statement& remove) { remove.bind(id); });
      !removed)
    return removed.error();
  if (taken->has_body)
    if (auto told = database_.run(
            "UPDATE totals SET dead_letter_bytes = dead_letter_bytes - ?",
            [&](statement& update) { update.bind(body_bytes_of(taken->letter, taken->value)); });
        !told)
      return told.error();
  return taken;
}

result<void> sqlite_transaction::prune_dead_letter_bodies(const retention& bounds) {
  for (;;) {
    std::int64_t id = 0, bytes = 0;
    auto read = database_.select(
        statements::oldest_body, [&](const statement& row) { id = row.integer(0), bytes = row.integer(1); },
        0, bounds.dead_letter_bytes);
    if (!read || id == 0)
      return read;
    if (auto dropped = database_.run(statements::drop_body, [&](statement& update) { update.bind(id); });
        !dropped)
      return dropped;
    if (auto told = database_.run("UPDATE totals SET dead_letter_bytes = dead_letter_bytes - ?",
                                  [&](statement& update) { update.bind(bytes); });
        !told)
      return told;
  }
}

} // namespace kollect::consumer::sqlite
