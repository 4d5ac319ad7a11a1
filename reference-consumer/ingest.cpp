#include "ingest.hpp"

#include "batch_ingest.hpp"

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

} // namespace

result<batch_report> ingest(store& target, const ingest_settings& settings, owned_positions& owned,
                            std::span<const received_message> batch, row_cache& rows) {
  auto begun = target.begin();
  if (!begun)
    return begun.error();
  auto& work = **begun;

  owned_positions moved;
  const bool has_positions = settings.log.system == broker_system::kafka;
  if (has_positions) {
    auto advanced = advance_positions(work, settings.log.name, owned, batch);
    if (!advanced)
      return advanced.error();
    moved = std::move(*advanced);
  } else if (!batch.empty()) {
    const auto last = std::max_element(batch.begin(), batch.end(), [](const auto& left, const auto& right) {
      return left.offset < right.offset;
    });
    if (auto noted = work.note_position(settings.log.name, last->partition, last->offset + 1); !noted)
      return noted.error();
  }
  std::vector<const received_message*> messages;
  for (const auto& message : batch)
    // What lies below the stored position has been dealt with; a broker may well send it again.
    if (!has_positions || message.offset >= owned.at(message.partition).next_offset)
      messages.push_back(&message);
  batch_ingest ingesting(work, settings, rows);
  if (auto taken = ingesting.take(messages); !taken)
    return taken.error();
  if (auto finished = finish(work, ingesting.report().counts, settings.retention); !finished)
    return finished.error();
  ingesting.keep_rows();
  for (const auto& [partition, position] : moved)
    owned[partition] = position;
  return ingesting.report();
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
  row_cache none(0);
  batch_ingest ingesting(work, settings, none);
  if (auto done = ingesting.take({&message}); !done)
    return done.error();
  const auto& report = ingesting.report();
  out.ending = ending_of(report.counts, report.settled);
  const auto held_text = held ? "the snapshot held, of " + to_string(held->instant) : std::string();
  switch (out.ending) {
  case outcome::applied:
    out.why = (held ? "newer than " + held_text : std::string("the first snapshot of its scope")) +
              ": adds " + std::to_string(report.rows_added) + ", changes " +
              std::to_string(report.rows_changed) + " and removes " + std::to_string(report.rows_removed) +
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
    out.why = ingesting.refused() ? to_string(*ingesting.refused()) : std::string();
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
  received_message message;
  message.partition = stored.letter.origin.partition;
  message.offset = stored.letter.origin.offset;
  message.key = stored.letter.message_key;
  message.subject = stored.letter.subject;
  message.value = stored.letter.value;
  message.is_tombstone = stored.letter.is_tombstone;
  row_cache none(0);
  batch_ingest ingesting(work, settings, none);
  ingesting.begin_retry();
  if (auto done = ingesting.take({&message}); !done)
    return done.error();
  auto counts = ingesting.report().counts;
  const auto ending = ending_of(counts, ingesting.report().settled);
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
    auto parts = work.take_torn_set(settings.retention, settings.now());
    if (!parts)
      return parts.error();
    if (parts->empty())
      break;
    for (auto& part : *parts) {
      const auto reason =
          make_failure(error::torn_set,
                       "only " + std::to_string(parts->size()) + " of " +
                           std::to_string(part.set.part_total) + " parts came; the set was never applied",
                       "MP-04");
      auto buried = work.bury(make_dead_letter(std::move(part), reason, settings.now()));
      if (!buried)
        return buried.error();
      counts.settle(1, *buried ? outcome::dead_lettered : outcome::duplicate);
    }
  }
  if (counts == outcome_counts{})
    return counts;
  if (auto finished = finish(work, counts, settings.retention); !finished)
    return finished.error();
  return counts;
}

} // namespace kollect::consumer
