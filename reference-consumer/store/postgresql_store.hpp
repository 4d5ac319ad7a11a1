#ifndef KOLLECT_CONSUMER_POSTGRESQL_STORE_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_STORE_HPP

#include "store.hpp"

#include <kollect/error.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace kollect::consumer {

/// Where a PostgreSQL store is, and how long to wait for it.
struct postgresql_settings {
  std::string url;                ///< as libpq takes it: postgresql://user@host:port/database?sslmode=…
  std::string schema = "kollect"; ///< that holds the tables; made if missing
  /// How long the server may take to be reached, and how long it lets a stopped process hold its locks.
  /// Other processes wait three times as long for a lock, and six times as long for any statement before they
  /// ask the server, through another session, whether it still works on it.
  std::chrono::seconds timeout{10};
};

/// True for URLs of PostgreSQL: postgresql:// and postgres://.
bool is_postgresql_url(const std::string& url) noexcept;

/// Checks a URL without connecting. error::invalid_value, which does not repeat the URL.
result<void> check_postgresql_url(const std::string& url);

/// Whether a URL holds a password.
bool has_password(const std::string& url);

/// The database for people, without credentials: postgresql://host:port/database.
std::string describe_postgresql(const std::string& url);

/// Opens a schema of a PostgreSQL database as a store that many processes of one consumer group or
/// durable share: made if missing, brought up to date if older. Needs PostgreSQL 13 or newer with encoding
/// UTF8. Commits wait for the disk, whatever the server's synchronous_commit says.
///
/// Scopes and positions are locked by row, feed cursors and counters at the end of a transaction, so
/// that processes with different scopes hold each other up only while they commit.
result<std::unique_ptr<store>> open_postgresql_store(const postgresql_settings& settings);

/// Opens it for reading only.
result<std::unique_ptr<store_reader>> open_postgresql_reader(const postgresql_settings& settings);

} // namespace kollect::consumer

#endif
