#include "apply.hpp"

#include "rows/row_sort.hpp"
#include "store/stored_values.hpp"

#include <kollect/decision.hpp>
#include <kollect/whole_snapshot.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::size_t piece_rows = 4096;
constexpr std::size_t piece_bytes = std::size_t{1} << 20U; // unless one row alone is larger
constexpr std::size_t piece_changes = std::size_t{1} << 16U;
constexpr std::size_t most_targets = 10'000;
constexpr std::size_t to_the_end = std::numeric_limits<std::size_t>::max();

/// Writes changes in pieces of bounded size, so that a large snapshot does not stand in memory once more.
/// Where every held row goes, it keeps in mind the targets on both sides.
class change_pieces {
public:
  change_pieces(snapshot_writer& target, bool has_only_new_rows, const std::function<void()>& on_progress)
      : target_(target), has_only_new_rows_(has_only_new_rows), on_progress_(on_progress) {}

  /// What it views must stay until flush().
  result<void> add(change_kind kind, row_identity identity, std::string_view before, std::string_view after) {
    row_change one{kind, std::move(identity), before, after};
    if (kind == change_kind::changed) {
      auto paths = changed_paths(before, after);
      if (!paths)
        return paths.error();
      one.changed_paths_json = paths_json(*paths);
    }
    if (has_only_new_rows_)
      keep_target(one);
    bytes_ += before.size() + after.size();
    piece_.push_back(std::move(one));
    return piece_.size() == piece_rows || bytes_ >= piece_bytes ? flush() : result<void>{};
  }

  result<void> flush() {
    bytes_ = 0;
    auto written = piece_.empty() ? result<void>{} : target_.write(piece_);
    piece_.clear();
    if (on_progress_)
      on_progress_();
    return written;
  }

  const target_set& old_targets() const noexcept { return old_targets_; }
  const target_set& new_targets() const noexcept { return new_targets_; }

private:
  /// So many targets are not those of several inventories that share a scope by mistake.
  void keep_target(const row_change& one) {
    auto& targets = one.kind == change_kind::removed ? old_targets_ : new_targets_;
    targets.emplace(one.identity.target_namespace, one.identity.target_name);
    if (targets.size() <= most_targets)
      return;
    has_only_new_rows_ = false;
    old_targets_.clear();
    new_targets_.clear();
  }

  snapshot_writer& target_;
  bool has_only_new_rows_;
  const std::function<void()>& on_progress_;
  std::vector<row_change> piece_;
  std::size_t bytes_ = 0;
  target_set old_targets_, new_targets_;
};

/// One snapshot on its way into its scope.
class snapshot_application {
public:
  snapshot_application(transaction& target, const ingest_settings& settings, held_scopes& scopes,
                       const scope& where, held_scope& opened, arrived_snapshot arrived,
                       const message_origin& origin)
      : target_(target), settings_(settings), scopes_(scopes), where_(where), opened_(opened),
        arrived_(std::move(arrived)), origin_(origin) {}

  result<applied_snapshot> run(std::optional<row_merge> merge) {
    const auto done = is_unchanged()    ? write_unchanged()
                      : is_for_memory() ? write_merged(std::move(merge))
                                        : write_staged();
    if (!done || out_.held_back)
      return done ? result<applied_snapshot>(std::move(out_)) : done.error();
    auto dropped = target_.drop_superseded_parts(record().id, arrived_.order);
    if (!dropped)
      return dropped.error();
    out_.dropped_parts = *dropped;
    return std::move(out_);
  }

private:
  scope_record& record() noexcept { return opened_.record; }

  bool is_unchanged() {
    return record().order && arrived_.items_digest && record().items_digest == *arrived_.items_digest;
  }

  std::size_t payload_rows() const {
    std::size_t rows = 0;
    for (const auto& one : arrived_.payloads)
      rows += one.item_count;
    return rows;
  }
  std::size_t payload_bytes() const {
    std::size_t bytes = 0;
    for (const auto& one : arrived_.payloads)
      bytes += one.items.size();
    return bytes;
  }

  bool is_for_memory() const {
    return !arrived_.payloads.empty() &&
           static_cast<std::int64_t>(payload_bytes()) + opened_.record.row_bytes <= settings_.max_merge_bytes;
  }

  result<std::unique_ptr<snapshot_writer>> begin_writing() {
    return target_.write_snapshot(
        {record().id, arrived_.order.instant, origin_, settings_.now(), record().row_count == 0});
  }

  result<void> finish_writing(snapshot_writer& writer) {
    hold(record(), {arrived_.order, arrived_.items_digest.value(), arrived_.parts, {}});
    return writer.finish(record());
  }

  /// No row is looked at: but the next snapshot can be compared with these.
  result<void> write_unchanged() {
    if (!opened_.rows && !arrived_.payloads.empty() && scopes_.has_room(payload_bytes()))
      opened_.rows = rows_in_order();
    auto writer = begin_writing();
    return writer ? finish_writing(**writer) : writer.error();
  }

