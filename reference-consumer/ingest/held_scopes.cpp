#include "held_scopes.hpp"

#include <utility>

namespace kollect::consumer {

result<held_scope*> held_scopes::open(transaction& within, const scope& which) {
  auto found = open_.find(which);
  if (found == open_.end()) {
    auto record = within.open_scope(which);
    if (!record)
      return record.error();
    auto rows = cache_.take(which, *record);
    found = open_.emplace(which, held_scope{std::move(*record), std::move(rows)}).first;
  }
  return &found->second;
}

result<const held_rows*> held_scopes::rows_of(transaction& within, held_scope& opened) {
  if (!opened.rows && !opened.record.order)
    opened.rows.emplace(); // there never was a snapshot
  if (!opened.rows) {
    auto stored = within.rows(opened.record.id);
    if (!stored)
      return stored.error();
    opened.rows = std::move(*stored);
    give_others_up(opened);
  }
  return &*opened.rows;
}

void held_scopes::give_others_up(const held_scope& but) {
  std::size_t bytes = 0;
  for (const auto& [which, opened] : open_)
    bytes += opened.rows ? opened.rows->bytes() : 0;
  if (bytes <= max_bytes_)
    return;
  cache_.clear();
  for (auto& [which, opened] : open_)
    if (&opened != &but)
      opened.rows.reset();
}

void held_scopes::commit() {
  for (auto& [which, opened] : open_)
    if (opened.rows)
      cache_.put(which, opened.record, std::move(*opened.rows));
  open_.clear();
}

} // namespace kollect::consumer
