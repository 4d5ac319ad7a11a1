#ifndef KOLLECT_CONFORMANCE_JUDGE_HPP
#define KOLLECT_CONFORMANCE_JUDGE_HPP

#include "judgement.hpp"
#include "message_facts.hpp"
#include "recording.hpp"

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
template <class Look>
void for_each_message(const dissection& seen, Look&& look) {
  for (const auto& one : seen.exports)
    for (const auto& message : one.messages)
      if (message.document.is_good)
        look(one, message);
}

/// A text field of a row, decoded; empty where it is absent or no string.
std::string row_field(const json_node& row, std::string_view name);
row_identity identity_of(const json_node& row);
std::string sort_key_of(const json_node& row);

/// Messages that say different things; one that came twice byte for byte is a redelivery (DED-01).
std::vector<const message_facts*> distinct_messages(const dissected_export& one);

/// The distinct parts of an export in the order of their index, then of the log.
std::vector<const message_facts*> parts_of(const dissected_export& one);

} // namespace kollect::conformance

#endif
