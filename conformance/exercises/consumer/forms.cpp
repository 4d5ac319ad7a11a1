#include "exercises.hpp"

#include <kollect/checksum.hpp>

#include <algorithm>
#include <cstddef>

namespace kollect::conformance::exercises::consumer {

namespace {

using rows = std::vector<std::string>;

/// A message that says something else in the place of its payload, and is to be set aside.
sent_message with_payload(const message_plan& plan, std::string payload) {
  auto out = with_value(plan, write_object(envelope_members(plan, std::move(payload))));
  out.meaning.reset();
  return out;
}

void replace_member(raw_members& members, std::string_view name, std::string value) {
  const auto place = std::ranges::find(members, quote(name), &std::pair<std::string, std::string>::first);
  place->second = std::move(value);
}

void remove_member(raw_members& members, std::string_view name) {
  std::erase_if(members, [&](const auto& member) { return member.first == quote(name); });
}

/// Every letter as a `\u` escape.
std::string escape_all(std::string_view plain) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char letter : plain) {
    const auto byte = static_cast<unsigned char>(letter);
    out.append("\\u00").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
  }
  return out + "\"";
}

sent_message reversed(const message_plan& plan) {
  auto inner = payload_members(plan);
  std::ranges::reverse(inner);
  auto outer = envelope_members(plan, write_object(inner));
  std::ranges::reverse(outer);
  return with_value(plan, write_object(outer));
}

sent_message with_unknown_fields(const message_plan& plan) {
  auto inner = payload_members(plan);
  inner.insert(inner.begin(), {quote("note"), R"({"items":[1,2],"exportedAt":"never"})"});
  inner.insert(inner.begin() + 4, {quote("shard"), "17"});
  inner.emplace_back(quote("signature"), "null");
  auto outer = envelope_members(plan, write_object(inner));
  outer.insert(outer.begin(), {quote("source"), R"([{"payload":[],"cluster":"other"},"}]"])"});
  outer.insert(outer.begin() + 3, {quote("kind"), quote("Event")});
  outer.emplace_back(quote("trace"), R"({"id":"\"payload\":{","depth":[[[]]]})");
  return with_value(plan, write_object(outer));
}

sent_message escaped(const message_plan& plan) {
  const auto escape_names = [](raw_members members) {
    for (auto& [name, value] : members)
      name = escape_all(std::string_view(name).substr(1, name.size() - 2));
    return members;
  };
  auto outer = envelope_members(plan, write_object(escape_names(payload_members(plan))));
  replace_member(outer, "namespace", escape_all(plan.which.namespace_));
  replace_member(outer, "cluster", escape_all(plan.which.cluster));
  return with_value(plan, write_object(escape_names(outer)));
}

sent_message spaced(const message_plan& plan) {
  constexpr std::string_view gap = " \t\r\n ";
  auto with_gaps = plan;
  with_gaps.meant = plan.rows;
  for (auto& row : with_gaps.rows) {
    row.insert(1, gap);
    row.insert(row.size() - 1, gap);
  }
  const auto payload = write_object(payload_members(with_gaps), gap);
  return with_value(with_gaps, write_object(envelope_members(plan, payload), gap));
}

sent_message with_version(const message_plan& plan, const std::string& version) {
  auto members = envelope_members(plan, write_object(payload_members(plan)));
  replace_member(members, "schemaVersion", version);
  return with_value(plan, write_object(members));
}

sent_message without_version(const message_plan& plan) {
  auto members = envelope_members(plan, write_object(payload_members(plan)));
  remove_member(members, "schemaVersion");
  return with_value(plan, write_object(members));
}

} // namespace

result<void> plain(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  const auto text = R"({"replicas":3,"image":"api:1.2","labels":{"tier":"front"},"ready":true})";
  if (auto sent = now.publish(
          {make_sent_message({.which = where,
                              .instant = now.at(1),
                              .rows = {consumer_row("team-a", "api", text), consumer_row("team-a", "web"),
                                       consumer_row("team-a", "worker")}})});
      !sent)
    return sent;
  return now.expect_rows("PAY-01", "a snapshot as the operator sends it, in an export envelope");
}

result<void> forms_in_turn(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  for (int turn = 1; turn <= 4; ++turn) {
    const bool is_array = turn % 2 == 1;
    if (auto sent = now.publish({make_sent_message(
            {.which = where,
             .instant = now.at(turn),
             .rows = {consumer_row("team-a", "row-" + std::to_string(turn)), consumer_row("team-a", "kept")},
             .is_array = is_array})});
        !sent)
      return sent;
    if (auto seen = now.expect("PAY-01", is_array ? "a payload that is an array of rows"
                                                  : "an export envelope after an array of rows");
        !seen)
      return seen;
  }
  return {};
}

result<void> no_form(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  const message_plan good{.which = where, .instant = now.at(1), .rows = {consumer_row("team-a", "kept")}};
  auto newer = good;
  newer.instant = now.at(2);
  auto lacking = payload_members(newer);
  remove_member(lacking, "items");
  if (auto sent =
          now.publish({make_sent_message(good), with_payload(newer, quote("rows")), with_payload(newer, "17"),
                       with_payload(newer, "null"), with_payload(newer, "true"), with_payload(newer, "{}"),
                       with_payload(newer, write_object(lacking)), with_payload(newer, "[1,2]")});
      !sent)
    return sent;
  return now.expect("PAY-01", "payloads that are neither rows nor an export envelope, after a good one");
}

