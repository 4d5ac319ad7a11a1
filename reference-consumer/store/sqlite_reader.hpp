#ifndef KOLLECT_CONSUMER_SQLITE_READER_HPP
#define KOLLECT_CONSUMER_SQLITE_READER_HPP

#include "feed_page.hpp"
#include "file_watch.hpp"
#include "row_blocks.hpp"
#include "sql_reader.hpp"
#include "sqlite_block_table.hpp"
#include "sqlite_database.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace kollect::consumer::sqlite {

inline constexpr char rows_by_order[] = R"sql(
SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN ?1 THEN item END
FROM items INDEXED BY items_in_order
WHERE (target_namespace, target_name, namespace, name, uid, scope_id) > (?2, ?3, ?4, ?5, ?6, ?7)
  AND (?9 IS NULL OR scope_id IN (SELECT value FROM json_each(?9)))
ORDER BY target_namespace, target_name, namespace, name, uid, scope_id LIMIT ?8)sql";

inline constexpr char rows_by_scopes[] = R"sql(
SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN ?1 THEN item END
FROM json_each(?9) CROSS JOIN items ON scope_id = value
WHERE (target_namespace, target_name, namespace, name, uid, scope_id) > (?2, ?3, ?4, ?5, ?6, ?7)
ORDER BY target_namespace, target_name, namespace, name, uid, scope_id LIMIT ?8)sql";

/// One scope's rows are by order already.
inline constexpr char rows_of_one_scope[] = R"sql(
SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN ?1 THEN item END
FROM items WHERE scope_id = ?9
  AND (target_namespace, target_name, namespace, name, uid, scope_id) > (?2, ?3, ?4, ?5, ?6, ?7)
ORDER BY target_namespace, target_name, namespace, name, uid LIMIT ?8)sql";

// A stretch of rows: up to ?10 to ?14, exclusive. What need not be read comes without its item.
#define KOLLECT_STRETCH_COLUMNS                                                                              \
  "SELECT scope_id, target_namespace, target_name, namespace, name, uid, "                                   \
  "CASE WHEN ?1 AND has_texts(item, ?15) THEN item END "
#define KOLLECT_STRETCH_CONDITIONS                                                                           \
  "(target_namespace, target_name, namespace, name, uid, scope_id) > (?2, ?3, ?4, ?5, ?6, ?7) "              \
  "AND (target_namespace, target_name, namespace, name, uid) < (?10, ?11, ?12, ?13, ?14) "                   \
  "AND (?16 IS NULL OR target_name IN (SELECT value FROM json_each(?16))) "                                  \
  "AND (?17 IS NULL OR namespace IN (SELECT value FROM json_each(?17))) "                                    \
  "AND (?18 IS NULL OR name IN (SELECT value FROM json_each(?18))) "                                         \
  "AND (?19 IS NULL OR uid IN (SELECT value FROM json_each(?19))) "

/// Rows of the scopes are sorted where these have few there.
inline constexpr char stretch_by_scopes[] = KOLLECT_STRETCH_COLUMNS
    "FROM json_each(?9) CROSS JOIN items ON scope_id = value WHERE " KOLLECT_STRETCH_CONDITIONS
    "ORDER BY target_namespace, target_name, namespace, name, uid, scope_id LIMIT ?8";

inline constexpr char stretch_of_one_scope[] =
    KOLLECT_STRETCH_COLUMNS "FROM items WHERE scope_id = ?9 AND " KOLLECT_STRETCH_CONDITIONS
                            "ORDER BY target_namespace, target_name, namespace, name, uid LIMIT ?8";

inline constexpr char stretch_by_order[] =
    KOLLECT_STRETCH_COLUMNS "FROM items INDEXED BY items_in_order WHERE " KOLLECT_STRETCH_CONDITIONS
                            "AND scope_id IN (SELECT value FROM json_each(?9)) "
                            "ORDER BY target_namespace, target_name, namespace, name, uid, scope_id LIMIT ?8";

#undef KOLLECT_STRETCH_COLUMNS
#undef KOLLECT_STRETCH_CONDITIONS

/// All names are in the index: rows with others cost no look at the table.
inline constexpr char named_rows_by_order[] = R"sql(
SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN ?1 THEN item END
FROM items INDEXED BY items_in_order
WHERE (target_namespace, target_name, namespace, name, uid, scope_id) > (?2, ?3, ?4, ?5, ?6, ?7)
  AND (?9 IS NULL OR scope_id IN (SELECT value FROM json_each(?9)))
  AND (?10 IS NULL OR target_name IN (SELECT value FROM json_each(?10)))
  AND (?11 IS NULL OR namespace IN (SELECT value FROM json_each(?11)))
  AND (?12 IS NULL OR name IN (SELECT value FROM json_each(?12)))
  AND (?13 IS NULL OR uid IN (SELECT value FROM json_each(?13)))
