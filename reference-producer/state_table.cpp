#include "state_table.hpp"

#include <kollect/releaser.hpp>
#include <kollect/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <libpq-fe.h>

namespace kollect::producer {

namespace {

using connection_pointer = std::unique_ptr<PGconn, releaser<PQfinish>>;
using answer_pointer = std::unique_ptr<PGresult, releaser<PQclear>>;
using options_pointer = std::unique_ptr<PQconninfoOption, releaser<PQconninfoFree>>;

std::string first_line(const char* text) {
  const std::string_view all(text == nullptr ? "" : text);
  return std::string(all.substr(0, all.find('\n')));
}

failure refuse(error reason, std::string what) {
  return make_failure(reason, "the database sink: " + std::move(what));
}

/// libpq's own words about a connection string repeat parts of it, which may be of the password (SEC-02).
result<void> check_connection_string(const std::string& url) {
  const options_pointer options(PQconninfoParse(url.c_str(), nullptr));
  bool is_fine = options != nullptr;
  for (const auto* one = options.get(); is_fine && one->keyword != nullptr; ++one)
    is_fine = std::string_view(one->keyword) != "host" || one->val == nullptr ||
              std::string_view(one->val).find('@') == std::string_view::npos;
  if (is_fine)
    return {};
  return refuse(error::invalid_value, "its Secret holds no connection string that PostgreSQL takes; special "
                                      "characters of user and password must be percent-encoded");
}

result<connection_pointer> connect(const database_target& target, std::chrono::milliseconds timeout) {
  if (auto checked = check_connection_string(target.url); !checked)
    return checked.error();
  const auto seconds = std::to_string(std::max<std::int64_t>(2, timeout.count() / 1000)); // fewer mean two
  const char* const names[] = {"fallback_application_name", "connect_timeout", "dbname", "client_encoding",
                               nullptr};
  const char* const values[] = {"kollect-producer", seconds.c_str(), target.url.c_str(), "UTF8", nullptr};
  connection_pointer connection(PQconnectdbParams(names, values, 1));
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr); // "already exists, skipping" is no news
  if (PQstatus(connection.get()) == CONNECTION_OK)
    return connection;
  const auto why = first_line(PQerrorMessage(connection.get()));
  const bool is_refused =
      PQconnectionNeedsPassword(connection.get()) != 0 || PQconnectionUsedPassword(connection.get()) != 0;
  return refuse(is_refused ? error::authentication_failed : error::store_unavailable,
                "it cannot be reached: " + why);
}

result<answer_pointer> run(PGconn* connection, const std::string& sql,
                           const std::vector<const char*>& values = {}) {
  answer_pointer answer(values.empty()
                            ? PQexec(connection, sql.c_str())
                            : PQexecParams(connection, sql.c_str(), static_cast<int>(values.size()), nullptr,
                                           values.data(), nullptr, nullptr, 0));
  const auto status = PQresultStatus(answer.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
    return answer;
  const char* const primary = PQresultErrorField(answer.get(), PG_DIAG_MESSAGE_PRIMARY);
  return refuse(error::store_unavailable,
                primary != nullptr ? std::string(primary) : first_line(PQerrorMessage(connection)));
}

std::string quoted(PGconn* connection, const std::string& name) {
  const std::unique_ptr<char, releaser<PQfreemem>> text(
      PQescapeIdentifier(connection, name.c_str(), name.size()));
  return text ? text.get() : "\"\"";
}

std::string create_table(const std::string& table) {
  return "CREATE TABLE IF NOT EXISTS " + table + R"sql( (
    inventory_namespace TEXT NOT NULL,
    inventory_name TEXT NOT NULL,
    target_name TEXT NOT NULL,
    source_uid TEXT NOT NULL,
    cluster TEXT NOT NULL DEFAULT '',
    resource_namespace TEXT NOT NULL DEFAULT '',
    payload JSONB NOT NULL,
    exported_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (inventory_namespace, inventory_name, target_name, source_uid)
  ))sql";
}

/// $1 namespace, $2 inventory, $3 cluster, $4 exportedAt, $5 the rows.
std::string replace_rows(const std::string& table) {
  return R"sql(WITH arrived AS (
    SELECT DISTINCT ON (target_name, source_uid) *
    FROM (SELECT coalesce(item->>'targetName', '') AS target_name, coalesce(item->>'uid', '') AS source_uid,
                 coalesce(item->>'namespace', '') AS resource_namespace, item, place
          FROM jsonb_array_elements($5::jsonb) WITH ORDINALITY AS one (item, place)) AS named
    ORDER BY target_name, source_uid, place DESC),
  removed AS (
    DELETE FROM )sql" +
         table + R"sql( AS held
    WHERE inventory_namespace = $1 AND inventory_name = $2 AND cluster = $3 AND NOT EXISTS (
      SELECT 1 FROM arrived
      WHERE arrived.target_name = held.target_name AND arrived.source_uid = held.source_uid)
    RETURNING 1),
  written AS (
    INSERT INTO )sql" +
         table + R"sql( (inventory_namespace, inventory_name, target_name, source_uid, cluster,
                        resource_namespace, payload, exported_at)
    SELECT $1, $2, target_name, source_uid, $3, resource_namespace, item, $4::timestamptz FROM arrived
    ON CONFLICT (inventory_namespace, inventory_name, target_name, source_uid) DO UPDATE
    SET cluster = excluded.cluster, resource_namespace = excluded.resource_namespace,
        payload = excluded.payload, exported_at = excluded.exported_at
    RETURNING 1)
  SELECT (SELECT count(*) FROM written), (SELECT count(*) FROM removed))sql";
}

} // namespace

result<state_table_changes> write_state_table(const database_target& target, const snapshot& source,
                                              const timestamp& exported_at, std::chrono::milliseconds timeout,
                                              const limits& bounds) {
  std::string rows = "[";
  for (const auto& row : source.items) {
    auto text = serialize(row, bounds);
    if (!text)
      return text.error();
    rows.append(rows.size() == 1 ? "" : ",").append(*text);
  }
  rows += ']';
  auto connection = connect(target, timeout);
  if (!connection)
    return connection.error();
  PGconn* const native = connection->get();
  const auto table = quoted(native, target.schema) + "." + quoted(native, target.table);
  const auto deadline = "SET statement_timeout = " + std::to_string(timeout.count());
  if (auto set = run(native, deadline); !set)
    return set.error();
  if (!target.is_table_existing)
    if (auto made = run(native, create_table(table)); !made)
      return made.error();
  // One statement is one transaction.
  const auto instant = to_string(exported_at);
  auto replaced = run(native, replace_rows(table),
                      {source.scope.namespace_.c_str(), source.scope.inventory.c_str(),
                       target.cluster.c_str(), instant.c_str(), rows.c_str()});
  if (!replaced)
    return replaced.error();
  const auto count = [&](int column) {
    return static_cast<std::size_t>(std::strtoull(PQgetvalue(replaced->get(), 0, column), nullptr, 10));
  };
  return state_table_changes{count(0), count(1)};
}

} // namespace kollect::producer
