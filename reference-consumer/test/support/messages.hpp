#ifndef KOLLECT_CONSUMER_TEST_MESSAGES_HPP
#define KOLLECT_CONSUMER_TEST_MESSAGES_HPP

#include "ingest/ingest.hpp"

#include <kollect/export.hpp>
#include <kollect/order.hpp>
#include <program/state.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer::test {

/// An instant from its text, which must be right.
timestamp at(std::string_view text);

/// The day on which all test messages are dated, and `seconds` later.
timestamp noon(std::int64_t seconds = 0);

/// A row of a Deployment; `revision` is what changes about it.
item make_row(const std::string& name, std::int64_t revision = 1, const std::string& target = "deployments");

/// Rows `row-0` to `row-(count - 1)`.
std::vector<item> make_rows(std::size_t count, std::int64_t revision = 1);

/// The scope of all single-scope tests: prod-west:team-a/web.
scope web_scope();

/// A message with the payload for a scope, as a Kafka producer sends it.
outgoing_message make_kafka_message(const scope& where, const timestamp& instant, std::string_view payload);

/// One array message with these rows.
outgoing_message make_array(const std::vector<item>& rows, const timestamp& instant,
                            const scope& where = web_scope());

/// One export envelope, or a set of them where `max_bytes` asks for it. The envelopes' timestamp is `instant`
/// too, unless another is given.
std::vector<outgoing_message> make_export(const std::vector<item>& rows, const timestamp& exported_at,
                                          std::size_t max_bytes = 0, std::int64_t generation = 1,
                                          std::optional<timestamp> instant = {},
                                          const scope& where = web_scope());

/// What the order of a message's snapshot is, told from its parts and not from its bytes.
snapshot_order array_order(const std::vector<item>& rows, const timestamp& instant);

/// Rows by identity, each as it is sent.
row_map rows_of(const std::vector<item>& rows);

/// A message as a broker delivers it; the bytes are copied.
received_message deliver(const outgoing_message& message, std::int64_t offset, std::int32_t partition = 0);

/// Bytes as a broker delivers them, with the key of web_scope().
received_message deliver_bytes(std::string_view value, std::int64_t offset, std::int32_t partition = 0);

/// A Kafka record without a value.
received_message deliver_tombstone(std::int64_t offset, std::int32_t partition = 0);

/// A batch of one.
std::vector<received_message> batch_of(received_message message);

/// Delivers messages at rising offsets from `first` on.
std::vector<received_message> deliver_all(const std::vector<outgoing_message>& messages,
                                          std::int64_t first = 0);

inline constexpr std::string_view kafka_log = "kafka/cluster-1/inventory.changes";
inline constexpr std::string_view nats_log = "nats/kollect_events/1767225600000000000/inventory.events";

/// Settings whose clock stands still, one hour after noon(), and which takes notices as failures of the test.
ingest_settings make_settings(broker_system system = broker_system::kafka);

/// The state of a store as `kollect-consumer state -o json` writes it.
std::string state_text(store_reader& source);
std::string state_text(const fleet_state& state);

/// The state when one scope has these rows and no other has any.
std::string state_text(const std::vector<item>& rows, const scope& which = web_scope());

/// The state that the change feed leads to from nothing; says in the test's output where an entry does
/// not fit the rows before it.
std::string folded_feed(feed_reader& source);

/// Ingests and keeps no rows for later batches.
inline result<batch_report> ingest(store& target, const ingest_settings& settings, owned_positions& owned,
                                   std::span<const received_message> messages) {
  held_scopes scopes(0);
  return consumer::ingest(target, settings, owned, messages, scopes);
}

} // namespace kollect::consumer::test

#endif
