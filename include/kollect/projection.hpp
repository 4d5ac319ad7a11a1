#ifndef KOLLECT_PROJECTION_HPP
#define KOLLECT_PROJECTION_HPP

#include <kollect/assembler.hpp>
#include <kollect/decision.hpp>
#include <kollect/dedup_window.hpp>
#include <kollect/diff.hpp>
#include <kollect/error.hpp>
#include <kollect/limits.hpp>
#include <kollect/outcome.hpp>
#include <kollect/position.hpp>
#include <kollect/scope.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>
#include <kollect/whole_snapshot.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What is known of a message besides its bytes and its key. All may be left out.
struct arrival {
  std::optional<message_position> position{}; ///< for projection::committable()
  std::optional<timestamp> appended_at{};     ///< when the broker took it in
  timestamp now = kollect::now();             ///< for limits::max_future
  std::chrono::steady_clock::time_point at =
      std::chrono::steady_clock::now(); ///< for the ages of sets and dedup keys
};

/// How a message ended, and what it did.
struct step {
  outcome ending = outcome::pending;                    ///< never dead_lettered: that is a failure
  decision_reason why = decision_reason::parts_missing; ///< one that goes with `ending`
  kollect::scope scope;                                 ///< whose rows `changes` are
  snapshot_order order;        ///< of its snapshot; of a part that is pending without the digest of the set
  std::vector<change> changes; ///< by row identity; folded into the rows held before they give those held now
  bool targets_alternate = false;      ///< see notice_alternating_targets(): tell a person
  std::size_t settled_parts = 0;       ///< parts that had been pending and have ended with this message
  std::vector<collected_set> given_up; ///< torn sets that are over a bound: keep them as dead letters
};

/// How the message ended that apply() answered so: outcome::dead_lettered for a failure.
[[nodiscard]] inline outcome outcome_of(const result<step>& applied) noexcept {
  return applied ? applied->ending : outcome::dead_lettered;
}

/// kollect::projection. A template so that only those who use it compile it.
///
/// The current rows of a whole fleet in memory, and the contract's rules for consumers: give it every message
/// of a topic or subject, in any order and as often as they come, and it holds what the newest snapshots say.
///
///     kollect::projection fleet;
///     for (const auto& message : messages)
///       if (auto step = fleet.apply(message.value, message.key))
///         for (const auto& change : step->changes) …
///       else
///         report(step.error());
///
/// It checks envelope and payload in full, knows duplicates by scope and key (DED-01), applies only what is
/// newer (DED-03), refuses what is dated in the future, collects multipart sets within bounds (MP-04, MP-05),
/// takes the rows that a snapshot lacks for deleted (DEL-01), and holds mass deletions back if asked to.
/// Everything is counted, each message once: counts().
///
/// Memory: the rows' JSON, some 300 bytes a row, and what the bounds allow. It is one process' view: a topic
/// whose inventories are spread over partitions (KAF-02) is read by one process, or by members that share a
/// database (docs/sdk.md). Movable, not copyable. Not thread-safe. No function of it throws.
template <class Deferred>
class basic_projection {
public:
  using clock = std::chrono::steady_clock; ///< of ages: no clock that is set back

  /// Its bounds, and how careful it is.
  struct options {
    kollect::limits limits{};                               ///< of each message
    typename basic_assembler<Deferred>::options pending{};  ///< bounds of sets that wait for their parts
    typename basic_dedup_window<Deferred>::options dedup{}; ///< bounds of the keys that are remembered
    /// A snapshot that would remove more than so many per cent of its scope's rows is refused until the same
    /// rows come again in a newer one. Nothing: never.
    std::optional<std::int64_t> max_delete_percent{};
  };

  /// Empty, with the default options.
  basic_projection() = default;
  /// Empty, with these options.
  explicit basic_projection(options settings)
      : settings_(settings), seen_(settings.dedup), pending_(settings.pending) {}

  /// Takes one message in: its value, empty for a tombstone, and its Kafka key, if it has one; NATS has none.
  ///
  /// A failure says why the message is refused: it changes no row and waits for nothing, so keep its bytes
  /// and go on. Conditions: condition::bad_data only. Linear in the message and in the rows of its scope.
  [[nodiscard]] result<step> apply(std::string_view value, std::optional<std::string_view> key = {},
                                   const arrival& how = {}) {
    auto done = take(value, key, how);
    const outcome ending = outcome_of(done);
    counts_.add(ending);
    if (how.position)
      note(*how.position, ending == outcome::pending);
    return done;
  }

