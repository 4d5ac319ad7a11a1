#ifndef KOLLECT_DETAIL_ASK_FOR_POSITIONS_HPP
#define KOLLECT_DETAIL_ASK_FOR_POSITIONS_HPP

#include <kollect/error.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// Where to start in these partitions, one answer each. A listener that cannot be asked knows nothing.
[[nodiscard]] inline result<std::vector<std::optional<read_position>>>
ask_for_positions(const partition_listener& listener, const log_identity& log,
                  std::span<const std::int32_t> partitions) {
  if (!listener.assigned)
    return std::vector<std::optional<read_position>>(partitions.size());
  auto positions = listener.assigned(log, partitions);
  if (positions && positions->size() != partitions.size())
    return make_failure(error::internal, "the partition listener has answered for " +
                                             std::to_string(positions->size()) + " partitions instead of " +
                                             std::to_string(partitions.size()) + "; please report this");
  return positions;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
