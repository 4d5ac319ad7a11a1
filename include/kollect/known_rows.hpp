#ifndef KOLLECT_KNOWN_ROWS_HPP
#define KOLLECT_KNOWN_ROWS_HPP

#include <kollect/checksum.hpp>
#include <kollect/detail/simd/scan.hpp>
#include <kollect/item.hpp>
#include <kollect/limits.hpp>
#include <kollect/snapshot_view.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// How many levels of nesting a row may have, itself the first, in a payload of this form: the envelope, the
/// array and, where there is one, the export envelope are around it.
[[nodiscard]] inline std::size_t row_room(payload_form form, const limits& bounds) noexcept {
  const std::size_t around = form == payload_form::array ? 2 : 3;
  const std::size_t deepest = std::min(bounds.max_depth, max_depth_ceiling);
  return deepest - std::min(deepest, around);
}

/// Rows that parse_snapshot() has found good before, which it need not look into again: one that has the very
/// same bytes is as good. Consumers that hold a scope's rows know nearly all of its next snapshot.
class known_rows {
public:
  virtual ~known_rows() = default;

  /// How many bytes of `text`, where a row begins, are a row that was found good, all of it, and nests no
  /// deeper than `room`; 0 if none is known to be there.
  [[nodiscard]] virtual std::size_t find(std::string_view text, std::size_t room) = 0;

  /// Told of each row that find() did not know, once it has been found good.
  virtual void pass(const item_view& row) = 0;

  /// Asked when the whole items array has been passed: SHA-256 of its bytes, where that is known without
  /// hashing them.
  [[nodiscard]] virtual std::optional<sha256_digest> digest_of(std::string_view items) const = 0;
};

/// How many bytes the row takes that `text` begins with, by its brackets alone; npos where `text` ends before
/// it does. Right for rows that were found good before, of no use for others. Linear in the row.
[[nodiscard]] inline std::size_t find_row_end(std::string_view text) noexcept {
  return detail::simd::find_value_end(text, 0);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
