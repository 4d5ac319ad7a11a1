#include "postgresql_store.hpp"

#include "feed_page.hpp"
#include "postgresql_connection.hpp"
#include "postgresql_digests.hpp"
#include "postgresql_row_totals.hpp"
#include "postgresql_schema.hpp"
#include "postgresql_transaction.hpp"
#include "postgresql_url.hpp"
#include "stored_rows.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

namespace kollect::consumer {
namespace postgresql {
namespace {

using options_pointer = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

options_pointer parse_url(const std::string& url) {
  return {PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree};
}

// Names that begin alike are compared as a whole. $1: with items. $2 to $6: names, $7: scope, exclusive. $8:
// limit. $9: scopes.
constexpr const char* rows_by_order =
    "SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN $1 = 1 THEN item ELSE "
    "'' "
    "END FROM items_with_beginnings WHERE (b1, b2, b3, b4, b5) >= (beginning($2), beginning($3), "
    "beginning($4), "
    "beginning($5), beginning($6)) AND (b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, "
    "uid, scope_id) > (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6), $2, $3, "
    "$4, "
    "$5, $6, $7) "
    "ORDER BY b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id LIMIT $8";

constexpr const char* rows_of_some_by_order =
    "SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN $1 = 1 THEN item ELSE "
    "'' "
    "END FROM items_with_beginnings WHERE (b1, b2, b3, b4, b5) >= (beginning($2), beginning($3), "
    "beginning($4), "
    "beginning($5), beginning($6)) AND (b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, "
    "uid, scope_id) > (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6), $2, $3, "
    "$4, "
    "$5, $6, $7) AND scope_id = ANY ($9) "
    "ORDER BY b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id LIMIT $8";

/// OFFSET 0 keeps the planner from going by order.
constexpr const char* rows_by_scopes =
    "SELECT scope_id, target_namespace, target_name, namespace, name, uid, CASE WHEN $1 = 1 THEN item ELSE "
    "'' "
    "END FROM (SELECT * FROM items_with_beginnings WHERE scope_id = ANY ($9) OFFSET 0) AS wanted "
    "WHERE (b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, "
    "uid, scope_id) > (beginning($2), beginning($3), beginning($4), beginning($5), beginning($6), $2, $3, "
    "$4, "
    "$5, $6, $7) "
    "ORDER BY b1, b2, b3, b4, b5, target_namespace, target_name, namespace, name, uid, scope_id LIMIT $8";

/// An entry may tell of several rows. What a change led to is the row, or `before` of the change that came
/// next; entries of earlier versions have it in themselves.
constexpr const char* changes_by_cursor =
    "SELECT b.first_cursor + told.sequence, kind, cluster, namespace, inventory, l.name, partition, "
    "\"offset\", c.exported_seconds, c.exported_nanoseconds, c.applied_at, before, "
    "CASE WHEN identity_digests IS NULL THEN kept_after ELSE coalesce((SELECT item FROM items i WHERE "
    "i.scope_id = c.scope_id AND i.identity_digest = substring(identity_digests FROM "
    "(length(identity_digests) - 32 * (c.sequence - told.sequence + 1) + 1)::int FOR 32) AND i.batch_id = "
    "c.batch_id AND i.sequence = told.sequence), (SELECT n.before FROM changes n WHERE n.replaced_batch_id = "
    "c.batch_id AND n.replaced_sequence = told.sequence)) END, changed_paths, traceparent "
    "FROM change_batches b JOIN changes c USING (batch_id) JOIN scopes USING (scope_id) JOIN logs l USING "
    "(log_id) CROSS JOIN LATERAL generate_series(coalesce(first_sequence, c.sequence), c.sequence) AS told "
    "(sequence) WHERE b.last_cursor > $1 AND b.first_cursor + c.sequence > $1 AND b.first_cursor + "
    "told.sequence > $1 ORDER BY b.last_cursor, told.sequence LIMIT $2";

/// What must not be: a sentence, and a query that answers how often it is.
struct contradiction {
  const char* sentence;
  const char* query;
};

constexpr contradiction checks[] = {
    {"the counters do not add up to what was consumed",
     "SELECT (consumed <> applied + duplicate + stale + dead_lettered + pending)::int::bigint FROM totals"},
    {"scopes with another number of rows than noted",
     "SELECT count(*) FROM scopes s WHERE row_count <> (SELECT count(*) FROM items i WHERE i.scope_id = "
     "s.scope_id)"},
    {"scopes whose rows were changed by a disk, or somebody: the next snapshot of each puts them right",
     "SELECT count(*) FROM scopes WHERE exported_seconds IS NOT NULL AND items_digest = decode(repeat('00', "
     "32), 'hex')"},
    {"rows of snapshots that are staged, though none is being written", "SELECT count(*) FROM staged_rows"},
    {"scopes with another number of dedup keys than noted",
     "SELECT count(*) FROM scopes s WHERE dedup_key_count <> (SELECT count(*) FROM dedup_keys d WHERE "
     "d.scope_id "
     "= s.scope_id)"},
    {"the number of pending parts is not the one counted",
     "SELECT (pending <> (SELECT count(*) FROM pending_parts))::int::bigint FROM totals"},
    {"the bytes of pending parts are not those noted",
     "SELECT (pending_bytes <> (SELECT coalesce(sum(message_bytes), 0) FROM pending_parts))::int::bigint "
     "FROM "
     "totals"},
    {"the bytes of dead letters are not those noted",
     "SELECT (dead_letter_bytes <> (SELECT coalesce(sum(body_bytes), 0) FROM dead_letters WHERE value IS NOT "
     "NULL))::int::bigint FROM totals"},
    {"batches of changes that overlap or miss some",
     "SELECT count(*) FROM change_batches b WHERE last_cursor - first_cursor + 1 < (SELECT sum(sequence - "
     "coalesce(first_sequence, sequence) + 1) FROM changes c WHERE c.batch_id = b.batch_id)"},
};

class postgresql_store final : public store {
public:
  explicit postgresql_store(std::unique_ptr<connection> opened) : connection_(std::move(opened)) {}

