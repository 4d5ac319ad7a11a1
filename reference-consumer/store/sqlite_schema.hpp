#ifndef KOLLECT_CONSUMER_SQLITE_SCHEMA_HPP
#define KOLLECT_CONSUMER_SQLITE_SCHEMA_HPP

#include "sqlite_database.hpp"

namespace kollect::consumer::sqlite {

/// Written to PRAGMA application_id, so that the file is never taken for another program's: "KLCT".
inline constexpr std::int64_t application_id = 0x4B4C4354;

/// The schema this program writes, kept in PRAGMA user_version.
inline constexpr std::int64_t schema_version = 6;

/// Makes the tables of an empty file or brings an older file up to date, in one transaction.
/// A newer file is error::store_too_new, a file of another program error::store_corrupt.
result<void> migrate(database& target);

/// Checks, writing nothing, that a file is empty or ours and not newer than this program.
result<void> check_is_ours(database& target);

/// Checks that a file is ours and not newer than this program, for readers.
result<void> check_schema(database& target);

} // namespace kollect::consumer::sqlite

#endif
