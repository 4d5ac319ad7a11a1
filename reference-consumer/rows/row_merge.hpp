#ifndef KOLLECT_CONSUMER_ROW_MERGE_HPP
#define KOLLECT_CONSUMER_ROW_MERGE_HPP

#include "held_rows.hpp"

#include <kollect/checksum.hpp>
#include <kollect/diff.hpp>
#include <kollect/known_rows.hpp>
#include <kollect/snapshot_view.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// How many rows a snapshot adds, changes and removes.
struct row_counts {
  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t removed = 0;

  std::size_t all() const noexcept { return added + changed + removed; }
};

/// What differs, without a copy of anything: a row that was added or changed, or held rows one after the
/// other that were removed.
struct found_change {
  change_kind kind = change_kind::added;
  std::uint32_t held = 0;        ///< place of the first held row that it is about, or stands before
  std::uint32_t rows = 1;        ///< how many it is about: more than one only where they were removed
  std::uint32_t after_bytes = 0; ///< length of the row; 0: removed
  const char* after = nullptr;   ///< where the row begins in its message

  std::string_view text() const noexcept { return {after, after_bytes}; }
};

/// Goes through a snapshot's rows beside those held of its scope, once, and tells which are the same and
/// which were added, changed and removed. Both usually stand in the same order (ORD-01): a row with the bytes
/// of the held one costs comparing them, and only rows that differ are read.
///
/// parse_snapshot() can drive it, as it knows rows that need not be looked into; so can row_walk, for a
/// payload that was checked before. The held rows must outlive it, and stay as they are; so must the payload.
class row_merge final : public known_rows {
public:
  /// Records at most so many changes; beyond them it only counts.
  static constexpr std::size_t default_max_recorded = 1U << 20U;

  /// `held_digest` is SHA-256 of the items array that the held rows came from.
  explicit row_merge(const held_rows& held, const sha256_digest& held_digest = {},
                     std::size_t max_recorded = default_max_recorded) noexcept
      : held_(held), held_digest_(held_digest), max_recorded_(max_recorded) {}

  std::size_t find(std::string_view text, std::size_t room) override {
    return held_.nesting() <= room ? pass_held(text) : 0;
  }
  void pass(const item_view& row) override;
  std::optional<sha256_digest> digest_of(std::string_view items) const override;

  /// Bytes of the next held row, if `text` begins with them: then it is passed over. 0 if not.
  std::size_t pass_held(std::string_view text) noexcept;

  /// To be called after the last row: the held rows that are left are removed ones.
  void finish() { remove_before(held_.size()); }

  /// False once a row did not stand after the one before it: then all else it says is of no use. Of two rows
  /// with one identity the later counts, which this cannot tell either.
  bool is_in_order() const noexcept { return is_in_order_; }

  const row_counts& counts() const noexcept { return counts_; }
  /// Whether all changes are among those recorded.
  bool is_recorded() const noexcept { return is_recorded_; }
  /// The changes that were recorded since the last call, in the order of identity.
  std::deque<found_change> take_changes() noexcept { return std::exchange(changes_, {}); }
  const std::deque<found_change>& changes() const noexcept { return changes_; }

private:
  void record(const found_change& one);
  void remove_before(std::size_t end);

  const held_rows& held_;
  sha256_digest held_digest_;
  std::size_t max_recorded_;
  std::size_t next_ = 0;      // of the held rows
  item_view last_;            // the row before
  bool is_last_held_ = false; // it is the held one before next_, and last_ is not set
  bool is_in_order_ = true;
  row_counts counts_;
  bool is_recorded_ = true;
  std::deque<found_change> changes_;
};

/// Goes through rows of checked payloads, of one message or of all parts of a set by index.
class row_walk {
public:
  /// The payloads must outlive it.
  explicit row_walk(std::span<const snapshot_view> parts) : parts_(parts) {}

  /// Gives the merge rows until it has recorded `changes` that were not taken, or is finished, or finds that
  /// they are not in order. False when there is nothing more to do.
  bool go_on(row_merge& into, std::size_t changes);

private:
  std::span<const snapshot_view> parts_;
  std::size_t part_ = 0;
  std::size_t at_ = 0;
};

/// The rows that changes lead to, in order: those held, and what the changes say. The changes are all there
/// are. `room` is how deep rows were allowed to nest.
held_rows follow(const held_rows& before, const std::deque<found_change>& changes, std::size_t room);

} // namespace kollect::consumer

#endif
