#include "read_api/freshness.hpp"

#include "read_api/row_page.hpp"

#include <algorithm>
#include <map>

namespace kollect::consumer {

std::vector<cluster_summary> summarise_clusters(const scope_list& scopes, const shared_row_counts& shared) {
  const auto all = choose_scopes(scopes, {});
  const auto repeated = count_repeated(shared, scopes, all);
  std::vector<cluster_summary> out;
  for (const auto* one : all) {
    if (out.empty() || out.back().cluster != one->scope.cluster)
      out.push_back({one->scope.cluster, one->exported_at, one->applied_at, 0, 0});
    auto& cluster = out.back();
    if (cluster.last_seen < one->exported_at)
      cluster.last_seen = one->exported_at, cluster.applied_at = one->applied_at;
    cluster.row_count += one->row_count;
    ++cluster.scope_count;
  }
  for (auto& one : out)
    if (const auto found = repeated.find(one.cluster); found != repeated.end())
      one.row_count -= found->second;
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
