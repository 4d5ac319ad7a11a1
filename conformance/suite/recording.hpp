#ifndef KOLLECT_CONFORMANCE_RECORDING_HPP
#define KOLLECT_CONFORMANCE_RECORDING_HPP

#include <kollect/message.hpp>
#include <kollect/timestamp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kollect::conformance {

/// A message as it was found on the broker.
struct recorded_message {
  std::string destination;              ///< Kafka topic or NATS subject
  std::int32_t partition = 0;           ///< 0 for NATS
  std::int64_t offset = 0;              ///< Kafka offset or stream sequence
  std::optional<timestamp> appended_at; ///< when the broker took it in
  std::optional<std::string> key;       ///< Kafka message key
  std::vector<header> headers;
  std::string value;
};

/// What a sink is asked to export: the fields of the protocol's `export`.
struct export_request {
  std::string namespace_{};
  std::string inventory{};
  std::int64_t generation = 0;
  std::string exported_at{};        ///< RFC 3339 as it is sent
  std::size_t max_export_bytes = 0; ///< 0: no limit
  std::string items{};              ///< JSON text: an array of rows, or `null` for no payload at all
};

/// What the sink said to it, and when on this machine's clock.
struct export_answer {
  bool is_ok = false;
  std::string error;
  timestamp asked_at;
  timestamp answered_at;
};

/// One export: what was asked, if we asked, and the messages that came of it, in the log's order. In an audit
/// the messages of one snapshot: a whole one, or all parts of a set that are there.
struct observed_export {
  std::optional<export_request> asked;
  export_answer answer;
  bool may_be_refused = false; ///< an error may be right; else there is no reason for one
  bool is_large = false;       ///< over a limit, or close to one: whether it is lost is SIZE-01's question
  std::optional<std::string> cluster; ///< what ENV-06 asks for; nothing where it is not known
  std::vector<recorded_message> messages;
};

/// What an exercise saw of a clause that messages alone cannot tell, such as a topic that was made.
struct testimony {
  std::string clause;
  bool holds = true;
  std::string what; ///< one sentence; where it does not hold, what is wrong
  std::string expected{};
  std::string found{};
  bool is_operators = false; ///< where it does not hold: it is what today's operator is known to do
};

/// One sink's traffic on one topic or subject.
struct recording {
  std::string exercise; ///< what it was recorded in; `audit` for messages that were there
  broker_system system = broker_system::kafka;
  int partitions = 0;             ///< of the topic; 0: not known
  std::string path_template;      ///< of the manifest; empty: none, or not known
  timestamp read_at{};            ///< audit: when the log was read to its end
  std::chrono::seconds settle{0}; ///< audit: how long after its newest part a set may still become complete
  std::vector<observed_export> exports;
  std::vector<testimony> testimonies;
};

} // namespace kollect::conformance

#endif
