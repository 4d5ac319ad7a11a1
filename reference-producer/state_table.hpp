#ifndef KOLLECT_PRODUCER_STATE_TABLE_HPP
#define KOLLECT_PRODUCER_STATE_TABLE_HPP

#include <kollect/error.hpp>
#include <kollect/limits.hpp>
#include <kollect/manifest/resolve.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/timestamp.hpp>

#include <chrono>
#include <cstddef>

namespace kollect::producer {

/// How many rows a snapshot has put into a table and taken out of it.
struct state_table_changes {
  std::size_t written = 0;
  std::size_t removed = 0;
};

/// Makes a snapshot what a PostgreSQL table says of its inventory, in one transaction: its rows are inserted
/// or updated, and those of (namespace, inventory, cluster) that it lacks are deleted. The table has the
/// columns of upstream's state table and is created where it is missing, unless the sink says that it exists.
/// Its key lacks the cluster and the target's namespace, as upstream's does: of rows that share it, the last
/// one stays.
///
/// The whole snapshot is one statement: at most 256 MiB of rows. error::store_unavailable,
/// error::authentication_failed or error::invalid_value; no message repeats the connection string (SEC-02).
result<state_table_changes> write_state_table(const database_target& target, const snapshot& source,
                                              const timestamp& exported_at, std::chrono::milliseconds timeout,
                                              const limits& bounds = {});

} // namespace kollect::producer

#endif
