#ifndef KOLLECT_CONSUMER_POSTGRESQL_READER_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_READER_HPP

#include "feed_page.hpp"
#include "postgresql_block_table.hpp"
#include "postgresql_connection.hpp"
#include "postgresql_row_totals.hpp"
#include "sql_reader.hpp"

#include <utility>

namespace kollect::consumer::postgresql {

// Names that begin alike are compared as a whole. $1: with items. $2 to $6: names, $7: scope, exclusive. $8:
// limit. $9: scopes.

inline constexpr char rows_by_order[] = R"sql(
SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN $1 = 1 THEN item ELSE '' END
FROM items_with_beginnings
WHERE (b1, b2, b3, b4, b5) >= (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6))
  AND (b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id) >
      (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6), $2, $3, $4, $5, $6, $7)
ORDER BY b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id LIMIT $8)sql";

inline constexpr char rows_of_some_by_order[] = R"sql(
SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN $1 = 1 THEN item ELSE '' END
FROM items_with_beginnings
WHERE (b1, b2, b3, b4, b5) >= (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6))
  AND (b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id) >
      (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6), $2, $3, $4, $5, $6, $7)
  AND scope_id = ANY ($9)
ORDER BY b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id LIMIT $8)sql";

/// Up to $10 to $14, exclusive, scope by scope: OFFSET 0 keeps the planner from going by order, which looks
/// at the rows of all scopes. What need not be read comes without its item: it lacks the text $23, and spells
/// no letter of it by an escape, other than those that encoders write for HTML.
inline constexpr char stretch_by_scopes[] = R"sql(
SELECT scope_id, target_namespace, target_name, namespace, name, uid,
  CASE WHEN $1 = 1 AND (position($23 IN item) > 0 OR position('\/' IN item) > 0 OR (position('\u00' IN item) > 0 AND
    position('\u00' IN replace(replace(replace(item, '\u003c', ''), '\u003e', ''), '\u0026', '')) > 0)) THEN item ELSE '' END
FROM unnest($9) AS wanted (id) CROSS JOIN LATERAL
  (SELECT * FROM items_with_beginnings WHERE scope_id = wanted.id
     AND (b1, b2, b3, b4, b5) >= (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6))
     AND (b1, b2, b3, b4, b5) < ($10, $11, $12, $13, $14) OFFSET 0) AS held
WHERE (b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id) >
      (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6), $2, $3, $4, $5, $6, $7)
  AND ($15 = 0 OR target_name = ANY ($16)) AND ($17 = 0 OR namespace = ANY ($18))
  AND ($19 = 0 OR name = ANY ($20)) AND ($21 = 0 OR uid = ANY ($22))
ORDER BY b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id LIMIT $8)sql";

/// OFFSET 0 keeps the planner from going by order.
inline constexpr char rows_by_scopes[] = R"sql(
SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN $1 = 1 THEN item ELSE '' END
FROM (SELECT * FROM items_with_beginnings WHERE scope_id = ANY ($9) OFFSET 0) AS wanted
WHERE (b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id) >
      (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6), $2, $3, $4, $5, $6, $7)
ORDER BY b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id LIMIT $8)sql";

/// Rows of these names, with a flag before each list that says whether there is one. A statement of its own,
/// as the planner takes another way where there are few.
inline constexpr char named_rows[] = R"sql(
SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN $1 = 1 THEN item ELSE '' END
FROM items_with_beginnings
WHERE (b1, b2, b3, b4, b5) >= (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6))
  AND (b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id) >
      (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6), $2, $3, $4, $5, $6, $7)
  AND ($9 = 0 OR scope_id = ANY ($10)) AND ($11 = 0 OR target_name = ANY ($12)) AND ($13 = 0 OR namespace = ANY ($14))
  AND ($15 = 0 OR name = ANY ($16)) AND ($17 = 0 OR uid = ANY ($18))
ORDER BY b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id LIMIT $8)sql";

/// An entry may tell of several rows. What a change led to is the row, or `before` of the change that came
/// next; entries of earlier versions have it in themselves.
inline constexpr char changes_by_cursor[] = R"sql(
SELECT b.first_cursor + told.sequence, kind, cluster, namespace, inventory, l.name, partition, "offset",
       c.exported_seconds, c.exported_nanoseconds, c.applied_at, before,
       CASE WHEN identity_digests IS NULL THEN kept_version ELSE coalesce(
         (SELECT item FROM items i WHERE i.scope_id = c.scope_id AND i.identity_digest = substring(identity_digests
            FROM (length(identity_digests) - 32 * (c.sequence - told.sequence + 1) + 1)::int FOR 32)
            AND i.batch_id = c.batch_id AND i.sequence = told.sequence),
         (SELECT n.before FROM changes n WHERE n.replaced_batch_id = c.batch_id
            AND n.replaced_sequence = told.sequence)) END,
       changed_paths, traceparent
FROM change_batches b JOIN changes c USING (batch_id) JOIN scopes USING (scope_id) JOIN logs l USING (log_id)
  CROSS JOIN LATERAL generate_series(coalesce(first_sequence, c.sequence), c.sequence) AS told (sequence)
WHERE b.last_cursor > $1 AND b.first_cursor + c.sequence > $1 AND b.first_cursor + told.sequence > $1
ORDER BY b.last_cursor, told.sequence LIMIT $2)sql";

