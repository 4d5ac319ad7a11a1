#ifndef KOLLECT_CONSUMER_BATCH_HPP
#define KOLLECT_CONSUMER_BATCH_HPP

#include "apply.hpp"
#include "arrivals.hpp"
#include "dead_letters.hpp"
#include "held_scopes.hpp"
#include "ingest_settings.hpp"
#include "report.hpp"

#include <kollect/dedup_key.hpp>
#include <kollect/error.hpp>
#include <kollect/part_set.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/transport.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// Makes a dead letter of each part that waits in a set: `parts` of them. Answers how the counters change.
result<outcome_counts> bury_set(transaction& target, std::int64_t scope_id, const part_set& set,
                                const failure& reason, timestamp at);

/// How a batch is looked at.
enum class batch_kind {
  first, ///< messages that come from the broker
  retry  ///< messages that were consumed before: a dedup key that is known says nothing about them
};

/// One batch on its way into one transaction, which somebody else begins and commits: ingest() and its like.
class batch {
public:
  /// What is given must outlive it.
  batch(transaction& target, const ingest_settings& settings, held_scopes& scopes,
        batch_kind kind = batch_kind::first)
      : target_(target), settings_(settings), scopes_(scopes), kind_(kind) {}

  /// Takes in messages, by their order, and answers how they ended. A failure is the store's; a message's own
  /// faults end in a dead letter.
  result<batch_report> take(std::span<const received_message* const> messages);

private:
  result<outcome> take(arrived_message& one, const message_origin& origin);
  result<outcome> take_whole(arrived_message& one, const snapshot_view& snapshot,
                             std::optional<row_merge> merge, const message_origin& origin);
  result<outcome> take_part(arrived_message& one, const snapshot_view& snapshot,
                            const message_origin& origin);
  result<void> settle_set(const part_set& set, const held_part& last, waiting_parts waiting,
                          held_scope& opened, const message_origin& origin);
  result<applied_snapshot> apply_set(const part_set& set, const waiting_parts& waiting, held_scope& opened,
                                     snapshot_order order, const message_origin& origin);
  result<applied_snapshot> apply_counted(const scope& where, held_scope& opened, arrived_snapshot arrived,
                                         std::optional<row_merge> merge, const message_origin& origin);
  result<outcome> bury(const received_message& message, const failure& reason);
  result<void> remember(const arrived_message& one, const timestamp& instant);

  transaction& target_;
  const ingest_settings& settings_;
  held_scopes& scopes_;
  batch_kind kind_;
  std::set<std::pair<std::int64_t, dedup_key>> remembered_; // by this batch
  batch_report report_;
};

} // namespace kollect::consumer

#endif
