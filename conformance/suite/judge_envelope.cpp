#include "judge_parts.hpp"

#include <kollect/envelope.hpp>
#include <kollect/timestamp.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace kollect::conformance {

namespace {

constexpr std::array<std::string_view, 5> envelope_fields{"schemaVersion", "timestamp", "cluster",
                                                          "namespace", "payload"};

finding about_export(const dissected_export& one, std::string what, std::string expected, std::string found) {
  const auto& asked = *one.asked();
  return {.what = "the export of " + printable_excerpt(asked.namespace_) + "/" +
                  printable_excerpt(asked.inventory) + " " + std::move(what),
          .expected = std::move(expected),
          .found = std::move(found)};
}

void compare_rows(const dissected_export& one, const std::vector<const message_facts*>& messages,
                  judgement& out) {
  std::set<row_identity> sent, asked;
  for (const auto* message : messages) {
    if (message->items == nullptr)
      return; // PAY-01
    for (const auto* row : message->rows)
      sent.insert(identity_of(*row));
  }
  for (const auto& row : one.asked_rows)
    asked.insert(row.identity());
  const auto first_not_in = [](const auto& left, const auto& right) {
    return std::ranges::find_if(left, [&](const auto& row) { return !right.contains(row); });
  };
  const auto text = [](const row_identity& row) {
    return printable_excerpt(row.namespace_ + "/" + row.name + " uid " + row.uid);
  };
  if (const auto missing = first_not_in(asked, sent); missing != asked.end())
    out.complain(
        about_export(one, "lacks a row", text(*missing), std::to_string(sent.size()) + " other rows"));
  else if (const auto extra = first_not_in(sent, asked); extra != sent.end())
    out.complain(
        about_export(one, "has a row that nobody asked for", "only the rows of the request", text(*extra)));
}

void judge_one_envelope(const dissected_export& one, judgement& out) {
  const auto messages = distinct_messages(one);
  if (messages.empty())
    return out.complain(about_export(one, "was reported as a success", "a message", "none"));
  const auto total = messages.front()->is_part() ? static_cast<std::size_t>(messages.front()->part_total) : 1;
  if (total == 1 && messages.size() > 1)
    out.complain(
        about_export(one, "made several messages that differ", "one", std::to_string(messages.size())));
  else
    compare_rows(one, messages, out);
}

void judge_env_01(const dissection& seen, judgement& out) {
  for (const auto& one : seen.exports) {
    bool is_good = true;
    for (const auto& message : one.messages) {
      out.look();
      if (message.document.is_good && message.document.root.kind == json_kind::object)
        continue;
      is_good = false;
      out.complain(at_byte(seen.system(), *message.source, message.document.failed_at,
                           message.document.is_good
                               ? "the message is JSON, but no object"
                               : "the message is not one JSON object: " + message.document.fault));
    }
    const auto* const asked = one.asked();
    if (asked == nullptr || !one.source->answer.is_ok || asked->items == "null")
      continue;
    out.look();
    if (is_good)
      judge_one_envelope(one, out);
  }
}

void judge_env_02(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export&, const message_facts& message) {
    out.look();
    std::string expected, found;
    for (const auto name : envelope_fields)
      expected.append(expected.empty() ? "" : ", ").append(name);
    for (const auto& member : message.document.root.members)
      found.append(found.empty() ? "" : ", ").append(printable_excerpt(member.name.decode(), 40));
    if (expected != found)
      return out.complain(about(seen.system(), *message.source,
                                "the envelope's fields are not those, or not in that "
                                "order",
                                expected, found));
    for (const auto& member : message.document.root.members)
      if (member.value.kind != json_kind::string && !(member.name == "payload"))
        out.complain(at_byte(seen.system(), *message.source, message.offset_of(member.value.raw),
                             member.name.decode() + " has the wrong type", "a string",
                             std::string(to_string(member.value.kind))));
  });
}

