#ifndef KOLLECT_WHOLE_SNAPSHOT_HPP
#define KOLLECT_WHOLE_SNAPSHOT_HPP

#include <kollect/checksum.hpp>
#include <kollect/decision.hpp>
#include <kollect/diff.hpp>
#include <kollect/error.hpp>
#include <kollect/limits.hpp>
#include <kollect/order.hpp>
#include <kollect/part_set.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// A snapshot that may be applied: that of one message, or of all parts of a set. Views of their bytes.
struct whole_snapshot {
  snapshot_order order;             ///< for decide_snapshot()
  sha256_digest items_digest;       ///< equal to that held: no row has changed
  std::vector<sha256_digest> parts; ///< payload digests by part index; empty for one message
  std::vector<snapshot_view> views; ///< of each payload, by part index

  /// Its rows by identity, as collect_rows() gives them: O(n log n) in the rows.
  [[nodiscard]] row_map rows() const {
    row_map out;
    for (const auto& view : views)
      collect_rows(view, out);
    return out;
  }
};

/// A part as a consumer has kept it. A view of its payload.
struct kept_part {
  held_part part;           ///< its index and digest
  std::string_view payload; ///< envelope_view::payload of its message
};

/// The snapshot of one message that is not of form multipart. Constant.
[[nodiscard]] inline whole_snapshot whole_snapshot_of(const message_head& head,
                                                      const snapshot_view& snapshot) {
  return {order_of(head, snapshot), items_digest_of(head, snapshot), {}, {snapshot}};
}

/// The snapshot of a set, from all of its parts in any order: to be asked for when decide_part() has
/// answered decision_reason::last_part (MP-04). error::torn_set unless each index from 1 to part_total is
/// there once; or what parse_payload() says of a payload that was not kept as it came. Linear.
[[nodiscard]] inline result<whole_snapshot>
whole_snapshot_of(const part_set& set, const std::vector<kept_part>& parts, const limits& bounds = {}) {
  const auto refuse = [&] {
    return make_failure(error::torn_set,
                        "these are not the " + std::to_string(set.part_total) + " parts of one set", "MP-04");
  };
  if (parts.size() != set.part_total)
    return refuse();
  limits accepted = bounds;
  accepted.max_depth = max_depth_ceiling; // each has been found good within its envelope
  whole_snapshot out;
  out.parts.resize(parts.size());
  out.views.resize(parts.size());
  std::vector<sha256_digest> items(parts.size());
  for (const auto& [part, payload] : parts) {
    const std::size_t place = part.part_index - std::size_t{1};
    if (place >= parts.size() || !out.views[place].items.empty())
      return refuse();
    auto view = parse_payload(payload, accepted);
    if (!view)
      return view.error();
    items[place] = view->items_digest.value_or(part.digest);
    out.views[place] = *view;
    out.parts[place] = part.digest;
  }
  out.order = order_of(set, out.parts);
  out.items_digest = items_digest_of_set(items);
  return out;
}

/// What a consumer holds once the snapshot is applied: to be kept with its rows.
inline void hold(held_snapshot& held, const whole_snapshot& applied) {
  held.order = applied.order;
  held.items_digest = applied.items_digest;
  held.applied_parts = applied.parts;
  held.held_back.reset();
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
