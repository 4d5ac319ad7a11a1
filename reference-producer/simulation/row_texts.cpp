#include "simulation/row_texts.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace kollect::producer {

namespace {

/// As sort_canonically() does.
bool is_before(const row_text& left, const row_text& right) noexcept {
  return std::tie(left.text.sort_key, left.text.json) < std::tie(right.text.sort_key, right.text.json);
}

} // namespace

void row_texts::update(std::span<const row_model> rows, const std::string& namespace_) {
  std::vector<row_text> made;
  const auto newest_before = newest_revision_;
  for (const auto& row : rows) {
    if (row.revision <= newest_before)
      continue;
    made.push_back({row, make_row(row, namespace_)});
    count(made.back(), true);
    newest_revision_ = std::max(newest_revision_, row.revision);
  }
  if (rows_.size() + made.size() != rows.size())
    drop_rows_other_than(rows);
  std::sort(made.begin(), made.end(), is_before);
  const auto kept = static_cast<std::ptrdiff_t>(rows_.size());
  rows_.insert(rows_.end(), std::move_iterator(made.begin()), std::move_iterator(made.end()));
  std::inplace_merge(rows_.begin(), rows_.begin() + kept, rows_.end(), is_before);
}

void row_texts::clear() {
  *this = {};
}

void row_texts::drop_rows_other_than(std::span<const row_model> rows) {
  std::vector<std::uint64_t> present;
  present.reserve(rows.size());
  for (const auto& row : rows)
    present.push_back(row.revision);
  std::sort(present.begin(), present.end());
  std::erase_if(rows_, [&](const row_text& held) {
    const bool is_gone = !std::binary_search(present.begin(), present.end(), held.model.revision);
    if (is_gone)
      count(held, false);
    return is_gone;
  });
}

void row_texts::count(const row_text& row, bool is_added) {
  const auto json = row.text.json.size();
  const auto memory = sizeof(row_text) + json + row.text.sort_key.size();
  json_bytes_ += is_added ? json : 0 - json;
  memory_ += is_added ? memory : 0 - memory;
}

} // namespace kollect::producer
