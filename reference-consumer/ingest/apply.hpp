#ifndef KOLLECT_CONSUMER_APPLY_HPP
#define KOLLECT_CONSUMER_APPLY_HPP

#include "held_scopes.hpp"
#include "ingest_settings.hpp"
#include "rows/row_merge.hpp"
#include "store/transaction.hpp"

#include <kollect/checksum.hpp>
#include <kollect/error.hpp>
#include <kollect/order.hpp>
#include <kollect/scope.hpp>
#include <kollect/snapshot_view.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// A checked snapshot that is newer than the one its scope holds: that of one message, or of all parts of a
/// set. Its views are valid as long as the messages are.
struct arrived_snapshot {
  using visit_payload = std::function<result<void>(const snapshot_view&)>;

  snapshot_order order;
  std::vector<sha256_digest> parts;            ///< payload digests by part index; empty for one message
  std::optional<sha256_digest> items_digest{}; ///< nothing: known when all payloads have been visited
  std::vector<snapshot_view> payloads{}; ///< by part index; empty where they are too large to be in memory
  /// Reads each payload, by part index, where they are not in memory.
  std::function<result<void>(const visit_payload&)> read_payloads{};
  std::size_t room = 0; ///< how deep rows were allowed to nest: see row_room()
};

/// What became of it.
struct applied_snapshot {
  row_counts counts;
  std::optional<failure> held_back{}; ///< why nothing was written (DEL-01)
  std::int64_t dropped_parts = 0;     ///< of older sets that waited
};

/// Makes a snapshot the state of its scope (DEL-01): only rows that changed are written. `merge` is what
/// check_payload() has found, if anything. `origin` is that of the last message. Takes, beside the rows that
/// are held and the snapshot, a bounded amount of memory: what is too large to be compared in memory is
/// compared in the store.
result<applied_snapshot> apply(transaction& target, const ingest_settings& settings, held_scopes& scopes,
                               const scope& where, held_scope& opened, arrived_snapshot arrived,
                               std::optional<row_merge> merge, const message_origin& origin);

/// Takes the rows of a scope for what they are, as they are not those that were written, and tells a person
/// which snapshot puts them right. Answers the scope's record as it is then.
result<scope_record> distrust_scope(transaction& target, const ingest_settings& settings, const scope& where,
                                    std::int64_t scope_id, std::string_view mended_by);

/// Writes changes that are in memory, in pieces.
result<void> write_changes(snapshot_writer& target, std::span<const change> changes);

} // namespace kollect::consumer

#endif
