#ifndef KOLLECT_CONFORMANCE_JUDGE_HPP
#define KOLLECT_CONFORMANCE_JUDGE_HPP

#include "judgement.hpp"
#include "message_facts.hpp"
#include "recording.hpp"
#include "row_identities.hpp"

#include <kollect/item.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// One export with its messages taken apart.
struct dissected_export {
  const observed_export* source = nullptr;
  std::vector<message_facts> messages{};
  std::vector<item> asked_rows{}; ///< of the request; empty where there is none or it has no rows

  const export_request* asked() const noexcept { return source->asked ? &*source->asked : nullptr; }
};

/// A recording taken apart once, for all judges. Views into the recording, which must live longer.
struct dissection {
  const recording* source = nullptr;
  std::vector<dissected_export> exports;

  broker_system system() const noexcept { return source->system; }
};

dissection dissect(const recording& source);

/// Holds one clause against one recording. Pure: looks at nothing else. A fault that another clause is about
/// is passed over, so that a message which breaks one clause is blamed for that one alone.
using judge_function = void (*)(const dissection&, judgement&);

struct clause_judge {
  std::string_view id;
  judge_function judge;
};

/// Every judge there is, by clause. What only an exercise itself can see, such as a topic that was made, has
/// none here: it is told by the exercise (see exercise.hpp).
std::span<const clause_judge> judges() noexcept;

/// The judge of a clause, or nullptr.
judge_function find_judge(std::string_view id) noexcept;

// What several judges need.

/// Calls `look(export, message)` for each message that is one JSON value; those that are not are ENV-01's.
/// In an audit a message of another schemaVersion is somebody else's, and ENV-03's alone; one without a
/// payload is ENV-02's alone.
template <class Look>
void for_each_message(const dissection& seen, Look&& look) {
  for (const auto& one : seen.exports)
    for (const auto& message : one.messages)
      if (message.document.is_good && (one.asked() != nullptr || !message.is_somebody_elses()))
        look(one, message);
}

/// Whether the sink answered an error that there was no reason for (ENV-01).
bool is_refused_without_reason(const observed_export& one) noexcept;

/// Whether parts of it are missing or wrong (MP-04).
bool is_torn(const dissected_export& one);

/// A label that a message may go by: its own, and what it should have been. Where the two differ, that is a
/// fault of the label alone (ENV-06, ENV-07).
std::vector<std::string> possible_labels(const dissected_export& one, const message_facts& message,
                                         std::string_view name);

/// Whether the message has the Nats-Msg-Id that its labels and payload ask for (NAT-02).
bool has_right_message_id(const dissected_export& one, const message_facts& message);

/// Whether a stream may have swallowed an export's message as a duplicate for a fault that another clause is
/// about: message ids that do not tell payloads apart (NAT-02), or a label that several namespaces or
/// clusters share (ENV-06, ENV-07).
bool may_be_swallowed(const dissection& seen, const dissected_export& one);

/// A text field of a row, decoded; empty where it is absent or no string.
std::string row_field(const json_node& row, std::string_view name);

/// What ROW-03 and KAF-02 complain of, wherever it is seen.
finding about_repeated_row(broker_system system, const message_facts& message, const json_node& row);
finding about_partitions(broker_system system, const recorded_message& message, std::int32_t before);
inline constexpr std::string_view one_partition_note =
    "the topic has one partition: there is nothing to choose";

/// Messages that say different things; one that came twice byte for byte is a redelivery (DED-01).
std::vector<const message_facts*> distinct_messages(const dissected_export& one);

/// The distinct parts of an export in the order of their index, then of the log; one that was sent again with
/// the same payload is the same part.
std::vector<const message_facts*> parts_of(const dissected_export& one);

} // namespace kollect::conformance

#endif