inline constexpr statements::contradiction own_contradictions[] = {
    {statements::distrusted_scopes_sentence, R"sql(
SELECT count(*) FROM scopes
WHERE exported_seconds IS NOT NULL AND items_digest = decode(repeat('00', 32), 'hex'))sql"},
    {"batches of changes that overlap or miss some", R"sql(
SELECT count(*) FROM change_batches b WHERE last_cursor - first_cursor + 1 <
  (SELECT sum(sequence - coalesce(first_sequence, sequence) + 1) FROM changes c WHERE c.batch_id = b.batch_id))sql"},
};

/// What a schema of a PostgreSQL database answers to readers. `Port` is store_reader, or store for one that
/// writes too.
template <class Port>
class postgresql_reader : public sql_reader<Port, connection> {
public:
  using sql_reader<Port, connection>::sql_reader;

  result<void> wait_for_commit(std::chrono::milliseconds longest) override {
    return this->connection_->wait_for_notification("kollect_changes", longest);
  }

  result<std::vector<stored_row>> rows_in_order(const row_query& range) override {
    std::vector<stored_row> out;
    const auto after =
        range.after.value_or(row_place{}); // before all rows: empty names in a scope that cannot be
    const auto& from = after.identity;
    parameters values;
    values.integer(range.with_items ? 1 : 0)
        .bytes(from.target_namespace)
        .bytes(from.target_name)
        .bytes(from.namespace_)
        .bytes(from.name)
        .bytes(from.uid)
        .integer(after.scope_id)
        .integer(range.limit);
    const bool is_named = !range.named.is_any() && !range.until;
    if (is_named) {
      add_scopes(values, range);
      add_names(values, range.named);
    } else if (range.scope_ids) {
      values.integers(*range.scope_ids);
    }
    if (range.until) {
      values.bytes(range.until->target_namespace)
          .bytes(range.until->target_name)
          .bytes(range.until->namespace_)
          .bytes(range.until->name)
          .bytes(range.until->uid);
      add_names(values, range.named);
      values.own_text(range.texts.empty() ? std::string() : range.texts.front());
    }
    const char* const sql = range.until                  ? stretch_by_scopes
                            : is_named                   ? named_rows
                            : is_cheaper_by_scope(range) ? rows_by_scopes
                            : range.scope_ids            ? rows_of_some_by_order
                                                         : rows_by_order;
    auto read = this->connection_->visit(sql, values,
                                         [&](const row& found) { out.push_back(read_stored_row(found)); });
    if (!read)
      return read.error();
    return out;
  }

  result<shared_row_counts> shared_rows() override {
    shared_row_counts out;
    auto read = this->connection_->visit(
        "SELECT holders, count(*) FROM (SELECT string_agg(scope_id::text, ',' ORDER BY scope_id) AS holders "
        "FROM items GROUP BY target_namespace, target_name, namespace, name, uid HAVING count(*) > 1) AS "
        "shared "
        "GROUP BY holders",
        {}, [&](const row& found) { out[scope_ids_from(found.bytes(0))] += found.integer(1); });
    if (!read)
      return read.error();
    return out;
  }

  result<void> read_at_once(const std::function<result<void>()>& work) override {
    if (auto begun = this->connection_->execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); !begun)
      return begun;
    auto done = work();
    // It has only read: there is nothing to lose; on a lost connection the server rolls back by itself.
    (void)this->connection_->execute("ROLLBACK");
    return done;
  }

  result<std::vector<feed_entry>> changes_after(std::int64_t cursor, std::int64_t limit) override {
    return read_feed(cursor, limit, [&](feed_page& page) {
      return this->connection_->visit(changes_by_cursor,
                                      parameters().integer(page.cursor()).integer(page.limit()),
                                      [&](const row& found) {
                                        if (!page.is_over())
                                          page.add(read_feed_entry(found), found.is_null(12));
                                      });
    });
  }

  result<std::int64_t> last_cursor() override {
    auto found = this->connection_->run("SELECT last_cursor FROM totals");
    if (!found)
      return found.error();
    return (*found)[0].integer(0);
  }

protected:
  /// The transactions that are seen. A standby does not tell those that are on their way.
  result<std::string> state_version() override {
    auto found = this->connection_->run(
        "SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE pg_current_snapshot()::text END");
    if (!found)
      return found.error();
    return (*found)[0].text(0);
  }

  result<std::optional<std::vector<row_interval>>>
  find_intervals_of(const needed_terms& needed, const std::optional<std::vector<std::int64_t>>& scope_ids,
                    const row_identity& from) override {
    auto found =
        find_stretches(*this->connection_, needed, scope_ids, order_key(from, postgresql::longest_name));
    if (!found)
      return found.error();
    using intervals = std::optional<std::vector<row_interval>>;
    return *found ? intervals(join_stretches(std::move(**found))) : intervals{};
  }

  result<void> find_own_contradictions(std::vector<std::string>& out) override {
    auto damaged = count_damaged_scopes(*this->connection_);
    if (!damaged)
      return damaged.error();
    if (*damaged != 0)
      out.push_back(std::string(statements::damaged_scopes_sentence) + ": " + std::to_string(*damaged));
    return this->find_contradictions(own_contradictions, out);
  }

private:
  static void add_scopes(parameters& values, const row_query& range) {
    const std::vector<std::int64_t> no_ids;
    values.integer(range.scope_ids ? 1 : 0).integers(range.scope_ids ? *range.scope_ids : no_ids);
  }

  static void add_names(parameters& values, const row_names& named) {
    for (const auto* names : {&named.target_names, &named.namespaces, &named.names, &named.uids})
      values.integer(*names ? 1 : 0).many_bytes(*names ? views_of(**names) : std::vector<std::string_view>());
  }
};

} // namespace kollect::consumer::postgresql

#endif
