#ifndef KOLLECT_CONSUMER_ROW_SORT_HPP
#define KOLLECT_CONSUMER_ROW_SORT_HPP

#include <kollect/snapshot_view.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// Where a row stands in its payload.
struct sorted_row {
  const char* begin = nullptr;
  std::uint32_t bytes = 0;
  std::uint32_t place = 0;     ///< among all rows, as they came
  std::uint64_t key_bytes = 0; ///< of its identity, where it differs from that of rows nearby

  std::string_view text() const noexcept { return {begin, bytes}; }
};

/// Puts rows in order of identity (ROW-03) that are not; of two with one identity the later counts. Views of
/// the payloads, which must outlive it. Takes sizeof(sorted_row) bytes a row. O(n log n), where each row is
/// read about once for eight bytes by which it differs from others.
std::vector<sorted_row> sort_rows(std::span<const snapshot_view> parts);

} // namespace kollect::consumer

#endif
