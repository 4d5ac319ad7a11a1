#ifndef KOLLECT_CONSUMER_SQL_SNAPSHOT_WRITER_HPP
#define KOLLECT_CONSUMER_SQL_SNAPSHOT_WRITER_HPP

#include "row_blocks.hpp"
#include "stored_values.hpp"
#include "transaction.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace kollect::consumer {

/// The part of a snapshot writer that is the same for every SQL database. Each version of a row is kept once:
/// as the row while it is that, then as `before` of the change that came next. Rows that are added one after
/// the other share an entry.
class sql_snapshot_writer : public snapshot_writer {
public:
  result<void> write(std::span<const row_change> changes) final {
    if (!std::exchange(has_changes_, true))
      if (auto begun = begin_feed(); !begun)
        return begun;
    for (const auto& one : changes)
      totals_.add(one);
    if (auto written = write_rows(changes); !written || !blocks_)
      return written;
    return blocks_->add(changes);
  }

  result<void> finish(scope_record& record) final {
    if (has_changes_)
      if (auto told = tell_snapshot(); !told)
        return told;
    if (blocks_)
      if (auto indexed = blocks_->finish(); !indexed)
        return indexed;
    record.row_count += totals_.rows;
    record.row_bytes += totals_.bytes;
    return write_record(record, totals_.checksum);
  }

protected:
  /// Rows are brought into the index too, where there is one.
  sql_snapshot_writer(snapshot_place place, std::int64_t log_id, const index_writing& index)
      : place_(std::move(place)), log_id_(log_id), applied_at_(to_string(place_.applied_at)) {
    if (index.table != nullptr && index.terms != nullptr)
      blocks_.emplace(*index.table, *index.terms, place_.scope_id, place_.is_first);
  }

  const snapshot_place place_;
  const std::int64_t log_id_;
  const std::string applied_at_;

private:
  /// Finds where the feed goes on, before the first change.
  virtual result<void> begin_feed() = 0;
  /// Writes rows, and the entries that tell of them.
  virtual result<void> write_rows(std::span<const row_change> changes) = 0;
  /// Writes the entry that says that all of the snapshot has been told.
  virtual result<void> tell_snapshot() = 0;
  /// `checksum` is what all changes do to the one noted.
  virtual result<void> write_record(const scope_record& record, std::int64_t checksum) = 0;

  bool has_changes_ = false;
  scope_totals totals_;
  std::optional<block_writer> blocks_;
};

} // namespace kollect::consumer

#endif
