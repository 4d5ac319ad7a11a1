#ifndef KOLLECT_DECISION_HPP
#define KOLLECT_DECISION_HPP

#include <kollect/checksum.hpp>
#include <kollect/diff.hpp>
#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/limits.hpp>
#include <kollect/order.hpp>
#include <kollect/outcome.hpp>
#include <kollect/part_set.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

// What a consumer does with a message, as pure functions of the message and of what is held.
// kollect::projection calls them with memory of its own. A consumer with a database calls them within the
// transaction that holds their effect: docs/sdk.md shows one.

/// What a consumer keeps of a scope besides its rows: all that the decisions are made from.
struct held_snapshot {
  std::optional<snapshot_order> order;      ///< of the snapshot held; nothing before the first
  sha256_digest items_digest;               ///< of its items: equal means that no row has changed
  std::vector<sha256_digest> applied_parts; ///< payload digests by part index, if it came as a set
  std::uint64_t target_digest = 0;          ///< of the targets held before the present ones
  std::int64_t target_conflicts = 0;        ///< how often disjoint sets of targets have alternated
  /// Of the items of a snapshot that check_deletions() has refused since.
  std::optional<sha256_digest> held_back{};

  friend bool operator==(const held_snapshot&, const held_snapshot&) = default;
};

/// Refuses a snapshot that is dated more than limits::max_future after the later of the broker's clock and
/// ours: it would hold its scope back until that time comes (DED-03). `appended_at` is when the broker took
/// the message in, where it says so. error::future_timestamp.
[[nodiscard]] inline result<void> check_future(const message_head& head, const snapshot_view& snapshot,
                                               const std::optional<timestamp>& appended_at,
                                               const timestamp& now, const limits& bounds = {}) {
  const timestamp dated = std::max(order_of(head, snapshot).instant, head.envelope.timestamp);
  const timestamp latest = std::max(now, appended_at.value_or(now)) + bounds.max_future;
  if (dated <= latest)
    return {};
  return make_failure(error::future_timestamp,
                      "the snapshot is dated " + to_string(dated) +
                          ", later than the broker's clock and ours allow (" + to_string(latest) +
                          "); check the producer's clock",
                      "DED-03");
}

/// A whole snapshot against the one held (DED-03): applied when newer, stale when older. The very same place
/// in the order means the same content in another envelope: a duplicate.
[[nodiscard]] inline decision decide_snapshot(const held_snapshot& held,
                                              const snapshot_order& arrived) noexcept {
  if (!held.order)
    return {outcome::applied, decision_reason::first_of_scope};
  if (*held.order < arrived)
    return {outcome::applied, decision_reason::newer};
  if (*held.order == arrived)
    return {outcome::duplicate, decision_reason::same_snapshot};
  return {outcome::stale, decision_reason::older};
}

namespace detail {

/// A part before the others of its set are looked at: a value when its end is certain already.
[[nodiscard]] inline std::optional<decision> decide_early(const held_snapshot& held, const part_set& set,
                                                          const held_part& arrived) {
  if (!held.order)
    return {};
  const auto known = std::tie(held.order->instant, held.order->generation);
  const auto place = std::tie(set.exported_at, set.generation);
  if (place < known)
    return decision{outcome::stale, decision_reason::older};
  // The set that is held already, sent once more: its parts are known by their digests.
  if (place == known && held.applied_parts.size() == set.part_total &&
      held.applied_parts[arrived.part_index - 1] == arrived.digest)
    return decision{outcome::duplicate, decision_reason::same_part};
  return {};
}

} // namespace detail

