#include "read_api/row_groups.hpp"

#include <algorithm>
#include <utility>

namespace kollect::consumer {
namespace {

/// Rows are read so many at first, and then as many as make so many bytes together.
constexpr std::int64_t first_rows = 16;
constexpr std::int64_t bytes_at_once = std::int64_t{1} << 20U;

/// Names are UTF-8, in which there is no such byte.
const row_identity behind_all{"\xFF", {}, {}, {}, {}};

/// The first of what was otherwise that a range needs.
row_overlay::const_iterator begin_of(const past_rows* past, const row_query& range) {
  if (past == nullptr)
    return {};
  return range.after ? past->rows.lower_bound(range.after->identity) : past->rows.begin();
}

} // namespace

row_groups::row_groups(store_reader& source, row_query range, const past_rows* past,
                       clock::time_point deadline)
    : source_(source), range_(std::move(range)), most_at_once_(range_.limit), past_(past),
      overlaid_(begin_of(past, range_)), deadline_(deadline) {
  if (range_.after)
    range_.after->scope_id = 0; // all of the identity's rows are needed
  if (range_.with_items)
    range_.limit = std::min(first_rows, most_at_once_);
}

/// Nobody knows how large the next rows are: as large as those before, it is taken, and no smaller than a
/// part of the largest of them. Those that come without their item cost little.
void row_groups::set_next_limit() {
  constexpr std::size_t without_item = 256;
  constexpr std::size_t part_of_largest = 8;
  std::size_t largest = 1, sum = 0;
  for (const auto& row : rows_) {
    const auto size = row.item.empty() ? without_item : row.item.size();
    largest = std::max(largest, size);
    sum += size;
  }
  const auto usual = std::max(sum / rows_.size(), largest / part_of_largest);
  if (range_.with_items)
    range_.limit = std::clamp(bytes_at_once / static_cast<std::int64_t>(std::max<std::size_t>(usual, 1)),
                              std::int64_t{1}, most_at_once_);
}

void row_groups::look_only_in(std::vector<row_interval> intervals) {
  is_in_intervals_ = true;
  intervals_ = std::move(intervals);
  std::reverse(intervals_.begin(), intervals_.end());
  is_at_end_ = !begin_next_interval();
}

bool row_groups::begin_next_interval() {
  if (intervals_.empty())
    return false;
  auto& next = intervals_.back();
  if (!range_.after || range_.after->identity < next.from)
    range_.after = row_place{std::move(next.from), 0};
  range_.until = next.until ? std::move(*next.until) : behind_all;
  range_.scope_ids = std::move(next.scope_ids);
  range_.rows_in_scopes = next.rows;
  intervals_.pop_back();
  return true;
}

bool row_groups::is_wanted(std::int64_t scope_id) const {
  const auto& ids = range_.scope_ids;
  return !ids || std::find(ids->begin(), ids->end(), scope_id) != ids->end();
}

answer_of<bool> row_groups::has_stored() {
  while (at_ == rows_.size()) {
    if (is_at_end_ && !begin_next_interval())
      return false;
    if (clock::now() > deadline_)
      return refusal{503, "this takes longer than --query-timeout allows: ask for less"};
    auto read = source_.rows_in_order(range_);
    if (!read)
      return store_is_away(read.error());
    rows_ = std::move(*read);
    at_ = 0;
    is_at_end_ = static_cast<std::int64_t>(rows_.size()) < range_.limit;
    if (rows_.empty())
      continue;
    range_.after = row_place{rows_.back().identity, rows_.back().scope_id};
    set_next_limit();
  }
  return true;
}

answer_of<std::vector<stored_row>> row_groups::next_stored() {
  std::vector<stored_row> group;
  for (;;) {
    auto has_more = has_stored();
    if (!has_more)
      return has_more.error();
    if (!*has_more || (!group.empty() && rows_[at_].identity != group.front().identity))
      return group;
    group.push_back(std::move(rows_[at_++]));
  }
}

answer_of<std::vector<stored_row>> row_groups::next() {
  if (past_ == nullptr)
    return next_stored();
  for (;;) {
    auto has_more = has_stored();
    if (!has_more)
      return has_more.error();
    const bool is_overlaid =
        overlaid_ != past_->rows.end() && (!*has_more || overlaid_->first <= rows_[at_].identity);
    if (!is_overlaid)
      return next_stored();
    std::vector<stored_row> group;
    if (*has_more && rows_[at_].identity == overlaid_->first) {
      auto stored = next_stored();
      if (!stored)
        return stored;
      group = std::move(*stored);
    }
    for (const auto& [scope_id, item] : overlaid_->second) {
      std::erase_if(group, [&, id = scope_id](const stored_row& row) { return row.scope_id == id; });
      if (item && is_wanted(scope_id))
        group.push_back({scope_id, overlaid_->first, *item});
    }
    ++overlaid_;
    if (!group.empty())
      return group;
  }
}

} // namespace kollect::consumer