  result<std::unique_ptr<transaction>> begin() override {
    return postgresql_transaction::begin(*connection_);
  }

  result<std::vector<owned_position>> claim(const std::string& log, std::span<const std::int32_t> partitions,
                                            std::string_view owner) override {
    if (auto begun = connection_->execute("BEGIN"); !begun)
      return begun.error();
    auto claimed = claim_within(log, partitions, owner);
    // The first failure is the one to tell; on a lost connection the server rolls back by itself.
    auto ended = connection_->execute(claimed ? "COMMIT" : "ROLLBACK");
    if (claimed && !ended)
      return ended.error();
    return claimed;
  }

  result<void> rewind(const std::string& log, const owned_position& held, std::int64_t next_offset) override {
    auto done = connection_->run(
        "UPDATE positions SET next_offset = $1, last_message = NULL WHERE partition = $2 AND owner_epoch = "
        "$3 AND log_id = (SELECT log_id FROM logs WHERE name_digest = $4)",
        parameters()
            .integer(next_offset)
            .integer(held.partition)
            .integer(held.owner_epoch)
            .own_bytes(digest_of_log(log)));
    if (!done)
      return done.error();
    if (done->changed() == 1)
      return {};
    return make_fenced(held.partition);
  }

  result<std::optional<owned_position>> noted_position(const std::string& log) override {
    auto found = connection_->run(
        "SELECT owner_epoch, next_offset, last_message FROM logs JOIN positions USING (log_id) WHERE "
        "name_digest = $1 AND partition = 0 AND next_offset >= 0",
        parameters().own_bytes(digest_of_log(log)));
    if (!found)
      return found.error();
    if (found->size() == 0)
      return std::optional<owned_position>{};
    const auto only = (*found)[0];
    return std::optional(
        owned_position{0, only.integer(0), only.integer(1), fingerprint_from(only.bytes(2))});
  }

