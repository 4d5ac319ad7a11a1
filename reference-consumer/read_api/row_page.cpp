#include "read_api/row_page.hpp"

#include "read_api/row_groups.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace kollect::consumer {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t most_totals = 64;
constexpr std::int64_t rows_at_once = 4'000; ///< where rows are only looked at

std::int64_t rows_of(const std::vector<scope_summary>& scopes) {
  std::int64_t rows = 0;
  for (const auto& one : scopes)
    rows += one.row_count;
  return rows;
}

auto by_scope(const shown_row& row) {
  return std::tie(row.from->scope.cluster, row.from->scope.namespace_, row.from->scope.inventory);
}

/// Everything that the reading of one page shares.
struct reading {
  store_reader& source;
  const page_request& asked;
  clock::time_point deadline;
  std::int64_t rows_in_store = 0;
  std::vector<scope_summary> scopes{}; ///< that the filter holds for
  std::unordered_map<std::int64_t, const scope_summary*> by_id{};
  bool is_of_all = false;
  std::optional<past_rows> past{};

  bool is_distinct() const { return asked.filter.inventory.empty(); }

  row_groups groups(const std::optional<page_place>& after, std::int64_t at_once, bool with_items) const {
    row_query range;
    if (!is_of_all) {
      range.scope_ids.emplace();
      for (const auto& one : scopes)
        range.scope_ids->push_back(one.id);
    }
    if (after)
      range.after = row_place{after->identity, 0};
    range.limit = at_once;
    range.with_items = with_items;
    range.rows_in_scopes = rows_of(scopes);
    range.rows_in_store = rows_in_store;
    return {source, std::move(range), past ? &*past : nullptr, deadline};
  }

  std::vector<shown_row> shown_of(std::vector<stored_row> group) const {
    std::vector<shown_row> out;
    for (auto& row : group)
      if (const auto from = by_id.find(row.scope_id); from != by_id.end())
        out.push_back({from->second, std::move(row.identity), std::move(row.item)});
    return out.size() > 1 ? choose_shown(std::move(out), is_distinct()) : out;
  }

  bool is_before(const shown_row& row, const page_place& place) const {
    if (row.identity != place.identity)
      return false;
    const auto& which = row.from->scope;
    return is_distinct() ? which.cluster <= place.which.cluster : which <= place.which;
  }

  /// Calls `on_row` for each row that is shown after a place, until it answers false.
  template <class OnRow>
  answer_of<void> for_each(const std::optional<page_place>& after, std::int64_t at_once, bool with_items,
                           const OnRow& on_row) const {
    const bool is_filtered = looks_at_rows(asked.filter);
    auto source_of_groups = groups(after, at_once, with_items || is_filtered);
    for (;;) {
      auto group = source_of_groups.next();
      if (!group)
        return group.error();
      if (group->empty())
        return {};
      for (auto& row : shown_of(std::move(*group))) {
        if (after && is_before(row, *after))
          continue;
        if (is_filtered) {
          const auto view = view_row(row.item);
          if (!view || !holds(asked.filter, *view))
            continue;
        }
        if (!on_row(row))
          return {};
      }
    }
  }

  /// The last row of those that are passed over; nothing where there are not so many.
  answer_of<std::optional<page_place>> pass_over(std::int64_t count) const {
    std::optional<page_place> last;
    auto done = for_each(asked.after, rows_at_once, false, [&](const shown_row& row) {
      if (--count == 0)
        last = page_place{row.identity, row.from->scope};
      return count > 0;
    });
    if (!done)
      return done.error();
    return last;
  }

  answer_of<void> fill(row_page& page, std::size_t most_bytes) const {
    auto after = asked.after;
    if (asked.offset > 0) {
      auto passed = pass_over(asked.offset);
      if (!passed)
        return passed.error();
      if (!*passed)
        return {}; // there is nothing behind it
      after = *passed;
    }
    const auto at_once = looks_at_rows(asked.filter) ? rows_at_once : asked.limit + 1;
    std::size_t bytes = 0;
    bool is_short = false;
    auto filled = for_each(after, at_once, true, [&](shown_row& row) {
      bytes += row.item.size();
      const bool is_full = static_cast<std::int64_t>(page.rows.size()) == asked.limit;
      is_short = !is_full && bytes > most_bytes && !page.rows.empty();
      page.has_more = is_full || is_short;
      if (!page.has_more)
        page.rows.push_back(std::move(row));
      return !page.has_more;
    });
    if (filled && is_short && !asked.may_be_short)
      return bad_request("rows are so large here that a page has at most " +
                         std::to_string(page.rows.size()) + " of them: ask for limit=" +
                         std::to_string(page.rows.size()) + ", or follow pagination.next instead of offset");
    return filled;
  }

  answer_of<std::int64_t> count_one_by_one() const {
    std::int64_t total = 0;
    auto done = for_each({}, rows_at_once, false, [&](const shown_row&) {
      ++total;
      return true;
    });
    if (!done)
      return done.error();
    return total;
  }

  answer_of<std::int64_t> total(const row_page& page, const std::vector<scope_summary>& all,
                                row_totals& totals) const {
    if (!asked.after && !page.has_more && (asked.offset == 0 || !page.rows.empty()))
      return asked.offset + static_cast<std::int64_t>(page.rows.size());
    if (!asked.as_of && !looks_at_rows(asked.filter)) {
      auto counted = totals.count(source, all, asked.filter);
      if (!counted)
        return store_is_away(counted.error());
      return *counted;
    }
    const auto question = text_of(asked.filter) + (asked.as_of ? to_string(*asked.as_of) : std::string());
    if (const auto known = totals.find(question, page.change_cursor))
      return *known;
    auto counted = count_one_by_one();
    if (counted)
      totals.keep(question, page.change_cursor, *counted);
    return counted;
  }
};

