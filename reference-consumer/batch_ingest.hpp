#ifndef KOLLECT_CONSUMER_BATCH_INGEST_HPP
#define KOLLECT_CONSUMER_BATCH_INGEST_HPP

#include "batch_payloads.hpp"
#include "ingest.hpp"
#include "open_scopes.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace kollect::consumer {

/// Of a message that is refused, without its bytes and headers.
dead_letter make_dead_letter(const message_origin& origin, const failure& reason, timestamp at);
/// Of a part whose set is given up, with its bytes.
dead_letter make_dead_letter(pending_part part, const failure& reason, timestamp at);

/// One batch on its way into one transaction, which somebody else begins and commits: ingest() and its like.
class batch_ingest {
public:
  /// What is given must outlive it.
  batch_ingest(transaction& target, const ingest_settings& settings, row_cache& cache)
      : target_(target), settings_(settings), cache_(cache), scopes_(target, cache) {}

  /// For messages that were consumed before: a dedup key that is known says nothing about them.
  void begin_retry() noexcept { is_retry_ = true; }

  const batch_report& report() const noexcept { return report_; }
  /// Why the last dead letter is one.
  const std::optional<failure>& refused() const noexcept { return refused_; }

  /// Takes in messages, by their order. A failure is the store's; a message's own faults end in a dead
  /// letter.
  result<void> take(const std::vector<const received_message*>& messages);

  /// Leaves the rows that are held now to later batches. To be called after the commit, and only then.
  void keep_rows() { scopes_.keep_rows(); }

private:
  struct arrived_snapshot;

  /// Not hashed yet.
  message_heads heads_of(const std::vector<const received_message*>& messages) const;
  result<message_head> head_of(const received_message& message) const;
  result<void> take(const received_message& message, const result<message_head>& head);
  result<void> bury(const received_message& message, const failure& reason);

  result<void> take_part(const received_message& message, const message_head& head,
                         const snapshot_view& snapshot, open_scope& opened);
  /// The last part of a set has come: its rows are joined by part index.
  result<void> settle_set(const part_set& set, const scope& where, open_scope& opened);
  /// A whole set that must not be applied.
  result<void> bury_parts(std::vector<pending_part> parts, const failure& reason);

  /// Makes a snapshot the state of its scope: only what changed is written (DEL-01). False when it is
  /// held back instead, and refused_ says why.
  result<bool> apply(const scope& where, open_scope& opened, arrived_snapshot arrived);
  result<bool> hold_back(scope_record& record, const sha256_digest& items, failure reason);

  message_origin origin_of(const received_message& message) const;
  result<void> end(outcome value) {
    report_.counts.add(value);
    report_.notes.back().ending = value;
    return {};
  }

  result<void> remember(std::int64_t scope_id, const dedup_key& key, const timestamp& instant) {
    return is_key_known_ ? result<void>{} : target_.remember(scope_id, key, instant);
  }

  void settle(std::int64_t parts, outcome value) {
    report_.counts.settle(parts, value);
    report_.settled.settle(parts, value);
  }
  void count_rows(const std::vector<change>& changes);

  transaction& target_;
  const ingest_settings& settings_;
  row_cache& cache_;
  open_scopes scopes_;
  batch_payloads payloads_;
  batch_report report_;
  bool is_retry_ = false;
  bool is_key_known_ = false; // of the message in hand
  std::optional<failure> refused_;
};

} // namespace kollect::consumer

#endif
