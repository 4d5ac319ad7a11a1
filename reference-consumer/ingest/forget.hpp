#ifndef KOLLECT_CONSUMER_INGEST_FORGET_HPP
#define KOLLECT_CONSUMER_INGEST_FORGET_HPP

#include "ingest_settings.hpp"
#include "store/store.hpp"

#include <kollect/error.hpp>

#include <cstdint>
#include <string_view>

namespace kollect::consumer {

/// What has left the present with a cluster.
struct forgotten_cluster {
  std::int64_t scopes = 0; ///< 0: there is no such cluster
  std::int64_t rows = 0;
};

/// Takes a cluster out of the present, a scope in a transaction. The feed tells of each row that it is
/// removed, as if an empty snapshot had come (DEL-01), and names `forget` as the log of that. Each scope
/// keeps the place of its last snapshot in the order: what is older stays stale, what is newer brings the
/// cluster back. May be called while others write the store. Costs a look at each of the cluster's rows, and
/// a bounded amount of memory. After a failure some scopes may be forgotten; to call it again forgets the
/// others.
result<forgotten_cluster> forget_cluster(store& target, const ingest_settings& settings,
                                         std::string_view cluster);

} // namespace kollect::consumer

#endif
