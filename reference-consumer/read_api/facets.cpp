#include "read_api/facets.hpp"

#include "read_api/row_selection.hpp"
#include "read_api/store_readers.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace kollect::consumer {
namespace {

/// Counts the values of one column.
class value_counter {
public:
  explicit value_counter(const item_column& column) : column_(&column) {}

  /// False where there are too many different ones.
  bool add(const item_place& item, std::size_t most_values) {
    auto values = values_of(*column_, item);
    std::erase_if(values,
                  [](const std::string& one) { return one.starts_with('{') || one.starts_with('['); });
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    missing_ += values.empty() ? 1 : 0;
    for (auto& value : values) {
      const auto size = value.size();
      if (const auto [at, is_new] = counts_.try_emplace(std::move(value), 0); ++at->second == 1)
        bytes_ += size;
    }
    return counts_.size() <= most_values && bytes_ <= most_bytes;
  }

  facet take(std::int64_t limit) {
    facet out{
        column_->text, {counts_.begin(), counts_.end()}, static_cast<std::int64_t>(counts_.size()), missing_};
    const auto is_earlier = [](const auto& left, const auto& right) {
      return left.second != right.second ? left.second > right.second : left.first < right.first;
    };
    const auto shown = std::min(limit, out.distinct);
    std::partial_sort(out.values.begin(), out.values.begin() + shown, out.values.end(), is_earlier);
    out.values.resize(static_cast<std::size_t>(shown));
    return out;
  }

private:
  static constexpr std::size_t most_bytes = std::size_t{16} << 20U; ///< of values that may be long

  const item_column* column_;
  std::unordered_map<std::string, std::int64_t> counts_;
  std::size_t bytes_ = 0;
  std::int64_t missing_ = 0;
};

answer_of<facet_page> read_at_a_moment(store_reader& source, const facet_question& asked,
                                       const page_limits& limits, std::size_t most_values) {
  auto rows = row_selection::open(source, asked.filter, asked.as_of, limits);
  if (!rows)
    return rows.error();
  auto cursor = source.last_cursor();
  if (!cursor)
    return store_is_away(cursor.error());
  std::vector<value_counter> counters;
  for (const auto& column : asked.by)
    counters.emplace_back(column);
  facet_page out;
  out.change_cursor = rows->past() ? rows->past()->cursor : *cursor;
  const item_column* crowded = nullptr;
  auto done = rows->for_each({}, row_selection::rows_at_once, true, [&](const shown_row& row) {
    const auto view = view_row(row.item).value_or(item_view{});
    ++out.items;
    for (std::size_t index = 0; index < counters.size(); ++index)
      if (!counters[index].add({row.from->scope, row.from->exported_at, view}, most_values))
        crowded = &asked.by[index];
    return crowded == nullptr;
  });
  if (!done)
    return done.error();
  if (crowded != nullptr)
    return bad_request(about_parameter("by", crowded->text,
                                       "it has more than " + std::to_string(most_values) +
                                           " different values (--max-facet-values): filter, or count by "
                                           "something else"));
  for (auto& counter : counters)
    out.facets.push_back(counter.take(asked.limit));
  return out;
}

} // namespace

answer_of<facet_page> read_facets(store_reader& source, const facet_question& asked,
                                  const page_limits& limits, std::size_t most_values) {
  return answer_at_once(source, [&] { return read_at_a_moment(source, asked, limits, most_values); });
}

void write_facet(json_writer& out, const facet& one) {
  out.begin_object().member("by", one.by).name("values").begin_array();
  for (const auto& [value, count] : one.values)
    out.begin_object().name("value").raw(value).member("count", count).end_object();
  out.end_array().member("distinct", one.distinct).member("missing", one.missing).end_object();
}

std::string format_facets(const facet_page& page, const facet_question& asked, const store_signals& signals) {
  std::string text;
  json_writer out(text);
  begin_answer(out).member("items", page.items).name("facets").begin_array();
  for (const auto& one : page.facets)
    write_facet(out, one);
  out.end_array();
  write_signals(out, signals, page.change_cursor);
  write_moment(out, asked.as_of);
  out.end_object();
  return text;
}

} // namespace kollect::consumer
