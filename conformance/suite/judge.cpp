#include "judge_parts.hpp"

#include <kollect/parse.hpp>

#include <algorithm>

namespace kollect::conformance {

dissection dissect(const recording& source) {
  dissection seen;
  seen.source = &source;
  for (const auto& one : source.exports) {
    dissected_export taken;
    taken.source = &one;
    for (const auto& message : one.messages)
      taken.messages.push_back(take_apart(message));
    if (one.asked && one.asked->items != "null")
      if (auto rows = parse_items(one.asked->items, limits{.max_depth = max_depth_ceiling}))
        taken.asked_rows = std::move(*rows);
    seen.exports.push_back(std::move(taken));
  }
  return seen;
}

std::span<const clause_judge> judges() noexcept {
  static const auto all = [] {
    std::vector<clause_judge> joined;
    for (const auto family :
         {envelope_judges(), payload_judges(), row_judges(), byte_judges(), set_judges(), delivery_judges()})
      joined.insert(joined.end(), family.begin(), family.end());
    return joined;
  }();
  return all;
}

judge_function find_judge(std::string_view id) noexcept {
  const auto all = judges();
  const auto found = std::ranges::find(all, id, &clause_judge::id);
  return found == all.end() ? nullptr : found->judge;
}

std::string row_field(const json_node& row, std::string_view name) {
  const auto* const field = row.find(name);
  return field == nullptr || field->kind != json_kind::string ? std::string() : field->text.decode();
}

row_identity identity_of(const json_node& row) {
  return {row_field(row, "targetNamespace"), row_field(row, "targetName"), row_field(row, "namespace"),
          row_field(row, "name"), row_field(row, "uid")};
}

std::string sort_key_of(const json_node& row) {
  std::string key;
  for (const auto* name :
       {"targetNamespace", "targetName", "namespace", "name", "uid", "group", "version", "kind"})
    key.append(key.empty() && name == std::string_view("targetNamespace") ? "" : std::string(1, '\0'))
        .append(row_field(row, name));
  return key;
}

std::vector<const message_facts*> distinct_messages(const dissected_export& one) {
  std::vector<const message_facts*> distinct;
  for (const auto& message : one.messages) {
    const auto is_same = [&](const message_facts* other) {
      return other->source->value == message.source->value;
    };
    if (std::ranges::none_of(distinct, is_same))
      distinct.push_back(&message);
  }
  return distinct;
}

std::vector<const message_facts*> parts_of(const dissected_export& one) {
  auto parts = distinct_messages(one);
  std::erase_if(parts, [](const message_facts* message) { return !message->is_part(); });
  std::ranges::stable_sort(parts, {}, [](const message_facts* part) { return part->part_index; });
  return parts;
}

} // namespace kollect::conformance
