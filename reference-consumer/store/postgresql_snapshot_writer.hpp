#ifndef KOLLECT_CONSUMER_POSTGRESQL_SNAPSHOT_WRITER_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_SNAPSHOT_WRITER_HPP

#include "postgresql_connection.hpp"
#include "sql_snapshot_writer.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer::postgresql {

/// A place in the change feed: entries of one transaction share a batch.
struct feed_place {
  std::int64_t batch_id = 0;
  std::int64_t sequence = 0;
};

/// Posts the rows that a snapshot changes, and the change feed's entries that tell of them.
class postgresql_snapshot_writer final : public sql_snapshot_writer {
public:
  /// Where the feed goes on, once something is to be told. The transaction knows.
  using find_place = std::function<result<feed_place*>()>;

  /// The connection, and what `find` answers, must outlive the writer.
  postgresql_snapshot_writer(connection& target, snapshot_place place, std::int64_t log_id,
                             const index_writing& index, find_place find);

private:
  /// Columns of rows that are there now.
  struct written_rows {
    std::vector<std::int64_t> sequences;
    std::vector<std::string_view> digests, target_namespaces, target_names, namespaces, names, uids, items;
    void add(const row_change& one, std::string_view digest, std::int64_t sequence);
  };
  /// Columns of entries about rows that were there before.
  struct replacing_entries {
    std::vector<std::int64_t> sequences;
    std::vector<std::string_view> kinds, befores, digests;
    std::vector<std::string_view> paths;
  };
  /// Columns of entries about several rows, and of the one about the snapshot, which has no digests.
  struct range_entries {
    std::vector<std::int64_t> first_sequences, last_sequences;
    std::vector<std::string_view> kinds;
    std::vector<std::string> digests; ///< one after the other
    void add_entry(std::string_view kind, std::int64_t sequence);
    void add(std::string_view digest, std::int64_t sequence); ///< of a row that was added
  };

  /// Some changes, by column. Views of them.
  struct piece {
    std::vector<std::string> digests; ///< of all rows, by their place among the changes
    std::vector<std::string_view> removed;
    written_rows rows;
    replacing_entries replacing;
    range_entries ranges;
  };

  result<void> begin_feed() override;
  result<void> write_rows(std::span<const row_change> changes) override;
  result<void> tell_snapshot() override;
  result<void> write_record(const scope_record& record, std::int64_t checksum) override;

  static void take(piece& into, const row_change& one, std::int64_t sequence);
  result<void> tell_replacing(const piece& told);
  result<void> remove_rows(const piece& told);
  result<void> add_rows(const piece& told);
  result<void> tell_ranges(const range_entries& told);
  parameters& add_origin(parameters& values) const;

  connection& connection_;
  find_place find_;
  feed_place* next_ = nullptr; ///< of the transaction; nothing until something is told
};

} // namespace kollect::consumer::postgresql

#endif
