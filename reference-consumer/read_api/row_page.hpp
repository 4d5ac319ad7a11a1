#ifndef KOLLECT_CONSUMER_READ_API_ROW_PAGE_HPP
#define KOLLECT_CONSUMER_READ_API_ROW_PAGE_HPP

#include "read_api/answer.hpp"
#include "read_api/page_cursor.hpp"
#include "read_api/row_filter.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// Which page of which rows.
struct page_request {
  row_filter filter;
  std::int64_t limit = 500;
  std::int64_t offset = 0; ///< rows to pass over, from `after` on
  std::optional<page_place> after{};
  std::optional<timestamp> as_of{}; ///< rows as they were then
  bool may_be_short = true;         ///< fewer rows than `limit` are fine where they are large; else 400
};

/// A row that is shown, and where it comes from.
struct shown_row {
  const scope_summary* from = nullptr;
  row_identity identity;
  std::string item;
};

/// A page with what it is a page of. Its rows point to its scopes.
struct row_page {
  row_page() = default;
  row_page(row_page&&) = default;
  row_page& operator=(row_page&&) = default;

  std::vector<shown_row> rows;
  std::int64_t total = 0; ///< rows that the filter holds for
  bool has_more = false;
  std::vector<scope_summary> scopes;     ///< whose rows were asked for
  std::int64_t change_cursor = 0;        ///< of the last change that the page knows
  std::optional<timestamp> changed_at{}; ///< with as_of: when the last change before it was exported
};

/// What a page may cost.
struct page_limits {
  std::chrono::milliseconds longest{10'000}; ///< over it: 503
  std::int64_t as_of_changes = 100'000;      ///< changes that asOf may go back over; more: 400
  std::size_t bytes = std::size_t{8} << 20U; ///< of rows; one row is always shown
};

/// How exact totals are, and what that costs.
struct totals_settings {
  std::int64_t exact_rows = 10'000; ///< up to so many rows everything is counted for each page
  std::chrono::milliseconds kept{30'000};
  /// Is to call row_totals::recount() on another thread. Nothing: a page counts, after twice that time.
  std::function<void()> recount_soon{};
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// Totals that are not worth counting again for every page. Thread-safe.
class row_totals {
public:
  row_totals() = default;
  explicit row_totals(totals_settings how) : settings_(std::move(how)) {}

  /// How many rows the scopes of the filter have; a row that several of a cluster's inventories carry is
  /// one. Exact up to `exact_rows`. Beyond, the number of rows that inventories share is as old as shared()
  /// has it.
  result<std::int64_t> count(store_reader& source, const std::vector<scope_summary>& all,
                             const row_filter& filter);

  /// Rows that several scopes hold. Counted where nobody has counted for twice `kept`; one thread counts, and
  /// others wait for it. From `kept` on it is recounted soon, and nobody waits.
  result<shared_row_counts> shared(store_reader& source, const std::vector<scope_summary>& all);

  /// Counts them now.
  result<void> recount(store_reader& source);

  /// A total that was counted row by row, as long as nothing has changed.
  std::optional<std::int64_t> find(const std::string& asked, std::int64_t change_cursor);
  void keep(const std::string& asked, std::int64_t change_cursor, std::int64_t total);

private:
  struct counted {
    std::int64_t change_cursor = 0;
    std::int64_t total = 0;
  };

  std::optional<shared_row_counts> recent();
  result<shared_row_counts> count_shared(store_reader& source);

  totals_settings settings_;
  std::mutex counting_; ///< held while many rows are counted; taken before the other
  std::mutex mutex_;
  std::optional<shared_row_counts> shared_;
  std::chrono::steady_clock::time_point counted_at_{};
  bool is_recount_asked_for_ = false;
  std::map<std::string, counted> counted_;
};

/// Reads a page, all of it of one moment. Rows stand in the order of ORD-01, those of one identity by
/// cluster. Where the filter names no inventory, a row that several inventories of a cluster carry is shown
/// once, as the newest snapshot has it (ROW-03). Costs the page; with offset also what it passes over; with
/// conditions on rows, a look at all rows of the scopes.
answer_of<row_page> read_row_page(store_reader& source, const page_request& asked, const page_limits& limits,
                                  row_totals& totals);

/// Of the rows with one identity those that are shown, by cluster: all of them, or with `is_distinct` of each
/// cluster the one of the newest snapshot.
std::vector<shown_row> choose_shown(std::vector<shown_row> group, bool is_distinct);

/// How many rows too many the scopes' row counts tell, since they share some of them.
std::int64_t count_repeated(const shared_row_counts& shared, const std::vector<scope_summary>& scopes,
                            bool is_distinct);

} // namespace kollect::consumer

#endif
