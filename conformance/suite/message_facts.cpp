#include "message_facts.hpp"

#include <kollect/envelope.hpp>

#include <algorithm>
#include <charconv>

namespace kollect::conformance {

namespace {

/// Picks the first member of each name, in one pass.
template <std::size_t Size>
void pick(const json_node& object, const std::array<std::string_view, Size>& names,
          std::array<std::optional<json_node>, Size>& out) {
  for (const auto& member : object.members())
    for (std::size_t index = 0; index < Size; ++index)
      if (!out[index] && member.name == names[index])
        out[index] = member.value;
}

template <std::size_t Size>
const std::optional<json_node>& picked(const std::array<std::string_view, Size>& names,
                                       const std::array<std::optional<json_node>, Size>& from,
                                       std::string_view name) noexcept {
  static constexpr std::optional<json_node> none{};
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? none : from[static_cast<std::size_t>(found - names.begin())];
}

} // namespace

std::optional<std::int64_t> integer_of(const std::optional<json_node>& node) noexcept {
  if (!node || node->kind != json_kind::number)
    return {};
  std::int64_t value = 0;
  const char* const end = node->raw.data() + node->raw.size();
  const auto [stopped, code] = std::from_chars(node->raw.data(), end, value);
  if (code != std::errc{} || stopped != end)
    return {};
  return value;
}

timestamp instant_in(std::string_view text) {
  const auto read = parse_timestamp(text);
  return read ? *read : timestamp{};
}

const std::optional<json_node>& message_facts::envelope_field(std::string_view name) const noexcept {
  return picked(envelope_fields, in_envelope, name);
}

const std::optional<json_node>& message_facts::field(std::string_view name) const noexcept {
  return picked(payload_fields, in_payload, name);
}

std::optional<std::string> message_facts::label(std::string_view name) const {
  const auto& node = envelope_field(name);
  if (!node || node->kind != json_kind::string)
    return {};
  return node->text.decode();
}

bool message_facts::is_foreign() const {
  const auto version = label("schemaVersion");
  return version && !version->empty() && *version != schema_version_v1alpha1;
}

message_facts take_apart(const recorded_message& message) {
  message_facts facts;
  facts.source = &message;
  facts.document = read_json(message.value);
  if (!facts.document.is_good)
    return facts;
  pick(facts.document.root, envelope_fields, facts.in_envelope);
  facts.payload = facts.envelope_field("payload");
  if (!facts.payload)
    return facts;
  pick(*facts.payload, payload_fields, facts.in_payload);
  facts.is_array = facts.payload->kind == json_kind::array;
  facts.items = facts.is_array ? facts.payload : facts.field("items");
  if (facts.items && facts.items->kind != json_kind::array)
    facts.items.reset();
  if (facts.items)
    for (const auto& element : facts.items->elements()) {
      ++facts.element_count;
      facts.row_count += element.kind == json_kind::object ? 1 : 0;
    }
  facts.part_index = integer_of(facts.field("partIndex")).value_or(0);
  facts.part_total = integer_of(facts.field("partTotal")).value_or(0);
  return facts;
}

} // namespace kollect::conformance
