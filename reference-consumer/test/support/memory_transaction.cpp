#include "support/memory_transaction.hpp"

#include "store/stored_values.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace kollect::consumer::test {
namespace {

class memory_snapshot_writer final : public snapshot_writer {
public:
  memory_snapshot_writer(memory_tables& tables, const snapshot_place& place)
      : tables_(tables), scope_(*tables.find(place.scope_id)), place_(place),
        name_(std::find_if(tables.scopes.begin(), tables.scopes.end(), [&](const auto& one) {
                return one.second.record.id == place.scope_id;
              })->first) {}

  result<void> write(std::span<const row_change> changes) override {
    has_changes_ = true;
    for (const auto& one : changes) {
      totals_.add(one);
      tables_.writes["items"] += 1;
      if (one.kind == change_kind::removed)
        scope_.rows.erase(one.identity);
      else
        scope_.rows.insert_or_assign(one.identity, std::string(one.after));
      tell(std::string(to_string(one.kind)), one);
    }
    return {};
  }

  result<void> finish(scope_record& record) override {
    if (has_changes_)
      tell("snapshot", {});
    record.row_count += totals_.rows;
    record.row_bytes += totals_.bytes;
    tables_.writes["scopes"] += 1;
    scope_.record = record;
    scope_.record.held_back.reset();
    scope_.applied_at = place_.applied_at;
    return {};
  }

private:
  void tell(std::string kind, const row_change& one) {
    tables_.writes["changes"] += 1;
    tables_.changes.push_back({++tables_.last_cursor, std::move(kind), name_, place_.origin,
                               place_.exported_at, place_.applied_at, std::string(one.before),
                               std::string(one.after), one.changed_paths_json});
  }

  memory_tables& tables_;
  memory_scope& scope_;
  snapshot_place place_;
  scope name_;
  bool has_changes_ = false;
  scope_totals totals_;
};

} // namespace

memory_transaction::memory_transaction(std::shared_ptr<memory_database> target)
    : target_(std::move(target)), before_(target_->tables()), tables_(*before_) {}

result<void> memory_transaction::advance(const std::string& log, const owned_position& held,
                                         const owned_position& moved) {
  const auto found = tables_.positions.find({log, held.partition});
  if (found == tables_.positions.end() || found->second.owner_epoch != held.owner_epoch ||
      found->second.next_offset != held.next_offset)
    return make_fenced(held.partition);
  wrote("positions");
  found->second.next_offset = moved.next_offset;
  found->second.last_message = moved.last_message;
  return {};
}

result<void> memory_transaction::note_position(const std::string& log, const owned_position& reached) {
  auto& noted =
      tables_.positions.try_emplace({log, reached.partition}, stored_position{log, reached.partition})
          .first->second;
  if (reached.next_offset <= noted.next_offset)
    return {};
  wrote("positions");
  noted.next_offset = reached.next_offset;
  noted.last_message = reached.last_message;
  return {};
}

result<void> memory_transaction::lock_scopes(const std::set<scope>& scopes) {
  for (const auto& which : scopes)
    if (auto opened = open_scope(which); !opened)
      return opened.error();
  return {};
}

result<scope_record> memory_transaction::open_scope(const scope& which) {
  const auto next_id = static_cast<std::int64_t>(tables_.scopes.size()) + 1;
  auto& record = tables_.scopes[which].record;
  if (record.id == 0)
    record.id = next_id;
  auto opened = record;
  opened.is_forgotten = false;
  return opened;
}

result<bool> memory_transaction::is_known(std::int64_t scope_id, const dedup_key& key) {
  return tables_.find(scope_id)->keys.contains({key.payload, key.timestamp});
}

result<void> memory_transaction::remember(std::int64_t scope_id, const dedup_key& key,
                                          const timestamp& instant) {
  wrote("dedup_keys");
  tables_.find(scope_id)->keys.try_emplace({key.payload, key.timestamp}, instant.seconds);
  return {};
}

