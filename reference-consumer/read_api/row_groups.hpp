#ifndef KOLLECT_CONSUMER_READ_API_ROW_GROUPS_HPP
#define KOLLECT_CONSUMER_READ_API_ROW_GROUPS_HPP

#include "read_api/past_rows.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace kollect::consumer {

/// Rows by identity: each time all rows with the next one, page after page from the store, or as they were
/// at a past time.
class row_groups {
public:
  using clock = std::chrono::steady_clock;

  /// Begins with the identity of `range.after`, or the first one. `range.limit` is how many rows are read at
  /// once, and fewer where rows are large. `past` may be null, and must outlive this.
  row_groups(store_reader& source, row_query range, const past_rows* past, clock::time_point deadline);

  /// Reads rows of these intervals only, which stand by order; `past` must be null then.
  void look_only_in(std::vector<row_interval> intervals);
  bool looks_only_in_intervals() const { return is_in_intervals_; }

  /// None at the end. 503 when the deadline has passed.
  answer_of<std::vector<stored_row>> next();

private:
  answer_of<bool> has_stored();
  answer_of<std::vector<stored_row>> next_stored();
  bool begin_next_interval();
  bool is_wanted(std::int64_t scope_id) const;
  void set_next_limit();

  store_reader& source_;
  row_query range_;
  std::int64_t most_at_once_;
  const past_rows* past_;
  row_overlay::const_iterator overlaid_;
  clock::time_point deadline_;
  std::vector<stored_row> rows_;
  std::size_t at_ = 0;
  bool is_at_end_ = false;
  std::vector<row_interval> intervals_; ///< that are left, the next one last
  bool is_in_intervals_ = false;
};

} // namespace kollect::consumer

#endif