  result<std::optional<std::int64_t>> lease_feed(const std::string& destination, std::string_view owner,
                                                 std::int64_t published,
                                                 std::chrono::milliseconds lease) override {
    // By the server's clock, the only one that all processes share.
    auto leased = connection_->run(
        "INSERT INTO feeds AS f (destination_digest, destination, cursor, owner, leased_until) VALUES ($1, "
        "$2, "
        "$3, $4, clock_timestamp() + make_interval(secs => $5::bigint / 1000.0)) "
        "ON CONFLICT (destination_digest) DO UPDATE SET cursor = CASE WHEN f.owner = excluded.owner THEN "
        "greatest(f.cursor, excluded.cursor) ELSE f.cursor END, owner = excluded.owner, leased_until = "
        "excluded.leased_until WHERE f.owner = excluded.owner OR f.leased_until < clock_timestamp() "
        "RETURNING cursor",
        parameters()
            .own_bytes(digest_of_log(destination))
            .bytes(destination)
            .integer(published)
            .bytes(owner)
            .integer(lease.count()));
    if (!leased)
      return leased.error();
    return leased->size() == 1 ? std::optional((*leased)[0].integer(0)) : std::nullopt;
  }

  result<void> note_caught_up(const std::string& log, std::span<const std::int32_t> partitions) override {
    auto done =
        connection_->run("UPDATE positions SET has_caught_up = 1 WHERE has_caught_up = 0 AND partition = ANY "
                         "($1) AND log_id = "
                         "(SELECT log_id FROM logs WHERE name_digest = $2)",
                         parameters()
                             .integers(std::vector<std::int64_t>(partitions.begin(), partitions.end()))
                             .own_bytes(digest_of_log(log)));
    if (!done)
      return done.error();
    return {};
  }

  result<void> wait_for_commit(std::chrono::milliseconds longest) override {
    return connection_->wait_for_notification("kollect_changes", longest);
  }

  result<void> for_each_row(const visit_row& visit) override {
    return connection_->visit(
        "SELECT cluster, s.namespace, inventory, item FROM items i JOIN scopes s USING (scope_id) "
        "ORDER BY cluster, s.namespace, inventory, target_namespace, target_name, i.namespace, name, uid",
        {}, [&](const row& found) {
          visit({found.text(0), found.text(1), found.text(2)}, found.bytes(3));
        });
  }

  result<std::vector<stored_row>> rows_in_order(const row_range& range) override {
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
    if (range.scope_ids)
      values.integers(*range.scope_ids);
    const char* const sql = is_cheaper_by_scope(range) ? rows_by_scopes
                            : range.scope_ids          ? rows_of_some_by_order
                                                       : rows_by_order;
    auto read =
        connection_->visit(sql, values, [&](const row& found) { out.push_back(read_stored_row(found)); });
    if (!read)
      return read.error();
    return out;
  }

  result<shared_row_counts> shared_rows() override {
    shared_row_counts out;
    auto read = connection_->visit(
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
    if (auto begun = connection_->execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); !begun)
      return begun;
    auto done = work();
    // It has only read: there is nothing to lose; on a lost connection the server rolls back by itself.
    (void)connection_->execute("ROLLBACK");
    return done;
  }

  result<std::vector<feed_entry>> changes_after(std::int64_t cursor, std::int64_t limit) override {
    return read_feed(cursor, limit, [&](feed_page& page) {
      return connection_->visit(changes_by_cursor, parameters().integer(page.cursor()).integer(page.limit()),
                                [&](const row& found) {
                                  if (!page.is_over())
                                    page.add(read_feed_entry(found), found.is_null(12));
                                });
    });
  }

  result<std::int64_t> last_cursor() override {
    auto found = connection_->run("SELECT last_cursor FROM totals");
    if (!found)
      return found.error();
    return (*found)[0].integer(0);
  }

  result<std::string> store_id() override {
    auto found = connection_->run("SELECT store_id FROM identity");
    if (!found)
      return found.error();
    return (*found)[0].text(0);
  }

  result<std::string> signing_key() override {
    auto found = connection_->run("SELECT signing_key FROM identity");
    if (!found)
      return found.error();
    return (*found)[0].text(0);
  }

