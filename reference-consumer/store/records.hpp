#ifndef KOLLECT_CONSUMER_RECORDS_HPP
#define KOLLECT_CONSUMER_RECORDS_HPP

#include <kollect/checksum.hpp>
#include <kollect/decision.hpp>
#include <kollect/dedup_key.hpp>
#include <kollect/diff.hpp>
#include <kollect/item.hpp>
#include <kollect/message.hpp>
#include <kollect/order.hpp>
#include <kollect/part_set.hpp>
#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>

#include <cstdint>
#include <map>
#include <optional>
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
  std::int64_t row_count = 0;
  std::int64_t row_bytes = 0; ///< of the rows as JSON
  /// To be written with the snapshot: its cluster is to be forgotten. Not read: what is written next, ends
  /// it.
  bool is_forgotten = false;
};

/// A change of a row as it is written: views of what is held and of the message.
struct row_change {
  change_kind kind = change_kind::added;
  row_identity identity;
  std::string_view before;          ///< empty for an added row
  std::string_view after;           ///< empty for a removed row
  std::string changed_paths_json{}; ///< of a changed row: a JSON array of changed_paths()
};

/// What is written of a snapshot besides its rows.
struct snapshot_place {
  std::int64_t scope_id = 0;
  timestamp exported_at; ///< the snapshot's instant
  message_origin origin; ///< of the message that was the last to come
  timestamp applied_at;
  bool is_first = false; ///< the scope has no rows yet
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

/// The parts of a set that wait for others.
struct waiting_parts {
  std::vector<held_part> parts; ///< in no order
  std::int64_t bytes = 0;       ///< of their messages
};

/// A set that is to be given up.
struct torn_set {
  std::int64_t scope_id = 0;
  part_set set;
};

/// A message that nobody can apply, without its value: with that, all that is needed to look at it and to try
/// it again.
struct dead_letter {
  message_origin origin;
  std::optional<std::string> message_key;
  std::string subject;
  std::string headers_json; ///< `[["name","value"],…]`
  bool is_tombstone = false;
  std::string reason; ///< error_name()
  std::string sentence;
  std::string clause;
  std::optional<std::int64_t> byte_offset;
  timestamp at;
  std::optional<std::string> cluster{}; ///< whose message it is, where anything tells
};

/// A dead letter as it is listed.
struct stored_dead_letter {
  std::int64_t id = 0;
  dead_letter letter;
  std::string value;    ///< original bytes
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
  /// Of the value of the message before next_offset. A topic that was deleted and recreated, or has
  /// lost its tail, holds another message there, or none.
  std::optional<fingerprint> last_message;
};

/// Where a log was consumed to, and by whom.
struct stored_position {
  std::string log;
  std::int32_t partition = 0;
  std::int64_t next_offset = -1; ///< -1: nothing of it was ever consumed
  std::int64_t owner_epoch = 0;  ///< 0 for NATS, where nobody owns anything
  std::string owner{};
  std::optional<fingerprint> last_message{}; ///< of the value of the message before next_offset
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

/// Names of which a row has one each, bytewise; nothing: any will do.
struct row_names {
  std::optional<std::vector<std::string>> target_names{};
  std::optional<std::vector<std::string>> namespaces{}; ///< of the object
  std::optional<std::vector<std::string>> names{};
  std::optional<std::vector<std::string>> uids{};

  bool is_any() const { return !target_names && !namespaces && !names && !uids; }
};

/// Which rows a reader wants, and from where on.
struct row_query {
  std::optional<std::vector<std::int64_t>> scope_ids{}; ///< nothing: all scopes
  std::optional<row_place> after{};                     ///< exclusive
  std::optional<row_identity> until{};                  ///< exclusive; only with scope_ids
  std::int64_t limit = 500;
  bool with_items = true;
  row_names named{}; ///< a store may answer with rows of other names too, where it cannot ask for these
  /// With `until`: rows that lack one of these texts, and spell no letter by an escape, may come without
  /// their item.
  std::vector<std::string> texts{};
  /// Rows that the scopes have, and that the store has: what is cheaper depends on it.
  std::int64_t rows_in_scopes = 0;
  std::int64_t rows_in_store = 0;
};

/// Rows that follow each other, of some scopes. An index has told that no others fit.
struct row_interval {
  row_identity from;                     ///< inclusive
  std::optional<row_identity> until{};   ///< exclusive; nothing: to the end
  std::vector<std::int64_t> scope_ids{}; ///< by order
  std::int64_t rows = 0;                 ///< of these scopes in it, about

  friend bool operator==(const row_interval&, const row_interval&) = default;
};

/// How far an index is.
struct index_progress {
  bool is_complete = true;
  std::int64_t rows = 0; ///< that were brought into it now
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

} // namespace kollect::consumer

#endif