result<void> forged_checksum(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  const message_plan good{.which = where, .instant = now.at(1), .rows = {consumer_row("team-a", "kept")}};
  const message_plan newer{.which = where, .instant = now.at(2), .rows = {consumer_row("team-a", "forged")}};
  auto members = payload_members(newer);
  replace_member(members, "checksum", quote(to_string(sha256("[]"))));
  if (auto sent = now.publish({make_sent_message(good), with_payload(newer, write_object(members))}); !sent)
    return sent;
  return now.expect("PAY-01", "an export envelope whose checksum is not that of its items");
}

result<void> spellings(consumer_session& now) {
  const auto plan = [&now](const char* name) {
    return message_plan{.which = now.make_scope(name),
                        .instant = now.at(1),
                        .rows = {consumer_row(name, "api"), consumer_row(name, "web")}};
  };
  if (auto sent = now.publish({reversed(plan("reversed")), with_unknown_fields(plan("unknown-fields")),
                               escaped(plan("escaped-names")), spaced(plan("white-space"))});
      !sent)
    return sent;
  return now.expect("ENV-02", "fields in any order, unknown fields, escaped names, white space");
}

result<void> versions(consumer_session& now) {
  const auto plan = [&now](const char* name, std::int64_t second) {
    return message_plan{.which = now.make_scope(name),
                        .instant = now.at(second),
                        .rows = {consumer_row(name, "row-" + std::to_string(second))}};
  };
  std::vector<sent_message> messages{without_version(plan("absent", 1)),
                                     with_version(plan("empty", 1), "\"\""),
                                     make_sent_message(plan("other", 1))};
  for (std::int64_t second = 2;
       const auto* const version : {"\"kollect.dev/v2\"", "\"kollect.dev/v1\"", "\"v1alpha1\"", "1"}) {
    auto other = with_version(plan("other", second++), version);
    other.meaning.reset();
    messages.push_back(std::move(other));
  }
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  if (auto seen = now.expect("ENV-03", "no version and an empty one are v1alpha1, others are not taken");
      !seen)
    return seen;
  now.expect_set_aside("ENV-03", "messages of other versions");
  return {};
}

result<void> strings(consumer_session& now) {
  const auto message = [&now](const char* name, const std::string& sent, const std::string& meant) {
    return make_sent_message({.which = now.make_scope(name),
                              .instant = now.at(1),
                              .rows = {consumer_row(name, "row", sent)},
                              .meant = rows{consumer_row(name, "row", meant)}});
  };
  if (auto sent = now.publish(
          {message("escapes", R"({"t":"\"\\\/\b\f\n\r\t\u0001\u001f\u003c\u003e\u0026\u2028\u2029\u00e9"})",
                   "{\"t\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f<>&\xE2\x80\xA8\xE2\x80\xA9\xC3\xA9\"}"),
           message("raw", "{\"t\":\"\x7f/\xC3\xA9\xE2\x80\xA8\xF0\x9F\x9A\x80\"}",
                   "{\"t\":\"\x7f/\xC3\xA9\xE2\x80\xA8\xF0\x9F\x9A\x80\"}"),
           message("pairs", R"({"\ud83d\ude80":"\ud83d\ude80\uD83D\uDE80"})",
                   "{\"\xF0\x9F\x9A\x80\":\"\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\"}"),
           message("lone-surrogates", R"({"t":"a\ud800b\udc00"})",
                   "{\"t\":\"a\xEF\xBF\xBD"
                   "b\xEF\xBF\xBD\"}"),
           message("zero", R"({"t":"a\u0000b"})", R"({"t":"a\u0000b"})")});
      !sent)
    return sent;
  return now.expect("BYT-03", "strings with every escape");
}

result<void> invalid_bytes(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  const auto message = [&](std::int64_t second, const char* name, const std::string& attributes) {
    return message_plan{
        .which = where, .instant = now.at(second), .rows = {consumer_row("team-a", name, attributes)}};
  };
  auto invalid = message(2, "invalid", "{\"t\":\"\xff\"}");
  invalid.meant = rows{consumer_row("team-a", "invalid", "{\"t\":\"\xEF\xBF\xBD\"}")};
  if (auto sent = now.publish({make_sent_message(message(1, "kept", "{}"))}); !sent)
    return sent;
  const auto before = now.expected();
  if (auto sent = now.publish({make_sent_message(invalid)}); !sent)
    return sent;
  if (auto seen =
          now.expect_either("BYT-03", "a string that is not UTF-8 is read with U+FFFD, or set aside", before);
      !seen)
    return seen;
  if (auto sent = now.publish({make_sent_message(message(3, "after", "{}"))}); !sent)
    return sent;
  return now.expect("BYT-03", "a snapshot after one with a string that is not UTF-8");
}

result<void> poison(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  std::vector<sent_message> messages;
  const auto add_good = [&] {
    const auto count = std::to_string(messages.size());
    messages.push_back(make_sent_message({.which = where,
                                          .instant = now.at(static_cast<std::int64_t>(messages.size())),
                                          .rows = {consumer_row("team-a", "row-" + count)}}));
  };
  std::vector<std::string> bad{"poison",
                               "",
                               "{",
                               "[]",
                               "null",
                               "{}",
                               "\"text\"",
                               std::string("\0\1\xff\xfe", 4),
                               "{}}",
                               std::string(20'000, '['),
                               "{\"payload\":"};
  const auto whole = make_sent_message({.which = where, .instant = now.at(900), .rows = {}}).value;
  bad.push_back(whole.substr(0, whole.size() / 2));
  add_good();
  for (auto& bytes : bad) {
    messages.push_back({.value = std::move(bytes), .key = message_key(where)});
    add_good();
  }
  if (now.system() == broker_system::kafka) {
    messages.push_back({.key = message_key(where), .is_tombstone = true});
    add_good();
  }
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect("DED-01", "snapshots between messages that are none");
}

} // namespace kollect::conformance::exercises::consumer
