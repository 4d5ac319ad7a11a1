#ifndef KOLLECT_CONSUMER_READ_API_ROW_SELECTION_HPP
#define KOLLECT_CONSUMER_READ_API_ROW_SELECTION_HPP

#include "query/index_terms.hpp"
#include "query/item_filter.hpp"
#include "read_api/answer.hpp"
#include "read_api/page_cursor.hpp"
#include "read_api/past_rows.hpp"
#include "read_api/row_groups.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// What a question may cost.
struct page_limits {
  std::chrono::milliseconds longest{10'000}; ///< over it: 503
  std::int64_t as_of_changes = 100'000;      ///< changes that asOf may go back over; more: 400
  std::size_t bytes = std::size_t{8} << 20U; ///< of rows; one row is always shown
  /// Rows that conditions on attributes may look at where no index helps; more: 400.
  std::int64_t scanned_rows = 1'000'000;
};

/// A row that is shown, and where it comes from.
struct shown_row {
  const scope_summary* from = nullptr;
  row_identity identity;
  std::string item;
};

/// Of the rows with one identity those that are shown, by cluster: all of them, or with `is_distinct` of each
/// cluster the one of the newest snapshot.
std::vector<shown_row> choose_shown(std::vector<shown_row> group, bool is_distinct);

/// The rows that a filter holds for, as they are shown: of one moment, by identity and then by cluster. Where
/// the filter names no single inventory, a row that several inventories of a cluster carry is shown once, as
/// the newest snapshot has it (ROW-03). To be used within store_reader::read_at_once(), and no longer than
/// store and filter.
class row_selection {
public:
  static constexpr std::int64_t rows_at_once = 4'000; ///< where rows are only looked at

  /// 410 and 400 where the moment cannot be shown, and 400 where too many rows would be looked at.
  static answer_of<row_selection> open(store_reader& source, const item_filter& filter,
                                       const std::optional<moment>& as_of, const page_limits& limits);

  bool is_distinct() const { return is_distinct_; }
  /// Rows that are shown point to them.
  const std::shared_ptr<const scope_list>& all_scopes() const { return all_; }
  const chosen_scopes& scopes() const { return scopes_; } ///< that the filter holds for
  const std::optional<past_rows>& past() const { return past_; }

  /// Calls `on_row` for each row that is shown after a place, until it answers false.
  template <class OnRow>
  answer_of<void> for_each(const std::optional<page_place>& after, std::int64_t at_once, bool with_items,
                           const OnRow& on_row) const {
    const bool is_filtered = looks_at_rows(*filter_);
    auto source_of_groups = groups(after, at_once, with_items || is_filtered);
    if (!source_of_groups)
      return source_of_groups.error();
    for (;;) {
      auto group = source_of_groups->next();
      if (!group)
        return group.error();
      if (group->empty())
        return {};
      for (auto& row : shown_of(std::move(*group))) {
        if ((after && is_before(row, *after)) || (is_filtered && !fits(row.item)))
          continue;
        // The index leads past rows of other inventories that do not fit, and may be newer.
        if (is_distinct_ && source_of_groups->looks_only_in_intervals()) {
          auto is_shown = is_newest(row);
          if (!is_shown)
            return is_shown.error();
          if (!*is_shown)
            continue;
        }
        if (!on_row(row))
          return {};
      }
    }
  }

  /// The rows that the store has of one identity now.
  answer_of<std::vector<stored_row>> rows_now(const row_identity& identity) const;

  /// The rows of one identity as they were at the moment of this.
  std::vector<stored_row> as_it_was(const row_identity& identity, std::vector<stored_row> now) const;

  /// What is shown of the rows of one identity, filtered.
  std::vector<shown_row> shown_and_fitting(std::vector<stored_row> group) const;

private:
  row_selection(store_reader& source, const item_filter& filter, row_groups::clock::time_point deadline)
      : source_(&source), filter_(&filter), texts_(texts_needed(filter)), deadline_(deadline) {}

  answer_of<void> check_cost(const page_limits& limits) const;
  bool has_all_scopes() const { return scopes_.size() == all_->all().size(); }
  /// Null where the filter does not hold for it.
  const scope_summary* find_scope(std::int64_t id) const;
  /// Whether no other scope of its cluster is chosen.
  bool is_only_of_cluster(const scope_summary& which) const;
  row_query range_of(const std::optional<page_place>& after, std::int64_t at_once, bool with_items) const;
  answer_of<row_groups> groups(const std::optional<page_place>& after, std::int64_t at_once,
                               bool with_items) const;
  /// Whether no newer inventory of the cluster has this row too.
  answer_of<bool> is_newest(const shown_row& row) const;
  std::vector<shown_row> shown_of(std::vector<stored_row> group) const;
  bool is_before(const shown_row& row, const page_place& place) const;
  bool fits(std::string_view item) const;

  store_reader* source_;
  const item_filter* filter_;
  std::vector<std::string> texts_; ///< that the filter needs
  row_groups::clock::time_point deadline_;
  bool is_distinct_ = false;
  std::shared_ptr<const scope_list> all_;
  chosen_scopes scopes_;
  std::optional<past_rows> past_;
};

/// The names that a row must have for a filter to hold, so that a store need not show others.
row_names names_of(const item_filter& filter);

/// Those that the filter holds for.
chosen_scopes choose_scopes(const scope_list& all, const item_filter& filter);

/// How many rows all of these have.
std::int64_t rows_of(const chosen_scopes& scopes);

} // namespace kollect::consumer

#endif
