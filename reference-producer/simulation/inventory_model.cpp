#include "simulation/inventory_model.hpp"

#include <utility>

namespace kollect::producer {

inventory_model::inventory_model(std::string name_of_namespace, const churn_options& options,
                                 std::uint64_t seed)
    : namespace_(std::move(name_of_namespace)), options_(options), numbers_(seed) {
  fill();
}

void inventory_model::advance() {
  is_novel_ = false;
  if (numbers_.chance(options_.empty_share))
    rows_.clear();
  else if (rows_.empty())
    fill();
  else
    change_rows();
}

void inventory_model::fill() {
  rows_.reserve(options_.items);
  while (rows_.size() < options_.items)
    add_row();
  is_novel_ = options_.items != 0;
}

void inventory_model::change_rows() {
  // Rows that are added meanwhile are at the end and are left as they are.
  std::size_t untouched = rows_.size();
  for (std::size_t index = 0; index < untouched;) {
    auto& row = rows_[index];
    const bool is_touched = numbers_.chance(options_.churn);
    const auto event = is_touched ? numbers_.below(100) : 0;
    if (is_touched && event < 15 && rows_.size() >= options_.items) {
      // The last untouched row takes the removed one's place, and the last added one takes its.
      row = rows_[--untouched];
      rows_[untouched] = rows_.back();
      rows_.pop_back();
      continue;
    }
    if (is_touched && event < 30)
      add_row();
    else if (is_touched && (event < 40 || !shows_revisions(row)))
      recreate(row);
    else if (is_touched)
      row.revision = next_revision_++;
    is_novel_ = is_novel_ || is_touched;
    ++index;
  }
}

void inventory_model::add_row() {
  row_model row;
  row.ordinal = next_ordinal_++;
  row.kind = numbers_.below(object_kind_count());
  recreate(row);
  rows_.push_back(row);
}

void inventory_model::recreate(row_model& row) {
  row.seed = numbers_.next();
  row.revision = next_revision_++;
}

} // namespace kollect::producer
