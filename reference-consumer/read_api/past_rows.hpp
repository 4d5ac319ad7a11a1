#ifndef KOLLECT_CONSUMER_READ_API_PAST_ROWS_HPP
#define KOLLECT_CONSUMER_READ_API_PAST_ROWS_HPP

#include "read_api/answer.hpp"
#include "store/store_reader.hpp"

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

/// What a past time is compared with.
enum class moment_of {
  commit,  ///< when changes were applied: what a reader could have seen then
  snapshot ///< when snapshots were exported: what clusters said of themselves then
};

/// A time in the past.
struct moment {
  timestamp when;
  moment_of by = moment_of::commit;

  friend bool operator==(const moment&, const moment&) = default;
};

/// As one text.
std::string to_string(const moment& value);

/// What is different from now.
struct past_rows {
  row_overlay rows;
  std::int64_t cursor = 0;              ///< of the last change that had happened
  std::optional<timestamp> exported_at; ///< of the snapshot that made it
};

/// How the change feed is read; `first` answers the entry with the least cursor above one.
using read_changes = std::function<result<std::vector<feed_entry>>(std::int64_t after, std::int64_t limit)>;

/// The last change that was applied at `when` or before, by bisection. 410 where the history does not reach
/// back so far: the store began later, or keeps no more changes.
answer_of<feed_entry> find_change_at(const timestamp& when, std::int64_t last_cursor,
                                     const read_changes& read);

/// Goes back from now to a moment, change by change. 400 where there are more than `most_changes`, 410 where
/// the history does not reach back so far.
answer_of<past_rows> look_back(store_reader& source, const chosen_scopes& scopes, const moment& when,
                               std::int64_t most_changes);

} // namespace kollect::consumer

#endif
