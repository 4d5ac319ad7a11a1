#ifndef KOLLECT_CONSUMER_READ_API_PAST_ROWS_HPP
#define KOLLECT_CONSUMER_READ_API_PAST_ROWS_HPP

#include "read_api/answer.hpp"
#include "read_api/row_filter.hpp"

#include <kollect/item.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kollect::consumer {

/// Rows that were otherwise at a past time: as they were, or nothing where there was none. By identity, then
/// by scope.
using row_overlay = std::map<row_identity, std::map<std::int64_t, std::optional<std::string>>>;

/// What is different from now.
struct past_rows {
  row_overlay rows;
  std::int64_t cursor = 0;              ///< of the last change that had happened
  std::optional<timestamp> exported_at; ///< of the snapshot that made it
};

/// How the change feed is read; `first` answers the entry with the least cursor above one.
using read_changes = std::function<result<std::vector<feed_entry>>(std::int64_t after, std::int64_t limit)>;

/// The last change that was applied at `when` or before, by bisection; nothing if there was none yet. 410
/// where the history does not reach back so far.
answer_of<std::optional<feed_entry>> find_change_at(const timestamp& when, std::int64_t last_cursor,
                                                    const read_changes& read);

/// Goes back from now to `when`, change by change. 400 where there are more than `most_changes`.
answer_of<past_rows> look_back(store_reader& source, const std::vector<scope_summary>& scopes,
                               const timestamp& when, std::int64_t most_changes);

} // namespace kollect::consumer

#endif
