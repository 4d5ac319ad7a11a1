#ifndef KOLLECT_SNAPSHOT_MESSAGE_HPP
#define KOLLECT_SNAPSHOT_MESSAGE_HPP

#include <kollect/dedup_key.hpp>
#include <kollect/detail/printable.hpp>
#include <kollect/diff.hpp>
#include <kollect/envelope.hpp>
#include <kollect/order.hpp>
#include <kollect/part_set.hpp>
#include <kollect/scope.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/version.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// A message's header as a consumer needs it: enough to recognise a duplicate. Views into the message.
struct message_head {
  envelope_view envelope; ///< a view of the message
  kollect::scope scope;   ///< from the labels and the message key
  dedup_key key;          ///< DED-01
};

namespace detail {

[[nodiscard]] inline result<message_head> make_head(const envelope_view& envelope, dedup_key key,
                                                    std::optional<std::string_view> message_key,
                                                    const limits& bounds) {
  const auto inventory =
      message_key ? inventory_from_key(*message_key, key.cluster, key.namespace_) : std::string_view{};
  if (inventory.size() > bounds.max_name_bytes)
    return name_too_long("the inventory's name in the message key", inventory.size(), bounds.max_name_bytes,
                         "KAF-01");
  scope where{key.cluster, key.namespace_, std::string(inventory)};
  return message_head{envelope, std::move(where), std::move(key)};
}

} // namespace detail

/// Reads the header of a message: its scope from the labels and the message key (KAF-01 or the
/// operator's form; none for NATS), and its dedup key. An inventory's name over limits::max_name_bytes is
/// error::too_large. Linear: hashes the payload once.
[[nodiscard]] inline result<message_head> read_head(std::string_view value,
                                                    std::optional<std::string_view> message_key = {},
                                                    const limits& bounds = {}) {
  sha256_hasher hasher;
  dedup_key key; ///< DED-01
  auto envelope = parse_envelope(value, hasher, key, bounds);
  if (!envelope)
    return envelope.error();
  return detail::make_head(*envelope, std::move(key), message_key, bounds);
}

template <detail::temporary_text Text, class... Rest>
result<message_head> read_head(Text&&, Rest&&...) = delete; // a view of it would dangle

/// The same without hashing: key.payload is to be filled in, with SHA-256 over envelope.payload. For whoever
/// hashes several payloads at once (sha256_each) or knows the digest of the very same bytes.
[[nodiscard]] inline result<message_head> read_unhashed_head(std::string_view value,
                                                             std::optional<std::string_view> message_key = {},
                                                             const limits& bounds = {}) {
  auto envelope = parse_envelope(value, bounds);
  if (!envelope)
    return envelope.error();
  dedup_key key; ///< DED-01
  detail::assign_labels(key, *envelope);
  return detail::make_head(*envelope, std::move(key), message_key, bounds);
}

template <detail::temporary_text Text, class... Rest>
result<message_head> read_unhashed_head(Text&&, Rest&&...) = delete;

/// Where the snapshot of a whole message stands in its scope's order (DED-03).
[[nodiscard]] inline snapshot_order order_of(const message_head& head, const snapshot_view& snapshot) {
  return {snapshot.exported_at.value_or(head.envelope.timestamp), snapshot.generation, head.key.payload};
}

/// The set that a part belongs to (MP-05). Only for snapshots of form multipart, which have exportedAt.
[[nodiscard]] inline part_set part_set_of(const message_head& head, const snapshot_view& snapshot) {
  return {head.scope, snapshot.exported_at.value_or(head.envelope.timestamp), snapshot.generation,
          snapshot.part_total};
}

/// SHA-256 over the items array (PAY-02), without hashing anything twice.
[[nodiscard]] inline sha256_digest items_digest_of(const message_head& head, const snapshot_view& snapshot) {
  return snapshot.items_digest.value_or(head.key.payload);
}

/// The rows of a snapshot by identity, as raw JSON. Of two rows with one identity the later counts,
/// as it would in the state table; the answer is how many were overwritten so. O(n log n).
inline std::size_t collect_rows(const snapshot_view& snapshot, row_map& out) {
  std::size_t overwritten = 0;
  for (const auto row : snapshot.rows()) {
    auto [place, is_new] = out.insert_or_assign(row.identity(), std::string(row.raw));
    overwritten += is_new ? 0 : 1;
  }
  return overwritten;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