  /// Gives up torn sets that have grown too old, for when no message comes: keep them as dead letters.
  [[nodiscard]] std::vector<collected_set> expire(clock::time_point now = clock::now()) {
    auto torn = pending_.expire(now);
    end_parts(torn, outcome::dead_lettered);
    return torn;
  }

  /// The positions that may be committed, one a partition seen: everything before is settled. A part that
  /// waits for others holds its partition's position back, so that it comes again after a restart. Commit
  /// them once the effect of every step so far is sure, and of partitions that are still yours. A new
  /// projection that begins there must be given its rows by restore() first: an empty one never tells of
  /// rows that are deleted meanwhile. Linear in the partitions.
  [[nodiscard]] std::vector<partition_position> committable() const {
    std::vector<partition_position> out;
    for (const auto& [partition, progress] : progress_)
      out.push_back({partition, progress.pending.empty()
                                    ? progress.next_offset
                                    : std::min(*progress.pending.begin(), progress.next_offset)});
    return out;
  }

  /// Whether the message at this position may be acknowledged on its own, as NATS wants it, once the effect
  /// of its step is sure: not while it is a part that waits, even if it came once more and ended as a
  /// duplicate, for the broker would then never send it again after a restart. Logarithmic.
  [[nodiscard]] bool can_acknowledge(const message_position& position) const {
    const auto progress = progress_.find(position.partition);
    return progress == progress_.end() || !progress->second.pending.contains(position.offset);
  }

  /// Leaves a partition out of committable() until its next message: for one that a rebalance has taken away.
  /// Parts of it that wait go on waiting.
  void forget(std::int32_t partition) { progress_.erase(partition); }

  /// The rows of a scope by identity, as raw JSON; null where no snapshot of it was applied. Valid until the
  /// next message.
  [[nodiscard]] const row_map* rows(const scope& which) const {
    const auto found = scopes_.find(which);
    return found == scopes_.end() || !found->second.snapshot.order ? nullptr : &found->second.rows;
  }

  /// What is held of a scope besides its rows; null as of rows().
  [[nodiscard]] const held_snapshot* held(const scope& which) const {
    const auto found = scopes_.find(which);
    return found == scopes_.end() || !found->second.snapshot.order ? nullptr : &found->second.snapshot;
  }

  /// Calls `visit(scope, rows)` for each scope that a snapshot was applied of, sorted.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [which, held] : scopes_)
      if (held.snapshot.order)
        visit(which, held.rows);
  }

  /// Puts back what a database has kept of a scope, before the first message: a projection can so go on where
  /// another one ended.
  void restore(const scope& which, held_snapshot snapshot, row_map rows) {
    scopes_[which] = {std::move(snapshot), std::move(rows)};
  }

  /// How all messages so far have ended.
  [[nodiscard]] const outcome_counts& counts() const noexcept { return counts_; }

  /// How many sets wait for parts.
  [[nodiscard]] std::size_t pending_sets() const noexcept { return pending_.pending_sets(); }
  /// Bytes that they take, as assembler::options::max_bytes counts them.
  [[nodiscard]] std::size_t pending_bytes() const noexcept { return pending_.held_bytes(); }

