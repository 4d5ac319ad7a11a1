#include "row_merge.hpp"

#include <utility>

namespace kollect::consumer {

std::size_t row_merge::pass_held(std::string_view text) noexcept {
  if (next_ == held_.size())
    return 0;
  const auto held = held_[next_];
  if (!text.starts_with(held))
    return 0;
  ++next_;
  is_last_held_ = true;
  return held.size();
}

void row_merge::record(const found_change& one) {
  if (changes_.size() == max_recorded_)
    is_recorded_ = false;
  else
    changes_.push_back(one);
}

void row_merge::remove_before(std::size_t end) {
  if (next_ == end)
    return;
  const auto rows = static_cast<std::uint32_t>(end - next_);
  record({change_kind::removed, static_cast<std::uint32_t>(next_), rows});
  counts_.removed += rows;
  next_ = end;
}

void row_merge::pass(const item_view& row) {
  if (std::exchange(is_last_held_, false))
    last_ = read_row(held_[next_ - 1]);
  is_in_order_ = is_in_order_ && (last_.raw.empty() || compare_identities(last_, row) < 0);
  if (!is_in_order_)
    return;
  last_ = row;
  std::size_t place = next_;
  int order = -1;
  for (; place < held_.size(); ++place) {
    order = compare_identities(read_row(held_[place]), row);
    if (order >= 0)
      break;
  }
  remove_before(place);
  const bool is_held = order == 0;
  if (is_held && held_[next_] == row.raw) {
    ++next_;
    return;
  }
  record({is_held ? change_kind::changed : change_kind::added, static_cast<std::uint32_t>(next_), 1,
          static_cast<std::uint32_t>(row.raw.size()), row.raw.data()});
  ++(is_held ? counts_.changed : counts_.added);
  next_ += is_held ? 1 : 0;
}

std::optional<sha256_digest> row_merge::digest_of(std::string_view items) const {
  const bool are_same = held_.are_whole_items() && is_in_order_ && counts_.all() == 0 &&
                        next_ == held_.size() && items.size() == held_.items_size();
  return are_same ? std::optional(held_digest_) : std::nullopt;
}

bool row_walk::go_on(row_merge& into, std::size_t changes) {
  for (; part_ < parts_.size(); ++part_, at_ = 0) {
    const auto items = parts_[part_].items;
    for (at_ = items.find('{', at_); at_ != std::string_view::npos; at_ = items.find('{', at_)) {
      if (into.changes().size() >= changes)
        return true;
      const auto rest = items.substr(at_);
      std::size_t length = into.pass_held(rest);
      if (length == 0) {
        const auto row = read_row(rest);
        into.pass(row);
        if (!into.is_in_order())
          return false;
        length = row.raw.size();
      }
      at_ += length;
    }
  }
  into.finish();
  return false;
}

held_rows follow(const held_rows& before, const std::deque<found_change>& changes, std::size_t room) {
  std::size_t rows = before.size(), bytes = before.items_size();
  for (const auto& one : changes) {
    rows += one.kind == change_kind::added ? 1 : 0;
    bytes += one.after_bytes;
  }
  held_rows_builder next;
  next.reserve(rows, bytes);
  std::size_t place = 0;
  for (const auto& one : changes) {
    next.add(before, place, one.held, room);
    if (one.kind != change_kind::removed)
      next.add(one.text(), room);
    place = std::size_t{one.held} + (one.kind == change_kind::added ? 0 : one.rows);
  }
  next.add(before, place, before.size(), room);
  return next.take();
}

} // namespace kollect::consumer
