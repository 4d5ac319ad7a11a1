#include "judge_families.hpp"

#include <kollect/checksum.hpp>
#include <kollect/envelope.hpp>
#include <kollect/timestamp.hpp>

#include <algorithm>
#include <array>

namespace kollect::conformance {

namespace {

/// A field of the export envelope (PAY-01).
struct payload_field {
  std::string_view name;
  json_kind kind;
  bool is_required;
};

constexpr std::array<payload_field, 9> payload_form_fields{{{"schemaVersion", json_kind::string, true},
                                                            {"checksum", json_kind::string, true},
                                                            {"generation", json_kind::number, false},
                                                            {"partIndex", json_kind::number, false},
                                                            {"partTotal", json_kind::number, false},
                                                            {"itemCount", json_kind::number, true},
                                                            {"exportedAt", json_kind::string, true},
                                                            {"cluster", json_kind::string, false},
                                                            {"items", json_kind::array, true}}};

/// What is wrong with the members of an export envelope; empty where nothing is.
std::string fault_of_members(const json_node& payload) {
  auto next = payload_form_fields.begin();
  for (const auto& member : payload.members()) {
    const auto name = member.name.decode();
    const auto field = std::ranges::find(payload_form_fields, name, &payload_field::name);
    if (field == payload_form_fields.end())
      return "has the unknown field " + printable_excerpt(name, 40);
    if (field < next)
      return "has " + name + " twice or too late";
    const auto skipped = std::find_if(next, field, [](const auto& one) { return one.is_required; });
    if (skipped != field)
      return "has no " + std::string(skipped->name) + " before " + name;
    if (member.value.kind != field->kind)
      return "has a " + name + " that is " + std::string(to_string(member.value.kind));
    if (!field->is_required && (member.value.raw == "0" || member.value.raw == "\"\""))
      return "says " + name + " although it is " + std::string(member.value.raw);
    next = field + 1;
  }
  const auto missing =
      std::find_if(next, payload_form_fields.end(), [](const auto& one) { return one.is_required; });
  return missing == payload_form_fields.end() ? "" : "has no " + std::string(missing->name);
}

void judge_pay_01(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export&, const message_facts& message) {
    if (!message.payload)
      return; // ENV-02
    out.look();
    const auto complain = [&](std::string what, const json_node& where) {
      out.complain(at_byte(seen.system(), *message.source, message.offset_of(where.raw), std::move(what)));
    };
    if (!message.is_array && message.payload->kind != json_kind::object)
      return complain("the payload is " + std::string(to_string(message.payload->kind)), *message.payload);
    if (!message.is_array) {
      const auto fault = fault_of_members(*message.payload);
      if (!fault.empty())
        return complain("the export envelope " + fault, *message.payload);
      if (!(message.field("schemaVersion")->text == schema_version_v1alpha1))
        return complain("the export envelope has another schemaVersion", *message.field("schemaVersion"));
    }
    for (const auto& element : message.items->elements())
      if (element.kind != json_kind::object)
        return complain("a row is " + std::string(to_string(element.kind)), element);
  });
}

void judge_pay_02(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export&, const message_facts& message) {
    const auto& checksum = message.field("checksum");
    if (!checksum || checksum->kind != json_kind::string || !message.items)
      return;
    out.look();
    const auto expected = to_string(sha256(message.items->raw));
    if (checksum->text.raw() != expected)
      out.complain(at_byte(seen.system(), *message.source, message.offset_of(checksum->raw),
                           "the checksum is not that of the items", expected,
                           printable_excerpt(checksum->raw)));
  });
}

void judge_pay_03(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export&, const message_facts& message) {
    const auto& count = message.field("itemCount");
    if (!count || count->kind != json_kind::number || !message.items)
      return;
    out.look();
    const auto expected = std::to_string(message.element_count);
    if (count->raw != expected)
      out.complain(at_byte(seen.system(), *message.source, message.offset_of(count->raw),
                           "itemCount is not the number of items", expected, printable_excerpt(count->raw)));
  });
}

void judge_exported_at(const dissection& seen, const dissected_export& one, const message_facts& message,
                       judgement& out) {
  const auto& field = message.field("exportedAt");
  if (!field || field->kind != json_kind::string)
    return;
  out.look();
  const auto text = field->text.decode();
  const auto instant = parse_timestamp(text);
  const auto complain = [&](std::string what, std::string expected) {
    out.complain(at_byte(seen.system(), *message.source, message.offset_of(field->raw), std::move(what),
                         std::move(expected), printable_excerpt(text)));
  };
  if (!instant || to_string(*instant) != text)
    return complain("exportedAt is not RFC 3339 in UTC with Z and without trailing zeros",
                    instant ? to_string(*instant) : "such as 2026-01-15T12:00:00.5Z");
  if (one.asked() == nullptr)
    return;
  const auto asked = parse_timestamp(one.asked()->exported_at);
  if (asked && *asked != *instant)
    complain("exportedAt is not that of the export", to_string(*asked));
}

void judge_pay_04(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    judge_exported_at(seen, one, message, out);
  });
}

/// Whole messages only: whether parts agree is MP-05's question.
void judge_pay_05(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    if (one.asked() == nullptr || message.is_part() || message.is_array || !message.field("exportedAt"))
      return;
    out.look();
    const auto found = integer_of(message.field("generation")).value_or(0);
    if (found != one.asked()->generation)
      out.complain(about(seen.system(), *message.source, "generation is not the inventory's",
                         std::to_string(one.asked()->generation), std::to_string(found)));
  });
}

constexpr std::array payload_table{clause_judge{"PAY-01", judge_pay_01}, clause_judge{"PAY-02", judge_pay_02},
                                   clause_judge{"PAY-03", judge_pay_03}, clause_judge{"PAY-04", judge_pay_04},
                                   clause_judge{"PAY-05", judge_pay_05}};

} // namespace

std::span<const clause_judge> payload_judges() noexcept {
  return payload_table;
}

} // namespace kollect::conformance