void judge_env_03(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export&, const message_facts& message) {
    const auto version = message.label("schemaVersion");
    if (!version)
      return; // ENV-02
    out.look();
    if (*version != schema_version_v1alpha1)
      out.complain(at_byte(seen.system(), *message.source,
                           message.offset_of(message.document.root.find("schemaVersion")->raw),
                           "the schemaVersion "
                           "is another one",
                           std::string(schema_version_v1alpha1), printable_excerpt(*version)));
  });
}

/// Beyond the form: in an export that we asked for it lies between question and answer. A clock that counts
/// whole seconds is good enough.
void judge_instant(const dissection& seen, const dissected_export& one, const message_facts& message,
                   const timestamp& instant, judgement& out) {
  const auto complain = [&](std::string what, const timestamp& bound) {
    out.complain(
        about(seen.system(), *message.source, std::move(what), to_string(bound), to_string(instant)));
  };
  if (one.asked() != nullptr) {
    const timestamp earliest{one.source->answer.asked_at.seconds, 0};
    const auto latest = one.source->answer.answered_at + std::chrono::seconds(1);
    if (instant < earliest)
      complain("the timestamp was not made anew: it is before the export was asked for", earliest);
    else if (instant > latest)
      complain("the timestamp is after the export was answered", latest);
  } else if (message.source->appended_at &&
             instant > *message.source->appended_at + std::chrono::minutes(5)) {
    complain("the timestamp is later than the broker took the message in", *message.source->appended_at);
  }
}

void judge_env_05(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    const auto text = message.label("timestamp");
    if (!text)
      return; // ENV-02
    out.look();
    const auto instant = parse_timestamp(*text);
    const auto at = message.offset_of(message.document.root.find("timestamp")->raw);
    if (!instant)
      out.complain(at_byte(seen.system(), *message.source, at, "the timestamp is not RFC 3339 in UTC with Z",
                           "such as 2026-01-15T12:00:00.5Z", printable_excerpt(*text)));
    else if (to_string(*instant) != *text)
      out.complain(at_byte(seen.system(), *message.source, at, "the timestamp's fraction has trailing zeros",
                           to_string(*instant), printable_excerpt(*text)));
    else
      judge_instant(seen, one, message, *instant, out);
  });
}

/// Compares a label with what it has to be.
void judge_label(const dissection& seen, const message_facts& message, std::string_view name,
                 const std::string& expected, judgement& out) {
  const auto label = message.label(name);
  if (!label)
    return; // ENV-02
  out.look();
  if (*label != expected)
    out.complain(at_byte(seen.system(), *message.source,
                         message.offset_of(message.document.root.find(name)->raw),
                         std::string(name) + " is another one", "\"" + printable_excerpt(expected) + "\"",
                         "\"" + printable_excerpt(*label) + "\""));
}

void judge_env_06(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    if (one.source->cluster)
      judge_label(seen, message, "cluster", *one.source->cluster, out);
  });
}

void judge_env_07(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    if (one.asked() != nullptr)
      return judge_label(seen, message, "namespace", one.asked()->namespace_, out);
    const auto label = message.label("namespace");
    if (!label)
      return;
    out.look();
    if (label->empty())
      out.complain(
          about(seen.system(), *message.source, "the namespace is empty", "the inventory's", "\"\""));
  });
}

void judge_env_08(const dissection& seen, judgement& out) {
  for (const auto& one : seen.exports) {
    if (one.asked() == nullptr || one.asked()->items != "null")
      continue;
    out.look();
    if (one.source->answer.is_ok)
      out.complain(
          about_export(one, "has no payload at all and was reported as a success", "an error", "ok"));
    else if (!one.messages.empty())
      out.complain(about_export(one, "has no payload at all and published something", "no message",
                                std::to_string(one.messages.size())));
  }
}

constexpr std::array envelope_table{
    clause_judge{"ENV-01", judge_env_01}, clause_judge{"ENV-02", judge_env_02},
    clause_judge{"ENV-03", judge_env_03}, clause_judge{"ENV-05", judge_env_05},
    clause_judge{"ENV-06", judge_env_06}, clause_judge{"ENV-07", judge_env_07},
    clause_judge{"ENV-08", judge_env_08}};

} // namespace

std::span<const clause_judge> envelope_judges() noexcept {
  return envelope_table;
}

} // namespace kollect::conformance