answer_of<row_page> read_at_a_moment(store_reader& source, const page_request& asked,
                                     const page_limits& limits, row_totals& totals) {
  auto all = source.scopes();
  if (!all)
    return store_is_away(all.error());
  auto cursor = source.last_cursor();
  if (!cursor)
    return store_is_away(cursor.error());
  reading work{source, asked, clock::now() + limits.longest, rows_of(*all)};
  for (const auto& one : *all)
    if (holds(asked.filter, one.scope))
      work.scopes.push_back(one);
  for (const auto& one : work.scopes)
    work.by_id.emplace(one.id, &one);
  work.is_of_all = work.scopes.size() == all->size();

  row_page page;
  page.change_cursor = *cursor;
  if (asked.as_of) {
    auto past = look_back(source, work.scopes, *asked.as_of, limits.as_of_changes);
    if (!past)
      return past.error();
    page.change_cursor = past->cursor;
    page.changed_at = past->exported_at;
    work.past = std::move(*past);
  }
  if (!work.scopes.empty()) {
    if (auto filled = work.fill(page, limits.bytes); !filled)
      return filled.error();
    auto total = work.total(page, *all, totals);
    if (!total)
      return total.error();
    page.total = *total;
  }
  page.scopes = std::move(work.scopes); // stays where it is: the rows point to it
  return page;
}

} // namespace

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

std::int64_t count_repeated(const shared_row_counts& shared, const std::vector<scope_summary>& scopes,
                            bool is_distinct) {
  if (!is_distinct)
    return 0;
  std::unordered_map<std::int64_t, const std::string*> clusters;
  for (const auto& one : scopes)
    clusters.emplace(one.id, &one.scope.cluster);
  std::int64_t repeated = 0;
  for (const auto& [holders, rows] : shared) {
    std::set<std::string_view> seen;
    for (const auto id : holders)
      if (const auto cluster = clusters.find(id); cluster != clusters.end())
        repeated += seen.insert(*cluster->second).second ? 0 : rows;
  }
  return repeated;
}

result<std::int64_t> row_totals::count(store_reader& source, const std::vector<scope_summary>& all,
                                       const row_filter& filter) {
  std::vector<scope_summary> scopes;
  for (const auto& one : all)
    if (holds(filter, one.scope))
      scopes.push_back(one);
  const bool is_distinct = filter.inventory.empty();
  const auto rows = rows_of(scopes);
  if (!is_distinct || scopes.size() < 2)
    return rows;
  auto found = shared(source, all);
  if (!found)
    return found.error();
  // What is shared may have been counted when there was more of it.
  return std::max<std::int64_t>(0, rows - count_repeated(*found, scopes, is_distinct));
}

/// What was counted last, if it is not too old; asks for it to be counted again when it begins to be.
std::optional<shared_row_counts> row_totals::recent() {
  std::optional<shared_row_counts> known;
  bool is_to_recount = false;
  {
    const std::scoped_lock lock(mutex_);
    const auto age = settings_.now() - counted_at_;
    if (!shared_ || age >= 2 * settings_.kept)
      return {};
    known = shared_;
    is_to_recount = age >= settings_.kept && !std::exchange(is_recount_asked_for_, true);
  }
  if (is_to_recount && settings_.recount_soon)
    settings_.recount_soon();
  return known;
}

result<shared_row_counts> row_totals::shared(store_reader& source, const std::vector<scope_summary>& all) {
  if (rows_of(all) <= settings_.exact_rows)
    return source.shared_rows();
  if (auto known = recent())
    return std::move(*known);
  const std::scoped_lock counting(counting_);
  if (auto known = recent()) // somebody has counted meanwhile
    return std::move(*known);
  return count_shared(source);
}

result<void> row_totals::recount(store_reader& source) {
  const std::scoped_lock counting(counting_);
  auto found = count_shared(source);
  return found ? result<void>{} : found.error();
}

result<shared_row_counts> row_totals::count_shared(store_reader& source) {
  auto found = source.shared_rows();
  const std::scoped_lock lock(mutex_);
  is_recount_asked_for_ = false;
  if (found) {
    shared_ = *found;
    counted_at_ = settings_.now();
  }
  return found;
}

std::optional<std::int64_t> row_totals::find(const std::string& asked, std::int64_t change_cursor) {
  const std::scoped_lock lock(mutex_);
  const auto found = counted_.find(asked);
  if (found == counted_.end() || found->second.change_cursor != change_cursor)
    return {};
  return found->second.total;
}

void row_totals::keep(const std::string& asked, std::int64_t change_cursor, std::int64_t total) {
  const std::scoped_lock lock(mutex_);
  if (counted_.size() >= most_totals)
    counted_.clear();
  counted_[asked] = {change_cursor, total};
}

answer_of<row_page> read_row_page(store_reader& source, const page_request& asked, const page_limits& limits,
                                  row_totals& totals) {
  std::optional<answer_of<row_page>> out;
  auto read = source.read_at_once([&]() -> result<void> {
    out.emplace(read_at_a_moment(source, asked, limits, totals));
    return {};
  });
  if (!read)
    return store_is_away(read.error());
  return std::move(*out);
}

} // namespace kollect::consumer
