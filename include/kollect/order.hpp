#ifndef KOLLECT_ORDER_HPP
#define KOLLECT_ORDER_HPP

#include <kollect/checksum.hpp>
#include <kollect/item.hpp>
#include <kollect/timestamp.hpp>

#include <compare>
#include <cstdint>
#include <ostream>
#include <string>

namespace kollect {

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

/// Makes the text that rows are sorted by in a string that is used again and again.
inline void make_sort_key(const item& row, std::string& key) {
  key = row.target_namespace;
  for (const auto* text :
       {&row.target_name, &row.namespace_, &row.name, &row.uid, &row.group, &row.version, &row.kind}) {
    key += '\0';
    key += *text;
  }
}

} // namespace detail

/// The text that rows are sorted by, bytewise (ORD-01).
inline std::string canonical_sort_key(const item& row) {
  std::string key;
  detail::make_sort_key(row, key);
  return key;
}

} // namespace kollect

#endif
