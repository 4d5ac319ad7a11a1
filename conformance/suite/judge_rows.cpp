#include "attributes_diff.hpp"
#include "judge_families.hpp"

#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace kollect::conformance {

namespace {

constexpr std::array<std::string_view, 9> row_fields{
    "targetNamespace", "targetName", "namespace", "name", "group", "version", "kind", "uid", "attributes"};

/// Calls `look(message, row)` for each row of each message.
template <class Look>
void for_each_row(const dissection& seen, Look&& look) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    for (const auto& row : message.rows())
      look(one, message, row);
  });
}

std::string fault_of_fields(const json_node& row) {
  auto next = row_fields.begin();
  for (const auto& member : row.members()) {
    const auto name = member.name.decode();
    const auto field = std::ranges::find(row_fields, name);
    if (field == row_fields.end())
      return "has the unknown field " + printable_excerpt(name, 40);
    if (field < next)
      return "has " + name + " twice or too late";
    const auto skipped = std::find_if(next, field, [](const auto one) { return one != "group"; });
    if (skipped != field)
      return "has no " + std::string(*skipped) + " before " + name;
    if (name != "attributes" && member.value.kind != json_kind::string)
      return "has a " + name + " that is " + std::string(to_string(member.value.kind));
    if (name == "group" && member.value.text.empty())
      return "has an empty group, which is left out";
    next = field + 1;
  }
  const auto missing = std::find_if(next, row_fields.end(), [](const auto one) { return one != "group"; });
  return missing == row_fields.end() ? "" : "has no " + std::string(*missing);
}

/// The request's row of the same identity, if there is exactly one.
const item* asked_row(const dissected_export& one, const json_node& row) {
  const auto wanted = identity_of(row);
  const item* found = nullptr;
  for (const auto& candidate : one.asked_rows) {
    if (candidate.identity() != wanted)
      continue;
    if (found != nullptr)
      return nullptr;
    found = &candidate;
  }
  return found;
}

void judge_row_01(const dissection& seen, judgement& out) {
  for_each_row(seen, [&](const dissected_export& one, const message_facts& message, const json_node& row) {
    out.look();
    const auto complain = [&](std::string what, std::string expected, std::string found) {
      out.complain(at_byte(seen.system(), *message.source, message.offset_of(row.raw), std::move(what),
                           std::move(expected), std::move(found)));
    };
    if (const auto fault = fault_of_fields(row); !fault.empty())
      return complain("the row " + fault, "", "");
    const auto* const asked = asked_row(one, row);
    if (asked == nullptr)
      return;
    for (const auto& [name, expected] : {std::pair<const char*, const std::string&>{"group", asked->group},
                                         {"version", asked->version},
                                         {"kind", asked->kind}})
      if (row_field(row, name) != expected)
        complain(std::string("the row has another ") + name, printable_excerpt(expected),
                 printable_excerpt(row_field(row, name)));
  });
}

bool has_sorted_keys(const json_node& object) {
  return std::ranges::is_sorted(object.members(), {},
                                [](const json_member& one) { return one.name.decode(); });
}

void judge_row_02(const dissection& seen, judgement& out) {
  for_each_row(seen, [&](const dissected_export& one, const message_facts& message, const json_node& row) {
    const auto attributes = row.find("attributes");
    if (!attributes)
      return; // ROW-01
    out.look();
    const auto complain = [&](const json_node& where, std::string what, std::string expected,
                              std::string found) {
      out.complain(at_byte(seen.system(), *message.source, message.offset_of(where.raw), std::move(what),
                           std::move(expected), std::move(found)));
    };
    if (attributes->kind != json_kind::object && attributes->kind != json_kind::null)
      return complain(*attributes, "attributes has the wrong type", "an object or null",
                      std::string(to_string(attributes->kind)));
    if (!has_sorted_keys(*attributes))
      return complain(*attributes, "the keys of attributes are not in bytewise order", "", "");
    const auto* const asked = asked_row(one, row);
    if (asked == nullptr)
      return;
    for (const auto& fault : diff_attributes(*attributes, asked->attributes))
      if (fault.clause == "ROW-02")
        complain(fault.where, "attributes differ from the request: " + fault.what, fault.expected,
                 fault.found);
  });
}

/// The snapshots of an export: each whole message is one, all parts together are one.
std::vector<std::vector<const message_facts*>> snapshots_of(const dissected_export& one) {
  std::vector<std::vector<const message_facts*>> snapshots;
  for (const auto* message : distinct_messages(one))
    if (!message->is_part())
      snapshots.push_back({message});
  if (auto parts = parts_of(one); !parts.empty())
    snapshots.push_back(std::move(parts));
  return snapshots;
}

void judge_row_03(const dissection& seen, judgement& out) {
  for (const auto& one : seen.exports)
    for (const auto& snapshot : snapshots_of(one)) {
      row_identities known;
      for (const auto* message : snapshot)
        known.add(*message, [&](const json_node& row) {
          if (one.asked() == nullptr || asked_row(one, row) != nullptr)
            out.complain(about_repeated_row(seen.system(), *message, row));
        });
      out.looked_at += known.size();
    }
}

void judge_row_order(const dissection& seen, const message_facts& message, judgement& out) {
  if (!std::ranges::all_of(message.rows(), has_identity))
    return; // ROW-01
  out.look();
  std::string before;
  for (const auto& row : message.rows()) {
    auto key = sort_key_of(row);
    if (key < before)
      return out.complain(
          at_byte(seen.system(), *message.source, message.offset_of(row.raw),
                  "the rows are not in canonical order", "a row that sorts at or after the one before",
                  printable_excerpt(row_field(row, "namespace") + "/" + row_field(row, "name"))));
    before = std::move(key);
  }
}

/// Whether two messages have the same rows as texts, in whatever order: where they have not, that is a matter
/// of how rows are spelled (BYT-02 and the like), not of their order.
bool have_same_texts(const message_facts& left, const message_facts& right) {
  const auto texts = [](const message_facts& message) {
    std::vector<std::string_view> raw;
    for (const auto& row : message.rows())
      raw.push_back(row.raw);
    std::ranges::sort(raw);
    return raw;
  };
  return texts(left) == texts(right);
}

/// Also over exports: the same rows, in whatever order they were asked for, give the same bytes.
void judge_ord_01(const dissection& seen, judgement& out) {
  std::map<std::string, const message_facts*> by_rows;
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    if (!message.items || (message.row_count == 0 && one.asked_rows.empty()))
      return;
    judge_row_order(seen, message, out);
    if (one.asked_rows.empty() || message.is_part() || one.messages.size() != 1)
      return;
    const auto rows = serialize_items(one.asked_rows);
    if (!rows)
      return;
    const auto [first, is_new] = by_rows.emplace(*rows, &message);
    const auto& earlier = *first->second;
    const auto at = first_difference(earlier.items->raw, message.items->raw);
    if (is_new || at == std::string_view::npos || !have_same_texts(earlier, message))
      return;
    out.complain(at_byte(seen.system(), *message.source, message.offset_of(message.items->raw) + at,
                         "the same rows gave other bytes than before",
                         hex_excerpt(earlier.source->value, earlier.offset_of(earlier.items->raw) + at) +
                             " in " + place_of(seen.system(), *earlier.source)));
  });
}

constexpr std::array row_table{clause_judge{"ROW-01", judge_row_01}, clause_judge{"ROW-02", judge_row_02},
                               clause_judge{"ROW-03", judge_row_03}, clause_judge{"ORD-01", judge_ord_01}};

} // namespace

std::span<const clause_judge> row_judges() noexcept {
  return row_table;
}

} // namespace kollect::conformance
