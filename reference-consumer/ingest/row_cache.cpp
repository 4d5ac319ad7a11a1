#include "row_cache.hpp"

#include <utility>

namespace kollect::consumer {

std::size_t row_cache::entry::bytes() const noexcept {
  // Its names are there twice, and so are nodes around it.
  constexpr std::size_t nodes = 128;
  return rows.bytes() + sizeof(entry) + nodes +
         2 * (scope.cluster.size() + scope.namespace_.size() + scope.inventory.size());
}

row_cache::entry row_cache::remove(entries::iterator place) {
  entry out = std::move(*place);
  bytes_ -= out.bytes();
  places_.erase(out.scope);
  entries_.erase(place);
  return out;
}

std::optional<held_rows> row_cache::take(const scope& which, const scope_record& record) {
  const auto found = places_.find(which);
  if (found == places_.end())
    return {};
  auto kept = remove(found->second);
  if (kept.scope_id != record.id || kept.order != record.order || kept.items_digest != record.items_digest)
    return {};
  return std::move(kept.rows);
}

void row_cache::put(const scope& which, const scope_record& record, held_rows rows) {
  if (const auto found = places_.find(which); found != places_.end())
    remove(found->second);
  if (!record.order)
    return;
  entry fresh{which, record.id, *record.order, record.items_digest, std::move(rows)};
  const std::size_t size = fresh.bytes();
  if (size > max_bytes_)
    return;
  while (bytes_ + size > max_bytes_)
    remove(std::prev(entries_.end()));
  entries_.push_front(std::move(fresh));
  places_.emplace(which, entries_.begin());
  bytes_ += size;
}

void row_cache::clear() noexcept {
  places_.clear();
  entries_.clear();
  bytes_ = 0;
}

} // namespace kollect::consumer