result<held_rows> memory_transaction::rows(std::int64_t scope_id) {
  held_rows_builder out;
  for (const auto& [identity, raw] : tables_.find(scope_id)->rows)
    if (auto added = out.add_stored(identity, raw); !added)
      return added.error();
  return out.take();
}

result<void> memory_transaction::distrust(std::int64_t scope_id) {
  auto& held = *tables_.find(scope_id);
  std::erase_if(held.rows, [](const auto& row) { return !is_row_of(row.first, row.second); });
  held.record.items_digest = {};
  held.record.row_count = static_cast<std::int64_t>(held.rows.size());
  held.record.row_bytes = 0;
  for (const auto& [identity, raw] : held.rows)
    held.record.row_bytes += static_cast<std::int64_t>(raw.size());
  return {};
}

result<void> memory_transaction::stage(std::int64_t, std::span<const staged_row> rows) {
  for (const auto& [identity, raw] : rows)
    staged_.insert_or_assign(identity, std::string(raw));
  return {};
}

result<row_counts> memory_transaction::compare_staged(std::int64_t scope_id) {
  row_counts counts;
  const auto& held = tables_.find(scope_id)->rows;
  const auto find = [&](change_kind kind, const row_identity& identity, const std::string& before,
                        const std::string& after, std::size_t& count) {
    ++count;
    staged_changes_.push_back({kind, identity, before, after, {}});
  };
  for (const auto& [identity, raw] : held)
    if (!staged_.contains(identity))
      find(change_kind::removed, identity, raw, {}, counts.removed);
  for (const auto& [identity, raw] : staged_) {
    const auto found = held.find(identity);
    if (found == held.end())
      find(change_kind::added, identity, {}, raw, counts.added);
    else if (found->second != raw)
      find(change_kind::changed, identity, found->second, raw, counts.changed);
  }
  return counts;
}

result<std::vector<change>> memory_transaction::take_staged(std::int64_t, std::int64_t bytes) {
  auto end = staged_changes_.begin();
  for (; end != staged_changes_.end() && bytes > 0; ++end)
    bytes -= static_cast<std::int64_t>(end->before.size() + end->after.size()) + 512;
  std::vector<change> out(std::make_move_iterator(staged_changes_.begin()), std::make_move_iterator(end));
  staged_changes_.erase(staged_changes_.begin(), end);
  return out;
}

result<void> memory_transaction::clear_staged(std::int64_t) {
  staged_.clear();
  staged_changes_.clear();
  return {};
}

result<std::unique_ptr<snapshot_writer>> memory_transaction::write_snapshot(const snapshot_place& place) {
  return std::unique_ptr<snapshot_writer>(new memory_snapshot_writer(tables_, place));
}

result<void> memory_transaction::note_held_back(std::int64_t scope_id, const sha256_digest& items) {
  tables_.find(scope_id)->record.held_back = items;
  return {};
}

result<waiting_parts> memory_transaction::waiting(std::int64_t scope_id, const part_set& set) {
  waiting_parts out;
  const auto& sets = tables_.find(scope_id)->parts;
  if (const auto found = sets.find(set); found != sets.end())
    for (const auto& [index, part] : found->second) {
      out.parts.push_back(part.part);
      out.bytes += static_cast<std::int64_t>(part.message.size());
    }
  return out;
}

result<void> memory_transaction::hold_part(std::int64_t scope_id, const pending_part& part) {
  tables_.find(scope_id)->parts[part.set].insert_or_assign(part.part.part_index, part);
  return {};
}

result<pending_part> memory_transaction::read_part(std::int64_t scope_id, const part_set& set,
                                                   std::uint32_t part_index) {
  const auto& sets = tables_.find(scope_id)->parts;
  if (const auto found = sets.find(set); found != sets.end())
    if (const auto part = found->second.find(part_index); part != found->second.end())
      return part->second;
  return make_lost_part(part_index);
}

