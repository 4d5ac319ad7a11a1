#ifndef KOLLECT_SNAPSHOT_HPP
#define KOLLECT_SNAPSHOT_HPP

#include <kollect/checksum.hpp>
#include <kollect/detail/snapshot_reader.hpp>
#include <kollect/envelope.hpp>
#include <kollect/item.hpp>
#include <kollect/known_rows.hpp>
#include <kollect/scope.hpp>
#include <kollect/snapshot_view.hpp>
#include <kollect/version.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// All rows of one inventory at one instant, as a producer has them before it exports.
struct snapshot {
  kollect::scope scope{};      ///< whose rows these are
  std::int64_t generation = 0; ///< the inventory's spec generation, not a data version (PAY-05)
  /// The same in all parts of one export, and what tells this snapshot's from another's (PAY-04, MP-05).
  /// Absent: the instant of the export call.
  std::optional<timestamp> exported_at{};
  std::vector<item> items{}; ///< in any order; they are sent in ORD-01 order

  friend bool operator==(const snapshot&, const snapshot&) = default;
};

/// A payload as far as it could be read, and why it is refused, if it is.
struct snapshot_inspection {
  snapshot_view view;             ///< what could be read
  std::optional<failure> refused; ///< as of parse_snapshot(); absent: nothing is wrong
};

/// Like parse_snapshot(), for tools that show what a refused message holds.
[[nodiscard]] inline snapshot_inspection inspect_snapshot(const envelope_view& envelope,
                                                          const limits& bounds = {}) {
  detail::snapshot_reader reader(envelope, bounds);
  auto read = reader.read();
  return {reader.view(), read ? std::nullopt : std::optional(read.error())};
}

/// Reads and checks the payload of an envelope in full: JSON, UTF-8, depth, the form (PAY-01), each
/// row's fields (ROW-01), checksum (PAY-02), itemCount (PAY-03), exportedAt (PAY-04) and the part
/// marks (MP-04). Of a row only name or uid must be there, as older operators leave fields out: check_row()
/// of parse.hpp is the strict check. Bytes in a string that are not UTF-8 are error::invalid_utf8. Errors
/// name the field and the row, counted from 1, and carry the byte offset within the message. Linear; nothing
/// is copied.
[[nodiscard]] inline result<snapshot_view> parse_snapshot(const envelope_view& envelope,
                                                          const limits& bounds = {}) {
  return detail::snapshot_reader(envelope, bounds).read();
}

/// The same, sparing rows that `known` has by their bytes: verdicts, reasons and byte offsets are those of
/// parse_snapshot() without it.
[[nodiscard]] inline result<snapshot_view> parse_snapshot(const envelope_view& envelope, const limits& bounds,
                                                          known_rows& known) {
  return detail::snapshot_reader(envelope, bounds, &known).read();
}

/// Like parse_snapshot() for a payload without its envelope, such as each of a set that an assembler has
/// completed. Offsets count from the payload's start.
[[nodiscard]] inline result<snapshot_view> parse_payload(std::string_view payload,
                                                         const limits& bounds = {}) {
  return parse_snapshot(envelope_view{.message = payload, .payload = payload}, bounds);
}
template <detail::temporary_text Text, class... Rest>
result<snapshot_view> parse_payload(Text&&, Rest&&...) = delete; // a view of it would dangle

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