ORDER BY target_namespace, target_name, namespace, name, uid, scope_id LIMIT ?8)sql";

/// An entry may tell of several rows.
inline constexpr char changes_by_cursor[] = R"sql(
SELECT cursor, kind, cluster, namespace, inventory, name, partition, offset, c.exported_seconds,
       c.exported_nanoseconds, c.applied_at, before, kept_after, changed_paths, traceparent, item_id,
       coalesce(first_cursor, cursor)
FROM changes c JOIN scopes USING (scope_id) JOIN logs USING (log_id) WHERE cursor > ? ORDER BY cursor LIMIT ?)sql";

/// What a change led to is the row, or `before` of the change that came next.
inline constexpr char version_of_row[] = R"sql(
SELECT coalesce((SELECT item FROM items WHERE item_id = ?1 AND cursor = ?2),
                (SELECT before FROM changes WHERE replaces = ?2)))sql";

inline constexpr statements::contradiction own_contradictions[] = {
    {statements::damaged_scopes_sentence, R"sql(
SELECT count(*) FROM scopes s
WHERE rows_checksum <> (SELECT rows_checksum(i.target_namespace, i.target_name, i.namespace, i.name, i.uid, item)
                        FROM items i WHERE i.scope_id = s.scope_id)
   OR row_bytes <> (SELECT coalesce(sum(length(CAST(item AS BLOB))), 0) FROM items i
                    WHERE i.scope_id = s.scope_id))sql"},
    {statements::distrusted_scopes_sentence, R"sql(
SELECT count(*) FROM scopes WHERE exported_seconds IS NOT NULL AND items_digest = zeroblob(32))sql"},
    {"the file is damaged (PRAGMA quick_check)",
     "SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'"},
};

/// What an SQLite file answers to readers. `Port` is store_reader, or store for one that writes too.
template <class Port>
class sqlite_reader : public sql_reader<Port, database> {
public:
  using sql_reader<Port, database>::sql_reader;

  result<void> wait_for_commit(std::chrono::milliseconds longest) override {
    if (!watch_)
      watch_.emplace(file_watch::open(this->connection_->path() + "-wal"));
    watch_->wait(longest);
    return {};
  }

  result<std::vector<stored_row>> rows_in_order(const row_query& range) override {
    std::vector<stored_row> out;
    const auto asked = statement_for(range);
    // Before all rows: empty names in a scope that cannot be.
    const auto after = range.after.value_or(row_place{});
    auto read = this->connection_->query(
        asked.sql,
        [&](statement& select) {
          select.bind(range.with_items ? 1 : 0);
          bind_identity(select, after.identity);
          select.bind(after.scope_id).bind(range.limit);
          if (asked.is_of_one)
            select.bind(range.scope_ids->front());
          else if (range.scope_ids)
            select.bind_text(scope_ids_json(*range.scope_ids));
          else
            select.bind_null();
          if (range.until) {
            bind_identity(select, *range.until);
            select.bind_blob(list_of_texts(range.texts));
          }
          if (range.until || !range.named.is_any())
            for (const auto* names :
                 {&range.named.target_names, &range.named.namespaces, &range.named.names, &range.named.uids})
              bind_names(select, *names);
        },
        [&](statement& row) { out.push_back(read_stored_row(row)); });
    if (!read)
      return read.error();
    return out;
  }

  result<shared_row_counts> shared_rows() override {
    shared_row_counts out;
    auto read = this->connection_->query(
        "SELECT holders, count(*) FROM (SELECT group_concat(scope_id) AS holders FROM items INDEXED BY "
        "items_in_order GROUP BY target_namespace, target_name, namespace, name, uid HAVING count(*) > 1) "
        "GROUP BY holders",
        [](statement&) {}, [&](statement& row) { out[scope_ids_from(row.bytes(0))] += row.integer(1); });
    if (!read)
      return read.error();
    return out;
  }

  result<void> read_at_once(const std::function<result<void>()>& work) override {
    if (auto begun = this->connection_->execute("BEGIN"); !begun)
      return begun;
    auto done = work();
    // It has only read: there is nothing to lose.
    (void)this->connection_->execute("ROLLBACK");
    return done;
  }

