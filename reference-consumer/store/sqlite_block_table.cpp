#include "sqlite_block_table.hpp"

#include <utility>

namespace kollect::consumer::sqlite {

result<void> sqlite_block_table::insert(std::int64_t scope_id, std::span<const row_block> blocks) {
  for (const auto& one : blocks) {
    auto done = database_.run(
        "INSERT INTO row_blocks (scope_id, from_key, until_key, row_count, room, filter) VALUES (?, ?, ?, ?, "
        "?, ?)",
        [&](statement& into) {
          into.bind(scope_id).bind_blob(one.from).bind_blob(one.until).bind(one.rows).bind(room_of(one));
          if (one.filter.empty())
            into.bind_null();
          else
            into.bind_blob(one.filter);
        });
    if (!done)
      return done;
  }
  return {};
}

result<void> sqlite_block_table::remove(std::int64_t scope_id, const std::string& from) {
  return database_.run("DELETE FROM row_blocks WHERE scope_id = ? AND from_key = ?",
                       [&](statement& gone) { gone.bind(scope_id).bind_blob(from); });
}

result<void> sqlite_block_table::remove_all(std::int64_t scope_id) {
  return database_.run("DELETE FROM row_blocks WHERE scope_id = ?",
                       [&](statement& gone) { gone.bind(scope_id); });
}

result<void> sqlite_block_table::add(std::int64_t scope_id, std::span<const indexed_row> rows) {
  std::optional<held_block> block;
  for (const auto& one : rows) {
    if (!block || !block->has(one.key)) {
      if (block)
        if (auto written = write(*block); !written)
          return written;
      auto found = find(scope_id, one.key);
      if (!found)
        return found.error();
      block = std::move(*found);
    }
    if (!block)
      continue;
    block->filter.add_all(one.terms.view());
    --block->room;
  }
  return block ? write(*block) : result<void>{};
}

result<std::optional<sqlite_block_table::held_block>> sqlite_block_table::find(std::int64_t scope_id,
                                                                               const std::string& key) {
  std::optional<held_block> found;
  auto read = database_.query(
      "SELECT block_id, from_key, until_key, room, filter FROM row_blocks WHERE scope_id = ? AND from_key <= "
      "? ORDER BY from_key DESC LIMIT 1",
      [&](statement& select) { select.bind(scope_id).bind_blob(key); },
      [&](statement& row) {
        found.emplace();
        found->block_id = row.integer(0);
        found->from = row.text(1);
        found->until = row.text(2);
        found->room = row.integer(3);
        found->is_built = !row.is_null(4);
        found->filter.add_all(row.bytes(4));
      });
  if (!read)
    return read.error();
  return found;
}

result<void> sqlite_block_table::write(const held_block& block) {
  if (!block.is_built)
    return {};
  return database_.run("UPDATE row_blocks SET room = ?, filter = ? WHERE block_id = ?",
                       [&](statement& update) {
                         update.bind(block.room);
                         if (block.room < 0)
                           update.bind_null();
                         else
                           update.bind_blob(block.filter.view());
                         update.bind(block.block_id);
                       });
}

result<std::optional<unbuilt_rows>> sqlite_block_table::find_unbuilt() {
  std::optional<unbuilt_rows> found;
  const auto take = [&](const statement& row) {
    found = unbuilt_rows{row.integer(0), row.text(1), row.text(2)};
  };
  if (auto read = database_.select("SELECT scope_id, from_key, until_key FROM row_blocks WHERE filter IS "
                                   "NULL ORDER BY block_id LIMIT 1",
                                   take);
      !read || found)
    return read ? result<std::optional<unbuilt_rows>>(std::move(found)) : read.error();
  auto read = database_.select("SELECT scope_id, x'', x'' FROM scopes s WHERE row_count > 0 AND NOT EXISTS "
                               "(SELECT 1 FROM row_blocks b WHERE b.scope_id = s.scope_id) LIMIT 1",
                               take);
  return read ? result<std::optional<unbuilt_rows>>(std::move(found)) : read.error();
}

result<std::string> read_index_paths(database& target) {
  std::string paths;
  auto read =
      target.select("SELECT paths FROM row_index", [&](const statement& row) { paths = row.text(0); });
  return read ? result<std::string>(std::move(paths)) : read.error();
}

result<std::vector<row_stretch>> find_stretches(database& target, std::string_view needed,
                                                std::string_view from) {
  std::vector<row_stretch> out;
  auto read = target.query(
      "SELECT scope_id, from_key, until_key, row_count FROM row_blocks WHERE (until_key = x'' OR until_key > "
      "?2) AND (filter IS NULL OR may_have(filter, ?1)) UNION ALL SELECT scope_id, x'', x'', row_count FROM "
      "scopes s WHERE row_count > 0 AND NOT (SELECT is_complete FROM row_index) AND NOT EXISTS (SELECT 1 "
      "FROM "
      "row_blocks b WHERE b.scope_id = s.scope_id)",
      [&](statement& select) { select.bind_blob(needed).bind_blob(from); },
      [&](statement& row) {
        out.push_back({row.integer(0), row.text(1), row.text(2), row.integer(3)});
      });
  return read ? result<std::vector<row_stretch>>(std::move(out)) : read.error();
}

} // namespace kollect::consumer::sqlite
