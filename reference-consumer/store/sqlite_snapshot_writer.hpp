#ifndef KOLLECT_CONSUMER_SQLITE_SNAPSHOT_WRITER_HPP
#define KOLLECT_CONSUMER_SQLITE_SNAPSHOT_WRITER_HPP

#include "sqlite_database.hpp"
#include "store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::consumer::sqlite {

/// Writes the rows that a snapshot changes, and the change feed's entries that tell of them. Each version of
/// a row is kept once: as the row while it is that, then as `before` of the change that came next. Rows that
/// are added one after the other share an entry.
class snapshot_writer {
public:
  /// The feed's entries follow `last_cursor`. All of it must outlive the writer.
  snapshot_writer(database& target, const applied_snapshot& snapshot, std::int64_t log_id,
                  std::int64_t last_cursor);

  /// Writes all of it, once. Answers the feed's last cursor now.
  result<std::int64_t> write();

private:
  /// Where a row is, and which entry told of what is in it; 0: one of an earlier version, which has it in
  /// itself.
  struct row_place {
    std::int64_t item_id = 0;
    std::int64_t cursor = 0;
  };
  /// One entry. It tells of the rows `item_id` and before, as many as there are cursors.
  struct entry {
    std::string_view kind;
    std::int64_t first_cursor = 0;
    std::int64_t last_cursor = 0;
    std::int64_t item_id = 0;  ///< 0: of no row that is still there
    std::int64_t replaces = 0; ///< the cursor that told of what was there before; 0: none
    std::string_view before{};
    std::string changed_paths{};
  };

  result<void> write(const change& one);
  result<bool> insert_row(const change& one);
  result<void> write_over(const change& one);
  result<std::optional<row_place>> find_row(const row_identity& identity);
  result<void> write_added();
  result<void> write(const entry& told);

  database& database_;
  const applied_snapshot& snapshot_;
  std::int64_t log_id_;
  std::int64_t cursor_;
  std::string applied_at_;
  std::optional<entry> added_; ///< not written yet, as the next row may belong to it
};

} // namespace kollect::consumer::sqlite

#endif
