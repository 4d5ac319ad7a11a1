#include "read_api/row_selection.hpp"

#include <program/printable.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <tuple>

namespace kollect::consumer {
namespace {

/// Where an index leaves more than one of so many rows, it is of no use.
constexpr std::int64_t few_of_all = 3;

auto by_scope(const shown_row& row) {
  return std::tie(row.from->scope.cluster, row.from->scope.namespace_, row.from->scope.inventory);
}

/// The texts of a condition that nothing else fits; nothing where other texts may.
std::optional<std::vector<std::string>> only_texts(const text_condition& condition) {
  std::vector<std::string> out;
  for (const auto& pattern : condition.wanted) {
    if (!pattern.is_exact())
      return {};
    out.push_back(pattern.parts.front());
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

/// What was forgotten since a moment was there then.
result<std::shared_ptr<const scope_list>> with_forgotten(store_reader& source) {
  auto scopes = source.scopes();
  if (!scopes)
    return scopes.error();
  auto forgotten = source.forgotten_scopes();
  if (!forgotten)
    return forgotten.error();
  scopes->insert(scopes->end(), forgotten->begin(), forgotten->end());
  std::sort(scopes->begin(), scopes->end(),
            [](const scope_summary& left, const scope_summary& right) { return left.scope < right.scope; });
  return std::make_shared<const scope_list>(std::move(*scopes));
}

} // namespace

row_names names_of(const item_filter& filter) {
  return {only_texts(filter.target), only_texts(filter.item_namespace), only_texts(filter.name),
          only_texts(filter.uid)};
}

chosen_scopes choose_scopes(const scope_list& all, const item_filter& filter) {
  chosen_scopes out;
  out.reserve(all.all().size());
  for (const auto& one : all.all())
    if (holds(filter, one.scope))
      out.push_back(&one);
  return out;
}

std::int64_t rows_of(const chosen_scopes& scopes) {
  std::int64_t rows = 0;
  for (const auto* one : scopes)
    rows += one->row_count;
  return rows;
}

answer_of<row_selection> row_selection::open(store_reader& source, const item_filter& filter,
                                             const std::optional<moment>& as_of, const page_limits& limits) {
  auto all = as_of ? with_forgotten(source) : source.shared_scopes();
  if (!all)
    return store_is_away(all.error());
  row_selection out(source, filter, row_groups::clock::now() + limits.longest);
  out.is_distinct_ = !only_text(filter.inventory);
  out.all_ = std::move(*all);
  out.scopes_ = choose_scopes(*out.all_, filter);
  if (as_of) {
    auto past = look_back(source, out.scopes_, *as_of, limits.as_of_changes);
    if (!past)
      return past.error();
    out.past_ = std::move(*past);
  }
  if (auto checked = out.check_cost(limits); !checked)
    return checked.error();
  return out;
}

/// The index knows nothing of the past.
answer_of<void> row_selection::check_cost(const page_limits& limits) const {
  const auto rows = rows_of(scopes_);
  if (filter_->attributes.empty() || rows <= limits.scanned_rows)
    return {};
  auto paths = source_->indexed();
  if (!paths)
    return store_is_away(paths.error());
  if (!past_ && !terms_needed(*filter_, *paths).empty())
    return {};
  const auto unindexed = unindexed_path(*filter_, *paths);
  const auto path = std::string(unindexed.empty() ? filter_->attributes.front().path_text : unindexed);
  return bad_request(
      "a question about attr." + program::printable(path) + " would look at " + std::to_string(rows) +
      " rows, more than " + std::to_string(limits.scanned_rows) + " (--max-scanned-rows): " +
      (unindexed.empty() ? "add a condition that --index has, such as a kind, or name a cluster"
                         : "add attr." + program::printable(path) +
                               " to --index, or a condition that it has, such as a kind"));
}

const scope_summary* row_selection::find_scope(std::int64_t id) const {
  const auto* const found = all_->find(id);
  // They stand as in the list that they point into.
  return found == nullptr || has_all_scopes() || std::ranges::binary_search(scopes_, found) ? found : nullptr;
}

bool row_selection::is_only_of_cluster(const scope_summary& which) const {
  const auto at = std::ranges::lower_bound(scopes_, &which);
  const auto is_of_it = [&](const scope_summary* other) {
    return other->scope.cluster == which.scope.cluster;
  };
  return !(at != scopes_.begin() && is_of_it(*std::prev(at))) &&
         !(std::next(at) != scopes_.end() && is_of_it(*std::next(at)));
}

row_query row_selection::range_of(const std::optional<page_place>& after, std::int64_t at_once,
                                  bool with_items) const {
  row_query range;
  if (!has_all_scopes()) {
    range.scope_ids.emplace();
    for (const auto* one : scopes_)
      range.scope_ids->push_back(one->id);
  }
  if (after)
    range.after = row_place{after->identity, 0};
  range.limit = at_once;
  range.with_items = with_items;
  range.named = names_of(*filter_);
  range.texts = texts_;
  range.rows_in_scopes = rows_of(scopes_);
  range.rows_in_store = all_->rows();
  return range;
}

answer_of<row_groups> row_selection::groups(const std::optional<page_place>& after, std::int64_t at_once,
                                            bool with_items) const {
  auto range = range_of(after, at_once, with_items);
  const auto from = after ? after->identity : row_identity{};
  row_groups out(*source_, range, past_ ? &*past_ : nullptr, deadline_);
  if (past_ || !looks_at_rows(*filter_))
    return out;
  auto intervals = source_->find_intervals(*filter_, range.scope_ids, from);
  if (!intervals)
    return store_is_away(intervals.error());
  if (!*intervals)
    return out;
  std::int64_t rows = 0;
  for (const auto& one : **intervals)
    rows += one.rows;
  if (rows > rows_of(scopes_) / few_of_all)
    return out; // the first that fit are found sooner by a look at all
  out.look_only_in(std::move(**intervals));
  return out;
}

answer_of<bool> row_selection::is_newest(const shown_row& row) const {
  if (is_only_of_cluster(*row.from))
    return true;
  constexpr std::int64_t usual_holders = 3; // of an identity, and the first row behind it
  row_query range;
  range.after = row_place{row.identity, 0};
  range.with_items = false;
  for (range.limit = usual_holders;; range.limit *= 8) {
    auto read = source_->rows_in_order(range);
    if (!read)
      return store_is_away(read.error());
    if (std::ssize(*read) == range.limit && read->back().identity == row.identity)
      continue; // there may be more of them
    std::erase_if(*read, [&](const stored_row& one) { return one.identity != row.identity; });
    for (const auto& one : shown_of(std::move(*read)))
      if (one.from->scope.cluster == row.from->scope.cluster)
        return one.from == row.from;
    return true;
  }
}

answer_of<std::vector<stored_row>> row_selection::rows_now(const row_identity& identity) const {
  constexpr std::int64_t usual_holders = 3; // of an identity, and the first row behind it
  row_query range = range_of({}, usual_holders, true);
  range.named = {};
  range.after = row_place{identity, 0};
  for (;; range.limit *= 8) {
    auto read = source_->rows_in_order(range);
    if (!read)
      return store_is_away(read.error());
    const auto is_of_another = [&](const stored_row& row) { return row.identity != identity; };
    const auto end = std::find_if(read->begin(), read->end(), is_of_another);
    if (end == read->end() && std::ssize(*read) == range.limit)
      continue; // there may be more of them
    read->erase(end, read->end());
    return std::move(*read);
  }
}

std::vector<stored_row> row_selection::as_it_was(const row_identity& identity,
                                                 std::vector<stored_row> now) const {
  if (!past_)
    return now;
  const auto found = past_->rows.find(identity);
  if (found == past_->rows.end())
    return now;
  for (const auto& [scope_id, item] : found->second) {
    std::erase_if(now, [&, id = scope_id](const stored_row& row) { return row.scope_id == id; });
    if (item)
      now.push_back({scope_id, identity, *item});
  }
  return now;
}

std::vector<shown_row> row_selection::shown_of(std::vector<stored_row> group) const {
  std::vector<shown_row> out;
  for (auto& row : group)
    if (const auto* const from = find_scope(row.scope_id))
      out.push_back({from, std::move(row.identity), std::move(row.item)});
  return out.size() > 1 ? choose_shown(std::move(out), is_distinct_) : out;
}

std::vector<shown_row> row_selection::shown_and_fitting(std::vector<stored_row> group) const {
  auto out = shown_of(std::move(group));
  if (looks_at_rows(*filter_))
    std::erase_if(out, [this](const shown_row& row) { return !fits(row.item); });
  return out;
}

bool row_selection::is_before(const shown_row& row, const page_place& place) const {
  if (row.identity != place.identity)
    return false;
  const auto& which = row.from->scope;
  return is_distinct_ ? which.cluster <= place.which.cluster : which <= place.which;
}

bool row_selection::fits(std::string_view item) const {
  if (!may_fit(item, texts_))
    return false;
  const auto view = view_row(item);
  return view && holds(*filter_, *view);
}

std::vector<shown_row> choose_shown(std::vector<shown_row> group, bool is_distinct) {
  std::sort(group.begin(), group.end(), [&](const shown_row& left, const shown_row& right) {
    const auto& one = *left.from;
    const auto& other = *right.from;
    if (!is_distinct || one.scope.cluster != other.scope.cluster || one.exported_at == other.exported_at)
      return by_scope(left) < by_scope(right);
    return other.exported_at < one.exported_at; // the newest of a cluster comes first
  });
  if (is_distinct)
    group.erase(std::unique(group.begin(), group.end(),
                            [](const shown_row& left, const shown_row& right) {
                              return left.from->scope.cluster == right.from->scope.cluster;
                            }),
                group.end());
  return group;
}

} // namespace kollect::consumer
