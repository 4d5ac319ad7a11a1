#include "message_facts.hpp"

#include <kollect/envelope.hpp>

#include <charconv>

namespace kollect::conformance {

std::optional<std::int64_t> integer_of(const json_node* node) noexcept {
  if (node == nullptr || node->kind != json_kind::number)
    return {};
  std::int64_t value = 0;
  const char* const end = node->raw.data() + node->raw.size();
  const auto [stopped, code] = std::from_chars(node->raw.data(), end, value);
  if (code != std::errc{} || stopped != end)
    return {};
  return value;
}

std::optional<std::string> message_facts::label(std::string_view name) const {
  const auto* const node = document.root.find(name);
  if (node == nullptr || node->kind != json_kind::string)
    return {};
  return node->text.decode();
}

bool message_facts::is_foreign() const {
  const auto version = label("schemaVersion");
  return version && !version->empty() && *version != schema_version_v1alpha1;
}

const json_node* message_facts::field(std::string_view name) const noexcept {
  return payload == nullptr ? nullptr : payload->find(name);
}

message_facts take_apart(const recorded_message& message) {
  message_facts facts;
  facts.source = &message;
  facts.document = read_json(message.value);
  if (!facts.document.is_good)
    return facts;
  facts.payload = facts.document.root.find("payload");
  if (facts.payload == nullptr)
    return facts;
  facts.is_array = facts.payload->kind == json_kind::array;
  facts.items = facts.is_array ? facts.payload : facts.payload->find("items");
  if (facts.items != nullptr && facts.items->kind != json_kind::array)
    facts.items = nullptr;
  if (facts.items != nullptr)
    for (const auto& element : facts.items->elements)
      if (element.kind == json_kind::object)
        facts.rows.push_back(&element);
  facts.part_index = integer_of(facts.field("partIndex")).value_or(0);
  facts.part_total = integer_of(facts.field("partTotal")).value_or(0);
  facts.item_count = integer_of(facts.field("itemCount")).value_or(-1);
  return facts;
}

} // namespace kollect::conformance
