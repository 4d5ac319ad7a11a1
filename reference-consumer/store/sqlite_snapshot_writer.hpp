#ifndef KOLLECT_CONSUMER_SQLITE_SNAPSHOT_WRITER_HPP
#define KOLLECT_CONSUMER_SQLITE_SNAPSHOT_WRITER_HPP

#include "sql_snapshot_writer.hpp"
#include "sqlite_database.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kollect::consumer::sqlite {

/// Writes the rows that a snapshot changes, and the change feed's entries that tell of them.
class sqlite_snapshot_writer final : public sql_snapshot_writer {
public:
  /// The feed's entries follow `last_cursor`, which is the feed's last one when all is written. Both must
  /// outlive the writer.
  sqlite_snapshot_writer(database& target, snapshot_place place, std::int64_t log_id,
                         const index_writing& index, std::optional<std::int64_t>& last_cursor);

private:
  /// Where a row is, and which entry told of what is in it; 0: one of an earlier version, which has it in
  /// itself.
  struct held_row {
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
    std::string_view changed_paths{};
  };

  result<void> begin_feed() override;
  result<void> write_rows(std::span<const row_change> changes) override;
  result<void> tell_snapshot() override;
  result<void> write_record(const scope_record& record, std::int64_t checksum) override;
  result<void> write_row(const row_change& one);
  result<bool> insert_row(const row_change& one);
  result<void> write_over(const row_change& one);
  result<std::optional<held_row>> find_row(const row_identity& identity);
  result<void> write_added();
  result<void> write_entry(const entry& told);

  database& database_;
  std::optional<std::int64_t>& last_cursor_; ///< nothing: not known yet
  std::int64_t cursor_ = 0;
  std::optional<entry> added_; ///< not written yet, as the next row may belong to it
};

} // namespace kollect::consumer::sqlite

#endif