  /// False, and noted in the record, where too many rows would go.
  result<bool> pass_guard(std::size_t held_rows) {
    auto checked = check_deletions(record(), arrived_.items_digest.value(), held_rows, out_.counts.removed,
                                   settings_.max_delete_percent);
    if (checked)
      return true;
    record().held_back = arrived_.items_digest;
    out_.held_back = std::move(checked).error();
    auto noted = target_.note_held_back(record().id, *arrived_.items_digest);
    return noted ? result<bool>(false) : noted.error();
  }

  bool has_only_new_rows(std::size_t held_rows) const {
    return held_rows > 0 && out_.counts.removed == held_rows;
  }

  void notice_targets(const change_pieces& pieces) {
    if (notice_alternating_targets(record(), pieces.old_targets(), pieces.new_targets()))
      settings_.notice(where_,
                       "snapshots with disjoint targets take turns in this scope: several inventories share "
                       "it, because their message keys do not name them (KAF-01)");
  }

  // In memory.

  result<void> write_merged(std::optional<row_merge> merge) {
    auto held = scopes_.rows_of(target_, opened_);
    if (!held && held.error().reason() == error::store_corrupt)
      return write_over_damage();
    if (!held)
      return held.error();
    if (!merge) {
      merge.emplace(**held, record().items_digest);
      row_walk(arrived_.payloads).go_on(*merge, to_the_end);
    }
    if (!merge->is_in_order()) {
      if (payload_rows() * sizeof(sorted_row) > static_cast<std::size_t>(settings_.max_merge_bytes))
        return write_staged();
      sorted_ = sort_rows(arrived_.payloads);
      merge.emplace(**held, record().items_digest);
      go_on(*merge, to_the_end);
    }
    out_.counts = merge->counts();
    auto is_passed = pass_guard((*held)->size());
    if (!is_passed || !*is_passed)
      return is_passed ? result<void>{} : is_passed.error();
    if (auto written = write_changes(*merge, **held); !written)
      return written;
    hold_rows(*merge, **held);
    return {};
  }

  /// Gives the rows to a merge, in order.
  bool go_on(row_merge& into, std::size_t changes) {
    if (!sorted_)
      return walk_.go_on(into, changes);
    for (; next_sorted_ < sorted_->size() && into.changes().size() < changes; ++next_sorted_)
      if (const auto row = (*sorted_)[next_sorted_].text(); into.pass_held(row) != row.size())
        into.pass(read_row(row));
    if (next_sorted_ < sorted_->size())
      return true;
    into.finish();
    return false;
  }

  result<void> write_changes(row_merge& found, const held_rows& held) {
    auto writer = begin_writing();
    if (!writer)
      return writer.error();
    change_pieces pieces(**writer, has_only_new_rows(held.size()), settings_.on_progress);
    if (found.is_recorded()) {
      if (auto written = write(pieces, found.changes(), held); !written)
        return written;
    } else if (auto written = write_again(pieces, held); !written) {
      return written;
    }
    if (auto flushed = pieces.flush(); !flushed)
      return flushed;
    notice_targets(pieces);
    return finish_writing(**writer);
  }

  /// There were too many changes to record: they are found once more, and written as they are.
  result<void> write_again(change_pieces& pieces, const held_rows& held) {
    walk_ = row_walk(arrived_.payloads);
    next_sorted_ = 0;
    row_merge again(held, record().items_digest, to_the_end);
    for (bool is_more = true; is_more;) {
      is_more = go_on(again, piece_changes);
      if (auto written = write(pieces, again.take_changes(), held); !written)
        return written;
    }
    return {};
  }

  static result<void> write(change_pieces& pieces, const std::deque<found_change>& changes,
                            const held_rows& held) {
    for (const auto& one : changes) {
      if (one.kind == change_kind::removed) {
        for (std::size_t index = one.held; index < std::size_t{one.held} + one.rows; ++index)
          if (auto added = pieces.add(one.kind, read_row(held[index]).identity(), held[index], {}); !added)
            return added;
        continue;
      }
      const auto before = one.kind == change_kind::changed ? held[one.held] : std::string_view();
      if (auto added = pieces.add(one.kind, read_row(one.text()).identity(), before, one.text()); !added)
        return added;
    }
    return {};
  }

  /// What the next snapshot will be compared with. Where all changes are known, the rows that are held lead
  /// there; else they are given up first, so that both do not stand in memory.
  void hold_rows(const row_merge& found, const held_rows& held) {
    if (!found.is_recorded()) {
      opened_.rows.reset();
      opened_.rows = rows_in_order();
      return;
    }
    opened_.rows = follow(held, found.changes(), arrived_.room);
    if (!sorted_)
      name_items(*opened_.rows);
  }

  void name_items(held_rows& rows) const {
    if (arrived_.payloads.size() == 1)
      rows.came_from_items(arrived_.payloads[0].items.size());
  }

