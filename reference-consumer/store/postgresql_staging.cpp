// How a transaction compares a snapshot that is too large for memory with the rows that are held.
#include "postgresql_digests.hpp"
#include "postgresql_row_totals.hpp"
#include "postgresql_transaction.hpp"
#include "stored_rows.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace kollect::consumer::postgresql {

result<void> postgresql_transaction::stage(std::int64_t scope_id, std::span<const staged_row> rows) {
  // One statement cannot write a row twice: the last of each identity is enough.
  std::vector<std::string> digests;
  std::unordered_map<std::string_view, std::size_t> last;
  digests.reserve(rows.size());
  for (const auto& one : rows) {
    const std::string_view digest = digests.emplace_back(digest_of(one.identity));
    last[digest] = digests.size() - 1;
  }
  std::vector<std::string_view> keys, target_namespaces, target_names, namespaces, names, uids, items;
  for (std::size_t index = 0; index < rows.size(); ++index) {
    if (last[digests[index]] != index)
      continue;
    const auto& [identity, raw] = rows[index];
    keys.push_back(digests[index]);
    target_namespaces.push_back(identity.target_namespace);
    target_names.push_back(identity.target_name);
    namespaces.push_back(identity.namespace_);
    names.push_back(identity.name);
    uids.push_back(identity.uid);
    items.push_back(raw);
  }
  return connection_.post(
      "INSERT INTO staged_rows (scope_id, identity_digest, target_namespace, target_name, namespace, name, "
      "uid, item) SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8) ON CONFLICT (scope_id, "
      "identity_digest) DO UPDATE SET item = excluded.item",
      parameters()
          .integer(scope_id)
          .many_bytes(keys)
          .many_bytes(target_namespaces)
          .many_bytes(target_names)
          .many_bytes(namespaces)
          .many_bytes(names)
          .many_bytes(uids)
          .texts(items));
}

result<row_counts> postgresql_transaction::compare_staged(std::int64_t scope_id) {
  last_staged_ = 0;
  auto found = connection_.run(
      "WITH found AS (INSERT INTO staged_changes (scope_id, change_id, kind, identity_digest) SELECT $1, "
      "row_number() OVER (), CASE WHEN s.scope_id IS NULL THEN 'removed' WHEN i.scope_id IS NULL THEN "
      "'added' "
      "ELSE 'changed' END, coalesce(s.identity_digest, i.identity_digest) FROM (SELECT * FROM items WHERE "
      "scope_id = $1) i FULL JOIN (SELECT * FROM staged_rows WHERE scope_id = $1) s ON s.identity_digest = "
      "i.identity_digest WHERE s.item IS DISTINCT FROM i.item RETURNING kind) "
      "SELECT count(*) FILTER (WHERE kind = 'added'), count(*) FILTER (WHERE kind = 'changed'), count(*) "
      "FILTER (WHERE kind = 'removed') FROM found",
      parameters().integer(scope_id));
  if (!found)
    return found.error();
  const auto count = [&](int column) { return static_cast<std::size_t>((*found)[0].integer(column)); };
  return row_counts{count(0), count(1), count(2)};
}

result<std::vector<change>> postgresql_transaction::take_staged(std::int64_t scope_id, std::int64_t bytes) {
  std::vector<change> out;
  // Rows are counted up to the bytes that are wanted, and at least one is read.
  auto found = connection_.run(
      "SELECT change_id, item_before, item_after, target_namespace, target_name, namespace, name, uid FROM "
      "(SELECT c.change_id, i.item AS item_before, s.item AS item_after, coalesce(s.target_namespace, "
      "i.target_namespace) AS target_namespace, coalesce(s.target_name, i.target_name) AS target_name, "
      "coalesce(s.namespace, i.namespace) AS namespace, coalesce(s.name, i.name) AS name, coalesce(s.uid, "
      "i.uid) AS uid, sum(coalesce(octet_length(i.item), 0) + coalesce(octet_length(s.item), 0) + 512) OVER "
      "(ORDER BY c.change_id) - (coalesce(octet_length(i.item), 0) + coalesce(octet_length(s.item), 0) + "
      "512) "
      "AS bytes_before FROM (SELECT * FROM staged_changes WHERE scope_id = $1 AND change_id > $2 ORDER BY "
      "change_id LIMIT $4) c LEFT JOIN items i ON i.scope_id = $1 AND i.identity_digest = c.identity_digest "
      "AND c.kind <> 'added' LEFT JOIN staged_rows s ON s.scope_id = $1 AND s.identity_digest = "
      "c.identity_digest AND c.kind <> 'removed') one WHERE bytes_before < $3 ORDER BY change_id",
      parameters().integer(scope_id).integer(last_staged_).integer(bytes).integer(bytes / 512 + 1));
  if (!found)
    return found.error();
  for (int index = 0; index < found->size(); ++index) {
    const auto row = (*found)[index];
    last_staged_ = row.integer(0);
    out.push_back(read_staged_change(row));
  }
  return out;
}

/// A row that is filed under other names, or another digest, than its own is none that anybody would find: it
/// goes.
result<void> postgresql_transaction::remove_misfiled_rows(std::int64_t scope_id) {
  std::vector<std::string> misfiled;
  if (auto read =
          connection_.visit("SELECT target_namespace, target_name, namespace, name, uid, item, "
                            "identity_digest FROM items WHERE "
                            "scope_id = $1",
                            parameters().integer(scope_id),
                            [&](const row& found) {
                              const row_identity names{found.text(0), found.text(1), found.text(2),
                                                       found.text(3), found.text(4)};
                              if (found.bytes(6) != digest_of(names) || !is_row_of(names, found.bytes(5)))
                                misfiled.push_back(found.text(6));
                            });
      !read)
    return read;
  if (misfiled.empty())
    return {};
  return connection_.post("DELETE FROM items WHERE scope_id = $1 AND identity_digest = ANY ($2)",
                          parameters().integer(scope_id).many_bytes(views_of(misfiled)));
}

result<void> postgresql_transaction::distrust(std::int64_t scope_id) {
  if (auto removed = remove_misfiled_rows(scope_id); !removed)
    return removed;
  if (auto forgotten = forget_blocks(blocks_, scope_id); !forgotten)
    return forgotten;
  scope_totals totals;
  if (auto read = connection_.visit(
          "SELECT target_namespace, target_name, namespace, name, uid, item FROM items WHERE scope_id = $1",
          parameters().integer(scope_id), [&](const row& found) { add_row(totals, found); });
      !read)
    return read;
  const sha256_digest none{};
  auto noted = connection_.run("UPDATE scopes SET items_digest = $1, row_count = $2, row_bytes = $3, "
                               "rows_checksum = $4 WHERE scope_id = $5",
                               parameters()
                                   .bytes(bytes_of(none))
                                   .integer(totals.rows)
                                   .integer(totals.bytes)
                                   .integer(totals.checksum)
                                   .integer(scope_id));
  return noted ? result<void>{} : noted.error();
}

result<void> postgresql_transaction::clear_staged(std::int64_t scope_id) {
  if (auto cleared =
          connection_.post("DELETE FROM staged_rows WHERE scope_id = $1", parameters().integer(scope_id));
      !cleared)
    return cleared;
  return connection_.post("DELETE FROM staged_changes WHERE scope_id = $1", parameters().integer(scope_id));
}

} // namespace kollect::consumer::postgresql
