#ifndef KOLLECT_CONSUMER_STORE_HPP
#define KOLLECT_CONSUMER_STORE_HPP

#include "outcome.hpp"

#include <kollect/checksum.hpp>
#include <kollect/decision.hpp>
#include <kollect/dedup_key.hpp>
#include <kollect/diff.hpp>
#include <kollect/error.hpp>
#include <kollect/message.hpp>
#include <kollect/order.hpp>
#include <kollect/part_set.hpp>
#include <kollect/scope.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// Where a message stood in its log.
struct message_origin {
  std::string log;            ///< log_identity::name
  std::int32_t partition = 0; ///< 0 for NATS
  std::int64_t offset = 0;    ///< Kafka offset or stream sequence
  std::string traceparent{};  ///< W3C trace context of the message; empty without one
};

/// What the store knows of a scope besides its rows.
struct scope_record : held_snapshot {
  std::int64_t id = 0;
};

/// A snapshot as it is written: the scope's new record, and the changes that lead to its rows.
struct applied_snapshot {
  scope_record record;
  std::span<const change> changes;
  message_origin origin;
  timestamp applied_at;
};

/// A part of a multipart set, kept until the set is whole.
struct pending_part {
  part_set set;
  held_part part;
  message_origin origin;
  std::optional<std::string> message_key;
  std::string message; ///< the whole message, so that a torn set loses nothing
  timestamp arrived_at;
};

/// A message that nobody can apply, with all that is needed to look at it and to try it again.
struct dead_letter {
  message_origin origin;
  std::optional<std::string> message_key;
  std::string subject;
  std::string headers_json; ///< `[["name","value"],…]`
  std::string value;        ///< original bytes
  bool is_tombstone = false;
  std::string reason; ///< error_name()
  std::string sentence;
  std::string clause;
  std::optional<std::int64_t> byte_offset;
  timestamp at;
};

/// A dead letter as it is listed.
struct stored_dead_letter {
  std::int64_t id = 0;
  dead_letter letter;
  bool has_body = true; ///< false: value, key and headers were dropped to stay within the retention
  std::int64_t value_bytes = 0;
  sha256_digest value_digest; ///< stays when the body goes
};

/// One line of the change feed. `kind` is added, changed, removed or snapshot; the last one says
/// that all changes of a snapshot have been told.
struct feed_entry {
  std::int64_t cursor = 0; ///< rises by one by order of commit; never used twice
  std::string kind;
  kollect::scope scope;
  message_origin origin;
  timestamp exported_at; ///< the snapshot's instant
  timestamp applied_at;
  std::string before;
  std::string after;
  std::string changed_paths_json; ///< a JSON array; empty for other kinds than changed
};

/// A Kafka partition that this process owns: the fence of everything it writes.
struct owned_position {
  std::int32_t partition = 0;
  std::int64_t owner_epoch = 0;
  std::int64_t next_offset = -1; ///< -1: nothing of it was ever consumed
  /// Of the value of the message before next_offset. A topic that was deleted and made anew, or has
  /// lost its tail, holds another message there, or none.
  std::optional<fingerprint> last_message;
};

/// Where a log was consumed to, and by whom.
struct stored_position {
  std::string log;
  std::int32_t partition = 0;
  std::int64_t next_offset = -1; ///< -1: nothing of it was ever consumed
  std::int64_t owner_epoch = 0;  ///< 0 for NATS, where nobody owns anything
  std::string owner;
  std::optional<fingerprint> last_message; ///< of the value of the message before next_offset
  bool has_caught_up = false; ///< once the end was reached that a process had found at its start
};

/// One scope with its freshness, as in the summary.
struct scope_summary {
  kollect::scope scope;
  std::int64_t row_count = 0;
  timestamp exported_at;
  timestamp applied_at;
  std::int64_t target_conflicts = 0;
  std::int64_t id = 0; ///< as in stored_row
};

/// A row as readers get it.
struct stored_row {
  std::int64_t scope_id = 0;
  row_identity identity;
  std::string item; ///< as it was sent; empty where it was not asked for
};

/// A place in the order of all rows: by identity (ROW-03), then by scope.
struct row_place {
  row_identity identity;
  std::int64_t scope_id = 0; ///< 0: before the rows of all scopes with this identity
};

/// Which rows a reader wants, and from where on.
struct row_range {
  std::optional<std::vector<std::int64_t>> scope_ids{}; ///< nothing: all scopes
  std::optional<row_place> after{};                     ///< exclusive
  std::int64_t limit = 500;
  bool with_items = true;
  /// Rows that the scopes have, and that the store has: what is cheaper depends on it.
  std::int64_t rows_in_scopes = 0;
  std::int64_t rows_in_store = 0;
};

/// How many rows are held by exactly these scopes, two or more.
using shared_row_counts = std::map<std::vector<std::int64_t>, std::int64_t>;

/// Bounds of what a store keeps.
struct retention {
  std::int64_t dedup_keys_per_scope = 10'000; ///< the newest by timestamp are kept
  std::int64_t changes = 1'000'000;           ///< of the change feed's history
  std::int64_t pending_bytes = 1'073'741'824; ///< of parts; over it the oldest set is given up
  std::int64_t pending_seconds = 86'400;      ///< a set whose last part is older is given up
  std::int64_t dead_letter_bytes =
      1'073'741'824; ///< of values, keys and headers; over it the oldest are dropped, their digest is kept
};

/// A dedup key and the scope it is kept for. Views of a batch's messages.
struct expected_key {
  const kollect::scope* scope = nullptr;
  const dedup_key* key = nullptr;
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

  virtual result<row_map> rows(std::int64_t scope_id) = 0;

