#include "exercises.hpp"
#include "vectors.hpp"

#include <servers/wait_until.hpp>
#include <suite/judgement.hpp>
#include <suite/message_facts.hpp>

#include <algorithm>

namespace kollect::conformance::exercises::sink {

namespace {

/// Publishes all; each has to be confirmed.
result<void> publish_all(session& now, const std::vector<export_request>& requests) {
  for (const auto& request : requests)
    if (const auto published = now.publish(request); !published)
      return published.error();
  return {};
}

} // namespace

namespace {

/// A cluster's label as it is handed over. Languages do not agree on whether to trim a line separator: one at
/// the end says nothing.
std::string handed_over(const std::string& cluster) {
  return cluster + (cluster.ends_with("\xE2\x80\xA8") ? "-1" : "");
}

export_request request_of(const vector_input& one, std::string namespace_) {
  return {.namespace_ = std::move(namespace_),
          .inventory = one.inventory,
          .generation = one.generation,
          .exported_at = one.exported_at,
          .max_export_bytes = one.max_export_bytes,
          .items = one.items};
}

/// Exports those vectors that `is_wanted` picks. Each namespace is used once, as a stream's duplicate window
/// would swallow the same array under one label.
template <class IsWanted>
result<void> export_vectors(session& now, const IsWanted& is_wanted) {
  auto where = now.make_place();
  if (!where)
    return where.error();
  std::optional<std::string> opened;
  bool is_open = false;
  std::size_t count = 0;
  for (const auto& one : fixed_vectors()) {
    if (one.items == "[]" || !is_wanted(one))
      continue; // an empty snapshot is a clause of its own: DEL-02
    if (opened != one.cluster) {
      where->sink.cluster = handed_over(one.cluster);
      const auto open =
          now.must_open(*where, "ENV-06", "with the cluster \"" + printable_excerpt(one.cluster) + "\"");
      if (!open)
        return open.error();
      is_open = *open;
      opened = one.cluster;
    }
    if (!is_open)
      continue;
    const bool is_plain = is_kubernetes_namespace(one.namespace_);
    const auto request =
        request_of(one, is_plain ? one.namespace_ + "-" + std::to_string(++count) : one.namespace_);
    const bool is_large = request.max_export_bytes != 0 && request.items.size() > request.max_export_bytes;
    const auto published = is_large ? now.publish_large(request) : now.publish(request);
    if (!published)
      return published.error();
  }
  return {};
}

} // namespace

result<void> vectors(session& now) {
  return export_vectors(now, has_kubernetes_names);
}

/// What Kubernetes does not allow: a sink may refuse it.
result<void> odd_names(session& now) {
  return export_vectors(now, [](const vector_input& one) { return !has_kubernetes_names(one); });
}

result<void> identical(session& now) {
  const auto where = now.make_place();
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  const auto request = make_request("team-a", "all", make_rows({make_row("b"), make_row("a", R"({"n":1})")}));
  const auto first = now.publish(request);
  if (!first)
    return first.error();
  // So that a timestamp of whole seconds can be told from one that was kept.
  const auto next_second = (*first)->answer.answered_at + std::chrono::seconds(1);
  servers::wait_until([&] { return kollect::now() > next_second; });
  const auto second = now.try_publish(request);
  if (!second)
    return second.error();
  if (now.system() == broker_system::nats)
    now.testify("NAT-05", (*second)->answer.is_ok,
                "a second export of the same payload, which the stream calls a "
                "duplicate, was reported as an error",
                "ok", (*second)->answer.error);
  else
    now.record().exports.back().may_be_refused = false;
  // On NATS the second may have been swallowed as a duplicate; exportedAt makes the third another payload.
  auto later = request;
  later.exported_at = make_request("", "", "").exported_at;
  if (const auto third = now.publish(later); !third)
    return third.error();
  return {};
}

result<void> shuffled(session& now) {
  const auto where = now.make_place();
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  std::vector<std::string> rows;
  for (const auto* name : {"c", "a", "b.1", "b-1", "b", "b1", "z"})
    rows.push_back(make_row(name, R"({"z":1,"a":{"y":[1,2],"b":null}})"));
  std::vector<export_request> requests;
  for (int round = 0; round < 3; ++round) {
    requests.push_back(make_request("team-" + std::to_string(round), "all", make_rows(rows)));
    std::ranges::rotate(rows, rows.begin() + 2);
    std::swap(rows.front(), rows.back());
  }
  return publish_all(now, requests);
}

result<void> recreated(session& now) {
  const auto where = now.make_place();
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  auto again = make_row("api", R"({"replicas":3})");
  again.replace(again.find("uid-api"), 7, "uid-new");
  return publish_all(
      now, {make_request("team-a", "all", make_rows({make_row("api", R"({"replicas":2})"), again}))});
}

result<void> empty(session& now) {
  const auto where = now.make_place();
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  const auto filled = now.publish(make_request("team-a", "all", make_rows({make_row("last")})));
  if (!filled)
    return filled.error();
  const auto cleared = now.try_publish(make_request("team-a", "all", "[]"));
  if (!cleared)
    return cleared.error();
  return {};
}

result<void> nothing(session& now) {
  const auto where = now.make_place();
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  const auto asked = now.try_publish(make_request("team-a", "all", "null"));
  if (!asked)
    return asked.error();
  return {};
}

result<void> labels(session& now) {
  auto where = now.make_place();
  if (!where)
    return where.error();
  for (const auto* cluster : {"  prod-west\t", ""}) {
    where->sink.cluster = cluster;
    const auto open = now.must_open(
        *where, "ENV-06", *cluster == '\0' ? "with no spec.cluster" : "with white space around spec.cluster");
    if (!open)
      return open.error();
    if (!*open)
      continue;
    const auto published = now.publish(make_request("team-a", "all", make_rows({make_row("api")})));
    if (!published)
      return published.error();
  }
  return {};
}

/// The template that moves all namespaces of today's operator under one label.
result<void> path_template(session& now) {
  auto where = now.make_place();
  if (!where)
    return where.error();
  where->sink.path_template = "clusters/{cluster}/{namespace}/{name}.json";
  if (auto open = now.open(*where); !open)
    return open;
  std::vector<export_request> requests;
  for (const auto* namespace_ : {"team-a", "team-b"})
    requests.push_back(make_request(
        namespace_, "all", make_rows({make_row("api", R"({"of":")" + std::string(namespace_) + "\"}")})));
  return publish_all(now, requests);
}

