#ifndef KOLLECT_CONSUMER_READ_API_ROW_PAGE_HPP
#define KOLLECT_CONSUMER_READ_API_ROW_PAGE_HPP

#include "read_api/answer.hpp"
#include "read_api/row_selection.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// Which page of which rows.
struct page_request {
  item_filter filter;
  std::int64_t limit = 500;
  std::int64_t offset = 0; ///< rows to pass over, from `after` on
  std::optional<page_place> after{};
  std::optional<moment> as_of{}; ///< rows as they were then
  bool may_be_short = true;      ///< fewer rows than `limit` are fine where they are large; else 400
  bool with_total = true;        ///< which may cost a look at all rows
};

/// A page with what it is a page of. Its rows and scopes point to all scopes.
struct row_page {
  row_page() = default;
  row_page(row_page&&) = default;
  row_page& operator=(row_page&&) = default;

  std::vector<shown_row> rows;
  std::int64_t total = 0; ///< rows that the filter holds for; 0 where they were not counted
  bool has_more = false;
  std::shared_ptr<const scope_list> all_scopes;
  chosen_scopes scopes;                  ///< whose rows were asked for
  std::int64_t change_cursor = 0;        ///< of the last change that the page knows
  std::optional<timestamp> changed_at{}; ///< with as_of: when the last change before it was exported
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

  /// How many rows these scopes have; where it is distinct, a row that several of a cluster's inventories
  /// carry is one. Exact up to `exact_rows`. Beyond, the number of rows that inventories share is as old as
  /// shared() has it.
  result<std::int64_t> count(store_reader& source, const scope_list& all, const chosen_scopes& scopes,
                             bool is_distinct);

  /// Rows that several scopes hold. Counted where nobody has counted for twice `kept`; one thread counts, and
  /// others wait for it. From `kept` on it is recounted soon, and nobody waits.
  result<shared_row_counts> shared(store_reader& source, const scope_list& all);

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

/// The same for who reads within store_reader::read_at_once() already.
answer_of<row_page> read_row_page_within(store_reader& source, const page_request& asked,
                                         const page_limits& limits, row_totals& totals);

/// How many rows too many the row counts of a cluster's chosen scopes tell, since they share some of them;
/// clusters without such rows are left out.
std::map<std::string_view, std::int64_t> count_repeated(const shared_row_counts& shared,
                                                        const scope_list& all, const chosen_scopes& chosen);

} // namespace kollect::consumer

#endif
