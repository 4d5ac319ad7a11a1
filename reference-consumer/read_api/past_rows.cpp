#include "read_api/past_rows.hpp"

#include "query/item_filter.hpp"

#include <chrono>
#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::int64_t undone_at_once = 500;

/// How much later than a snapshot says it was exported it is applied at the earliest: clocks differ.
constexpr std::chrono::hours longest_lead{1};

refusal before_history() {
  return {
      410,
      "this time is before the history of changes begins, of which --keep-changes keeps so many: ask for a "
      "later one"};
}

refusal before_store(const timestamp& first) {
  return {410, "this time is before the store began, at " + to_string(first) +
                   ": what there was then is not known; ask for a later one"};
}

refusal not_begun() {
  return {410, "this store holds no snapshot yet: nothing is known of any time"};
}

/// Notes what a row was before its first change; later ones tell nothing about that time.
void undo(row_overlay& rows, std::int64_t scope_id, feed_entry& entry) {
  const auto row = view_row(entry.before.empty() ? entry.after : entry.before);
  if (!row)
    return; // the news that a snapshot is complete
  auto before = entry.before.empty() ? std::nullopt : std::optional(entry.before);
  rows[row->identity()].try_emplace(scope_id, std::move(before));
}

/// Where undoing begins: all changes up to it had happened.
struct undo_place {
  std::int64_t cursor = 0;
  std::optional<timestamp> exported_at;
};

answer_of<undo_place> place_by_commit(const moment& when, std::int64_t last, const read_changes& read) {
  if (last == 0)
    return not_begun();
  auto found = find_change_at(when.when, last, read);
  if (!found)
    return found.error();
  return undo_place{found->cursor, found->exported_at};
}

/// Snapshots of different scopes are not applied in the order of their export: undoing begins at a change
/// that was applied so long before that all up to it were exported in time.
answer_of<undo_place> place_by_snapshot(const moment& when, std::int64_t last, const read_changes& read) {
  if (last == 0)
    return not_begun();
  auto first = read(0, 1);
  if (!first)
    return store_is_away(first.error());
  if (first->empty())
    return before_history();
  const auto& oldest = first->front();
  const auto safe = when.when + -longest_lead;
  if (oldest.applied_at <= safe) {
    auto found = find_change_at(safe, last, read);
    if (!found)
      return found.error();
    return undo_place{found->cursor, found->exported_at};
  }
  if (oldest.cursor > 1)
    return before_history();
  if (when.when < oldest.exported_at)
    return before_store(oldest.exported_at);
  return undo_place{};
}

} // namespace

std::string to_string(const moment& value) {
  return to_string(value.when) + (value.by == moment_of::snapshot ? " by snapshot" : "");
}

answer_of<feed_entry> find_change_at(const timestamp& when, std::int64_t last_cursor,
                                     const read_changes& read) {
  auto first = read(0, 1);
  if (!first)
    return store_is_away(first.error());
  if (first->empty())
    return before_history();
  auto found = std::move(first->front());
  if (when < found.applied_at)
    return found.cursor > 1 ? before_history() : before_store(found.applied_at);
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
  return found;
}

answer_of<past_rows> look_back(store_reader& source, const chosen_scopes& scopes, const moment& when,
                               std::int64_t most_changes) {
  std::map<scope, std::int64_t> ids;
  for (const auto* one : scopes)
    ids.emplace(one->scope, one->id);
  auto last = source.last_cursor();
  if (!last)
    return store_is_away(last.error());
  const auto read = [&](std::int64_t after, std::int64_t limit) {
    return source.changes_after(after, limit);
  };
  const bool is_by_commit = when.by == moment_of::commit;
  auto place = is_by_commit ? place_by_commit(when, *last, read) : place_by_snapshot(when, *last, read);
  if (!place)
    return place.error();
  past_rows past{{}, place->cursor, place->exported_at};
  if (*last - past.cursor > most_changes)
    return bad_request("this time is more than " + std::to_string(most_changes) +
                       " changes back (--max-as-of-changes): ask for a later one");
  for (auto cursor = past.cursor; cursor < *last;) {
    auto entries = source.changes_after(cursor, undone_at_once);
    if (!entries)
      return store_is_away(entries.error());
    if (entries->empty())
      break;
    cursor = entries->back().cursor;
    for (auto& entry : *entries) {
      if (!is_by_commit && entry.exported_at <= when.when) {
        past.exported_at = std::max(past.exported_at, std::optional(entry.exported_at));
        continue;
      }
      if (const auto id = ids.find(entry.scope); id != ids.end() && entry.kind != "snapshot")
        undo(past.rows, id->second, entry);
    }
  }
  return past;
}

} // namespace kollect::consumer
