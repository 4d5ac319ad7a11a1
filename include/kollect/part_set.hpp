#ifndef KOLLECT_PART_SET_HPP
#define KOLLECT_PART_SET_HPP

#include <kollect/checksum.hpp>
#include <kollect/order.hpp>
#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <compare>
#include <cstdint>
#include <span>
#include <string>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What all parts of one multipart set share (MP-05). exportedAt is what tells two data snapshots
/// of one generation apart.
struct part_set {
  kollect::scope scope;         ///< of its messages
  timestamp exported_at;        ///< PAY-04
  std::int64_t generation = 0;  ///< PAY-05; 0 where absent
  std::uint32_t part_total = 0; ///< 2 to limits::max_part_total

  friend auto operator<=>(const part_set&, const part_set&) = default;
  friend bool operator==(const part_set&, const part_set&) = default;
};

/// One part that waits for the others of its set: its index and its payload's digest.
struct held_part {
  std::uint32_t part_index = 0; ///< 1 to part_total
  sha256_digest digest;         ///< SHA-256 of its payload: dedup_key::payload

  friend auto operator<=>(const held_part&, const held_part&) = default;
  friend bool operator==(const held_part&, const held_part&) = default;
};

namespace detail {

[[nodiscard]] inline std::string_view bytes_of(const sha256_digest& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

} // namespace detail

/// Where a whole set stands in its scope's order, given SHA-256 over the payload of each part, by index: the
/// digest is SHA-256 over these.
[[nodiscard]] inline snapshot_order order_of(const part_set& set, std::span<const sha256_digest> payloads) {
  std::string digests;
  for (const auto& digest : payloads)
    digests += detail::bytes_of(digest);
  return {set.exported_at, set.generation, sha256(digests)};
}

/// What stands for the items of a whole set, given SHA-256 over the items of each part, by index: equal means
/// equal rows.
[[nodiscard]] inline sha256_digest items_digest_of_set(std::span<const sha256_digest> items_of_parts) {
  std::string digests;
  for (const auto& digest : items_of_parts)
    digests += to_string(digest);
  return sha256(digests);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
