#ifndef KOLLECT_CONSUMER_TEST_SQLITE_FILE_HPP
#define KOLLECT_CONSUMER_TEST_SQLITE_FILE_HPP

#include <string>
#include <vector>

namespace kollect::consumer::test {

/// Runs SQL on a file past the store, on a connection of its own; answers the rows, columns joined by `|`
/// and anything but plain text as SQLite's quote() writes it. A failure of SQLite is one of the test.
std::vector<std::string> run_sql(const std::string& path, const std::string& sql);

/// The only value of a query.
std::string query_value(const std::string& path, const std::string& sql);

/// All tables of a file, row by row.
std::string dump_tables(const std::string& path);

} // namespace kollect::consumer::test

#endif
