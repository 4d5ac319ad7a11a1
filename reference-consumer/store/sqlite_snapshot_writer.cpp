#include "sqlite_snapshot_writer.hpp"

#include "statements.hpp"

#include <utility>

namespace kollect::consumer::sqlite {
namespace {

statement& bind_identity(statement& target, std::int64_t scope_id, const row_identity& row) {
  return target.bind(scope_id)
      .bind_text(row.target_namespace)
      .bind_text(row.target_name)
      .bind_text(row.namespace_)
      .bind_text(row.name)
      .bind_text(row.uid);
}

} // namespace

sqlite_snapshot_writer::sqlite_snapshot_writer(database& target, snapshot_place place, std::int64_t log_id,
                                               const index_writing& index,
                                               std::optional<std::int64_t>& last_cursor)
    : sql_snapshot_writer(std::move(place), log_id, index), database_(target), last_cursor_(last_cursor) {}

/// The last number that the change feed has used, by this transaction too.
result<void> sqlite_snapshot_writer::begin_feed() {
  if (!last_cursor_) {
    last_cursor_ = 0;
    if (auto read = database_.query(
            "SELECT seq FROM sqlite_sequence WHERE name = 'changes'", [](statement&) {},
            [&](statement& row) { last_cursor_ = row.integer(0); });
        !read)
      return read;
  }
  cursor_ = *last_cursor_;
  return {};
}

result<void> sqlite_snapshot_writer::write_rows(std::span<const row_change> changes) {
  for (const auto& one : changes) {
    ++cursor_;
    if (auto written = write_row(one); !written)
      return written;
  }
  return {};
}

result<void> sqlite_snapshot_writer::tell_snapshot() {
  if (auto written = write_added(); !written)
    return written;
  ++cursor_;
  last_cursor_ = cursor_;
  return write_entry({.kind = "snapshot", .first_cursor = cursor_, .last_cursor = cursor_});
}

result<void> sqlite_snapshot_writer::write_record(const scope_record& record, std::int64_t checksum) {
  return database_.run(statements::update_scope, [&](statement& update) {
    update.bind(record.order->instant.seconds)
        .bind(record.order->instant.nanoseconds)
        .bind(record.order->generation)
        .bind_blob(bytes_of(record.order->digest))
        .bind_blob(bytes_of(record.items_digest))
        .bind_blob(bytes_of(record.applied_parts))
        .bind(static_cast<std::int64_t>(record.target_digest))
        .bind(record.target_conflicts)
        .bind_text(applied_at_)
        .bind(record.row_count)
        .bind(record.row_bytes)
        .bind(checksum)
        .bind(record.is_forgotten ? 1 : 0)
        .bind(record.id);
  });
}

result<void> sqlite_snapshot_writer::write_row(const row_change& one) {
  if (one.kind == change_kind::added) {
    auto inserted = insert_row(one);
    if (!inserted)
      return inserted.error();
    if (*inserted)
      return {};
  }
  if (auto written = write_added(); !written)
    return written;
  return write_over(one);
}

/// False where there is such a row already.
result<bool> sqlite_snapshot_writer::insert_row(const row_change& one) {
  auto done = database_.run(
      "INSERT INTO items (scope_id, target_namespace, target_name, namespace, name, uid, cursor, item) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      [&](statement& insert) {
        bind_identity(insert, place_.scope_id, one.identity).bind(cursor_).bind_text(one.after);
      });
  if (!done)
    return done.error();
  if (database_.changes() == 0)
    return false;
  const std::int64_t item_id = database_.last_insert_rowid();
  const bool is_next = added_ && added_->last_cursor + 1 == cursor_ && added_->item_id + 1 == item_id;
  if (!is_next) {
    if (auto written = write_added(); !written)
      return written.error();
    added_ = entry{.kind = to_string(change_kind::added), .first_cursor = cursor_};
  }
  added_->last_cursor = cursor_;
  added_->item_id = item_id;
  return true;
}

/// A change of a row that should be there. Somebody may have edited the file: then what is there becomes what
/// it should be.
result<void> sqlite_snapshot_writer::write_over(const row_change& one) {
  auto held = find_row(one.identity);
  if (!held)
    return held.error();
  if (!*held && one.kind != change_kind::removed) {
    auto inserted = insert_row(one);
    return inserted ? result<void>{} : inserted.error();
  }
  const auto place = held->value_or(held_row{});
  auto done =
      one.kind == change_kind::removed
          ? database_.run("DELETE FROM items WHERE item_id = ?",
                          [&](statement& remove) { remove.bind(place.item_id); })
          : database_.run("UPDATE items SET cursor = ?, item = ? WHERE item_id = ?", [&](statement& update) {
              update.bind(cursor_).bind_text(one.after).bind(place.item_id);
            });
  if (!done)
    return done;
  return write_entry({.kind = to_string(one.kind),
                      .first_cursor = cursor_,
                      .last_cursor = cursor_,
                      .item_id = one.kind == change_kind::removed ? 0 : place.item_id,
                      .replaces = place.cursor,
                      .before = one.before,
                      .changed_paths = one.changed_paths_json});
}

result<std::optional<sqlite_snapshot_writer::held_row>>
sqlite_snapshot_writer::find_row(const row_identity& identity) {
  std::optional<held_row> found;
  auto read = database_.query(
      "SELECT item_id, cursor FROM items WHERE scope_id = ? AND target_namespace = ? AND target_name = ? AND "
      "namespace = ? AND name = ? AND uid = ?",
      [&](statement& select) { bind_identity(select, place_.scope_id, identity); },
      [&](statement& row) {
        found = held_row{row.integer(0), row.integer(1)};
      });
  if (!read)
    return read.error();
  return found;
}

/// What has been added and not been told.
result<void> sqlite_snapshot_writer::write_added() {
  if (!added_)
    return {};
  const auto told = std::exchange(added_, std::nullopt);
  return write_entry(*told);
}

result<void> sqlite_snapshot_writer::write_entry(const entry& told) {
  const auto& instant = place_.exported_at;
  return database_.run(
      "INSERT INTO changes (cursor, first_cursor, item_id, replaces, scope_id, kind, before, kept_after, "
      "changed_paths, log_id, partition, offset, exported_seconds, exported_nanoseconds, applied_at, "
      "traceparent) VALUES (?, ?, nullif(?, 0), nullif(?, 0), ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?)",
      [&](statement& insert) {
        insert.bind(told.last_cursor)
            .bind(told.first_cursor)
            .bind(told.item_id)
            .bind(told.replaces)
            .bind(place_.scope_id)
            .bind_text(told.kind)
            .bind_text(told.before)
            .bind_text(told.changed_paths)
            .bind(log_id_)
            .bind(place_.origin.partition)
            .bind(place_.origin.offset)
            .bind(instant.seconds)
            .bind(instant.nanoseconds)
            .bind_text(applied_at_)
            .bind_text(place_.origin.traceparent);
      });
}

} // namespace kollect::consumer::sqlite