  result<std::vector<stored_dead_letter>> newest_dead_letters(std::int64_t before_id,
                                                              std::int64_t limit) override {
    std::vector<stored_dead_letter> out;
    auto read = connection_->visit("SELECT dead_letter_id, name, partition, \"offset\", NULL, subject, '', "
                                   "CASE WHEN value IS NOT NULL THEN "
                                   "'' END, is_tombstone, reason, sentence, clause, byte_offset, buried_at, "
                                   "value_bytes, value_digest FROM "
                                   "dead_letters JOIN logs USING (log_id) WHERE dead_letter_id < $1 ORDER BY "
                                   "dead_letter_id DESC LIMIT $2",
                                   parameters().integer(from_newest(before_id)).integer(limit),
                                   [&](const row& found) { out.push_back(read_letter(found)); });
    if (!read)
      return read.error();
    return out;
  }

  result<std::vector<stored_dead_letter>> dead_letters(std::int64_t after_id, std::int64_t limit) override {
    std::vector<stored_dead_letter> out;
    auto read = connection_->visit(
        "SELECT dead_letter_id, name, partition, \"offset\", message_key, subject, headers, value, "
        "is_tombstone, "
        "reason, sentence, clause, byte_offset, buried_at, value_bytes, value_digest FROM dead_letters "
        "JOIN logs USING (log_id) WHERE dead_letter_id > $1 ORDER BY dead_letter_id LIMIT $2",
        parameters().integer(after_id).integer(limit),
        [&](const row& found) { out.push_back(read_letter(found)); });
    if (!read)
      return read.error();
    return out;
  }

  result<std::vector<std::int64_t>> dead_letter_ids(std::string_view reason, std::int64_t after_id,
                                                    std::int64_t limit) override {
    std::vector<std::int64_t> out;
    auto read = connection_->visit(
        "SELECT dead_letter_id FROM dead_letters WHERE dead_letter_id > $1 AND reason = $2 AND value IS NOT "
        "NULL ORDER BY dead_letter_id LIMIT $3",
        parameters().integer(after_id).text(reason).integer(limit),
        [&](const row& found) { out.push_back(found.integer(0)); });
    if (!read)
      return read.error();
    return out;
  }

  result<std::vector<scope_summary>> scopes() override {
    std::vector<scope_summary> out;
    auto read = connection_->visit(
        "SELECT cluster, namespace, inventory, row_count, exported_seconds, "
        "exported_nanoseconds, applied_at, "
        "target_conflicts, scope_id FROM scopes WHERE exported_seconds IS NOT NULL ORDER BY "
        "cluster, namespace, inventory",
        {}, [&](const row& found) { out.push_back(read_scope_summary(found)); });
    if (!read)
      return read.error();
    return out;
  }

  result<outcome_counts> counts() override {
    auto found =
        connection_->run("SELECT consumed, applied, duplicate, stale, dead_lettered, pending FROM totals");
    if (!found)
      return found.error();
    const auto only = (*found)[0];
    return outcome_counts{only.integer(0), only.integer(1), only.integer(2),
                          only.integer(3), only.integer(4), only.integer(5)};
  }

  result<std::vector<stored_position>> positions() override {
    std::vector<stored_position> out;
    auto read =
        connection_->visit("SELECT name, partition, next_offset, owner_epoch, owner, last_message, "
                           "has_caught_up FROM positions JOIN logs "
                           "USING (log_id) ORDER BY "
                           "name, partition",
                           {}, [&](const row& found) {
                             out.push_back({found.text(0), static_cast<std::int32_t>(found.integer(1)),
                                            found.integer(2), found.integer(3), found.text(4),
                                            fingerprint_from(found.bytes(5)), found.integer(6) != 0});
                           });
    if (!read)
      return read.error();
    return out;
  }

