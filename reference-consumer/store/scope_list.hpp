#ifndef KOLLECT_CONSUMER_SCOPE_LIST_HPP
#define KOLLECT_CONSUMER_SCOPE_LIST_HPP

#include "records.hpp"

#include <kollect/timestamp.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// When each cluster was heard of last: when the newest of its snapshots was exported.
using cluster_times = std::map<std::string, timestamp, std::less<>>;

/// The scopes of one moment, with what every answer needs of them, so that a fleet of many is not gone
/// through for each. It stays where it is, as others point into it.
class scope_list {
public:
  /// Takes them by cluster, namespace and inventory.
  explicit scope_list(std::vector<scope_summary> scopes) : all_(std::move(scopes)) {
    by_id_.reserve(all_.size());
    for (const auto& one : all_) {
      by_id_.emplace(one.id, &one);
      rows_ += one.row_count;
      auto& newest = last_seen_.try_emplace(last_seen_.end(), one.scope.cluster, one.exported_at)->second;
      newest = std::max(newest, one.exported_at);
    }
  }
  scope_list(const scope_list&) = delete;
  scope_list& operator=(const scope_list&) = delete;

  const std::vector<scope_summary>& all() const noexcept { return all_; }
  std::int64_t rows() const noexcept { return rows_; } ///< of all of them
  const cluster_times& last_seen() const noexcept { return last_seen_; }

  /// Null where it is not among them.
  const scope_summary* find(std::int64_t id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
  }

private:
  std::vector<scope_summary> all_;
  std::unordered_map<std::int64_t, const scope_summary*> by_id_;
  std::int64_t rows_ = 0;
  cluster_times last_seen_;
};

/// Some of a list, in its order.
using chosen_scopes = std::vector<const scope_summary*>;

} // namespace kollect::consumer

#endif
