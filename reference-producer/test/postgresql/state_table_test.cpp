#include "state_table.hpp"

#include <kollect/releaser.hpp>
#include <servers/postgresql_server.hpp>
#include <support/failure_is.hpp>
#include <test/support/producer.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <libpq-fe.h>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;
using producer::write_state_table;
using row_list = std::vector<std::string>;

class state_table : public testing::Test {
protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<servers::postgresql_server>(servers::postgresql_server::start().value());
  }
  static void TearDownTestSuite() { server_.reset(); }

  /// A table of its own.
  database_target target(const std::string& cluster = "prod") const {
    return {server_->url(), "public", testing::UnitTest::GetInstance()->current_test_info()->name(), cluster,
            false};
  }

  static item row(const std::string& name, const std::string& uid, int version = 1) {
    item out;
    out.target_name = "deployments";
    out.namespace_ = "team-a";
    out.name = name;
    out.version = "v1";
    out.kind = "Deployment";
    out.uid = uid;
    out.attributes = {{"v", version}};
    return out;
  }

  static snapshot snapshot_of(std::vector<item> rows, const std::string& inventory = "all") {
    snapshot out;
    out.scope = {"", "team-a", inventory};
    out.items = std::move(rows);
    return out;
  }

  producer::state_table_changes write(const database_target& into, const snapshot& source,
                                      const std::string& instant = "2026-01-15T12:00:00.5Z") const {
    auto changes = write_state_table(into, source, parse_timestamp(instant).value(), 20s);
    EXPECT_TRUE(has_value(changes));
    return changes ? *changes : producer::state_table_changes{};
  }

  row_list query(const std::string& sql) const {
    const std::unique_ptr<PGconn, releaser<PQfinish>> connection(PQconnectdb(server_->url().c_str()));
    const std::unique_ptr<PGresult, releaser<PQclear>> answer(PQexec(connection.get(), sql.c_str()));
    EXPECT_EQ(PQresultStatus(answer.get()), PGRES_TUPLES_OK) << PQerrorMessage(connection.get());
    row_list rows;
    for (int index = 0; index < PQntuples(answer.get()); ++index)
      rows.emplace_back(PQgetvalue(answer.get(), index, 0));
    return rows;
  }

  row_list rows_of(const database_target& table) const {
    return query(
        "SELECT concat_ws('|', inventory_namespace, inventory_name, target_name, source_uid, cluster, "
        "resource_namespace, payload->'attributes'->>'v', exported_at AT TIME ZONE 'UTC') FROM " +
        table.table + " ORDER BY 1");
  }

  static inline std::unique_ptr<servers::postgresql_server> server_;
};

TEST_F(state_table, holds_the_rows_of_the_last_snapshot) {
  const auto table = target();
  const auto first = write(table, snapshot_of({row("a", "1"), row("b", "2")}));
  EXPECT_EQ(first.written, 2U);
  EXPECT_EQ(first.removed, 0U);
  const auto second = write(table, snapshot_of({row("b", "2", 7), row("c", "3")}), "2026-01-15T13:00:00Z");
  EXPECT_EQ(second.written, 2U);
  EXPECT_EQ(second.removed, 1U);
  EXPECT_EQ(rows_of(table), (row_list{"team-a|all|deployments|2|prod|team-a|7|2026-01-15 13:00:00",
                                      "team-a|all|deployments|3|prod|team-a|1|2026-01-15 13:00:00"}));
  EXPECT_EQ(write(table, snapshot_of({})).removed, 2U);
  EXPECT_TRUE(rows_of(table).empty());
}

TEST_F(state_table, leaves_other_inventories_and_clusters_alone) {
  const auto table = target(), other_cluster = target("dr");
  (void)write(table, snapshot_of({row("a", "1")}));
  (void)write(table, snapshot_of({row("a", "1")}, "other"));
  (void)write(other_cluster, snapshot_of({row("z", "9")}));
  (void)write(table, snapshot_of({}));
  EXPECT_EQ(rows_of(table), (row_list{"team-a|all|deployments|9|dr|team-a|1|2026-01-15 12:00:00.5",
                                      "team-a|other|deployments|1|prod|team-a|1|2026-01-15 12:00:00.5"}));
}

TEST_F(state_table, keeps_the_last_of_rows_that_its_key_cannot_tell_apart) {
  auto twin = row("a", "1", 2);
  twin.target_namespace = "elsewhere";
  EXPECT_EQ(write(target(), snapshot_of({row("a", "1"), twin})).written, 1U);
  EXPECT_EQ(rows_of(target()), row_list{"team-a|all|deployments|1|prod|team-a|2|2026-01-15 12:00:00.5"});
}

TEST_F(state_table, is_not_created_where_the_sink_says_that_it_exists) {
  auto table = target();
  table.is_table_existing = true;
  const auto refused = write_state_table(table, snapshot_of({row("a", "1")}), timestamp{}, 20s);
  ASSERT_FALSE(refused);
  EXPECT_NE(to_string(refused.error()).find("does not exist"), std::string::npos) << refused.error();
}

TEST_F(state_table, never_tells_the_connection_string) {
  for (const auto* url : {"postgresql://u:first@second@127.0.0.1:1/db",
                          "postgresql://u:hidden@h/db?nonsense=1", "host=x password=hidden nonsense"}) {
    auto table = target();
    table.url = url;
    const auto refused = write_state_table(table, snapshot_of({}), timestamp{}, 2s);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(failure_is(refused, error::invalid_value));
    for (const auto* word : {"hidden", "first", "second"})
      EXPECT_EQ(to_string(refused.error()).find(word), std::string::npos) << refused.error();
  }
}

TEST_F(state_table, says_that_nobody_answers) {
  auto table = target();
  table.url = "postgresql://127.0.0.1:1/db";
  const auto refused = write_state_table(table, snapshot_of({}), timestamp{}, 2s);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(failure_is(refused, error::store_unavailable));
}

} // namespace
} // namespace kollect::test
