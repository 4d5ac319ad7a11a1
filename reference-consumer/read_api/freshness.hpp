#ifndef KOLLECT_CONSUMER_READ_API_FRESHNESS_HPP
#define KOLLECT_CONSUMER_READ_API_FRESHNESS_HPP

#include "store/store_reader.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace kollect::consumer {

/// One cluster as its snapshots show it.
struct cluster_summary {
  std::string cluster;
  timestamp last_seen;        ///< when its newest snapshot was exported
  timestamp applied_at;       ///< when that one was applied
  std::int64_t row_count = 0; ///< a row that several inventories carry is one
  std::int64_t scope_count = 0;
};

/// Clusters by name. `shared` are the rows that several scopes hold.
std::vector<cluster_summary> summarise_clusters(const scope_list& scopes, const shared_row_counts& shared);

/// Whether a cluster has not been heard of for so long. It is shown as stale and never deleted (DEL-03).
bool is_stale(const timestamp& last_seen, const timestamp& now, std::chrono::seconds stale_after);

/// How long the newest snapshot took from its export until it was applied, in seconds; never negative.
double lag_of(const cluster_summary& cluster);

/// Whether rows may be missing because the log has not been consumed to its end yet since the store was made:
/// no log has all of its partitions caught up. A store that was complete once stays so: later it may be
/// behind, but it lacks nothing that it had.
bool is_rebuilding(const std::vector<stored_position>& positions);

} // namespace kollect::consumer

#endif
