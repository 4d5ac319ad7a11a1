#include "read_api/past_rows.hpp"

#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::int64_t undone_at_once = 500;

refusal too_old() {
  return {410,
          "asOf is before the history of changes begins, of which --keep-changes keeps so many: ask for a "
          "later time"};
}

/// Notes what a row was before its first change; later ones tell nothing about that time.
void undo(row_overlay& rows, std::int64_t scope_id, feed_entry& entry) {
  const auto row = view_row(entry.before.empty() ? entry.after : entry.before);
  if (!row)
    return; // the news that a snapshot is complete
  auto before = entry.before.empty() ? std::nullopt : std::optional(entry.before);
  rows[row->identity()].try_emplace(scope_id, std::move(before));
}

} // namespace

answer_of<std::optional<feed_entry>> find_change_at(const timestamp& when, std::int64_t last_cursor,
                                                    const read_changes& read) {
  auto first = read(0, 1);
  if (!first)
    return store_is_away(first.error());
  if (first->empty()) {
    if (last_cursor > 0)
      return too_old();
    return std::optional<feed_entry>();
  }
  auto found = std::move(first->front());
  if (when < found.applied_at) {
    if (found.cursor > 1)
      return too_old();
    return std::optional<feed_entry>();
  }
  // All up to `found` had happened, nothing from `beyond` on.
  for (auto beyond = last_cursor + 1; beyond - found.cursor > 1;) {
    const auto middle = found.cursor + (beyond - found.cursor) / 2;
    auto one = read(middle - 1, 1);
    if (!one)
      return store_is_away(one.error());
    if (one->empty() || when < one->front().applied_at)
      beyond = middle;
    else
      found = std::move(one->front());
  }
  return std::optional(std::move(found));
}

answer_of<past_rows> look_back(store_reader& source, const std::vector<scope_summary>& scopes,
                               const timestamp& when, std::int64_t most_changes) {
  std::map<scope, std::int64_t> ids;
  for (const auto& one : scopes)
    ids.emplace(one.scope, one.id);
  auto last = source.last_cursor();
  if (!last)
    return store_is_away(last.error());
  const auto read = [&](std::int64_t after, std::int64_t limit) {
    return source.changes_after(after, limit);
  };
  auto found = find_change_at(when, *last, read);
  if (!found)
    return found.error();
  past_rows past;
  if (*found) {
    past.cursor = (*found)->cursor;
    past.exported_at = (*found)->exported_at;
  }
  if (*last - past.cursor > most_changes)
    return bad_request("asOf is more than " + std::to_string(most_changes) +
                       " changes back (--max-as-of-changes): ask for a later time");
  for (auto cursor = past.cursor; cursor < *last;) {
    auto entries = source.changes_after(cursor, undone_at_once);
    if (!entries)
      return store_is_away(entries.error());
    if (entries->empty())
      break;
    cursor = entries->back().cursor;
    for (auto& entry : *entries)
      if (const auto id = ids.find(entry.scope); id != ids.end() && entry.kind != "snapshot")
        undo(past.rows, id->second, entry);
  }
  return past;
}

} // namespace kollect::consumer
