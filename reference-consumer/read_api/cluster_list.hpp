#ifndef KOLLECT_CONSUMER_READ_API_CLUSTER_LIST_HPP
#define KOLLECT_CONSUMER_READ_API_CLUSTER_LIST_HPP

#include "query/text_pattern.hpp"
#include "read_api/answer.hpp"
#include "read_api/format.hpp"
#include "read_api/freshness.hpp"

#include <kollect/error.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// What clusters are sorted by; clusters that are alike in it stand by name.
enum class cluster_column { cluster, last_seen, item_count, lag, scope_count };

struct cluster_order {
  cluster_column by = cluster_column::cluster;
  bool is_descending = false;
};

/// Reads a name as the answer has it, such as `lastSeen`, with `-` before one that falls; empty: by name.
result<cluster_order> read_cluster_order(std::string_view text);

/// Which clusters are asked for.
struct cluster_question {
  text_condition name{};
  std::optional<bool> is_stale{}; ///< nothing: both
  cluster_order order{};
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  std::int64_t offset = 0;
};

/// Reads `cluster` as everywhere, `stale`, `sort`, `limit` and `offset`. Without a limit all are asked for.
answer_of<cluster_question> read_cluster_question(std::string_view query);

/// A page of clusters, of so many that fit.
struct cluster_page {
  std::vector<cluster_summary> clusters;
  std::int64_t total = 0;
};

cluster_page choose_clusters(std::vector<cluster_summary> all, const cluster_question& asked,
                             const timestamp& now, std::chrono::seconds stale_after);

/// `{"schemaVersion","clusters":[{"cluster","lastSeen","itemCount","lag","stale","scopeCount"}],"pagination",
/// "rebuilding","changeCursor"}`; lag in seconds.
std::string format_clusters(const cluster_page& page, const cluster_question& asked,
                            const store_signals& signals);

/// `{"cluster","lastSeen","itemCount","lag","stale","scopeCount"}`
void write_cluster(json_writer& out, const cluster_summary& one, const timestamp& now,
                   std::chrono::seconds stale_after);

} // namespace kollect::consumer

#endif
