#include "judge_families.hpp"

#include <kollect/envelope.hpp>
#include <kollect/timestamp.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace kollect::conformance {

namespace {

std::string trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(blank);
  return first == std::string_view::npos
             ? std::string()
             : std::string(text.substr(first, text.find_last_not_of(blank) - first + 1));
}

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
    if (!message->items)
      return; // PAY-01
    for (const auto& row : message->rows()) {
      if (!has_identity(row))
        return; // ROW-01
      sent.insert(identity_of(row));
    }
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
        about_export(one, "has a row that was not asked for", "only the rows of the request", text(*extra)));
}

/// A success without a message is another clause's where the snapshot has no rows (DEL-02), or is over a
/// limit (SIZE-01).
void judge_one_envelope(const dissection& seen, const dissected_export& one, judgement& out) {
  const auto messages = distinct_messages(one);
  if (messages.empty()) {
    if (!one.asked_rows.empty() && !one.source->is_large && !may_be_swallowed(seen, one))
      out.complain(about_export(one, "was reported as a success", "a message", "none"));
    return;
  }
  if (is_torn(one))
    return; // MP-04
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
    if (asked == nullptr || asked->items == "null")
      continue;
    if (is_refused_without_reason(*one.source)) {
      out.look();
      out.complain(about_export(one, "was refused, and there is no reason for it", "ok, and a message",
                                printable_excerpt(one.source->answer.error, 300)));
    }
    if (!one.source->answer.is_ok)
      continue;
    out.look();
    if (is_good)
      judge_one_envelope(seen, one, out);
  }
}

/// Of names that a finding tells, in bytes; about.
constexpr std::size_t longest_list = 400;

void judge_fields(const dissection& seen, const message_facts& message, judgement& out) {
  out.look();
  std::string expected, found;
  for (const auto name : envelope_fields)
    expected.append(expected.empty() ? "" : ", ").append(name);
  for (const auto& member : message.document.root.members())
    if (found.size() < longest_list)
      found.append(found.empty() ? "" : ", ").append(printable_excerpt(member.name.decode(), 40));
  if (expected != found)
    return out.complain(about(seen.system(), *message.source,
                              "the envelope's fields are not those, or not in that order", expected, found));
  for (const auto& member : message.document.root.members())
    if (member.value.kind != json_kind::string && !(member.name == "payload"))
      out.complain(at_byte(seen.system(), *message.source, message.offset_of(member.value.raw),
                           printable_excerpt(member.name.decode(), 40) + " has the wrong type", "a string",
                           std::string(to_string(member.value.kind))));
}

void judge_env_02(const dissection& seen, judgement& out) {
  for (const auto& one : seen.exports)
    for (const auto& message : one.messages)
      if (message.document.is_good && message.document.root.kind == json_kind::object &&
          (one.asked() != nullptr || !message.is_foreign()))
        judge_fields(seen, message, out);
}

void judge_env_03(const dissection& seen, judgement& out) {
  const auto judge = [&](const message_facts& message) {
    const auto version = message.document.is_good ? message.label("schemaVersion") : std::nullopt;
    if (!version)
      return; // ENV-02
    out.look();
    if (*version != schema_version_v1alpha1)
      out.complain(at_byte(seen.system(), *message.source,
                           message.offset_of(message.envelope_field("schemaVersion")->raw),
                           "the schemaVersion is another one", std::string(schema_version_v1alpha1),
                           printable_excerpt(*version)));
  };
  for (const auto& one : seen.exports)
    std::ranges::for_each(one.messages, judge); // those of somebody else too
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
      complain("the timestamp is older than the export: it was asked for later", earliest);
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
    const auto at = message.offset_of(message.envelope_field("timestamp")->raw);
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

void judge_env_06(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    const auto label = message.label("cluster");
    if (!label)
      return; // ENV-02
    out.look();
    // Without a request only this is known of spec.cluster: it is trimmed.
    const auto expected = one.source->cluster ? *one.source->cluster : trimmed(*label);
    if (*label != expected)
      out.complain(
          at_byte(seen.system(), *message.source, message.offset_of(message.envelope_field("cluster")->raw),
                  one.source->cluster ? "cluster is another one" : "cluster is not trimmed",
                  "\"" + printable_excerpt(expected) + "\"", "\"" + printable_excerpt(*label) + "\""));
  });
}

/// What today's operator says for a namespace: the first segment of the object's path, after one
/// `inventory/`.
std::string operators_label(std::string_view path_template, const std::string& cluster,
                            const std::string& namespace_) {
  constexpr std::string_view optional = "inventory/";
  if (path_template.starts_with(optional))
    path_template.remove_prefix(optional.size());
  std::string label(path_template.substr(0, path_template.find('/')));
  for (const auto& [name, value] :
       {std::pair<std::string_view, const std::string&>{"{cluster}", cluster}, {"{namespace}", namespace_}})
    if (const auto at = label.find(name); at != std::string::npos)
      label.replace(at, name.size(), value);
  return label;
}

bool is_operators_label(const dissection& seen, const dissected_export& one, const std::string& label) {
  return label == "cluster" ||
         (!seen.source->path_template.empty() &&
          label == operators_label(seen.source->path_template, one.source->cluster.value_or(""),
                                   one.asked()->namespace_));
}

void judge_asked_namespace(const dissection& seen, const dissected_export& one, const message_facts& message,
                           const std::string& label, judgement& out) {
  out.look();
  const auto& expected = one.asked()->namespace_;
  if (label == expected)
    return;
  auto complaint =
      at_byte(seen.system(), *message.source, message.offset_of(message.envelope_field("namespace")->raw),
              "namespace is another one", "\"" + printable_excerpt(expected) + "\"",
              "\"" + printable_excerpt(label) + "\"");
  complaint.is_operators = is_operators_label(seen, one, label);
  out.complain(std::move(complaint));
}

void judge_env_07(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    const auto label = message.label("namespace");
    if (label && one.asked() != nullptr) // else ENV-02
      judge_asked_namespace(seen, one, message, *label, out);
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