result<void> secrets(session& now) {
  const auto where = now.make_place();
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  const std::string attributes =
      R"({"dbPassword":"canary-0","spec":{"dbPassword":"canary-1","env":[{"API_KEY":"canary-2"}],"TOKEN":{"a":"canary-3"}},)"
      R"("data":{"connectionString":"canary-4","privateKey":["canary-5"]},"replicas":2})";
  // Refusing such a snapshot keeps the secret too.
  const auto asked = now.try_publish(make_request("team-a", "all", make_rows({make_row("api", attributes)})));
  if (!asked)
    return asked.error();
  if ((*asked)->messages.empty())
    now.testify("SEC-01", !(*asked)->answer.is_ok,
                "a snapshot with secret-looking attributes was neither published nor refused",
                "a redacted message, or an error", "neither");
  return {};
}

result<void> inventories(session& now) {
  const auto where = now.make_place();
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  std::vector<export_request> requests;
  for (int round = 0; round < 2; ++round)
    for (int index = 0; index < 12; ++index) {
      const auto name = "inventory-" + std::to_string(index);
      const auto attributes = "{\"round\":" + std::to_string(round) + ",\"of\":\"" + name + "\"}";
      requests.push_back(
          make_request("team-" + std::to_string(index % 5), name, make_rows({make_row("api", attributes)})));
    }
  return publish_all(now, requests);
}

namespace {

/// A message without its timestamp, which is new at each export.
std::string without_timestamp(const recorded_message& message) {
  const auto facts = take_apart(message);
  auto text = message.value;
  if (const auto& field = facts.envelope_field("timestamp"))
    text.erase(facts.offset_of(field->raw), field->raw.size());
  return text;
}

} // namespace

result<void> both_systems(session& now) {
  const auto rows = make_rows({make_row("b", R"({"text":"<&>","n":1e21})"), make_row("a")});
  const auto request = make_request("team-a", "all", rows);
  std::vector<recorded_message> messages;
  for (const bool is_other : {false, true}) {
    const auto where = now.make_place({.is_other_system = is_other});
    if (!where)
      return where.error();
    if (auto open = now.open(*where); !open)
      return open;
    const auto published = now.publish(request);
    if (!published)
      return published.error();
    if ((*published)->messages.empty())
      return make_failure(error::not_acknowledged, "the sink published nothing to compare");
    messages.push_back((*published)->messages.front());
  }
  const auto here = without_timestamp(messages[0]), there = without_timestamp(messages[1]);
  const auto at = first_difference(here, there);
  const bool is_same = at == std::string::npos;
  now.testify("ENV-04", is_same, "besides the timestamp the same export has other bytes on the other system",
              is_same ? "" : hex_excerpt(here, at), is_same ? "" : hex_excerpt(there, at));
  return {};
}

} // namespace kollect::conformance::exercises::sink
