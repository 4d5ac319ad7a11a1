#ifndef KOLLECT_CONSUMER_POSTGRESQL_SCHEMA_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_SCHEMA_HPP

#include "postgresql_connection.hpp"

#include <cstdint>
#include <string>

namespace kollect::consumer::postgresql {

/// The version of the tables that this program writes, kept in the table schema_version.
inline constexpr std::int64_t schema_version = 7;

/// Makes schema and tables, or brings older ones up to date, in one transaction; processes that start
/// together wait for each other. Newer ones are error::store_too_new.
result<void> migrate(connection& target, const std::string& schema);

/// Checks that the tables are there and not newer than this program, for readers.
result<void> check_schema(connection& target);

} // namespace kollect::consumer::postgresql

#endif
