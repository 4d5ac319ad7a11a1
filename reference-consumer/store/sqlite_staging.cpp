// How a transaction compares a snapshot that is too large for memory with the rows that are held.
#include "sqlite_transaction.hpp"
#include "stored_rows.hpp"

#include <string>
#include <utility>

namespace kollect::consumer::sqlite {

result<void> sqlite_transaction::stage(std::int64_t, std::span<const staged_row> rows) {
  for (const auto& [identity, raw] : rows)
    if (auto staged = database_.run(
            "INSERT OR REPLACE INTO staged_rows (target_namespace, target_name, namespace, name, uid, item) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [&identity = identity, raw = raw](statement& insert) {
              insert.bind_text(identity.target_namespace)
                  .bind_text(identity.target_name)
                  .bind_text(identity.namespace_)
                  .bind_text(identity.name)
                  .bind_text(identity.uid)
                  .bind_text(raw);
            });
        !staged)
      return staged;
  return {};
}

result<row_counts> sqlite_transaction::compare_staged(std::int64_t scope_id) {
  last_staged_ = 0;
  row_counts counts;
  const auto find = [&](const char* sql, std::size_t& count) {
    auto found = database_.run(sql, [&](statement& insert) { insert.bind(scope_id); });
    if (found)
      count = static_cast<std::size_t>(database_.changes());
    return found;
  };
  if (auto found = find("INSERT INTO staged_changes (item_id) SELECT item_id FROM items i WHERE scope_id = ? "
                        "AND NOT EXISTS (SELECT 1 FROM staged_rows s WHERE (s.target_namespace, "
                        "s.target_name, s.namespace, s.name, s.uid) = (i.target_namespace, i.target_name, "
                        "i.namespace, i.name, i.uid))",
                        counts.removed);
      !found)
    return found.error();
  if (auto found =
          find("INSERT INTO staged_changes (item_id, staged_id) SELECT item_id, staged_id FROM items "
               "i JOIN staged_rows s USING (target_namespace, target_name, namespace, name, uid) "
               "WHERE scope_id = ? AND i.item <> s.item",
               counts.changed);
      !found)
    return found.error();
  if (auto found =
          find("INSERT INTO staged_changes (staged_id) SELECT staged_id FROM staged_rows s WHERE NOT "
               "EXISTS (SELECT 1 FROM items i WHERE scope_id = ? AND (i.target_namespace, "
               "i.target_name, i.namespace, i.name, i.uid) = (s.target_namespace, s.target_name, "
               "s.namespace, s.name, s.uid)) ORDER BY target_namespace, target_name, namespace, "
               "name, uid",
               counts.added);
      !found)
    return found.error();
  return counts;
}

result<std::vector<change>> sqlite_transaction::take_staged(std::int64_t, std::int64_t bytes) {
  std::vector<change> out;
  auto select = database_.prepared(
      "SELECT change_id, i.item, s.item, coalesce(s.target_namespace, i.target_namespace), "
      "coalesce(s.target_name, i.target_name), coalesce(s.namespace, i.namespace), coalesce(s.name, i.name), "
      "coalesce(s.uid, i.uid) FROM staged_changes LEFT JOIN items i USING (item_id) LEFT JOIN staged_rows s "
      "USING (staged_id) WHERE change_id > ? ORDER BY change_id");
  if (!select)
    return select.error();
  auto& row = **select;
  row.bind(last_staged_);
  while (bytes > 0) {
    auto has_row = row.step();
    if (!has_row)
      return has_row.error();
    if (!*has_row)
      return out; // and the statement is ready again
    last_staged_ = row.integer(0);
    out.push_back(read_staged_change(row));
    constexpr std::int64_t around = 512; // what a change takes beside its texts, about
    bytes -= static_cast<std::int64_t>(out.back().before.size() + out.back().after.size()) + around;
  }
  row.reset();
  return out;
}

/// A row that is filed under other names than its own is none that anybody would find: it goes.
result<void> sqlite_transaction::remove_misfiled_rows(std::int64_t scope_id) {
  std::vector<std::int64_t> misfiled;
  if (auto read = database_.query(
          "SELECT target_namespace, target_name, namespace, name, uid, item, item_id FROM items WHERE "
          "scope_id = ?",
          [&](statement& select) { select.bind(scope_id); },
          [&](statement& row) {
            if (!is_row_of({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)}, row.bytes(5)))
              misfiled.push_back(row.integer(6));
          });
      !read)
    return read;
  for (const auto item_id : misfiled)
    if (auto removed = database_.run("DELETE FROM items WHERE item_id = ?",
                                     [item_id](statement& remove) { remove.bind(item_id); });
        !removed)
      return removed;
  return {};
}

result<void> sqlite_transaction::distrust(std::int64_t scope_id) {
  if (auto removed = remove_misfiled_rows(scope_id); !removed)
    return removed;
  if (auto forgotten = forget_blocks(*index_.table, scope_id); !forgotten)
    return forgotten;
  return database_.run(
      "UPDATE scopes SET items_digest = zeroblob(32), (row_count, row_bytes, rows_checksum) = (SELECT "
      "count(*), "
      "coalesce(sum(length(CAST(item AS BLOB))), 0), rows_checksum(i.target_namespace, i.target_name, "
      "i.namespace, i.name, i.uid, item) FROM items i WHERE i.scope_id = "
      "scopes.scope_id) WHERE scope_id = ?",
      [&](statement& update) { update.bind(scope_id); });
}

result<void> sqlite_transaction::clear_staged(std::int64_t) {
  if (auto cleared = database_.execute("DELETE FROM staged_rows"); !cleared)
    return cleared;
  return database_.execute("DELETE FROM staged_changes");
}

} // namespace kollect::consumer::sqlite
