#ifndef KOLLECT_CONFORMANCE_CONSUMER_MESSAGE_HPP
#define KOLLECT_CONFORMANCE_CONSUMER_MESSAGE_HPP

#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kollect::conformance {

/// What a message says, whatever its bytes look like: one snapshot, or one part of a set.
struct meant_snapshot {
  scope which{};
  timestamp instant{}; ///< exportedAt where there is one, else the envelope's timestamp
  std::int64_t generation = 0;
  std::int64_t part_index = 0, part_total = 0; ///< 0: the whole snapshot
  std::vector<std::string> rows{};             ///< JSON text of each, as it is to be understood
};

/// A message for a consumer under test.
struct sent_message {
  std::string value{};
  std::optional<std::string> key{};        ///< Kafka's; NATS has none
  std::int32_t partition = 0;              ///< Kafka's
  bool is_tombstone = false;               ///< a Kafka record without a value
  std::optional<meant_snapshot> meaning{}; ///< nothing: it is to be set aside
};

/// Members of a JSON object that is written out as it is told: names and values are JSON text.
using raw_members = std::vector<std::pair<std::string, std::string>>;

/// JSON text of a string.
std::string quote(std::string_view text);

/// `{…}` of these members; `gap` stands around every bracket, colon and comma.
std::string write_object(const raw_members& members, std::string_view gap = {});

/// A snapshot as the operator of today sends it, and what may be different about it.
struct message_plan {
  scope which{};
  timestamp instant{};
  std::vector<std::string> rows{};                  ///< as they are sent
  std::optional<std::vector<std::string>> meant{};  ///< as they are to be understood; nothing: as sent
  std::optional<timestamp> timestamp_of_envelope{}; ///< nothing: the same instant
  std::optional<std::string> instant_text{}; ///< how exportedAt, or the timestamp of an array, is spelled
  std::int64_t generation = 3;
  std::int64_t part_index = 0, part_total = 0;
  bool is_array = false; ///< the payload; else an export envelope
  std::int32_t partition = 0;
};

/// Rows as the value of `items`, or as an array payload.
std::string write_rows(const std::vector<std::string>& rows);

/// The members of its payload, where that is an export envelope.
raw_members payload_members(const message_plan& plan);

/// The members of its event envelope around this payload.
raw_members envelope_members(const message_plan& plan, std::string payload);

/// A message with this value that means what the plan says.
sent_message with_value(const message_plan& plan, std::string value);

/// The message, byte for byte as a sink sends it.
sent_message make_sent_message(const message_plan& plan);

/// The same message in another partition.
sent_message in_partition(sent_message message, std::int32_t partition);

/// A row as JSON text, which belongs to the target `deployments` of its namespace.
std::string consumer_row(std::string_view namespace_, std::string_view name,
                         std::string_view attributes = "{}");

} // namespace kollect::conformance

#endif
