#ifndef KOLLECT_CONSUMER_BATCH_PAYLOADS_HPP
#define KOLLECT_CONSUMER_BATCH_PAYLOADS_HPP

#include "known_items.hpp"
#include "open_scopes.hpp"
#include "store/store.hpp"

#include <kollect/error.hpp>
#include <kollect/limits.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/snapshot_view.hpp>

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace kollect::consumer {

/// The heads of a batch's messages, or why there is none, in their order.
using message_heads = std::vector<result<message_head>>;

/// Hashes the payloads of a batch several at once, and then checks them one by one, each with what was found
/// out before. Payloads are told apart by where they begin, so the messages must stay where they are.
class batch_payloads {
public:
  /// Gives each head its payload's digest. An array of the very rows that its scope holds has the digest that
  /// they came with.
  result<void> hash(message_heads& heads, open_scopes& scopes, const limits& bounds);

  /// Hashes the items of export envelopes that are news.
  result<void> hash_items(const message_heads& heads, open_scopes& scopes, transaction& target);

  /// Checks a payload: of rows that are held byte for byte no more than that they are, and of items with the
  /// digest of those held where each row ends.
  result<snapshot_view> check(const message_head& head, const limits& bounds, const open_scope& where) const;

private:
  std::unordered_map<const char*, std::size_t> held_arrays_; // of rows found good before, and how many
  items_digests items_digests_;
};

} // namespace kollect::consumer

#endif
