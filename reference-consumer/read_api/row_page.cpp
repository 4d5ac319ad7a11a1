#include "read_api/row_page.hpp"

#include "read_api/store_readers.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::size_t most_totals = 64;

/// Reads one page of a selection.
class page_reader {
public:
  page_reader(const row_selection& rows, const page_request& asked) : rows_(rows), asked_(asked) {}

  answer_of<void> fill(row_page& page, std::size_t most_bytes) const {
    auto after = asked_.after;
    if (asked_.offset > 0) {
      auto passed = pass_over(asked_.offset);
      if (!passed)
        return passed.error();
      if (!*passed)
        return {}; // there is nothing behind it
      after = *passed;
    }
    const auto at_once = looks_at_rows(asked_.filter) ? row_selection::rows_at_once : asked_.limit + 1;
    std::size_t bytes = 0;
    bool is_short = false;
    auto filled = rows_.for_each(after, at_once, true, [&](shown_row& row) {
      bytes += row.item.size();
      const bool is_full = static_cast<std::int64_t>(page.rows.size()) == asked_.limit;
      is_short = !is_full && bytes > most_bytes && !page.rows.empty();
      page.has_more = is_full || is_short;
      if (!page.has_more)
        page.rows.push_back(std::move(row));
      return !page.has_more;
    });
    if (filled && is_short && !asked_.may_be_short)
      return bad_request("rows are so large here that a page has at most " +
                         std::to_string(page.rows.size()) + " of them: ask for limit=" +
                         std::to_string(page.rows.size()) + ", or follow pagination.next instead of offset");
    return filled;
  }

  answer_of<std::int64_t> total(store_reader& source, const row_page& page, row_totals& totals) const {
    if (!asked_.after && !page.has_more && (asked_.offset == 0 || !page.rows.empty()))
      return asked_.offset + static_cast<std::int64_t>(page.rows.size());
    if (!asked_.as_of && !looks_at_rows(asked_.filter)) {
      auto counted = totals.count(source, *rows_.all_scopes(), rows_.scopes(), rows_.is_distinct());
      if (!counted)
        return store_is_away(counted.error());
      return *counted;
    }
    const auto question = text_of(asked_.filter) + (asked_.as_of ? to_string(*asked_.as_of) : std::string());
    if (const auto known = totals.find(question, page.change_cursor))
      return *known;
    auto counted = count_one_by_one();
    if (counted)
      totals.keep(question, page.change_cursor, *counted);
    return counted;
  }

private:
  /// The last row of those that are passed over; nothing where there are not so many.
  answer_of<std::optional<page_place>> pass_over(std::int64_t count) const {
    std::optional<page_place> last;
    auto done = rows_.for_each(asked_.after, row_selection::rows_at_once, false, [&](const shown_row& row) {
      if (--count == 0)
        last = page_place{row.identity, row.from->scope};
      return count > 0;
    });
    if (!done)
      return done.error();
    return last;
  }

  answer_of<std::int64_t> count_one_by_one() const {
    std::int64_t total = 0;
    auto done = rows_.for_each({}, row_selection::rows_at_once, false, [&](const shown_row&) {
      ++total;
      return true;
    });
    if (!done)
      return done.error();
    return total;
  }

  const row_selection& rows_;
  const page_request& asked_;
};

} // namespace

std::map<std::string_view, std::int64_t> count_repeated(const shared_row_counts& shared,
                                                        const scope_list& all, const chosen_scopes& chosen) {
  std::map<std::string_view, std::int64_t> repeated;
  for (const auto& [holders, rows] : shared) {
    std::set<std::string_view> seen;
    for (const auto id : holders)
      if (const auto* const one = all.find(id); one != nullptr && std::ranges::binary_search(chosen, one))
        if (const std::string_view cluster = one->scope.cluster; !seen.insert(cluster).second)
          repeated[cluster] += rows;
  }
  return repeated;
}

result<std::int64_t> row_totals::count(store_reader& source, const scope_list& all,
                                       const chosen_scopes& scopes, bool is_distinct) {
  const auto rows = rows_of(scopes);
  if (!is_distinct || scopes.size() < 2)
    return rows;
  auto found = shared(source, all);
  if (!found)
    return found.error();
  auto distinct = rows;
  for (const auto& [cluster, repeated] : count_repeated(*found, all, scopes))
    distinct -= repeated;
  // What is shared may have been counted when there was more of it.
  return std::max<std::int64_t>(0, distinct);
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

result<shared_row_counts> row_totals::shared(store_reader& source, const scope_list& all) {
  if (all.rows() <= settings_.exact_rows)
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

answer_of<row_page> read_row_page_within(store_reader& source, const page_request& asked,
                                         const page_limits& limits, row_totals& totals) {
  auto rows = row_selection::open(source, asked.filter, asked.as_of, limits);
  if (!rows)
    return rows.error();
  auto cursor = source.last_cursor();
  if (!cursor)
    return store_is_away(cursor.error());
  row_page page;
  page.change_cursor = rows->past() ? rows->past()->cursor : *cursor;
  if (rows->past())
    page.changed_at = rows->past()->exported_at;
  if (!rows->scopes().empty()) {
    const page_reader work(*rows, asked);
    if (auto filled = work.fill(page, limits.bytes); !filled)
      return filled.error();
    if (asked.with_total) {
      auto total = work.total(source, page, totals);
      if (!total)
        return total.error();
      page.total = *total;
    }
  }
  page.all_scopes = rows->all_scopes();
  page.scopes = rows->scopes();
  return page;
}

answer_of<row_page> read_row_page(store_reader& source, const page_request& asked, const page_limits& limits,
                                  row_totals& totals) {
  return answer_at_once(source, [&] { return read_row_page_within(source, asked, limits, totals); });
}

} // namespace kollect::consumer
