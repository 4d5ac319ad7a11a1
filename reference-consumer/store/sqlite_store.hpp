#ifndef KOLLECT_CONSUMER_SQLITE_STORE_HPP
#define KOLLECT_CONSUMER_SQLITE_STORE_HPP

#include "store.hpp"

#include <kollect/error.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// Opens an SQLite file as the store of one process: made if missing, brought up to date if
/// older. WAL with synchronous=FULL, so that what was committed survives a power cut.
///
/// The file `PATH.lock` beside it (beside the file itself, if PATH is a link) is locked for as long as the
/// store lives; a second process gets error::store_locked with the name of the holder. `owner` is what it
/// will be told.
result<std::unique_ptr<store>> open_sqlite_store(const std::string& path, std::string_view owner);

/// Opens an SQLite file to write a transaction now and then, while a consumer has it: SQLite lets one
/// transaction wait for the other, and what a consumer remembers from one to the next it checks before it
/// uses it. Changes no schema, and must not claim partitions or lease a feed.
result<std::unique_ptr<store>> open_sqlite_store_beside(const std::string& path);

/// Opens an SQLite file for reading only, while a consumer may be writing it.
result<std::unique_ptr<store_reader>> open_sqlite_reader(const std::string& path);

} // namespace kollect::consumer

#endif
