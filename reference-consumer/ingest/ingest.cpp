#include "ingest.hpp"

#include "batch.hpp"

#include <algorithm>
#include <utility>

namespace kollect::consumer {
namespace {

/// How the only message of a batch ended.
outcome ending_of(outcome_counts counts, outcome_counts settled) {
  for (const auto value : {outcome::applied, outcome::duplicate, outcome::stale, outcome::dead_lettered})
    if (counts[value] > settled[value])
      return value;
  // A part, which may have made its set whole.
  for (const auto value : {outcome::applied, outcome::dead_lettered})
    if (settled[value] > 0)
      return value;
  return outcome::pending;
}

/// What ends every transaction: the counters, the retention, the commit.
result<void> finish(transaction& work, const outcome_counts& counts, const retention& bounds) {
  if (auto counted = work.count(counts); !counted)
    return counted;
  if (auto pruned = work.prune(bounds); !pruned)
    return pruned;
  return work.commit();
}

/// Moves every Kafka partition of the batch on, before anything else is written: that is the fence
/// against a process that was paused and has lost its partitions meanwhile.
result<owned_positions> advance_positions(transaction& target, const std::string& log,
                                          const owned_positions& owned,
                                          std::span<const received_message> batch) {
  owned_positions moved;
  std::map<std::int32_t, const received_message*> last;
  for (const auto& message : batch) {
    const auto held = owned.find(message.partition);
    if (held == owned.end())
      return make_failure(error::fenced,
                          "partition " + std::to_string(message.partition) + " is not ours any more",
                          "DED-03");
    auto& position = moved.try_emplace(message.partition, held->second).first->second;
    if (message.offset < position.next_offset)
      continue;
    position.next_offset = message.offset + 1;
    last[message.partition] = &message;
  }
  for (const auto& [partition, message] : last) {
    // What cannot be read is no witness, and the next start begins behind it.
    moved.at(partition).last_message.reset();
    if (!message->unreadable)
      moved.at(partition).last_message = fingerprint_of(message->value);
  }
  for (const auto& [partition, position] : moved)
    if (auto advanced = target.advance(log, owned.at(partition), position); !advanced)
      return advanced.error();
  return moved;
}

/// Nobody owns a stream: how far it was consumed is noted, no more.
result<void> note_position(transaction& target, const std::string& log,
                           std::span<const received_message> messages) {
  if (messages.empty())
    return {};
  const auto last =
      std::max_element(messages.begin(), messages.end(),
                       [](const auto& left, const auto& right) { return left.offset < right.offset; });
  return target.note_position(log, {last->partition, 0, last->offset + 1, fingerprint_of(last->value)});
}

result<owned_positions> move_positions(transaction& target, const log_identity& log,
                                       const owned_positions& owned,
                                       std::span<const received_message> messages) {
  if (log.system == broker_system::kafka)
    return advance_positions(target, log.name, owned, messages);
  auto noted = note_position(target, log.name, messages);
  return noted ? result<owned_positions>(owned_positions()) : noted.error();
}

struct checked_scope {
  std::int64_t bytes = 0;
  bool is_damaged = false;
};

result<checked_scope> check_scope(transaction& work, const ingest_settings& settings, const scope& which) {
  if (auto locked = work.lock_scopes({which}); !locked)
    return locked.error();
  auto record = work.open_scope(which);
  if (!record)
    return record.error();
  checked_scope out{std::max<std::int64_t>(record->row_bytes, 1), false};
  if (record->items_digest == sha256_digest{} || record->row_bytes > settings.max_merge_bytes)
    return out; // waits for its snapshot, or is too large to be read at once
  auto rows = work.rows(record->id);
  if (rows)
    return out;
  if (rows.error().reason() != error::store_corrupt)
    return rows.error();
  out.is_damaged = true;
  auto distrusted = distrust_scope(work, settings, which, record->id, "the next snapshot");
  return distrusted ? result<checked_scope>(out) : distrusted.error();
}

/// The message that became a dead letter: a view of it.
received_message message_of(const stored_dead_letter& stored) {
  received_message message;
  message.partition = stored.letter.origin.partition;
  message.offset = stored.letter.origin.offset;
  message.key = stored.letter.message_key;
  message.subject = stored.letter.subject;
  message.value = stored.value;
  message.is_tombstone = stored.letter.is_tombstone;
  return message;
}

} // namespace

result<batch_report> ingest(store& target, const ingest_settings& settings, owned_positions& owned,
                            std::span<const received_message> messages, held_scopes& scopes) {
  scopes.begin();
  auto begun = target.begin();
  if (!begun)
    return begun.error();
  auto& work = **begun;
  auto moved = move_positions(work, settings.log, owned, messages);
  if (!moved)
    return moved.error();
  std::vector<const received_message*> news;
  for (const auto& message : messages)
    // What lies below the stored position was consumed; a broker may well send it again.
    if (settings.log.system == broker_system::nats ||
        message.offset >= owned.at(message.partition).next_offset)
      news.push_back(&message);
  auto report = batch(work, settings, scopes).take(news);
  if (!report)
    return report.error();
  if (auto finished = finish(work, report->counts, settings.retention); !finished)
    return finished.error();
  scopes.commit();
  for (const auto& [partition, position] : *moved)
    owned[partition] = position;
  return report;
}

std::vector<std::int32_t> find_replaced_logs(const owned_positions& owned,
                                             std::span<const received_message> batch) {
  std::vector<std::int32_t> replaced;
  for (const auto& message : batch) {
    const auto held = owned.find(message.partition);
    if (held == owned.end() || !held->second.last_message || message.offset != held->second.next_offset - 1)
      continue;
    if (fingerprint_of(message.value) != *held->second.last_message)
      replaced.push_back(message.partition);
  }
  return replaced;
}

result<explanation> explain(store& target, const ingest_settings& settings, const received_message& message) {
  auto begun = target.begin(); // and is never committed
  if (!begun)
    return begun.error();
  auto& work = **begun;
  explanation out;
  std::optional<snapshot_order> held;
  bool is_key_known = false;
  if (auto head =
          read_head(message.value, message.key ? std::optional<std::string_view>(*message.key) : std::nullopt,
                    settings.limits);
      head && !message.is_tombstone) {
    out.scope = head->scope;
    auto record = work.open_scope(head->scope);
    if (!record)
      return record.error();
    held = record->order;
    auto known = work.is_known(record->id, head->key);
    if (!known)
      return known.error();
    is_key_known = *known;
  }
  held_scopes scopes(0);
  const received_message* const only[] = {&message};
  auto report = batch(work, settings, scopes).take(only);
  if (!report)
    return report.error();
  out.ending = ending_of(report->counts, report->settled);
  const auto held_text = held ? "the snapshot held, of " + to_string(held->instant) : std::string();
  switch (out.ending) {
  case outcome::applied:
    out.why = (held ? "newer than " + held_text : std::string("the first snapshot of its scope")) +
              ": adds " + std::to_string(report->rows_added) + ", changes " +
              std::to_string(report->rows_changed) + " and removes " + std::to_string(report->rows_removed) +
              " rows";
    break;
  case outcome::duplicate:
    out.why = is_key_known ? "its dedup key was seen before (DED-01)"
                           : "the same content is held already, under another timestamp or as a part";
    break;
  case outcome::stale:
    out.why = "not newer than " + held_text + " (DED-03)";
    break;
  case outcome::pending:
    out.why = "a part whose set is not whole yet (MP-04)";
    break;
  case outcome::dead_lettered:
    out.why = report->notes.front().sentence;
    break;
  }
  return out;
}

result<outcome> retry_dead_letter(store& target, ingest_settings settings, std::int64_t id) {
  auto begun = target.begin();
  if (!begun)
    return begun.error();
  auto& work = **begun;
  auto taken = work.take_dead_letter(id);
  if (!taken)
    return taken.error();
  if (!*taken)
    return make_failure(error::invalid_value, "there is no dead letter " + std::to_string(id));
  const auto& stored = **taken;
  if (!stored.has_body)
    return make_failure(error::invalid_value,
                        "the bytes of dead letter " + std::to_string(id) +
                            " were dropped to stay within --max-dead-letter-bytes: it cannot be tried again");
  settings.log.name = stored.letter.origin.log;
  const auto message = message_of(stored);
  const received_message* const only[] = {&message};
  held_scopes scopes(0);
  auto report = batch(work, settings, scopes, batch_kind::retry).take(only);
  if (!report)
    return report.error();
  auto counts = report->counts;
  const auto ending = ending_of(counts, report->settled);
  if (ending == outcome::dead_lettered)
    return ending; // and nothing is committed: the letter stays
  // It was consumed long ago, and ends another way now.
  --counts.consumed;
  --counts.dead_lettered;
  if (auto finished = finish(work, counts, settings.retention); !finished)
    return finished.error();
  return ending;
}

result<outcome_counts> bury_torn_sets(store& target, const ingest_settings& settings) {
  auto begun = target.begin();
  if (!begun)
    return begun.error();
  auto& work = **begun;
  outcome_counts counts;
  for (;;) {
    auto found = work.find_torn_set(settings.retention, settings.now());
    if (!found)
      return found.error();
    if (!*found)
      break;
    const auto& [scope_id, set] = **found;
    auto waiting = work.waiting(scope_id, set);
    if (!waiting)
      return waiting.error();
    const auto reason =
        make_failure(error::torn_set,
                     "only " + std::to_string(waiting->parts.size()) + " of " +
                         std::to_string(set.part_total) + " parts came; the set was never applied",
                     "MP-04");
    auto buried = bury_set(work, scope_id, set, reason, settings.now());
    if (!buried)
      return buried.error();
    counts += *buried;
  }
  if (counts == outcome_counts{})
    return counts;
  if (auto finished = finish(work, counts, settings.retention); !finished)
    return finished.error();
  return counts;
}

result<std::int64_t> check_held_rows(store& target, const ingest_settings& settings,
                                     std::int64_t after_scope_id, std::int64_t bytes) {
  auto scopes = target.scopes();
  if (!scopes)
    return scopes.error();
  std::sort(scopes->begin(), scopes->end(),
            [](const auto& left, const auto& right) { return left.id < right.id; });
  if (scopes->empty())
    return 0;
  auto begun = target.begin();
  if (!begun)
    return begun.error();
  auto& work = **begun;
  bool has_damage = false;
  for (const auto& one : *scopes) {
    if (one.id <= after_scope_id)
      continue;
    if (bytes <= 0)
      break;
    after_scope_id = one.id;
    auto checked = check_scope(work, settings, one.scope);
    if (!checked)
      return checked.error();
    bytes -= checked->bytes;
    has_damage = has_damage || checked->is_damaged;
  }
  if (has_damage)
    if (auto committed = work.commit(); !committed)
      return committed.error();
  return bytes > 0 ? 0 : after_scope_id;
}

} // namespace kollect::consumer