result<void> memory_transaction::drop_parts(std::int64_t scope_id, const part_set& set) {
  tables_.find(scope_id)->parts.erase(set);
  return {};
}

result<std::int64_t> memory_transaction::drop_superseded_parts(std::int64_t scope_id,
                                                               const snapshot_order& held) {
  std::size_t dropped = 0;
  std::erase_if(tables_.find(scope_id)->parts, [&](const auto& one) {
    const auto& [set, parts] = one;
    const bool is_older = std::tie(set.exported_at, set.generation) < std::tie(held.instant, held.generation);
    dropped += is_older ? parts.size() : 0;
    return is_older;
  });
  return static_cast<std::int64_t>(dropped);
}

result<std::optional<torn_set>> memory_transaction::find_torn_set(const retention& bounds,
                                                                  const timestamp& now) {
  using place = std::tuple<std::int64_t, timestamp, const part_set*, std::int64_t>;
  std::optional<place> oldest;
  for (const auto& [which, held] : tables_.scopes)
    for (const auto& [set, parts] : held.parts) {
      std::int64_t newest = parts.begin()->second.arrived_at.seconds;
      for (const auto& [index, part] : parts)
        newest = std::max(newest, part.arrived_at.seconds);
      if (!oldest ||
          std::pair(newest, set.exported_at) < std::pair(std::get<0>(*oldest), std::get<1>(*oldest)))
        oldest = place{newest, set.exported_at, &set, held.record.id};
    }
  if (!oldest || (std::get<0>(*oldest) >= now.seconds - bounds.pending_seconds &&
                  tables_.pending_bytes() <= bounds.pending_bytes))
    return std::optional<torn_set>();
  return std::optional(torn_set{std::get<3>(*oldest), *std::get<2>(*oldest)});
}

result<bool> memory_transaction::bury(const dead_letter& letter, std::string_view value) {
  const auto digest = sha256(value);
  const auto& at = letter.origin;
  for (const auto& [id, stored] : tables_.letters) {
    const auto& held = stored.letter.origin;
    if (std::tie(held.log, held.partition, held.offset, stored.value_digest) ==
        std::tie(at.log, at.partition, at.offset, digest))
      return false;
  }
  const auto id = ++tables_.last_letter_id;
  tables_.letters[id] = {id,    letter, std::string(value), true, static_cast<std::int64_t>(value.size()),
                         digest};
  return true;
}

result<std::optional<stored_dead_letter>> memory_transaction::take_dead_letter(std::int64_t id) {
  auto taken = tables_.letters.extract(id);
  return taken ? std::optional(std::move(taken.mapped())) : std::nullopt;
}

result<void> memory_transaction::count(const outcome_counts& counts) {
  wrote("totals");
  tables_.counts += counts;
  return {};
}

result<void> memory_transaction::prune(const retention& bounds) {
  for (auto& [which, held] : tables_.scopes) {
    auto surplus = surplus_keys(static_cast<std::int64_t>(held.keys.size()), bounds);
    for (; surplus > 0; --surplus)
      held.keys.erase(
          std::min_element(held.keys.begin(), held.keys.end(), [](const auto& left, const auto& right) {
            return std::tie(left.second, left.first.second) < std::tie(right.second, right.first.second);
          }));
  }
  for (auto& [id, stored] : tables_.letters) {
    if (tables_.body_bytes() <= bounds.dead_letter_bytes)
      break;
    stored.has_body = false;
    stored.value.clear();
    stored.letter.message_key.reset();
    stored.letter.headers_json = "[]";
  }
  std::erase_if(tables_.changes, [&](const feed_entry& entry) {
    return entry.cursor <= tables_.last_cursor - bounds.changes;
  });
  return {};
}

result<void> memory_transaction::commit() {
  return target_->replace(before_, std::move(tables_));
}

} // namespace kollect::consumer::test
