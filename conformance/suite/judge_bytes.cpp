#include "attributes_diff.hpp"
#include "judge_families.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace kollect::conformance {

namespace {

template <class Look>
void for_each_attributes(const message_facts& message, Look&& look) {
  for (const auto& row : message.rows())
    if (const auto attributes = row.find("attributes"))
      look(row, *attributes);
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
        out.complain(at_byte(seen.system(), *message.source, message.offset_of(fault.where.raw),
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

/// Looks at the names of every object.
struct key_order : json_visitor {
  const dissection& seen;
  const message_facts& message;
  judgement& out;

  key_order(const dissection& all, const message_facts& one, judgement& to)
      : seen(all), message(one), out(to) {}
  void on_object() { out.look(); }
  void on_name(const json_string& name, const json_string* before) {
    if (before == nullptr || before->decode() < name.decode())
      return;
    out.complain(at_byte(seen.system(), *message.source, message.offset_of(name.raw()),
                         "an object's keys are not in bytewise order, each once",
                         "a key after \"" + printable_excerpt(before->decode(), 40) + "\"",
                         "\"" + printable_excerpt(name.decode(), 40) + "\""));
  }
};

/// The names right under attributes: their order is ROW-02's, that each is there once is not.
void judge_top_names(const dissection& seen, const message_facts& message, const json_node& attributes,
                     judgement& out) {
  key_order within(seen, message, out);
  std::optional<json_string> before;
  within.on_object();
  for (const auto& member : attributes.members()) {
    if (before && *before == member.name)
      within.on_name(member.name, &*before);
    before = member.name;
    visit_json(member.value, within);
  }
}

void judge_byt_02(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export&, const message_facts& message) {
    for_each_attributes(message, [&](const json_node&, const json_node& attributes) {
      if (attributes.kind == json_kind::object) // else ROW-02
        judge_top_names(seen, message, attributes, out);
    });
  });
}

/// A string as BYT-03 spells it, without its quotes.
std::string spelled(std::string_view meaning) {
  std::string text;
  json_writer(text).value(meaning);
  return text.substr(1, text.size() - 2);
}

/// What of a long text is looked at together: no character is cut in two.
std::string_view next_piece(std::string_view text) {
  constexpr std::size_t longest = 64UL * 1024, longest_character = 4;
  if (text.size() <= longest)
    return text;
  auto size = longest;
  const auto is_inside = [&] { return (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U; };
  while (size > longest - longest_character && is_inside())
    --size;
  return text.substr(0, size);
}

/// Where a string's spelling departs from BYT-03, in bytes of its raw text; npos where it does not.
std::size_t fault_of_spelling(std::string_view raw) {
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] != '\\') {
      const auto plain = next_piece(raw.substr(at, raw.find('\\', at) - at));
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

/// Looks at every string and name.
struct string_spelling : json_visitor {
  const dissection& seen;
  const message_facts& message;
  judgement& out;

  string_spelling(const dissection& all, const message_facts& one, judgement& to)
      : seen(all), message(one), out(to) {}
  void on_name(const json_string& name, const json_string*) { on_string(name); }
  void on_string(const json_string& text) {
    const auto at = fault_of_spelling(text.raw());
    if (at != std::string_view::npos)
      out.complain(at_byte(seen.system(), *message.source, message.offset_of(text.raw()) + at,
                           "a string is not spelled as Go's encoding/json does"));
  }
};

void judge_byt_03(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    out.look();
    visit_json(message.document.root, string_spelling(seen, message, out));
    judge_difference(seen, one, message, "BYT-03", out);
  });
}

/// Whether it is spelled right beyond doubt: a few digits.
bool is_short_integer(std::string_view raw) {
  constexpr std::size_t most_digits = 18;
  return raw.size() <= most_digits && (raw.size() == 1 || raw.front() != '0') &&
         raw.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Looks at every number.
struct number_spelling : json_visitor {
  const dissection& seen;
  const message_facts& message;
  judgement& out;

  number_spelling(const dissection& all, const message_facts& one, judgement& to)
      : seen(all), message(one), out(to) {}
  void on_number(std::string_view raw) {
    out.look();
    if (is_short_integer(raw) || raw == "-0")
      return; // "-0" is how a double that is minus zero is spelled; as an integer it would be 0
    const auto value = parse_value(raw);
    const auto written = value ? kollect::serialize(*value) : result<std::string>(std::string());
    const auto expected = written ? *written : std::string();
    if (raw != expected)
      out.complain(at_byte(seen.system(), *message.source, message.offset_of(raw),
                           "a number is not spelled as Go's encoding/json does", expected,
                           printable_excerpt(raw)));
  }
};

void judge_byt_04(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    for_each_attributes(message, [&](const json_node&, const json_node& attributes) {
      visit_json(attributes, number_spelling(seen, message, out));
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