  /// Writes rows that changed, the scope's record, and the change feed. Touches nothing else.
  virtual result<void> write_snapshot(const applied_snapshot& snapshot) = 0;

  /// Notes in the scope's record that a snapshot with these items was held back. Forgotten with the next
  /// snapshot that is written.
  virtual result<void> note_held_back(std::int64_t scope_id, const sha256_digest& items) = 0;

  virtual result<std::vector<held_part>> held_parts(std::int64_t scope_id, const part_set& set) = 0;
  virtual result<void> hold_part(std::int64_t scope_id, const pending_part& part) = 0;
  /// The messages of a set's held parts by index; the parts are not held any more.
  virtual result<std::vector<pending_part>> take_parts(std::int64_t scope_id, const part_set& set) = 0;
  /// Drops parts of sets that are older than the snapshot now held; answers how many.
  virtual result<std::int64_t> drop_superseded_parts(std::int64_t scope_id, const snapshot_order& held) = 0;
  /// The oldest set that is to be given up under the retention, if any; its parts are not held any more.
  virtual result<std::vector<pending_part>> take_torn_set(const retention& bounds, const timestamp& now) = 0;

  /// Keeps a dead letter. False when the message at this place with this value is one already.
  virtual result<bool> bury(const dead_letter& letter) = 0;
  /// Removes a dead letter and answers it; nothing where there is none of this id.
  virtual result<std::optional<stored_dead_letter>> take_dead_letter(std::int64_t id) = 0;

  /// Adds to the counters that describe how messages ended.
  virtual result<void> count(const outcome_counts& counts) = 0;

  /// Removes what the retention no longer covers.
  virtual result<void> prune(const retention& bounds) = 0;

  /// Makes everything durable. After a failure nothing of it is in the store, or it is unknown
  /// whether it is: either way the batch is to be begun anew, and recognises what was stored.
  virtual result<void> commit() = 0;
};

/// The place where everything that must survive is kept. Not thread-safe.
class store {
public:
  virtual ~store() = default;

  virtual result<std::unique_ptr<transaction>> begin() = 0;

  /// Takes partitions over: raises each one's owner epoch, which fences off whoever had it before.
  virtual result<std::vector<owned_position>>
  claim(const std::string& log, std::span<const std::int32_t> partitions, std::string_view owner) = 0;

  /// Sets a partition of ours, or a stream, back to `next_offset`, -1 for the log's beginning, because its log is
  /// not the one it was. error::fenced if it is not ours any more.
  virtual result<void> rewind(const std::string& log, const owned_position& held,
                              std::int64_t next_offset) = 0;

  /// How far a NATS stream was consumed into this store; nothing where it never was.
  virtual result<std::optional<owned_position>> noted_position(const std::string& log) = 0;

  /// Takes, or goes on with, the publishing of the change feed to a destination, for as long as the lease
  /// lasts, and notes that all up to `published` is there. Answers the cursor after which to go on; nothing
  /// while another process has the lease.
  virtual result<std::optional<std::int64_t>> lease_feed(const std::string& destination,
                                                         std::string_view owner, std::int64_t published,
                                                         std::chrono::milliseconds lease) = 0;

  /// Notes that partitions of a log were consumed up to the end that was found at the start. From then on
  /// nothing is missing from the rows; until then they are being rebuilt.
  virtual result<void> note_caught_up(const std::string& log, std::span<const std::int32_t> partitions) = 0;

  /// Waits until something may have been committed, or the time is over.
  virtual result<void> wait_for_commit(std::chrono::milliseconds longest) = 0;

  // What readers ask. Visits go by scope and row identity, by cursor, by id.
  using visit_row = std::function<void(const scope&, std::string_view item)>;
  virtual result<void> for_each_row(const visit_row& visit) = 0;
  /// Rows by identity, then scope: a page of them. Names are compared bytewise (ORD-01); on PostgreSQL those
  /// of more than 300 bytes by their first 300, and only then as a whole. Costs the page, or where few of the
  /// store's rows are in the scopes, those.
  virtual result<std::vector<stored_row>> rows_in_order(const row_range& range) = 0;
  /// Rows that several scopes hold. Costs a look at every row's identity.
  virtual result<shared_row_counts> shared_rows() = 0;
  /// All that `work` reads is of one moment. Not to be nested.
  virtual result<void> read_at_once(const std::function<result<void>()>& work) = 0;
  virtual result<std::vector<feed_entry>> changes_after(std::int64_t cursor, std::int64_t limit) = 0;
  virtual result<std::int64_t> last_cursor() = 0; ///< of all changes there ever were; 0: none
  /// Tells this store from any other, and from itself after it was lost and made anew.
  virtual result<std::string> store_id() = 0;
  /// 32 random bytes of this store: what it signs for its readers can be told from what others made.
  virtual result<std::string> signing_key() = 0;
  virtual result<std::vector<stored_dead_letter>> dead_letters(std::int64_t after_id, std::int64_t limit) = 0;
  /// The newest first, without value, key and headers; `before_id` 0: from the newest on.
  virtual result<std::vector<stored_dead_letter>> newest_dead_letters(std::int64_t before_id,
                                                                      std::int64_t limit) = 0;
  /// The ids of dead letters of one reason that still have their bytes.
  virtual result<std::vector<std::int64_t>> dead_letter_ids(std::string_view reason, std::int64_t after_id,
                                                            std::int64_t limit) = 0;
  virtual result<std::vector<scope_summary>> scopes() = 0;
  virtual result<outcome_counts> counts() = 0;
  virtual result<std::vector<stored_position>> positions() = 0; ///< by log and partition

  /// What contradicts itself in the store, one sentence each; none where all is well.
  virtual result<std::vector<std::string>> contradictions() = 0;
};

} // namespace kollect::consumer

#endif
