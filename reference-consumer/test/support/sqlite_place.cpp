#include "support/sqlite_file.hpp"
#include "support/store_place.hpp"

#include "store/sqlite_store.hpp"

#include <kollect/releaser.hpp>
#include <servers/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <sqlite3.h>

namespace kollect::consumer::test {
namespace {

int collect_row(void* out, int count, char** values, char**) {
  std::string row;
  for (int column = 0; column < count; ++column) {
    if (column != 0)
      row += '|';
    row += values[column] == nullptr ? "NULL" : values[column];
  }
  static_cast<std::vector<std::string>*>(out)->push_back(std::move(row));
  return 0;
}

class sqlite_place final : public store_place {
public:
  result<std::unique_ptr<store>> open(std::string_view owner) override {
    return open_sqlite_store(path(), owner);
  }
  result<std::unique_ptr<store>> open_beside() override { return open_sqlite_store_beside(path()); }
  result<std::unique_ptr<store_reader>> open_reader() override { return open_sqlite_reader(path()); }

  void watch_writes() override {
    run_sql(path(), "CREATE TABLE written (name TEXT PRIMARY KEY, rows INTEGER NOT NULL)");
    for (const auto& table : tables())
      for (const std::string event : {"INSERT", "UPDATE", "DELETE"})
        run_sql(path(), "CREATE TRIGGER " + table + "_" + event + " AFTER " + event + " ON " + table +
                            " BEGIN INSERT INTO written VALUES ('" + table +
                            "', 1) ON CONFLICT (name) DO UPDATE SET rows = rows + 1; END");
  }

  std::map<std::string, std::int64_t> take_writes() override {
    std::map<std::string, std::int64_t> out;
    for (const auto& row : run_sql(path(), "SELECT name, rows FROM written")) {
      const auto bar = row.find('|');
      out[row.substr(0, bar)] = std::strtoll(row.c_str() + bar + 1, nullptr, 10);
    }
    run_sql(path(), "DELETE FROM written");
    return out;
  }

  std::string dump() override { return dump_tables(path()); }

private:
  std::string path() const { return folder_.path() / "store.db"; }
  std::vector<std::string> tables() const {
    return run_sql(path(), "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
                           "AND name <> 'written' ORDER BY name");
  }

  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-store-").value();
};

} // namespace

std::vector<std::string> run_sql(const std::string& path, const std::string& sql) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, releaser<sqlite3_close_v2>> handle(opened);
  EXPECT_EQ(code, SQLITE_OK) << path;
  sqlite3_busy_timeout(handle.get(), 5000);
  // The consumer owns checkpoints; a test that closes last must not do one behind its back.
  sqlite3_db_config(handle.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  std::vector<std::string> rows;
  EXPECT_EQ(sqlite3_exec(handle.get(), sql.c_str(), &collect_row, &rows, nullptr), SQLITE_OK)
      << sql << ": " << sqlite3_errmsg(handle.get());
  return rows;
}

std::string query_value(const std::string& path, const std::string& sql) {
  const auto rows = run_sql(path, sql);
  EXPECT_EQ(rows.size(), 1U) << sql;
  return rows.empty() ? std::string() : rows.front();
}

std::string dump_tables(const std::string& path) {
  std::string out;
  for (const auto& table :
       run_sql(path, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")) {
    std::string columns;
    for (const auto& column : run_sql(path, "SELECT name FROM pragma_table_info('" + table + "')"))
      columns += (columns.empty() ? "quote(" : " || '|' || quote(") + column + ")";
    for (const auto& row : run_sql(path, "SELECT " + columns + " FROM " + table + " ORDER BY 1"))
      out.append(table).append(": ").append(row).append("\n");
  }
  return out;
}

std::unique_ptr<store_place> make_sqlite_place() {
  return std::make_unique<sqlite_place>();
}

} // namespace kollect::consumer::test
