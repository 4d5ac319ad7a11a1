#ifndef KOLLECT_CONSUMER_INGEST_HPP
#define KOLLECT_CONSUMER_INGEST_HPP

#include "outcome.hpp"
#include "row_cache.hpp"
#include "store/store.hpp"

#include <kollect/limits.hpp>
#include <kollect/message.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/transport.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kollect::consumer {

/// What ingesting needs to know about the world.
struct ingest_settings {
  log_identity log;
  kollect::limits limits;
  consumer::retention retention;
  std::function<timestamp()> now; ///< the wall clock
  std::function<void(const scope&, std::string_view what)>
      notice; ///< something a person should know about a scope
  /// A snapshot that would remove more than so many per cent of its scope's rows is held back, as a dead
  /// letter, until the same rows come again in a newer snapshot or the letter is retried. Nothing: never.
  std::optional<std::int64_t> max_delete_percent{};
};

/// How one message of a batch ended, for the log.
struct message_note {
  message_origin origin;
  outcome ending = outcome::pending;
  std::string reason;   ///< error_name() of a dead letter
  std::string sentence; ///< and what is wrong with it
};

/// What one batch did: how its messages ended, and how many rows changed how.
struct batch_report {
  outcome_counts counts;
  outcome_counts settled; ///< the share of `counts` that is about parts which had been pending before
  std::map<std::string, std::int64_t> dead_letters; ///< by reason
  std::vector<message_note> notes;                  ///< one a message, in their order
  std::int64_t rows_added = 0;
  std::int64_t rows_changed = 0;
  std::int64_t rows_removed = 0;
};

/// The Kafka partitions this process owns, by number, as the store last confirmed them.
using owned_positions = std::map<std::int32_t, owned_position>;

/// Brings a batch of messages into the store in one transaction: positions first (the fence), then
/// every message's effect, then the counters. On success the positions in `owned` have moved on and
/// the messages may be acknowledged. On failure nothing has happened, and rows of the batch's scopes have
/// left the cache.
result<batch_report> ingest(store& target, const ingest_settings& settings, owned_positions& owned,
                            std::span<const received_message> batch, row_cache& rows);

/// The same, keeping no rows for later batches.
inline result<batch_report> ingest(store& target, const ingest_settings& settings, owned_positions& owned,
                                   std::span<const received_message> batch) {
  row_cache none(0);
  return ingest(target, settings, owned, batch, none);
}

/// The partitions whose log is not the one that was consumed so far: where the last consumed message
/// stood, the batch has another one. The subscriber is told to begin one message early for that.
std::vector<std::int32_t> find_replaced_logs(const owned_positions& owned,
                                             std::span<const received_message> batch);

/// How a message would end now, and why: one sentence.
struct explanation {
  outcome ending = outcome::pending;
  std::optional<kollect::scope> scope; ///< nothing where the message cannot be read
  std::string why;
};

/// Tells what would become of a message, and changes nothing.
result<explanation> explain(store& target, const ingest_settings& settings, const received_message& message);

/// Takes a dead letter in once more, with the limits of today. Answers how it ends: dead_lettered where
/// nothing has changed, and then it stays as it is. error::invalid_value where there is none of this id or
/// its bytes were dropped.
result<outcome> retry_dead_letter(store& target, ingest_settings settings, std::int64_t id);

/// Gives up multipart sets that the retention no longer covers: their parts become dead letters.
/// Answers how the counters changed.
result<outcome_counts> bury_torn_sets(store& target, const ingest_settings& settings);

} // namespace kollect::consumer

#endif
