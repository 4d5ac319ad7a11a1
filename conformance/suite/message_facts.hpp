#ifndef KOLLECT_CONFORMANCE_MESSAGE_FACTS_HPP
#define KOLLECT_CONFORMANCE_MESSAGE_FACTS_HPP

#include "json_tree.hpp"
#include "recording.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// A message taken apart as far as it can be; what is missing or of the wrong type is absent, so that each
/// judge looks at what its clause is about and at nothing else. Views into the message, which must live
/// longer.
struct message_facts {
  const recorded_message* source = nullptr;
  json_reading document;
  const json_node* payload = nullptr;   ///< any value
  const json_node* items = nullptr;     ///< the array of rows, in any form of payload
  bool is_array = false;                ///< the payload is the array itself
  std::vector<const json_node*> rows{}; ///< those of items that are objects
  std::int64_t part_index = 0;          ///< 0 where absent or not a number
  std::int64_t part_total = 0;
  std::int64_t item_count = -1; ///< -1 where absent or not a number

  message_facts() = default;
  message_facts(message_facts&&) = default;
  message_facts& operator=(message_facts&&) = default;
  message_facts(const message_facts&) = delete; // would point into the other one's tree
  message_facts& operator=(const message_facts&) = delete;

  bool is_part() const noexcept { return part_total > 1; }

  /// Whether it says another schemaVersion: only ENV-03 is about it then. None at all is ours.
  bool is_foreign() const;

  /// A field of the envelope if it is a string, decoded.
  std::optional<std::string> label(std::string_view name) const;

  /// A field of the export envelope, or nullptr; always nullptr for an array.
  const json_node* field(std::string_view name) const noexcept;

  /// Where a piece of the message begins in it.
  std::size_t offset_of(std::string_view piece) const noexcept {
    return static_cast<std::size_t>(piece.data() - source->value.data());
  }
};

/// Takes a message apart. Linear.
message_facts take_apart(const recorded_message& message);

/// A number in plain decimal digits; nothing for anything else.
std::optional<std::int64_t> integer_of(const json_node* node) noexcept;

} // namespace kollect::conformance

#endif