private:
  struct held_scope {
    held_snapshot snapshot;
    row_map rows;
  };

  struct partition_progress {
    std::int64_t next_offset = 0;
    std::multiset<std::int64_t> pending;
  };

  result<step> take(std::string_view value, std::optional<std::string_view> key, const arrival& how) {
    auto head = read_head(value, key, settings_.limits);
    if (!head)
      return head.error();
    if (seen_.contains(head->scope, head->key))
      return end(*head, {outcome::duplicate, decision_reason::known_key});
    auto snapshot = parse_snapshot(head->envelope, settings_.limits);
    if (!snapshot)
      return snapshot.error();
    if (auto dated = check_future(*head, *snapshot, how.appended_at, how.now, settings_.limits); !dated)
      return dated.error();
    if (snapshot->form == payload_form::multipart)
      return take_part(*head, *snapshot, how);
    seen_.remember(head->scope, head->key, how.at);
    auto done = end(*head, {});
    return apply_if_newer(std::move(done), whole_snapshot_of(*head, *snapshot), how.at);
  }

  result<step> take_part(const message_head& head, const snapshot_view& part, const arrival& how) {
    const held_snapshot none;
    const auto known = scopes_.find(head.scope);
    const held_snapshot& held = known == scopes_.end() ? none : known->second.snapshot;
    auto added = pending_.add(held, head, part, how.position, how.at);
    if (!added)
      return added.error();
    auto done = end(head, added->found);
    done.order = {part.exported_at.value_or(head.envelope.timestamp), part.generation, {}};
    done.given_up = std::move(added->given_up);
    end_parts(done.given_up, outcome::dead_lettered);
    if (added->whole)
      return settle_set(std::move(done), *added->whole, how);
    if (added->found.ending != outcome::pending) // nothing will be known of it but its key
      seen_.remember(head.scope, head.key, how.at);
    return done;
  }

  /// The last part of a set has come.
  result<step> settle_set(step done, const collected_set& set, const arrival& how) {
    std::vector<kept_part> parts;
    for (const auto& part : set.parts)
      parts.push_back({part.part, part.payload});
    auto arrived = whole_snapshot_of(set.set, parts, settings_.limits);
    if (!arrived)
      return arrived.error();
    done.settled_parts = set.parts.size() - 1;
    auto applied = apply_if_newer(std::move(done), *arrived, how.at);
    remember(set, how.at);
    forget_positions(set);
    counts_.settle(static_cast<std::int64_t>(set.parts.size()) - 1, outcome_of(applied));
    return applied;
  }

  /// Makes a snapshot the state of its scope if it is newer.
  result<step> apply_if_newer(step done, const whole_snapshot& arrived, clock::time_point now) {
    done.order = arrived.order;
    auto& held = scopes_[done.scope];
    const auto [ending, why] = decide_snapshot(held.snapshot, arrived.order);
    done.ending = ending, done.why = why;
    if (ending != outcome::applied)
      return done;
    if (!held.snapshot.order || held.snapshot.items_digest != arrived.items_digest)
      if (auto replaced = replace_rows(held, arrived, done); !replaced)
        return replaced.error();
    hold(held.snapshot, arrived);
    const auto superseded = pending_.drop_superseded(done.scope, arrived.order);
    end_parts(superseded, outcome::stale);
    for (const auto& set : superseded) {
      done.settled_parts += set.parts.size();
      remember(set, now);
    }
    return done;
  }

  result<void> replace_rows(held_scope& held, const whole_snapshot& arrived, step& done) {
    auto rows = arrived.rows();
    auto changes = diff(held.rows, rows);
    if (!changes)
      return changes.error();
    if (auto checked = check_deletions(held.snapshot, arrived.items_digest, held.rows.size(),
                                       count_removed(*changes), settings_.max_delete_percent);
        !checked) {
      held.snapshot.held_back = arrived.items_digest;
      return checked;
    }
    done.changes = std::move(*changes);
    if (!held.rows.empty() && count_removed(done.changes) == held.rows.size())
      done.targets_alternate =
          notice_alternating_targets(held.snapshot, targets_of(held.rows), targets_of(rows));
    held.rows = std::move(rows);
    return {};
  }

  static step end(const message_head& head, const decision& found) {
    step done;
    done.ending = found.ending;
    done.why = found.why;
    done.scope = head.scope;
    return done;
  }

  /// Parts that waited have ended without becoming the state.
  void end_parts(const std::vector<collected_set>& sets, outcome ending) {
    for (const auto& set : sets) {
      counts_.settle(static_cast<std::int64_t>(set.parts.size()), ending);
      forget_positions(set);
    }
  }

  /// From now on its parts are known by their keys: while they waited they were by their set.
  void remember(const collected_set& set, clock::time_point now) {
    for (const auto& part : set.parts)
      seen_.remember(set.set.scope, part.key, now);
  }

  void note(const message_position& position, bool is_pending) {
    auto& progress = progress_[position.partition];
    progress.next_offset = std::max(progress.next_offset, position.offset + 1);
    if (is_pending)
      progress.pending.insert(position.offset);
  }

  void forget_positions(const collected_set& set) {
    for (const auto& part : set.parts) {
      if (!part.position)
        continue;
      const auto progress = progress_.find(part.position->partition);
      if (progress == progress_.end())
        continue; // forgotten meanwhile
      auto& pending = progress->second.pending;
      if (const auto found = pending.find(part.position->offset); found != pending.end())
        pending.erase(found);
    }
  }

  options settings_{};
  std::map<scope, held_scope> scopes_;
  basic_dedup_window<Deferred> seen_;
  basic_assembler<Deferred> pending_;
  std::map<std::int32_t, partition_progress> progress_;
  outcome_counts counts_;
};

/// The current rows of a whole fleet in memory, and the contract's rules for consumers: see basic_projection.
using projection = basic_projection<void>;

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