  result<std::vector<feed_entry>> changes_after(std::int64_t cursor, std::int64_t limit) override {
    return read_feed(cursor, limit, [&](feed_page& page) { return read_feed_page(page); });
  }

  result<std::int64_t> last_cursor() override {
    std::int64_t cursor = 0;
    auto read = this->connection_->query(
        "SELECT seq FROM sqlite_sequence WHERE name = 'changes'", [](statement&) {},
        [&](statement& row) { cursor = row.integer(0); });
    if (!read)
      return read.error();
    return cursor;
  }

protected:
  /// SQLite tells what other connections have committed, and a writer has its own.
  result<std::string> state_version() override {
    std::string version;
    if constexpr (std::is_same_v<Port, store_reader>) {
      auto read = this->connection_->query(
          "PRAGMA data_version", [](statement&) {},
          [&](statement& row) { version = std::to_string(row.integer(0)); });
      if (!read)
        return read.error();
    }
    return version;
  }

  result<std::optional<std::vector<row_interval>>>
  find_intervals_of(const needed_terms& needed, const std::optional<std::vector<std::int64_t>>& scope_ids,
                    const row_identity& from) override {
    auto found =
        find_stretches(*this->connection_, bits_needed(needed), order_key(from, sqlite::longest_name));
    if (!found)
      return found.error();
    return std::optional(join_stretches(of_scopes(std::move(*found), scope_ids)));
  }

  result<void> find_own_contradictions(std::vector<std::string>& out) override {
    return this->find_contradictions(own_contradictions, out);
  }

private:
  struct asked_statement {
    const char* sql;
    bool is_of_one; ///< scope
  };

  /// What is cheapest for a range.
  static asked_statement statement_for(const row_query& range) {
    const bool is_of_one = range.scope_ids && range.scope_ids->size() == 1;
    if (range.until)
      return {is_of_one                    ? stretch_of_one_scope
              : is_cheaper_by_scope(range) ? stretch_by_scopes
                                           : stretch_by_order,
              is_of_one};
    if (!range.named.is_any())
      return {named_rows_by_order, false};
    return {is_of_one                    ? rows_of_one_scope
            : is_cheaper_by_scope(range) ? rows_by_scopes
                                         : rows_by_order,
            is_of_one};
  }

  static void bind_identity(statement& select, const row_identity& row) {
    select.bind_text(row.target_namespace)
        .bind_text(row.target_name)
        .bind_text(row.namespace_)
        .bind_text(row.name)
        .bind_text(row.uid);
  }

  /// SQLite's JSON ends a text at U+0000: such names are not asked for, and rows with any name come.
  static void bind_names(statement& select, const std::optional<std::vector<std::string>>& names) {
    const auto has_nul = [](const std::string& name) { return name.find('\0') != std::string::npos; };
    if (names && std::none_of(names->begin(), names->end(), has_nul))
      select.bind_text(texts_json(*names));
    else
      select.bind_null();
  }

  result<void> read_feed_page(feed_page& page) {
    result<void> expanded;
    auto read = this->connection_->query(
        changes_by_cursor, [&](statement& select) { select.bind(page.cursor()).bind(page.limit()); },
        [&](statement& row) {
          if (expanded && !page.is_over())
            expanded = add_entries(row, page);
        });
    return read ? expanded : read;
  }

  /// The changes that an entry of the feed tells of. Its statement is still running, so that all of it is of
  /// one moment.
  result<void> add_entries(const statement& found, feed_page& page) {
    auto entry = read_feed_entry(found);
    if (found.is_null(15)) {
      page.add(std::move(entry), false);
      return {};
    }
    const std::int64_t last = entry.cursor, item_id = found.integer(15);
    for (auto next = std::max(found.integer(16), page.cursor() + 1); next <= last && !page.is_over();
         ++next) {
      auto version = find_version(item_id - (last - next), next);
      if (!version)
        return version.error();
      entry.cursor = next;
      entry.after = version->value_or(std::string());
      page.add(entry, !*version);
    }
    return {};
  }

  result<std::optional<std::string>> find_version(std::int64_t item_id, std::int64_t cursor) {
    std::optional<std::string> version;
    auto read = this->connection_->query(
        version_of_row, [&](statement& select) { select.bind(item_id).bind(cursor); },
        [&](statement& row) {
          if (!row.is_null(0))
            version = row.text(0);
        });
    if (!read)
      return read.error();
    return version;
  }

  std::optional<file_watch> watch_;
};

} // namespace kollect::consumer::sqlite

#endif
