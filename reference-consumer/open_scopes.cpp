#include "open_scopes.hpp"

#include <utility>

namespace kollect::consumer {

result<open_scope*> open_scopes::open(const scope& which) {
  auto found = scopes_.find(which);
  if (found == scopes_.end()) {
    auto record = target_.open_scope(which);
    if (!record)
      return record.error();
    auto rows = cache_.take(which, *record);
    found = scopes_.emplace(which, open_scope{std::move(*record), std::move(rows)}).first;
  }
  return &found->second;
}

result<held_rows*> open_scopes::rows_of(open_scope& opened) {
  if (!opened.rows && !opened.record.order)
    opened.rows.emplace(); // there never was a snapshot
  if (!opened.rows) {
    auto stored = target_.rows(opened.record.id);
    if (!stored)
      return stored.error();
    auto rows = held_rows::from_store(*stored);
    if (!rows)
      return rows.error();
    opened.rows = std::move(*rows);
  }
  return &*opened.rows;
}

void open_scopes::keep_rows() {
  for (auto& [which, opened] : scopes_)
    if (opened.rows)
      cache_.put(which, opened.record, std::move(*opened.rows));
}

} // namespace kollect::consumer
