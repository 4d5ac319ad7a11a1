#include "consume/resync.hpp"

#include "ingest/apply.hpp"

#include <array>
#include <chrono>
#include <set>
#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::size_t batch_messages = 500;
constexpr std::size_t batch_bytes = 8U * 1024 * 1024;
constexpr std::chrono::milliseconds poll_time{250};

/// A Kafka partition is ours in the store that is built: nobody else knows it.
result<void> own_partitions(store& into, const std::string& log, owned_positions& owned,
                            std::span<const received_message> batch) {
  for (const auto& message : batch) {
    if (owned.contains(message.partition))
      continue;
    const std::array partitions{message.partition};
    auto claimed = into.claim(log, partitions, "resync");
    if (!claimed)
      return claimed.error();
    owned[message.partition] = claimed->front();
  }
  return {};
}

/// What is compared: a scope's record and rows.
struct compared_scope {
  scope_record record;
  row_map rows;
  bool is_damaged = false; ///< the rows were not those that were written
};

/// Rows that somebody has changed are what is to be mended.
result<compared_scope> read_scope(transaction& from, const scope& which) {
  auto record = from.open_scope(which);
  if (!record)
    return record.error();
  auto rows = from.rows(record->id);
  const bool is_damaged = !rows && rows.error().reason() == error::store_corrupt;
  if (is_damaged) {
    if (auto distrusted = from.distrust(record->id); !distrusted)
      return distrusted.error();
    record = from.open_scope(which);
    if (!record)
      return record.error();
    rows = from.rows(record->id);
  }
  if (!rows)
    return rows.error();
  return compared_scope{std::move(*record), rows->to_map(), is_damaged};
}

resync_relation relation_of(const compared_scope& held, const compared_scope& rebuilt,
                            const std::vector<change>& changes, bool is_forgotten) {
  if (!held.record.order)
    return resync_relation::missing;
  if (is_forgotten && *rebuilt.record.order <= *held.record.order)
    return resync_relation::forgotten;
  if (*rebuilt.record.order < *held.record.order)
    return resync_relation::newer_in_store;
  return changes.empty() && !held.is_damaged ? resync_relation::same : resync_relation::different;
}

result<void> write(transaction& target, const ingest_settings& settings, const compared_scope& held,
                   const compared_scope& rebuilt, const std::vector<change>& changes) {
  auto record = rebuilt.record;
  record.id = held.record.id;
  record.target_digest = held.record.target_digest;
  record.target_conflicts = held.record.target_conflicts;
  record.row_count = held.record.row_count;
  record.row_bytes = held.record.row_bytes;
  auto writer = target.write_snapshot(
      {record.id, record.order->instant, {settings.log.name, -1, -1}, settings.now(), record.row_count == 0});
  if (!writer)
    return writer.error();
  if (auto written = write_changes(**writer, changes); !written)
    return written;
  if (auto finished = (*writer)->finish(record); !finished)
    return finished;
  auto dropped = target.drop_superseded_parts(record.id, *record.order);
  if (!dropped)
    return dropped.error();
  outcome_counts settled;
  settled.settle(*dropped, outcome::stale);
  if (auto counted = target.count(settled); !counted)
    return counted;
  if (auto pruned = target.prune(settings.retention); !pruned)
    return pruned;
  return target.commit();
}

result<resynced_scope> resync_scope(store& rebuilt, store& target, const ingest_settings& settings,
                                    resync_mode mode, const scope_summary& summary,
                                    const std::set<std::int64_t>& forgotten) {
  auto source = rebuilt.begin(); // and is never committed
  if (!source)
    return source.error();
  auto found = read_scope(**source, summary.scope);
  if (!found)
    return found.error();
  auto work = target.begin();
  if (!work)
    return work.error();
  if (auto locked = (*work)->lock_scopes({summary.scope}); !locked)
    return locked.error();
  auto held = read_scope(**work, summary.scope);
  if (!held)
    return held.error();
  auto changes = diff(held->rows, found->rows);
  if (!changes)
    return changes.error();
  resynced_scope out{summary.scope,
                     relation_of(*held, *found, *changes, forgotten.contains(held->record.id)),
                     summary.exported_at,
                     {}};
  const bool is_ours_to_write =
      out.relation == resync_relation::missing || out.relation == resync_relation::different;
  if (is_ours_to_write && mode == resync_mode::apply)
    if (auto written = write(**work, settings, *held, *found, *changes); !written)
      return written.error();
  if (is_ours_to_write)
    out.changes = std::move(*changes);
  return out;
}

} // namespace

std::string_view to_string(resync_relation value) noexcept {
  switch (value) {
  case resync_relation::same:
    return "same";
  case resync_relation::missing:
    return "missing";
  case resync_relation::different:
    return "different";
  case resync_relation::forgotten:
    return "forgotten";
  case resync_relation::newer_in_store:
    return "newer_in_store";
  }
  return "unknown";
}

result<outcome_counts> rebuild(log_reader& log, store& into, ingest_settings settings,
                               const std::function<bool(const outcome_counts&)>& told) {
  settings.log = log.log();
  owned_positions owned;
  held_scopes scopes(default_row_cache_bytes);
  outcome_counts counts;
  while (!log.at_end()) {
    auto batch = log.poll(batch_messages, batch_bytes, poll_time);
    if (!batch)
      return batch.error();
    if (settings.log.system == broker_system::kafka)
      if (auto ours = own_partitions(into, settings.log.name, owned, *batch); !ours)
        return ours.error();
    if (!batch->empty()) {
      auto done = ingest(into, settings, owned, *batch, scopes);
      if (!done)
        return done.error();
      counts += done->counts;
    }
    if (!told(counts))
      return make_failure(error::closed, "stopped before the log's end was reached; nothing was changed");
  }
  return counts;
}

result<void> resync(store& rebuilt, store& target, const ingest_settings& settings, resync_mode mode,
                    const std::function<void(const resynced_scope&)>& visit) {
  auto scopes = rebuilt.scopes();
  if (!scopes)
    return scopes.error();
  auto left_out = target.forgotten_scopes();
  if (!left_out)
    return left_out.error();
  std::set<std::int64_t> forgotten;
  for (const auto& one : *left_out)
    forgotten.insert(one.id);
  for (const auto& summary : *scopes) {
    auto done = resync_scope(rebuilt, target, settings, mode, summary, forgotten);
    if (!done)
      return done.error();
    visit(*done);
  }
  return {};
}

} // namespace kollect::consumer
