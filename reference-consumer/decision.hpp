#ifndef KOLLECT_CONSUMER_DECISION_HPP
#define KOLLECT_CONSUMER_DECISION_HPP

#include "outcome.hpp"
#include "store/store.hpp"

#include <kollect/assembler.hpp>
#include <kollect/diff.hpp>
#include <kollect/limits.hpp>
#include <kollect/order.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>

namespace kollect::consumer {

// What to do with a message, as pure functions of the message and what the store holds.

/// A whole snapshot against the one held (DED-03): applied when newer, stale when older. The very
/// same place in the order means the same content under another envelope timestamp: a duplicate.
inline outcome decide_snapshot(const std::optional<snapshot_order>& held,
                               const snapshot_order& arrived) noexcept {
  if (!held || *held < arrived)
    return outcome::applied;
  return *held == arrived ? outcome::duplicate : outcome::stale;
}

/// A part before its set is looked at: a value when its end is certain already.
inline std::optional<outcome> decide_early(const scope_record& record, const part_set& set,
                                           const held_part& part) {
  if (!record.order)
    return {};
  const auto held = std::tie(record.order->instant, record.order->generation);
  const auto arrived = std::tie(set.exported_at, set.generation);
  if (arrived < held)
    return outcome::stale;
  // The set that is held already, sent once more: its parts are known by their digests.
  const bool is_of_held_set = arrived == held && record.applied_parts.size() == set.part_total &&
                              record.applied_parts[part.part_index - 1] == part.digest;
  return is_of_held_set ? std::optional(outcome::duplicate) : std::nullopt;
}

/// How far ahead of both the broker's clock and ours a snapshot is dated; nothing if it is believable.
/// One from the future would hold its scope back until that time comes.
inline std::optional<failure> refuse_future(const timestamp& instant,
                                            const std::optional<timestamp>& appended_at, const timestamp& now,
                                            const limits& bounds) {
  const timestamp latest = std::max(now, appended_at.value_or(now)) + bounds.max_future;
  if (instant <= latest)
    return {};
  return make_failure(error::future_timestamp,
                      "the snapshot is dated " + to_string(instant) +
                          ", later than the broker's clock and ours allow (" + to_string(latest) +
                          "); check the producer's clock",
                      "DED-03");
}

/// Whether a snapshot removes more than `max_percent` per cent of the rows held; nothing if it does not, or
/// is never to be held back.
inline std::optional<failure> refuse_mass_deletion(std::size_t held_rows, std::span<const change> changes,
                                                   std::optional<std::int64_t> max_percent) {
  if (!max_percent)
    return {};
  const auto removed = std::count_if(changes.begin(), changes.end(),
                                     [](const change& one) { return one.kind == change_kind::removed; });
  if (removed * 100 <= *max_percent * static_cast<std::int64_t>(held_rows))
    return {};
  return make_failure(error::mass_deletion,
                      "the snapshot would remove " + std::to_string(removed) + " of " +
                          std::to_string(held_rows) + " rows, more than --max-delete-percent " +
                          std::to_string(*max_percent) +
                          " allows; it is applied when the same rows come again in a newer snapshot, or with "
                          "kollect-consumer dlq retry",
                      "DEL-01");
}

using target_set = std::set<std::pair<std::string, std::string>>;

/// The targets (namespace, name) that rows belong to.
inline target_set targets_of(const row_map& rows) {
  target_set targets;
  for (const auto& [identity, item] : rows)
    targets.emplace(identity.target_namespace, identity.target_name);
  return targets;
}

inline std::uint64_t digest_of(const target_set& targets) {
  std::string text;
  for (const auto& [namespace_, name] : targets)
    text.append(namespace_).append("\0", 1).append(name).append("\0", 1);
  return fingerprint_of(text).low;
}

/// Whether rows were held and none of them is left: without that, no targets can have alternated.
inline bool removes_all(std::size_t held_rows, std::span<const change> changes) {
  const auto removed = std::count_if(changes.begin(), changes.end(),
                                     [](const change& one) { return one.kind == change_kind::removed; });
  return held_rows != 0 && static_cast<std::size_t>(removed) == held_rows;
}

/// Notices two inventories that share a scope because their keys do not tell them apart: their
/// snapshots have disjoint targets and take turns (A, B, A). Keeps in the record what the next call
/// needs; answers whether it happened now.
inline bool notice_alternating_targets(scope_record& record, const row_map& before, const row_map& after) {
  if (before.empty() || after.empty())
    return false;
  const auto old_targets = targets_of(before), new_targets = targets_of(after);
  const bool is_disjoint = std::none_of(new_targets.begin(), new_targets.end(),
                                        [&](const auto& target) { return old_targets.contains(target); });
  if (!is_disjoint)
    return false;
  const bool takes_turns = record.target_digest == digest_of(new_targets);
  record.target_digest = digest_of(old_targets);
  if (takes_turns)
    ++record.target_conflicts;
  return takes_turns;
}

} // namespace kollect::consumer

#endif
