#ifndef KOLLECT_ORDER_HPP
#define KOLLECT_ORDER_HPP

#include <kollect/checksum.hpp>
#include <kollect/item.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Where a snapshot stands among those of its scope (DED-03). The order is total, so that any
/// order of arrival leads to the same state.
struct snapshot_order {
  timestamp instant;           ///< exportedAt where present, else the envelope's timestamp
  std::int64_t generation = 0; ///< PAY-05
  sha256_digest digest;        ///< of the payload, or of a set's part digests: settles what is left

  friend auto operator<=>(const snapshot_order&, const snapshot_order&) = default;
  friend bool operator==(const snapshot_order&, const snapshot_order&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const snapshot_order& value) {
  return out << value.instant << '#' << value.generation << '#' << value.digest;
}

namespace detail {

/// The fields that rows are sorted by, the first one first (ORD-01).
inline constexpr std::array sort_fields{
    &item::target_namespace, &item::target_name, &item::namespace_, &item::name, &item::uid, &item::group,
    &item::version,          &item::kind};

} // namespace detail

/// The text that rows are sorted by, bytewise (ORD-01).
[[nodiscard]] inline std::string canonical_sort_key(const item& row) {
  std::string key;
  for (const auto field : detail::sort_fields) {
    if (field != detail::sort_fields.front())
      key += '\0';
    key += row.*field;
  }
  return key;
}

namespace detail {

/// Whether a row's sort key is before another's, which are not made for that.
[[nodiscard]] inline bool is_before(const item& left, const item& right) {
  for (const auto field : sort_fields) {
    const std::string &one = left.*field, &other = right.*field;
    if (one == other)
      continue;
    // The keys have a NUL where a field ends. If the longer field has one there as well, the next field
    // decides.
    const auto& longer = one.size() > other.size() ? one : other;
    const std::size_t shorter = std::min(one.size(), other.size());
    if (longer.size() > shorter && longer[shorter] == '\0')
      return canonical_sort_key(left) < canonical_sort_key(right);
    return one < other;
  }
  return false;
}

} // namespace detail

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
