#ifndef KOLLECT_SNAPSHOT_MESSAGE_HPP
#define KOLLECT_SNAPSHOT_MESSAGE_HPP

#include <kollect/assembler.hpp>
#include <kollect/dedup_key.hpp>
#include <kollect/diff.hpp>
#include <kollect/envelope.hpp>
#include <kollect/order.hpp>
#include <kollect/scope.hpp>
#include <kollect/sha256_each.hpp>
#include <kollect/snapshot.hpp>

#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect {

/// A message's header as a consumer needs it: enough to recognise a duplicate. Views into the message.
struct message_head {
  envelope_view envelope;
  kollect::scope scope;
  dedup_key key;
};

namespace detail {

inline dedup_key labels_of(const envelope_view& envelope) {
  dedup_key key;
  assign_labels(key, envelope);
  return key;
}

inline message_head make_head(const envelope_view& envelope, dedup_key key,
                              std::optional<std::string_view> message_key) {
  scope where{key.cluster, key.namespace_, {}};
  if (message_key)
    where.inventory = inventory_from_key(*message_key, where.cluster, where.namespace_);
  return {envelope, std::move(where), std::move(key)};
}

} // namespace detail

/// Reads the header of a message: its scope from the labels and the message key (KAF-01 or the
/// operator's form; none for NATS), and its dedup key. Linear: hashes the payload once.
inline result<message_head> read_head(std::string_view value,
                                      std::optional<std::string_view> message_key = {},
                                      const limits& bounds = {}) {
  sha256_hasher hasher;
  dedup_key key;
  auto envelope = parse_envelope(value, hasher, key, bounds);
  if (!envelope)
    return envelope.error();
  return detail::make_head(*envelope, std::move(key), message_key);
}

/// A message as it came: its value, and its Kafka message key where it has one.
struct keyed_message {
  std::string_view value;
  std::optional<std::string_view> key{};
};

/// read_head() of each message of a batch, with the same results: payloads are hashed two at a time where the
/// processor can, which nearly halves what a duplicate costs. Linear in the bytes of all.
inline std::vector<result<message_head>> read_heads(std::span<const keyed_message> messages,
                                                    const limits& bounds = {}) {
  std::vector<result<message_head>> heads;
  std::vector<std::string_view> payloads;
  heads.reserve(messages.size());
  payloads.reserve(messages.size());
  for (const auto& message : messages) {
    const auto envelope = parse_envelope(message.value, bounds);
    if (!envelope) {
      heads.emplace_back(envelope.error());
      continue;
    }
    heads.emplace_back(detail::make_head(*envelope, detail::labels_of(*envelope), message.key));
    payloads.push_back(envelope->payload);
  }
  std::vector<sha256_digest> digests(payloads.size());
  sha256_each(payloads, digests);
  auto digest = digests.begin();
  for (auto& head : heads)
    if (head)
      head->key.payload = *digest++;
  return heads;
}

/// Where the snapshot of a whole message stands in its scope's order (DED-03).
inline snapshot_order order_of(const message_head& head, const snapshot_view& snapshot) {
  return {snapshot.exported_at.value_or(head.envelope.timestamp), snapshot.generation, head.key.payload};
}

/// The set that a part belongs to (MP-05). Only for snapshots of form multipart, which have exportedAt.
inline part_set part_set_of(const message_head& head, const snapshot_view& snapshot) {
  return {head.scope, snapshot.exported_at.value_or(head.envelope.timestamp), snapshot.generation,
          snapshot.part_total};
}

/// SHA-256 over the items array (PAY-02), without hashing anything twice.
inline sha256_digest items_digest_of(const message_head& head, const snapshot_view& snapshot) {
  return snapshot.items_digest.value_or(head.key.payload);
}

/// The rows of a snapshot by identity, as raw JSON. Of two rows with one identity the later counts,
/// as it would in the state table; the answer is how many were overwritten so. O(n log n).
inline std::size_t collect_rows(const snapshot_view& snapshot, row_map& out) {
  std::size_t overwritten = 0;
  for (const auto& row : snapshot.rows()) {
    auto [place, is_new] = out.insert_or_assign(row.identity(), std::string(row.raw));
    overwritten += is_new ? 0 : 1;
  }
  return overwritten;
}

} // namespace kollect

#endif
