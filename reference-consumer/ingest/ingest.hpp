#ifndef KOLLECT_CONSUMER_INGEST_HPP
#define KOLLECT_CONSUMER_INGEST_HPP

#include "held_scopes.hpp"
#include "ingest_settings.hpp"
#include "report.hpp"
#include "store/store.hpp"

#include <kollect/error.hpp>
#include <kollect/scope.hpp>
#include <kollect/transport.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kollect::consumer {

/// The Kafka partitions this process owns, by number, as the store last confirmed them.
using owned_positions = std::map<std::int32_t, owned_position>;

/// Brings a batch of messages into the store in one transaction: positions first (the fence), then
/// every message's effect, then the counters. On success the positions in `owned` have moved on and
/// the messages may be acknowledged. On failure nothing has happened, and `scopes` holds no rows of the
/// batch's scopes.
result<batch_report> ingest(store& target, const ingest_settings& settings, owned_positions& owned,
                            std::span<const received_message> messages, held_scopes& scopes);

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

/// Reads rows of scopes, about so many bytes, by id from after `after_scope_id` on, and compares them with
/// what was noted when they were written. Where they differ, notice is given, and the scope's next snapshot
/// puts them right. Answers the id of the last scope that was looked at; 0 at the end.
result<std::int64_t> check_held_rows(store& target, const ingest_settings& settings,
                                     std::int64_t after_scope_id, std::int64_t bytes);

} // namespace kollect::consumer

#endif
