#ifndef KOLLECT_CONFORMANCE_MESSAGE_FACTS_HPP
#define KOLLECT_CONFORMANCE_MESSAGE_FACTS_HPP

#include "json_node.hpp"
#include "recording.hpp"

#include <range/v3/view/filter.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::conformance {

/// The fields of the event envelope in their order (ENV-02).
inline constexpr std::array<std::string_view, 5> envelope_fields{"schemaVersion", "timestamp", "cluster",
                                                                 "namespace", "payload"};
/// Those of the export envelope (PAY-01).
inline constexpr std::array<std::string_view, 9> payload_fields{"schemaVersion", "checksum",  "generation",
                                                                "partIndex",     "partTotal", "itemCount",
                                                                "exportedAt",    "cluster",   "items"};

/// A message taken apart as far as it can be; what is missing or of the wrong type is absent, so that each
/// judge looks at what its clause is about and at nothing else. Views into the message, which must live
/// longer; of a size that does not grow with it.
struct message_facts {
  const recorded_message* source = nullptr;
  json_reading document;
  std::optional<json_node> payload{}; ///< any value
  std::optional<json_node> items{};   ///< the array of rows, in any form of payload
  bool is_array = false;              ///< the payload is the array itself
  std::size_t element_count = 0;      ///< of items
  std::size_t row_count = 0;          ///< elements of items that are objects
  std::int64_t part_index = 0;        ///< 0 where absent or not a number
  std::int64_t part_total = 0;
  std::array<std::optional<json_node>, envelope_fields.size()> in_envelope{}; ///< the first of each name
  std::array<std::optional<json_node>, payload_fields.size()> in_payload{};

  bool is_part() const noexcept { return part_total > 1; }

  /// Whether it says another schemaVersion: only ENV-03 is about it then. None at all is ours.
  bool is_foreign() const;
  /// Whether an audit takes it for somebody else's: that, or it has no payload, of which ENV-02 tells.
  bool is_somebody_elses() const { return !payload || is_foreign(); }

  /// Those of items that are objects.
  auto rows() const {
    return (items ? items->elements() : json_children<json_node>()) |
           ranges::views::filter([](const json_node& one) { return one.kind == json_kind::object; });
  }

  /// A field of the event envelope, one of envelope_fields.
  const std::optional<json_node>& envelope_field(std::string_view name) const noexcept;
  /// The same if it is a string, decoded.
  std::optional<std::string> label(std::string_view name) const;
  /// When it came, as the broker tells it, or else as its sink does.
  std::optional<timestamp> arrived_at() const;
  /// A field of the export envelope, one of payload_fields; always nothing for an array.
  const std::optional<json_node>& field(std::string_view name) const noexcept;

  /// Where a piece of the message begins in it.
  std::size_t offset_of(std::string_view piece) const noexcept {
    return static_cast<std::size_t>(piece.data() - source->value.data());
  }
};

/// Takes a message apart. Linear.
message_facts take_apart(const recorded_message& message);

/// What a text tells, or the beginning of all time where it is no RFC 3339.
timestamp instant_in(std::string_view text);

/// A number in plain decimal digits; nothing for anything else.
std::optional<std::int64_t> integer_of(const std::optional<json_node>& node) noexcept;

} // namespace kollect::conformance

#endif
