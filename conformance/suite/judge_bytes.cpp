#include "attributes_diff.hpp"
#include "judge_parts.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>

#include <algorithm>
#include <array>

namespace kollect::conformance {

namespace {

/// Calls `look(node)` for each value under `root`, itself included.
template <class Look>
void for_each_node(const json_node& root, Look&& look) {
  look(root);
  for (const auto& element : root.elements)
    for_each_node(element, look);
  for (const auto& member : root.members)
    for_each_node(member.value, look);
}

template <class Look>
void for_each_attributes(const message_facts& message, Look&& look) {
  for (const auto* row : message.rows)
    if (const auto* const attributes = row->find("attributes"))
      look(*row, *attributes);
}

/// Complains of what differs from the request where the clause is about it.
void judge_difference(const dissection& seen, const dissected_export& one, const message_facts& message,
                      std::string_view clause, judgement& out) {
  for_each_attributes(message, [&](const json_node& row, const json_node& attributes) {
    const auto wanted = identity_of(row);
    const auto is_it = [&](const item& candidate) { return candidate.identity() == wanted; };
    const auto asked = std::ranges::find_if(one.asked_rows, is_it);
    if (asked == one.asked_rows.end() || std::ranges::count_if(one.asked_rows, is_it) != 1)
      return;
    for (const auto& fault : diff_attributes(attributes, asked->attributes))
      if (fault.clause == clause)
        out.complain(at_byte(seen.system(), *message.source, message.offset_of(fault.where->raw),
                             "attributes differ from the request: " + fault.what, fault.expected,
                             fault.found));
  });
}

void judge_byt_01(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export&, const message_facts& message) {
    out.look();
    const std::string_view text = message.source->value;
    bool in_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (in_string && text[at] == '\\') {
        ++at;
      } else if (text[at] == '"') {
        in_string = !in_string;
      } else if (!in_string &&
                 (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) {
        return out.complain(at_byte(seen.system(), *message.source, at, "white space outside of a string"));
      }
    }
  });
}

void judge_byt_02(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export&, const message_facts& message) {
    for_each_attributes(message, [&](const json_node&, const json_node& attributes) {
      for_each_node(attributes, [&](const json_node& node) {
        if (node.kind != json_kind::object)
          return;
        out.look();
        const auto is_not_before = [](const json_member& left, const json_member& right) {
          return left.name.decode() >= right.name.decode();
        };
        const auto fault = std::ranges::adjacent_find(node.members, is_not_before);
        if (fault == node.members.end())
          return;
        const auto& later = *std::next(fault);
        out.complain(at_byte(seen.system(), *message.source, message.offset_of(later.name.raw()),
                             "an object's keys are not in bytewise order, each once",
                             "a key after \"" + printable_excerpt(fault->name.decode(), 40) + "\"",
                             "\"" + printable_excerpt(later.name.decode(), 40) + "\""));
      });
    });
  });
}

/// A string as BYT-03 spells it, without its quotes.
std::string spelled(std::string_view meaning) {
  std::string text;
  json_writer(text).value(meaning);
  return text.substr(1, text.size() - 2);
}

/// Where a string's spelling departs from BYT-03, in bytes of its raw text; npos where it does not.
std::size_t fault_of_spelling(std::string_view raw) {
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] != '\\') {
      const auto plain = raw.substr(at, raw.find('\\', at) - at);
      const auto expected = spelled(plain);
      const auto [fault, ignored] = std::ranges::mismatch(plain, expected);
      if (fault != plain.end())
        return at + static_cast<std::size_t>(fault - plain.begin());
      at += plain.size();
      continue;
    }
    // An escape must be the one that its character has; U+FFFD may be escaped, as what was not UTF-8 in
    // memory is.
    const std::size_t size = raw.substr(at, 2) == "\\u" ? 6 : 2;
    const auto escape = raw.substr(at, size);
    if (spelled(json_string(escape, false).decode()) != escape && escape != "\\ufffd")
      return at;
    at += size;
  }
  return std::string_view::npos;
}

void judge_byt_03(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    out.look();
    const auto check = [&](const json_string& text) {
      const auto at = fault_of_spelling(text.raw());
      if (at != std::string_view::npos)
        out.complain(at_byte(seen.system(), *message.source, message.offset_of(text.raw()) + at,
                             "a string is not spelled as Go's encoding/json does"));
    };
    for_each_node(message.document.root, [&](const json_node& node) {
      if (node.kind == json_kind::string)
        check(node.text);
      for (const auto& member : node.members)
        check(member.name);
    });
    judge_difference(seen, one, message, "BYT-03", out);
  });
}

void judge_byt_04(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    for_each_attributes(message, [&](const json_node&, const json_node& attributes) {
      for_each_node(attributes, [&](const json_node& node) {
        if (node.kind != json_kind::number)
          return;
        out.look();
        const auto value = parse_value(node.raw);
        const auto written = value ? kollect::serialize(*value) : result<std::string>(std::string());
        const auto expected = written ? *written : std::string();
        // "-0" is how a double that is minus zero is spelled; as an integer it would be 0.
        if (node.raw != expected && node.raw != "-0")
          out.complain(at_byte(seen.system(), *message.source, message.offset_of(node.raw),
                               "a number is not spelled as Go's encoding/json does", expected,
                               printable_excerpt(node.raw)));
      });
    });
    judge_difference(seen, one, message, "BYT-04", out);
  });
}

constexpr std::array byte_table{clause_judge{"BYT-01", judge_byt_01}, clause_judge{"BYT-02", judge_byt_02},
                                clause_judge{"BYT-03", judge_byt_03}, clause_judge{"BYT-04", judge_byt_04}};

} // namespace

std::span<const clause_judge> byte_judges() noexcept {
  return byte_table;
}

} // namespace kollect::conformance
