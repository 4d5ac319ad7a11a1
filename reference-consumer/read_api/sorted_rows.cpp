#include "read_api/sorted_rows.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

namespace kollect::consumer {
namespace {

/// The first value of each column; an empty text where there is none.
std::vector<std::string> sort_texts(const std::vector<sort_column>& columns, const shown_row& row) {
  const auto view = view_row(row.item).value_or(item_view{});
  std::vector<std::string> out;
  for (const auto& one : columns) {
    const auto values = values_of(one.column, {row.from->scope, row.from->exported_at, view});
    out.push_back(values.empty() ? std::string() : order_text(values.front()));
  }
  return out;
}

/// What sort_key_of() has written, apart.
std::vector<std::string> take_apart(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    std::size_t size = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), size).ptr;
    text.remove_prefix(std::min(static_cast<std::size_t>(end - text.data()) + 1, text.size()));
    out.emplace_back(text.substr(0, size));
    text.remove_prefix(std::min(size, text.size()));
  }
  return out;
}

auto place_order(const page_place& place) {
  return std::tie(place.identity, place.which.cluster, place.which.namespace_, place.which.inventory);
}

} // namespace

std::string sort_key_of(const std::vector<sort_column>& columns, const shown_row& row) {
  std::string out;
  for (const auto& text : sort_texts(columns, row))
    out.append(std::to_string(text.size())).append(":").append(text);
  return out;
}

sorted_rows::sorted_rows(const std::vector<sort_column>& columns, const std::optional<page_place>& after,
                         std::size_t count, std::size_t bytes)
    : columns_(&columns), count_(count), most_bytes_(bytes) {
  if (after) {
    after_ = key{take_apart(after->sort_key), *after};
    after_->texts.resize(columns.size());
  }
}

bool sorted_rows::is_before(const key& left, const key& right) const {
  for (std::size_t index = 0; index < columns_->size(); ++index) {
    const auto& one = left.texts[index];
    const auto& other = right.texts[index];
    if (one == other)
      continue;
    if (one.empty() || other.empty())
      return other.empty();
    return (*columns_)[index].is_descending ? other < one : one < other;
  }
  return place_order(left.place) < place_order(right.place);
}

void sorted_rows::drop_last() {
  const auto is_earlier = [this](const held& left, const held& right) {
    return is_before(left.by, right.by);
  };
  std::pop_heap(heap_.begin(), heap_.end(), is_earlier);
  bytes_ -= heap_.back().row.item.size();
  end_ = std::move(heap_.back().by);
  heap_.pop_back();
  has_more_ = true;
}

void sorted_rows::add(shown_row row) {
  ++seen_;
  key by{sort_texts(*columns_, row), {row.identity, row.from->scope}};
  if (after_ && !is_before(*after_, by))
    return;
  if (end_ && !is_before(by, *end_))
    return;
  bytes_ += row.item.size();
  heap_.push_back({std::move(by), std::move(row)});
  std::push_heap(heap_.begin(), heap_.end(),
                 [this](const held& left, const held& right) { return is_before(left.by, right.by); });
  while (heap_.size() > count_ || (bytes_ > most_bytes_ && heap_.size() > 1))
    drop_last();
}

std::vector<shown_row> sorted_rows::take() {
  std::sort(heap_.begin(), heap_.end(),
            [this](const held& left, const held& right) { return is_before(left.by, right.by); });
  std::vector<shown_row> out;
  for (auto& one : heap_)
    out.push_back(std::move(one.row));
  return out;
}

} // namespace kollect::consumer
