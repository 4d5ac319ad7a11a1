#include "read_api/freshness.hpp"

#include "read_api/row_page.hpp"

#include <algorithm>
#include <map>

namespace kollect::consumer {

std::vector<cluster_summary> summarise_clusters(const std::vector<scope_summary>& scopes,
                                                const shared_row_counts& shared) {
  std::map<std::string, std::vector<scope_summary>> by_cluster;
  for (const auto& one : scopes)
    by_cluster[one.scope.cluster].push_back(one);
  std::vector<cluster_summary> out;
  for (const auto& [name, members] : by_cluster) {
    const auto newest =
        *std::max_element(members.begin(), members.end(), [](const auto& left, const auto& right) {
          return left.exported_at < right.exported_at;
        });
    cluster_summary cluster{name, newest.exported_at, newest.applied_at, 0,
                            static_cast<std::int64_t>(members.size())};
    for (const auto& one : members)
      cluster.row_count += one.row_count;
    cluster.row_count -= count_repeated(shared, members, true);
    out.push_back(std::move(cluster));
  }
  return out;
}

bool is_stale(const timestamp& last_seen, const timestamp& now, std::chrono::seconds stale_after) {
  return last_seen + stale_after < now;
}

double lag_of(const cluster_summary& cluster) {
  const auto seconds_of = [](const timestamp& value) {
    return static_cast<double>(value.seconds) + value.nanoseconds / 1e9;
  };
  return std::max(0.0, seconds_of(cluster.applied_at) - seconds_of(cluster.last_seen));
}

bool is_rebuilding(const std::vector<stored_position>& positions) {
  std::map<std::string, bool> logs;
  for (const auto& one : positions) {
    const auto [log, is_new] = logs.emplace(one.log, one.has_caught_up);
    log->second = log->second && one.has_caught_up;
  }
  return std::none_of(logs.begin(), logs.end(), [](const auto& log) { return log.second; });
}

} // namespace kollect::consumer
