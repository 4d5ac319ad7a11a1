#ifndef KOLLECT_CONSUMER_READ_API_ROW_PAGE_HPP
#define KOLLECT_CONSUMER_READ_API_ROW_PAGE_HPP

#include "read_api/answer.hpp"
#include "read_api/page_cursor.hpp"
#include "read_api/row_filter.hpp"
#include "store/store.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace kollect::consumer {

/// Which page of which rows.
struct page_request {
  row_filter filter;
  std::int64_t limit = 500;
  std::int64_t offset = 0; ///< rows to pass over, from `after` on
  std::optional<page_place> after{};
  std::optional<timestamp> as_of{}; ///< rows as they were then
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
};

/// Totals that are not worth counting again for every page. Thread-safe.
class row_totals {
public:
  /// How many rows the scopes of the filter have; a row that several of a cluster's inventories carry is
  /// one. Exact up to 10,000 rows. Beyond, the number of rows that inventories share may be some 30 s old.
  result<std::int64_t> count(store& source, const std::vector<scope_summary>& all, const row_filter& filter);

  /// Rows that several scopes hold, hardly older than that.
  result<shared_row_counts> shared(store& source, const std::vector<scope_summary>& all);

  /// A total that was counted row by row, as long as nothing has changed.
  std::optional<std::int64_t> find(const std::string& asked, std::int64_t change_cursor);
  void keep(const std::string& asked, std::int64_t change_cursor, std::int64_t total);

private:
  struct counted {
    std::int64_t change_cursor = 0;
    std::int64_t total = 0;
  };

  std::mutex mutex_;
  std::optional<shared_row_counts> shared_;
  std::chrono::steady_clock::time_point shared_until_{};
  std::map<std::string, counted> counted_;
};

/// Reads a page, all of it of one moment. Rows stand in the order of ORD-01, those of one identity by
/// cluster. Where the filter names no inventory, a row that several inventories of a cluster carry is shown
/// once, as the newest snapshot has it (ROW-03). Costs the page; with offset also what it passes over; with
/// conditions on rows, a look at all rows of the scopes.
answer_of<row_page> read_row_page(store& source, const page_request& asked, const page_limits& limits,
                                  row_totals& totals);

/// Of the rows with one identity those that are shown, by cluster: all of them, or with `is_distinct` of each
/// cluster the one of the newest snapshot.
std::vector<shown_row> choose_shown(std::vector<shown_row> group, bool is_distinct);

/// How many rows too many the scopes' row counts tell, since they share some of them.
std::int64_t count_repeated(const shared_row_counts& shared, const std::vector<scope_summary>& scopes,
                            bool is_distinct);

} // namespace kollect::consumer

#endif
