#ifndef KOLLECT_CONSUMER_TRANSACTION_HPP
#define KOLLECT_CONSUMER_TRANSACTION_HPP

#include "records.hpp"
#include "rows/row_merge.hpp"

#include <kollect/error.hpp>
#include <kollect/outcome.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// Writes one snapshot into a scope, piece by piece: rows, and the change feed's entries that tell of them.
class snapshot_writer {
public:
  virtual ~snapshot_writer() = default;

  /// Writes rows that changed. Touches no others.
  virtual result<void> write(std::span<const row_change> changes) = 0;

  /// Ends the snapshot with the scope's record. Where rows have changed, an entry says that all of it has
  /// been told; an unchanged snapshot costs its record and nothing else. Brings the record's row_count and
  /// row_bytes up to date.
  virtual result<void> finish(scope_record& record) = 0;
};

/// A row that is staged: a view of its message.
struct staged_row {
  row_identity identity;
  std::string_view raw;
};

/// One transaction: everything that a batch of messages does, or nothing. Rolled back by the
/// destructor unless committed. All reads see the transaction's own writes.
class transaction {
public:
  virtual ~transaction() = default;

  /// The fence: moves a Kafka partition from `held` to `moved`, if and only if it is still ours and
  /// stands where we think. error::fenced otherwise. To be called before anything else is written.
  virtual result<void> advance(const std::string& log, const owned_position& held,
                               const owned_position& moved) = 0;

  /// Notes how far a NATS stream was consumed. Nobody owns a stream, so there is nothing to fence, and the
  /// epoch is 0: redeliveries are recognised one by one, and do not take the position back.
  virtual result<void> note_position(const std::string& log, const owned_position& reached) = 0;

  /// Locks scopes against other processes until the end, made if they are new: all that a batch needs,
  /// before it opens the first, so that no two processes wait for each other.
  virtual result<void> lock_scopes(const std::set<scope>& scopes) = 0;

  /// The record of a scope, locked and made if it is new.
  virtual result<scope_record> open_scope(const scope& which) = 0;

  /// Says which keys is_known() is going to be asked about, so that a store far away can look for all of them
  /// at once. Scopes are locked.
  virtual result<void> expect_keys(std::span<const expected_key>) { return {}; }

  virtual result<bool> is_known(std::int64_t scope_id, const dedup_key& key) = 0;
  virtual result<void> remember(std::int64_t scope_id, const dedup_key& key, const timestamp& instant) = 0;

  /// All rows of a scope. error::store_corrupt where they are not those that were written.
  virtual result<held_rows> rows(std::int64_t scope_id) = 0;

  /// Takes the rows that are there for those of the scope, whoever wrote them, and forgets its items_digest:
  /// the next snapshot is compared with them row by row, and puts them right.
  virtual result<void> distrust(std::int64_t scope_id) = 0;

  // A snapshot that is too large to be compared in memory is compared here: all of its rows are staged, then
  // its changes are taken. One at a time; none is left when the transaction ends.

  /// Adds rows to those staged for a scope. Of two with one identity the later counts.
  virtual result<void> stage(std::int64_t scope_id, std::span<const staged_row> rows) = 0;
  /// Finds what the staged rows change, once, when all are there.
  virtual result<row_counts> compare_staged(std::int64_t scope_id) = 0;
  /// The next changes, of about so many bytes, without changed_paths; none when all were taken.
  virtual result<std::vector<change>> take_staged(std::int64_t scope_id, std::int64_t bytes) = 0;
  /// Forgets what was staged.
  virtual result<void> clear_staged(std::int64_t scope_id) = 0;

  /// Begins to write the rows that a snapshot changes. One at a time, which must not outlive the transaction.
  virtual result<std::unique_ptr<snapshot_writer>> write_snapshot(const snapshot_place& place) = 0;

  /// Notes in the scope's record that a snapshot with these items was held back. Forgotten with the next
  /// snapshot that is written.
  virtual result<void> note_held_back(std::int64_t scope_id, const sha256_digest& items) = 0;

  virtual result<waiting_parts> waiting(std::int64_t scope_id, const part_set& set) = 0;
  virtual result<void> hold_part(std::int64_t scope_id, const pending_part& part) = 0;
  /// One part that waits.
  virtual result<pending_part> read_part(std::int64_t scope_id, const part_set& set,
                                         std::uint32_t part_index) = 0;
  /// The parts of a set do not wait any more.
  virtual result<void> drop_parts(std::int64_t scope_id, const part_set& set) = 0;
  /// Drops parts of sets that are older than the snapshot now held; answers how many.
  virtual result<std::int64_t> drop_superseded_parts(std::int64_t scope_id, const snapshot_order& held) = 0;
  /// The oldest set that is to be given up under the retention, if any. Its scope is locked.
  virtual result<std::optional<torn_set>> find_torn_set(const retention& bounds, const timestamp& now) = 0;

  /// Keeps a dead letter. False when the message at this place with this value is one already.
  virtual result<bool> bury(const dead_letter& letter, std::string_view value) = 0;
  /// Removes a dead letter and answers it; nothing where there is none of this id.
  virtual result<std::optional<stored_dead_letter>> take_dead_letter(std::int64_t id) = 0;

  /// Adds to the counters that describe how messages ended.
  virtual result<void> count(const outcome_counts& counts) = 0;

  /// Removes what the retention no longer covers.
  virtual result<void> prune(const retention& bounds) = 0;

  /// Makes everything durable. After a failure nothing of it is in the store, or it is unknown
  /// whether it is: either way the batch is to be begun again, and recognises what was stored.
  virtual result<void> commit() = 0;
};

} // namespace kollect::consumer

#endif