/// A part, given what is held of its scope and the parts of its set that wait (MP-04, MP-05). Pending with
/// decision_reason::last_part when it makes the set whole. error::part_out_of_range for an index that cannot
/// be; error::part_conflict when the index is held with other content. Linear in the parts that wait.
[[nodiscard]] inline result<decision> decide_part(const held_snapshot& held, const part_set& set,
                                                  std::span<const held_part> waiting,
                                                  const held_part& arrived) {
  const auto name = [&] {
    return "part " + std::to_string(arrived.part_index) + " of " + std::to_string(set.part_total);
  };
  if (arrived.part_index < 1 || arrived.part_index > set.part_total)
    return make_failure(error::part_out_of_range, "there can be no " + name(), "MP-04");
  if (const auto early = detail::decide_early(held, set, arrived))
    return *early;
  const auto same = std::find_if(waiting.begin(), waiting.end(), [&](const held_part& part) {
    return part.part_index == arrived.part_index;
  });
  if (same != waiting.end() && same->digest != arrived.digest)
    return make_failure(error::part_conflict, name() + " came before with other content", "MP-05");
  if (same != waiting.end())
    return decision{outcome::duplicate, decision_reason::same_part};
  return decision{outcome::pending, waiting.size() + 1 == set.part_total ? decision_reason::last_part
                                                                         : decision_reason::parts_missing};
}

/// How many of the changes remove a row.
[[nodiscard]] inline std::size_t count_removed(std::span<const change> changes) noexcept {
  return static_cast<std::size_t>(std::count_if(
      changes.begin(), changes.end(), [](const change& one) { return one.kind == change_kind::removed; }));
}

/// Holds a snapshot back that would remove more than `max_delete_percent` per cent of the rows held; nothing
/// there: never. It passes when the items that were held back last come again in a newer snapshot, so keep
/// their digest in held_snapshot::held_back. error::mass_deletion.
[[nodiscard]] inline result<void> check_deletions(const held_snapshot& held, const sha256_digest& items,
                                                  std::size_t held_rows, std::size_t removed_rows,
                                                  std::optional<std::int64_t> max_delete_percent) {
  if (!max_delete_percent || held.held_back == items)
    return {};
  if (static_cast<std::int64_t>(removed_rows) * 100 <=
      *max_delete_percent * static_cast<std::int64_t>(held_rows))
    return {};
  return make_failure(error::mass_deletion,
                      "the snapshot would remove " + std::to_string(removed_rows) + " of " +
                          std::to_string(held_rows) + " rows, more than the " +
                          std::to_string(*max_delete_percent) +
                          " per cent that are allowed; it is applied when the same rows come again in a "
                          "newer snapshot",
                      "DEL-01");
}

/// The targets (namespace, name) that rows belong to.
using target_set = std::set<std::pair<std::string, std::string>>;

/// Those of a scope's rows.
[[nodiscard]] inline target_set targets_of(const row_map& rows) {
  target_set targets;
  for (const auto& [identity, row] : rows)
    targets.emplace(identity.target_namespace, identity.target_name);
  return targets;
}

namespace detail {

[[nodiscard]] inline std::uint64_t digest_of(const target_set& targets) {
  std::string text;
  for (const auto& [namespace_, name] : targets)
    text.append(namespace_).append("\0", 1).append(name).append("\0", 1);
  return fingerprint_of(text).low;
}

} // namespace detail

/// Notices several inventories that share a scope because their keys do not tell them apart: their snapshots
/// have disjoint targets and take turns (A, B, A), each wiping the other's rows. Keeps in `held` what the
/// next call needs, and answers whether it happened now: tell a person. Linear in the targets; to be asked
/// only when a snapshot removes every row held.
[[nodiscard]] inline bool notice_alternating_targets(held_snapshot& held, const target_set& before,
                                                     const target_set& after) {
  if (before.empty() || after.empty())
    return false;
  const bool is_disjoint =
      std::none_of(after.begin(), after.end(), [&](const auto& target) { return before.contains(target); });
  if (!is_disjoint)
    return false;
  const bool takes_turns = held.target_digest == detail::digest_of(after);
  held.target_digest = detail::digest_of(before);
  if (takes_turns)
    ++held.target_conflicts;
  return takes_turns;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