  /// Nothing where they are not.
  std::optional<held_rows> rows_in_order() {
    held_rows_builder next;
    next.reserve(payload_rows(), payload_bytes());
    const held_rows none;
    row_merge order(none, {}, 0);
    for (const auto& payload : arrived_.payloads)
      for (const auto& row : payload.rows()) {
        order.pass(row);
        if (!order.is_in_order())
          return std::nullopt;
        next.add(row.raw, arrived_.room);
      }
    auto rows = next.take();
    name_items(rows);
    return rows;
  }

  // In the store.

  /// A snapshot is all of its scope: it puts right what a disk, or somebody, has done to the rows.
  result<void> write_over_damage() {
    auto found = distrust_scope(target_, settings_, where_, record().id, "this snapshot");
    if (!found)
      return found.error();
    record().row_count = found->row_count;
    record().row_bytes = found->row_bytes;
    return write_staged();
  }

  result<void> write_staged() {
    opened_.rows.reset();
    if (auto staged = stage_payloads(); !staged)
      return staged;
    auto counts = target_.compare_staged(record().id);
    if (!counts)
      return counts.error();
    out_.counts = *counts;
    const auto held = static_cast<std::size_t>(record().row_count);
    auto is_passed = pass_guard(held);
    if (!is_passed)
      return is_passed.error();
    if (*is_passed)
      if (auto written = write_staged_changes(held); !written)
        return written;
    return target_.clear_staged(record().id);
  }

  result<void> stage_payloads() {
    std::vector<sha256_digest> digests;
    const auto stage = [&](const snapshot_view& payload) {
      digests.push_back(payload.items_digest.value_or(arrived_.order.digest));
      return stage_rows(payload);
    };
    for (const auto& payload : arrived_.payloads)
      if (auto staged = stage(payload); !staged)
        return staged;
    if (arrived_.payloads.empty())
      if (auto read = arrived_.read_payloads(stage); !read)
        return read;
    if (!arrived_.items_digest)
      arrived_.items_digest = items_digest_of_set(digests);
    return {};
  }

  result<void> stage_rows(const snapshot_view& payload) {
    std::vector<staged_row> piece;
    std::size_t bytes = 0;
    const auto flush = [&] {
      auto staged = piece.empty() ? result<void>{} : target_.stage(record().id, piece);
      piece.clear();
      bytes = 0;
      if (settings_.on_progress)
        settings_.on_progress();
      return staged;
    };
    for (const auto& row : payload.rows()) {
      piece.push_back({row.identity(), row.raw});
      bytes += row.raw.size();
      if (piece.size() < piece_rows && bytes < piece_bytes)
        continue;
      if (auto staged = flush(); !staged)
        return staged;
    }
    return flush();
  }

  result<void> write_staged_changes(std::size_t held) {
    auto writer = begin_writing();
    if (!writer)
      return writer.error();
    change_pieces pieces(**writer, has_only_new_rows(held), settings_.on_progress);
    for (;;) {
      auto changes = target_.take_staged(record().id, static_cast<std::int64_t>(piece_bytes));
      if (!changes)
        return changes.error();
      if (changes->empty())
        break;
      for (auto& one : *changes)
        if (auto added = pieces.add(one.kind, std::move(one.identity), one.before, one.after); !added)
          return added;
      if (auto flushed = pieces.flush(); !flushed)
        return flushed;
    }
    notice_targets(pieces);
    return finish_writing(**writer);
  }

  transaction& target_;
  const ingest_settings& settings_;
  held_scopes& scopes_;
  const scope& where_;
  held_scope& opened_;
  arrived_snapshot arrived_;
  const message_origin& origin_;
  row_walk walk_{{}};
  std::optional<std::vector<sorted_row>> sorted_;
  std::size_t next_sorted_ = 0;
  applied_snapshot out_;
};

} // namespace

result<applied_snapshot> apply(transaction& target, const ingest_settings& settings, held_scopes& scopes,
                               const scope& where, held_scope& opened, arrived_snapshot arrived,
                               std::optional<row_merge> merge, const message_origin& origin) {
  return snapshot_application(target, settings, scopes, where, opened, std::move(arrived), origin)
      .run(std::move(merge));
}

result<scope_record> distrust_scope(transaction& target, const ingest_settings& settings, const scope& where,
                                    std::int64_t scope_id, std::string_view mended_by) {
  settings.notice(where,
                  "the rows held are not those that were written: a disk, or somebody, has changed them; " +
                      std::string(mended_by) + " puts them right");
  if (auto distrusted = target.distrust(scope_id); !distrusted)
    return distrusted.error();
  return target.open_scope(where);
}

result<void> write_changes(snapshot_writer& target, std::span<const change> changes) {
  const std::function<void()> nobody;
  change_pieces pieces(target, false, nobody);
  for (const auto& one : changes)
    if (auto added = pieces.add(one.kind, one.identity, one.before, one.after); !added)
      return added;
  return pieces.flush();
}

} // namespace kollect::consumer
