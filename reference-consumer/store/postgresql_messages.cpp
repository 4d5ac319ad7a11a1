// What a transaction does with whole messages: parts that wait for their sets, and dead letters.
#include "postgresql_transaction.hpp"
#include "statements.hpp"
#include "stored_rows.hpp"

#include <utility>

namespace kollect::consumer::postgresql {
namespace {

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

} // namespace

result<waiting_parts> postgresql_transaction::waiting(std::int64_t scope_id, const part_set& set) {
  auto found = connection_.run(statements::waiting_parts, set_parameters(scope_id, set));
  if (!found)
    return found.error();
  waiting_parts out;
  for (int index = 0; index < found->size(); ++index) {
    const auto one = (*found)[index];
    out.parts.push_back({static_cast<std::uint32_t>(one.integer(0)), digest_from(one.bytes(1))});
    out.bytes += one.integer(2);
  }
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
  has_parts_[scope_id] = true;
  auto kept = connection_.post(statements::hold_part, values);
  if (!kept)
    return kept;
  gathered_.pending_bytes += bytes;
  return {};
}

result<pending_part> postgresql_transaction::read_part(std::int64_t scope_id, const part_set& set,
                                                       std::uint32_t part_index) {
  auto values = set_parameters(scope_id, set);
  values.integer(part_index);
  auto found = connection_.run(statements::one_part, values);
  if (!found)
    return found.error();
  if (found->size() == 0)
    return make_lost_part(part_index);
  return consumer::read_part((*found)[0]);
}

result<void> postgresql_transaction::drop_parts(std::int64_t scope_id, const part_set& set) {
  auto dropped =
      connection_.run("WITH gone AS (DELETE FROM pending_parts WHERE scope_id = $1 AND exported_seconds = $2 "
                      "AND exported_nanoseconds = $3 AND generation = $4 AND part_total = $5 RETURNING "
                      "message_bytes) SELECT coalesce(sum(message_bytes), 0)::bigint FROM gone",
                      set_parameters(scope_id, set));
  if (!dropped)
    return dropped.error();
  gathered_.pending_bytes -= (*dropped)[0].integer(0);
  return {};
}

result<std::int64_t> postgresql_transaction::drop_superseded_parts(std::int64_t scope_id,
                                                                   const snapshot_order& held) {
  // The scope is locked: nobody else gives it parts.
  if (const auto found = has_parts_.find(scope_id); found != has_parts_.end() && !found->second)
    return 0;
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

result<std::optional<torn_set>> postgresql_transaction::find_torn_set(const retention& bounds,
                                                                      const timestamp& now) {
  for (;;) {
    auto found = connection_.run(statements::torn_set, parameters()
                                                           .integer(now.seconds - bounds.pending_seconds)
                                                           .integer(gathered_.pending_bytes)
                                                           .integer(bounds.pending_bytes));
    if (!found)
      return found.error();
    if (found->size() == 0)
      return std::optional<torn_set>();
    auto torn = read_torn_set((*found)[0]);
    // A scope that another process is writing just now is left for the next time.
    auto locked = connection_.run("SELECT scope_id FROM scopes WHERE scope_id = $1 FOR UPDATE SKIP LOCKED",
                                  parameters().integer(torn.scope_id));
    if (!locked)
      return locked.error();
    if (locked->size() == 0)
      return std::optional<torn_set>();
    auto parts = waiting(torn.scope_id, torn.set);
    if (!parts)
      return parts.error();
    // None: another process took the set between the two statements.
    if (!parts->parts.empty())
      return std::optional(std::move(torn));
  }
}

result<bool> postgresql_transaction::bury(const dead_letter& letter, std::string_view value) {
  auto log = log_id(letter.origin.log);
  if (!log)
    return log.error();
  const auto digest = sha256(value);
  const auto body_bytes = body_bytes_of(letter, value);
  parameters values;
  values.integer(*log)
      .integer(letter.origin.partition)
      .integer(letter.origin.offset)
      .bytes_or_null(letter.message_key)
      .bytes(letter.subject)
      .bytes(letter.headers_json)
      .bytes(value)
      .integer(static_cast<std::int64_t>(value.size()))
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
  values.own_text(to_string(letter.at)).bytes_or_null(letter.cluster);
  auto buried = connection_.run(statements::bury, values);
  if (!buried)
    return buried.error();
  if (buried->changed() == 0)
    return false;
  gathered_.dead_letter_bytes += body_bytes;
  return true;
}

result<std::optional<stored_dead_letter>> postgresql_transaction::take_dead_letter(std::int64_t id) {
  auto found = connection_.run(
      "WITH taken AS (DELETE FROM dead_letters WHERE dead_letter_id = $1 RETURNING *) "
      "SELECT dead_letter_id, name, partition, \"offset\", message_key, subject, headers, "
      "value, is_tombstone, "
      "reason, sentence, clause, byte_offset, buried_at, value_bytes, value_digest, cluster FROM "
      "taken JOIN logs USING "
      "(log_id)",
      parameters().integer(id));
  if (!found)
    return found.error();
  if (found->size() == 0)
    return std::optional<stored_dead_letter>();
  auto taken = read_letter((*found)[0]);
  if (taken.has_body)
    gathered_.dead_letter_bytes -= body_bytes_of(taken.letter, taken.value);
  return std::optional(std::move(taken));
}

result<void> postgresql_transaction::prune_dead_letter_bodies(const retention& bounds) {
  for (;;) {
    auto oldest =
        connection_.run(statements::oldest_body,
                        parameters().integer(gathered_.dead_letter_bytes).integer(bounds.dead_letter_bytes));
    if (!oldest)
      return oldest.error();
    if (oldest->size() == 0)
      return {};
    auto dropped = connection_.run(statements::drop_body, parameters().integer((*oldest)[0].integer(0)));
    if (!dropped)
      return dropped.error();
    // Not changed: another process has dropped this body, and counted it.
    if (dropped->changed() == 1)
      gathered_.dead_letter_bytes -= (*oldest)[0].integer(1);
  }
}

} // namespace kollect::consumer::postgresql
