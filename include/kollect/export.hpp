#ifndef KOLLECT_EXPORT_HPP
#define KOLLECT_EXPORT_HPP

#include <kollect/checksum.hpp>
#include <kollect/connection.hpp>
#include <kollect/detail/trim.hpp>
#include <kollect/envelope.hpp>
#include <kollect/error.hpp>
#include <kollect/message.hpp>
#include <kollect/multipart.hpp>
#include <kollect/scope.hpp>
#include <kollect/serialize.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

namespace detail {

/// The labels of a message to a sink: the cluster is the sink's (ENV-06) where the scope does not tell it.
[[nodiscard]] inline result<scope> label(const connection& sink, scope where) {
  const auto of_sink = trim(sink.cluster), of_scope = trim(where.cluster);
  if (!of_sink.empty() && !of_scope.empty() && of_sink != of_scope)
    return make_failure(error::invalid_value,
                        "the scope is one of cluster " + in_quotes(of_scope) +
                            ", and the sink labels all with " + in_quotes(of_sink) +
                            ": leave one of the two empty",
                        "ENV-06");
  where.cluster = std::string(of_scope.empty() ? of_sink : of_scope);
  return where;
}

/// A message to a sink with all but its value and, for NATS, its id.
[[nodiscard]] inline outgoing_message make_addressed(const connection& sink, const scope& where) {
  outgoing_message message;
  message.destination = sink.destination;
  if (sink.system == broker_system::kafka) {
    message.key = message_key(where);
    message.headers = {{"kollect.dev/cluster", where.cluster}, {"kollect.dev/namespace", where.namespace_}};
  }
  return message;
}

/// For NATS the header with the id of a message with this payload (NAT-02).
inline void add_message_id(outgoing_message& message, const connection& sink, const scope& where,
                           std::string_view payload) {
  if (sink.system == broker_system::nats)
    message.headers = {
        {std::string(message_id_header), nats_message_id(where.cluster, where.namespace_, payload)}};
}

/// A message with a payload that is known to be good, for a scope that has its labels.
[[nodiscard]] inline outgoing_message wrap_payload(const connection& sink, const scope& where,
                                                   const timestamp& instant, std::string_view payload) {
  auto message = make_addressed(sink, where);
  add_message_id(message, sink, where, payload);
  message.value.reserve(payload.size() + where.cluster.size() + where.namespace_.size() + envelope_bytes);
  append_envelope_head(message.value, instant, where.cluster, where.namespace_);
  message.value.append(payload).append("}");
  return message;
}

} // namespace detail

/// Puts one payload into an event envelope and gives it what its broker needs: for Kafka the key
/// (KAF-01) and the two label headers (KAF-04), for NATS the header Nats-Msg-Id (NAT-02). `where` tells
/// the labels; where its cluster is empty, it is `sink.cluster`, and both are trimmed (ENV-06). The value's
/// bytes depend on neither the system nor the destination (ENV-04).
///
/// The payload is checked as serialize(envelope) does: error::empty_export, error::syntax for one that is not
/// compact, and all that parse_payload() refuses. error::invalid_value where scope and sink name two
/// clusters, error::invalid_timestamp for an instant without a text (ENV-05). Linear.
[[nodiscard]] inline result<outgoing_message> make_message(const connection& sink, const scope& where,
                                                           const timestamp& instant, std::string_view payload,
                                                           const limits& bounds = {}) {
  auto labels = detail::label(sink, where);
  if (!labels)
    return labels.error();
  if (auto checked = detail::check_timestamp(instant, "timestamp", "ENV-05"); !checked)
    return checked.error();
  if (auto checked = detail::check_payload(payload, bounds); !checked)
    return checked.error();
  return detail::wrap_payload(sink, *labels, instant, payload);
}

/// All messages of one export, in part order (ENV-01, MP-01). `instant` is the time of the export call
/// (ENV-05), and exportedAt too where the snapshot does not tell it (PAY-04). error::item_exceeds_limit when
/// one row alone is too large; then nothing is to be published (MP-02). Else the errors of make_message() and
/// make_payloads(). O(n log n) in the rows.
///
/// Bare arrays to NATS are taken for duplicates where the stream had the same within its duplicate window:
/// rows that change and change back (A, B, A) stay B for all who read (NAT-06). That is why the default there
/// is an export envelope, which says when it was exported.
[[nodiscard]] inline result<std::vector<outgoing_message>>
make_messages(const snapshot& source, const connection& sink, const timestamp& instant,
              const payload_options& options = {}) {
  auto labels = detail::label(sink, source.scope);
  if (!labels)
    return labels.error();
  if (auto checked = detail::check_timestamp(instant, "timestamp", "ENV-05"); !checked)
    return checked.error();
  auto how = options;
  if (!how.form)
    how.form = sink.system == broker_system::nats ? payload_form::export_envelope : payload_form::array;
  auto payloads = detail::make_payloads(source, source.exported_at.value_or(instant), how);
  if (!payloads)
    return payloads.error();
  std::vector<outgoing_message> messages;
  messages.reserve(payloads->size());
  for (const auto& payload : *payloads)
    messages.push_back(detail::wrap_payload(sink, *labels, instant, payload));
  return messages;
}

/// How many bytes the broker counts against its limit, rounded up by at most 40: the value, the key, the
/// headers and what the protocol puts around them (for Kafka a record batch with this one record).
[[nodiscard]] inline std::size_t bytes_on_broker(const outgoing_message& message) noexcept {
  constexpr std::size_t kafka_batch = 61, kafka_record = 36, kafka_header = 10;
  constexpr std::size_t nats_preamble = 12, nats_header = 4; // "NATS/1.0\r\n" and "\r\n"; ": " and "\r\n"
  const bool is_kafka = message.key.has_value();
  std::size_t size = message.value.size() + (is_kafka ? kafka_batch + kafka_record + message.key->size() : 0);
  if (!is_kafka && !message.headers.empty())
    size += nats_preamble;
  for (const auto& one : message.headers)
    size += one.name.size() + one.value.size() + (is_kafka ? kafka_header : nats_header);
  return size;
}

/// Refuses a set of messages if one is over `max_message_bytes` (0: no limit), so that a producer can do
/// so before it has published any of them (SIZE-01).
[[nodiscard]] inline result<void> check_sizes(std::span<const outgoing_message> messages,
                                              std::size_t max_message_bytes) {
  if (max_message_bytes == 0)
    return {};
  for (std::size_t index = 0; index < messages.size(); ++index) {
    const std::size_t size = bytes_on_broker(messages[index]);
    if (size <= max_message_bytes)
      continue;
    return make_failure(error::message_exceeds_limit,
                        "message " + std::to_string(index + 1) + " of " + std::to_string(messages.size()) +
                            " for " + messages[index].destination + " takes " + std::to_string(size) +
                            " bytes, more than the limit of " + std::to_string(max_message_bytes) +
                            "; split the snapshot with a smaller maxExportBytes, or raise the broker's limit",
                        "SIZE-01");
  }
  return {};
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
