#include "support/postgresql_place.hpp"

#include "store/postgresql_store.hpp"

#include <kollect/releaser.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <libpq-fe.h>

namespace kollect::consumer::test {
namespace {

class postgresql_place final : public store_place {
public:
  postgresql_place() : schema_(new_schema()) {}
  ~postgresql_place() override { run("DROP SCHEMA IF EXISTS " + schema_ + " CASCADE"); }

  result<std::unique_ptr<store>> open(std::string_view) override { return open_postgresql_store(settings()); }
  result<std::unique_ptr<store>> open_beside() override { return open_postgresql_store(settings()); }
  result<std::unique_ptr<store_reader>> open_reader() override { return open_postgresql_reader(settings()); }

  void watch_writes() override {
    const auto watched = tables();
    run("CREATE TABLE written (name TEXT NOT NULL)");
    run("CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO " + schema_ +
        ".written VALUES (TG_TABLE_NAME); RETURN NULL; END $$");
    for (const auto& table : watched)
      run("CREATE TRIGGER note_write AFTER INSERT OR UPDATE OR DELETE ON " + table +
          " FOR EACH ROW EXECUTE FUNCTION note_write()");
  }

  /// Without change_batches, where each transaction with changes numbers them by one row.
  std::map<std::string, std::int64_t> take_writes() override {
    std::map<std::string, std::int64_t> out;
    for (const auto& row :
         run("SELECT name, count(*) FROM written WHERE name <> 'change_batches' GROUP BY name")) {
      const auto bar = row.find('|');
      out[row.substr(0, bar)] = std::strtoll(row.c_str() + bar + 1, nullptr, 10);
    }
    run("DELETE FROM written");
    return out;
  }

  std::string dump() override {
    std::string out;
    for (const auto& table : tables())
      for (const auto& row : run("SELECT one::text FROM " + table + " one ORDER BY 1"))
        out.append(table).append(": ").append(row).append("\n");
    return out;
  }

private:
  static std::string new_schema() {
    static std::atomic<int> count{0};
    return "place_" + std::to_string(count++);
  }

  postgresql_settings settings() const {
    return {shared_postgresql_server().url(), schema_, std::chrono::seconds(10)};
  }

  std::vector<std::string> tables() const {
    return run("SELECT tablename FROM pg_tables WHERE schemaname = '" + schema_ +
               "' AND tablename <> 'written' ORDER BY 1");
  }

  std::vector<std::string> run(const std::string& sql) const {
    return run_postgresql(shared_postgresql_server().url(), "SET search_path = " + schema_ + ";" + sql);
  }

  std::string schema_;
};

} // namespace

servers::postgresql_server& shared_postgresql_server() {
  static auto server = servers::postgresql_server::start().value();
  return server;
}

std::vector<std::string> run_postgresql(const std::string& url, const std::string& sql) {
  const std::unique_ptr<PGconn, releaser<PQfinish>> handle(PQconnectdb(url.c_str()));
  PQsetNoticeProcessor(
      handle.get(), [](void*, const char*) {}, nullptr);
  const std::unique_ptr<PGresult, releaser<PQclear>> answer(PQexec(handle.get(), sql.c_str()));
  const auto status = PQresultStatus(answer.get());
  EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
      << sql << ": " << PQerrorMessage(handle.get());
  std::vector<std::string> rows;
  for (int index = 0; index < PQntuples(answer.get()); ++index) {
    std::string row;
    for (int column = 0; column < PQnfields(answer.get()); ++column) {
      if (column != 0)
        row += '|';
      row += PQgetisnull(answer.get(), index, column) != 0 ? "NULL" : PQgetvalue(answer.get(), index, column);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::unique_ptr<store_place> make_postgresql_place() {
  return std::make_unique<postgresql_place>();
}

} // namespace kollect::consumer::test
