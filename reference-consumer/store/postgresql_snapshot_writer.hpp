#ifndef KOLLECT_CONSUMER_POSTGRESQL_SNAPSHOT_WRITER_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_SNAPSHOT_WRITER_HPP

#include "postgresql_connection.hpp"
#include "store.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer::postgresql {

/// A place in the change feed: entries of one transaction share a batch.
struct feed_place {
  std::int64_t batch_id = 0;
  std::int64_t sequence = 0;
};

/// Posts the rows that a snapshot changes, and the change feed's entries that tell of them. Each version of a
/// row is kept once: as the row while it is that, then as `before` of the change that came next. Rows that
/// are added one after the other share an entry.
class snapshot_writer {
public:
  /// The feed's entries begin at `next`. The snapshot must outlive the writer.
  snapshot_writer(connection& target, const applied_snapshot& snapshot, std::int64_t log_id, feed_place next);

  /// Posts all of it, once. Answers how many changes the feed tells more.
  result<std::int64_t> write();

private:
  /// Columns of rows that are there now.
  struct written_rows {
    std::vector<std::int64_t> sequences;
    std::vector<std::string_view> digests, target_namespaces, target_names, namespaces, names, uids, items;
    void add(const change& one, std::string_view digest, std::int64_t sequence);
  };
  /// Columns of entries about rows that were there before.
  struct replacing_entries {
    std::vector<std::int64_t> sequences;
    std::vector<std::string_view> kinds, befores, digests;
    std::vector<std::string> paths;
  };
  /// Columns of entries about several rows, and of the one about the snapshot, which has no digests.
  struct range_entries {
    std::vector<std::int64_t> first_sequences, last_sequences;
    std::vector<std::string_view> kinds;
    std::vector<std::string> digests; ///< one after the other
    void add(std::string_view digest, std::int64_t sequence);
  };

  void take(const change& one, std::string_view digest);
  result<void> tell_replacing();
  result<void> remove_rows();
  result<void> write_rows();
  result<void> tell_ranges();
  parameters& add_origin(parameters& values) const;

  connection& connection_;
  const applied_snapshot& snapshot_;
  std::int64_t log_id_;
  feed_place next_;
  std::string applied_at_;
  std::vector<std::string> digests_; ///< of all rows, by their place among the changes
  std::vector<std::string_view> removed_;
  written_rows rows_;
  replacing_entries replacing_;
  range_entries ranges_;
};

} // namespace kollect::consumer::postgresql

#endif
