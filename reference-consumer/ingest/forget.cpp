#include "forget.hpp"

#include "apply.hpp"

#include <string>

namespace kollect::consumer {
namespace {

constexpr std::int64_t piece_bytes = 1'048'576;

/// Removes the rows that are there, whether they are those that were written or not.
result<std::int64_t> remove_rows(transaction& work, const ingest_settings& settings, const scope& which) {
  if (auto locked = work.lock_scopes({which}); !locked)
    return locked.error();
  auto record = work.open_scope(which);
  if (!record)
    return record.error();
  if (auto distrusted = work.distrust(record->id); !distrusted)
    return distrusted.error();
  record = work.open_scope(which);
  if (!record)
    return record.error();
  const auto rows = record->row_count;
  // What is compared with nothing, goes.
  if (auto counts = work.compare_staged(record->id); !counts)
    return counts.error();
  const auto now = settings.now();
  auto writer = work.write_snapshot({record->id, now, {.log = "forget"}, now});
  if (!writer)
    return writer.error();
  for (;;) {
    auto removed = work.take_staged(record->id, piece_bytes);
    if (!removed)
      return removed.error();
    if (removed->empty())
      break;
    if (auto written = write_changes(**writer, *removed); !written)
      return written.error();
  }
  // No consumer takes rows that it remembers for those of this.
  record->items_digest = sha256("[]");
  record->target_digest = 0;
  record->target_conflicts = 0;
  record->is_forgotten = true;
  if (auto finished = (*writer)->finish(*record); !finished)
    return finished.error();
  auto cleared = work.clear_staged(record->id);
  return cleared ? result<std::int64_t>(rows) : cleared.error();
}

} // namespace

result<forgotten_cluster> forget_cluster(store& target, const ingest_settings& settings,
                                         std::string_view cluster) {
  auto scopes = target.scopes();
  if (!scopes)
    return scopes.error();
  forgotten_cluster out;
  for (const auto& one : *scopes) {
    if (one.scope.cluster != cluster)
      continue;
    auto begun = target.begin();
    if (!begun)
      return begun.error();
    auto rows = remove_rows(**begun, settings, one.scope);
    if (!rows)
      return rows.error();
    if (auto pruned = (*begun)->prune(settings.retention); !pruned)
      return pruned.error();
    if (auto committed = (*begun)->commit(); !committed)
      return committed.error();
    ++out.scopes;
    out.rows += *rows;
  }
  return out;
}

} // namespace kollect::consumer
