#ifndef KOLLECT_CONSUMER_ARRIVALS_HPP
#define KOLLECT_CONSUMER_ARRIVALS_HPP

#include "held_scopes.hpp"
#include "rows/row_merge.hpp"
#include "store/transaction.hpp"

#include <kollect/checksum.hpp>
#include <kollect/error.hpp>
#include <kollect/limits.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/snapshot_view.hpp>
#include <kollect/transport.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// One message of a batch with what is found out about it before it is checked. Views of the message.
struct arrived_message {
  const received_message* message = nullptr;
  result<message_head> head;                   ///< or why nobody can read it
  held_scope* scope = nullptr;                 ///< nothing without a head
  bool is_known = false;                       ///< its dedup key was remembered before this batch
  std::string_view items{};                    ///< where the items array most likely is: see guess_items()
  std::optional<sha256_digest> items_digest{}; ///< of exactly `items`
  /// Its payload is, byte for byte, the array that its scope held when the batch began, of so many rows.
  std::optional<std::size_t> held_array_rows{};
};

/// Reads the heads of a batch, opens and locks its scopes, and hashes: payloads that are not held byte for
/// byte, then the items of those whose key is not known; several at once. In the order of the messages, which
/// must outlive the answer. A failure is the store's.
result<std::vector<arrived_message>> read_arrivals(std::span<const received_message* const> messages,
                                                   const limits& bounds, transaction& within,
                                                   held_scopes& scopes);

/// Checks an arrival's payload: of rows that are held byte for byte no more than that they are, and of items
/// with the digest of those held where each row ends. Where the scope's rows are in memory, `merge` is filled
/// with what the payload makes of them.
result<snapshot_view> check_payload(const arrived_message& one, const limits& bounds,
                                    std::optional<row_merge>& merge);

/// The payload of a message that was checked before, and kept as it came.
result<snapshot_view> read_checked_payload(const message_head& head, const limits& bounds);

/// Where the items array of a payload is, if it is spelled as encoders do: an array is one, an export
/// envelope has it last. A guess, made without reading it. Empty for other payloads. Whoever uses what comes
/// of it compares the extent.
std::string_view guess_items(std::string_view payload) noexcept;

} // namespace kollect::consumer

#endif