  result<std::vector<std::string>> contradictions() override {
    // One snapshot for all of them, beside whoever is writing.
    if (auto begun = connection_->execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); !begun)
      return begun.error();
    std::vector<std::string> out;
    std::optional<failure> problem;
    auto damaged = count_damaged_scopes(*connection_);
    if (!damaged)
      problem = damaged.error();
    else if (*damaged != 0)
      out.push_back("scopes with other rows than were written: a disk, or somebody, has changed them: " +
                    std::to_string(*damaged));
    for (const auto& [sentence, query] : checks) {
      if (problem)
        break;
      auto found = connection_->run(query);
      if (!found) {
        problem = found.error();
        break;
      }
      if (const auto count = (*found)[0].integer(0); count != 0)
        out.push_back(sentence + (count > 1 ? ": " + std::to_string(count) : std::string()));
    }
    // It has only read: there is nothing to lose.
    (void)connection_->execute("ROLLBACK");
    if (problem)
      return *problem;
    return out;
  }

private:
  result<std::vector<owned_position>>
  claim_within(const std::string& log, std::span<const std::int32_t> partitions, std::string_view owner) {
    auto id = log_id_of(*connection_, log);
    if (!id)
      return id.error();
    // By order of number, as batches move positions on: no two processes can wait for each other.
    std::map<std::int32_t, owned_position> claimed;
    for (const auto partition : partitions)
      claimed[partition] = {};
    for (auto& [partition, position] : claimed) {
      auto made = connection_->run(
          "INSERT INTO positions AS p (log_id, partition, next_offset, owner_epoch, owner) VALUES ($1, $2, "
          "-1, "
          "1, $3) ON CONFLICT (log_id, partition) DO UPDATE SET owner_epoch = p.owner_epoch + 1, owner = "
          "excluded.owner RETURNING owner_epoch, next_offset, last_message",
          parameters().integer(*id).integer(partition).bytes(owner));
      if (!made)
        return made.error();
      const auto only = (*made)[0];
      position = {partition, only.integer(0), only.integer(1), fingerprint_from(only.bytes(2))};
    }
    std::vector<owned_position> out;
    for (const auto partition : partitions)
      out.push_back(claimed.at(partition));
    return out;
  }

  std::unique_ptr<connection> connection_;
};

} // namespace
} // namespace postgresql

bool is_postgresql_url(const std::string& url) noexcept {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

result<void> check_postgresql_url(const std::string& url) {
  // libpq's own words would repeat parts of the URL, which may hold a password.
  if (is_postgresql_url(url) && postgresql::is_unambiguous(url) && postgresql::parse_url(url))
    return {};
  return make_failure(
      error::invalid_value,
      "the store's URL is not one that PostgreSQL's client library understands: it should be like "
      "postgresql://user@host:5432/database?sslmode=verify-full, with special characters in user and "
      "password "
      "percent-encoded: %40 for @, %23 for #, %2F for /, %3A for :, %3F for ?");
}

bool has_password(const std::string& url) {
  if (const auto options = postgresql::parse_url(url))
    for (const auto* option = options.get(); option->keyword != nullptr; ++option)
      if (std::string_view(option->keyword) == "password" && option->val != nullptr)
        return true;
  return false;
}

std::string describe_postgresql(const std::string& url) {
  std::map<std::string, std::string> values;
  if (const auto options = postgresql::parse_url(url))
    for (const auto* option = options.get(); option->keyword != nullptr; ++option)
      if (option->val != nullptr)
        values[option->keyword] = option->val;
  const auto host = values.contains("host") ? values["host"] : values["hostaddr"];
  const auto port = values.contains("port") ? ":" + values["port"] : std::string();
  return "postgresql://" + host + port + "/" + values["dbname"];
}

result<std::unique_ptr<store>> open_postgresql_store(const postgresql_settings& settings) {
  auto opened = postgresql::connection::open(settings, postgresql::access::read_write);
  if (!opened)
    return opened.error();
  if (auto migrated = postgresql::migrate(**opened, settings.schema); !migrated)
    return migrated.error();
  return std::unique_ptr<store>(new postgresql::postgresql_store(std::move(*opened)));
}

result<std::unique_ptr<store>> open_postgresql_reader(const postgresql_settings& settings) {
  auto opened = postgresql::connection::open(settings, postgresql::access::read_only);
  if (!opened)
    return opened.error();
  if (auto checked = postgresql::check_schema(**opened); !checked)
    return checked.error();
  return std::unique_ptr<store>(new postgresql::postgresql_store(std::move(*opened)));
}

} // namespace kollect::consumer
