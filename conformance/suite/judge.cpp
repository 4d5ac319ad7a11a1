#include "judge_families.hpp"

#include <kollect/checksum.hpp>
#include <kollect/message.hpp>
#include <kollect/parse.hpp>

#include <algorithm>
#include <array>

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

bool may_be_swallowed(const dissection& seen, const dissected_export& one) {
  if (seen.system() != broker_system::nats)
    return false;
  return std::ranges::any_of(seen.exports, [&](const dissected_export& other) {
    return &other != &one && std::ranges::any_of(other.messages, [&](const message_facts& message) {
      const auto is_wrong = [&](std::string_view name) {
        return possible_labels(other, message, name).size() > 1;
      };
      return message.document.is_good &&
             (!has_right_message_id(other, message) || is_wrong("cluster") || is_wrong("namespace"));
    });
  });
}

std::string row_field(const json_node& row, std::string_view name) {
  const auto field = row.find(name);
  return !field || field->kind != json_kind::string ? std::string() : field->text.decode();
}

finding about_repeated_row(broker_system system, const message_facts& message, const json_node& row) {
  return at_byte(system, *message.source, message.offset_of(row.raw),
                 "two rows of the snapshot have one identity", "each identity once",
                 printable_excerpt(row_field(row, "name") + " uid " + row_field(row, "uid")));
}

finding about_partitions(broker_system system, const recorded_message& message, std::int32_t before) {
  auto complaint =
      about(system, message,
            "the messages of one key are in several partitions: key " + printable_excerpt(*message.key),
            "partition " + std::to_string(before), "partition " + std::to_string(message.partition));
  complaint.is_operators = true;
  return complaint;
}

bool is_refused_without_reason(const observed_export& one) noexcept {
  return one.asked && one.asked->items != "null" && !one.answer.is_ok && !one.may_be_refused;
}

/// Two parts with one index, though of one content but for the instant they were sent at, are one part.
bool is_torn(const dissected_export& one) {
  const auto parts = parts_of(one);
  if (parts.empty())
    return false;
  const auto total = static_cast<std::size_t>(parts.front()->part_total);
  if (parts.size() != total)
    return true;
  for (std::size_t index = 0; index < total; ++index)
    if (parts[index]->part_index != static_cast<std::int64_t>(index) + 1)
      return true;
  return false;
}

std::vector<std::string> possible_labels(const dissected_export& one, const message_facts& message,
                                         std::string_view name) {
  std::vector<std::string> labels;
  if (const auto own = message.label(name))
    labels.push_back(*own);
  if (one.asked() == nullptr)
    return labels;
  const auto wanted = name == "cluster" ? one.source->cluster : std::optional(one.asked()->namespace_);
  if (wanted && std::ranges::find(labels, *wanted) == labels.end())
    labels.push_back(*wanted);
  return labels;
}

bool has_right_message_id(const dissected_export& one, const message_facts& message) {
  const auto& headers = message.source->headers;
  const auto found = std::ranges::find(headers, message_id_header, &header::name);
  if (found == headers.end() || !message.payload)
    return false;
  for (const auto& cluster : possible_labels(one, message, "cluster"))
    for (const auto& namespace_ : possible_labels(one, message, "namespace"))
      if (found->value == nats_message_id(cluster, namespace_, message.payload->raw))
        return true;
  return false;
}

namespace {

template <class IsSame>
std::vector<const message_facts*> distinct(const dissected_export& one, const IsSame& is_same) {
  std::vector<const message_facts*> found;
  for (const auto& message : one.messages) {
    if (one.asked() == nullptr && message.is_somebody_elses())
      continue;
    const auto is_known = [&](const message_facts* other) { return is_same(*other, message); };
    if (std::ranges::none_of(found, is_known))
      found.push_back(&message);
  }
  return found;
}

} // namespace

std::vector<const message_facts*> distinct_messages(const dissected_export& one) {
  return distinct(one, [](const message_facts& left, const message_facts& right) {
    return left.source->value == right.source->value;
  });
}

std::vector<const message_facts*> parts_of(const dissected_export& one) {
  auto parts = distinct(one, [](const message_facts& left, const message_facts& right) {
    return left.is_part() && right.is_part() && left.payload->raw == right.payload->raw;
  });
  std::erase_if(parts, [](const message_facts* message) { return !message->is_part(); });
  std::ranges::stable_sort(parts, {}, [](const message_facts* part) { return part->part_index; });
  return parts;
}

} // namespace kollect::conformance
