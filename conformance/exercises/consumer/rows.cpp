#include "exercises.hpp"

#include <algorithm>

namespace kollect::conformance::exercises::consumer {

namespace {

constexpr std::int64_t day = 86'400;

/// A row with these identifying fields.
std::string identified(std::string_view target_namespace, std::string_view target_name,
                       std::string_view namespace_, std::string_view name, std::string_view uid,
                       std::string_view version = "v1") {
  return write_object({{quote("targetNamespace"), quote(target_namespace)},
                       {quote("targetName"), quote(target_name)},
                       {quote("namespace"), quote(namespace_)},
                       {quote("name"), quote(name)},
                       {quote("group"), quote("apps")},
                       {quote("version"), quote(version)},
                       {quote("kind"), quote("Deployment")},
                       {quote("uid"), quote(uid)},
                       {quote("attributes"), "{}"}});
}

} // namespace

result<void> sparse_rows(consumer_session& now) {
  const auto message = [&now](const char* name, std::vector<std::string> rows) {
    return make_sent_message({.which = now.make_scope(name), .instant = now.at(1), .rows = std::move(rows)});
  };
  if (auto sent = now.publish(
          {message("namespace-and-uid", {R"({"namespace":"namespace-and-uid","uid":"u-1"})"}),
           message("no-group",
                   {R"({"targetNamespace":"no-group","targetName":"services","namespace":"no-group",)"
                    R"("name":"api","version":"v1","kind":"Service","uid":"u-1","attributes":{}})"}),
           message(
               "null-attributes",
               {R"({"targetNamespace":"null-attributes","targetName":"all","namespace":"null-attributes",)"
                R"("name":"api","group":"apps","version":"v1","kind":"Deployment","uid":"u-1",)"
                R"("attributes":null})"}),
           message("other-order",
                   {R"({"attributes":{"a":1},"uid":"u-1","kind":"Deployment","version":"v1","group":"apps",)"
                    R"("name":"api","namespace":"other-order","targetName":"all",)"
                    R"("targetNamespace":"other-order"})"})});
      !sent)
    return sent;
  return now.expect("ROW-01", "rows that lack fields, and have them in any order");
}

result<void> identities(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  const auto send = [&](std::int64_t second, std::vector<std::string> rows) {
    return now.publish(
        {make_sent_message({.which = where, .instant = now.at(second), .rows = std::move(rows)})});
  };
  if (auto sent =
          send(1, {identified("t", "all", "n", "api", "u-1"), identified("t", "all", "n", "api", "u-2"),
                   identified("t", "all", "n", "web", "u-1"), identified("t", "all", "m", "api", "u-1"),
                   identified("t", "some", "n", "api", "u-1"), identified("s", "all", "n", "api", "u-1"),
                   // One text where the parts are only joined.
                   identified("t", "all", "a-b", "c", "u-1"), identified("t", "all", "a", "b-c", "u-1"),
                   identified("t", "all", "a.b", "c", "u-1"), identified("t", "all", "a", "b.c", "u-1")});
      !sent)
    return sent;
  if (auto seen = now.expect("ROW-03", "rows that differ in one identifying field each"); !seen)
    return seen;
  if (auto sent = send(
          2, {identified("t", "all", "n", "api", "u-3"), identified("t", "all", "n", "web", "u-1", "v2")});
      !sent)
    return sent;
  return now.expect("ROW-03", "an object recreated under its name, and one whose version has changed");
}

result<void> scope_name(consumer_session& now) {
  if (auto sent = now.publish({make_sent_message({.which = now.make_scope("team-a", "deployments"),
                                                  .instant = now.at(1),
                                                  .rows = {consumer_row("team-a", "api")}})});
      !sent)
    return sent;
  return now.expect("DEL-01", now.system() == broker_system::kafka
                                  ? "a snapshot is held under the inventory that its key tells"
                                  : "a snapshot is held under no inventory's name, as no key tells one");
}

result<void> replaced(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  const auto send = [&](std::int64_t second, std::vector<std::string> rows) {
    return now.publish(
        {make_sent_message({.which = where, .instant = now.at(second), .rows = std::move(rows)})});
  };
  const auto row = [](const char* name, const char* attributes = "{}") {
    return consumer_row("team-a", name, attributes);
  };
  if (auto sent = send(1, {row("kept"), row("changed", R"({"replicas":1,"gone":true})"), row("deleted")});
      !sent)
    return sent;
  if (auto seen = now.expect("DEL-01", "a first snapshot"); !seen)
    return seen;
  if (auto sent = send(2, {row("added"), row("changed", R"({"replicas":2})"), row("kept")}); !sent)
    return sent;
  return now.expect("DEL-01", "a snapshot that lacks a row, and changes and adds others");
}

result<void> namespaces(consumer_session& now) {
  const auto send = [&now](const char* namespace_, std::int64_t second, const char* name) {
    return now.publish({make_sent_message({.which = now.make_scope(namespace_),
                                           .instant = now.at(second),
                                           .rows = {consumer_row(namespace_, name)}})});
  };
  if (auto sent = send("team-a", 1, "api"); !sent)
    return sent;
  if (auto sent = send("team-b", 2, "api"); !sent)
    return sent;
  if (auto seen = now.expect("DEL-01", "snapshots of two namespaces"); !seen)
    return seen;
  if (auto sent = send("team-a", 3, "web"); !sent)
    return sent;
  return now.expect("DEL-01", "a snapshot of one of two namespaces replaces that one's rows only");
}

result<void> neighbours(consumer_session& now) {
  const auto message = [&now](const char* cluster, const char* inventory, std::int64_t second,
                              const char* name) {
    return make_sent_message({.which = now.make_scope("team-a", inventory, cluster),
                              .instant = now.at(second),
                              .rows = {consumer_row("team-a", name)}});
  };
  if (auto sent = now.publish({message("west", "all", 1, "api"), message("east", "all", 2, "api")}); !sent)
    return sent;
  if (auto seen = now.expect("DEL-01", "snapshots of one namespace in two clusters"); !seen)
    return seen;
  if (auto sent = now.publish({message("west", "all", 3, "web")}); !sent)
    return sent;
  if (auto seen = now.expect("DEL-01", "a snapshot of one of two clusters replaces that one's rows only");
      !seen)
    return seen;
  if (now.system() != broker_system::kafka)
    return {};
  if (auto sent = now.publish({message("west", "some", 4, "db"), message("west", "some", 5, "cache")}); !sent)
    return sent;
  return now.expect("DEL-01", "snapshots of two inventories of one namespace, as their keys tell");
}

result<void> operator_keys(consumer_session& now) {
  auto where = now.make_scope("team-a");
  where.inventory.clear(); // such a key does not tell it
  const auto message = [&](std::int64_t second, const char* name, std::optional<std::string> key) {
    auto out = make_sent_message(
        {.which = where, .instant = now.at(second), .rows = {consumer_row("team-a", name)}});
    out.key = std::move(key);
    return out;
  };
  if (auto sent = now.publish({message(1, "api", where.cluster + "/" + where.namespace_)}); !sent)
    return sent;
  if (auto seen = now.expect("DEL-01", "the key of today's operator, {cluster}/{namespace}"); !seen)
    return seen;
  if (auto sent = now.publish({message(2, "web", where.cluster + "/" + where.namespace_)}); !sent)
    return sent;
  if (auto seen = now.expect("DEL-01", "a second snapshot under the operator's key"); !seen)
    return seen;
  if (auto sent = now.publish({message(3, "db", std::nullopt)}); !sent)
    return sent;
  return now.expect("DEL-01", "a message without a key is of the same scope");
}

result<void> tombstone(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  if (auto sent = now.publish(
          {make_sent_message({.which = where, .instant = now.at(1), .rows = {consumer_row("team-a", "api")}}),
           {.key = message_key(where), .is_tombstone = true}});
      !sent)
    return sent;
  return now.expect("DEL-01", "a record without a value deletes nothing");
}

result<void> emptied(consumer_session& now) {
  const auto message = [&now](const char* namespace_, std::int64_t second, bool is_array,
                              std::vector<std::string> rows) {
    return make_sent_message({.which = now.make_scope(namespace_),
                              .instant = now.at(second),
                              .rows = std::move(rows),
                              .is_array = is_array});
  };
  const auto full = [&](const char* namespace_, std::int64_t second, bool is_array, const char* name) {
    return message(namespace_, second, is_array, {consumer_row(namespace_, name)});
  };
  if (auto sent = now.publish({full("envelope", 10, false, "api"), full("array", 10, true, "api")}); !sent)
    return sent;
  if (auto sent = now.publish({message("envelope", 20, false, {}), message("array", 20, true, {})}); !sent)
    return sent;
  if (auto seen = now.expect("DEL-02", "a snapshot without rows clears its scope"); !seen)
    return seen;
  if (auto sent = now.publish({full("envelope", 15, false, "older"), full("array", 15, true, "older")});
      !sent)
    return sent;
  if (auto seen = now.expect("DEL-02", "a snapshot that is older than the one without rows"); !seen)
    return seen;
  if (auto sent = now.publish({full("envelope", 30, false, "back"), full("array", 30, true, "back")}); !sent)
    return sent;
  return now.expect("DEL-02", "a snapshot that is newer than the one without rows");
}

result<void> silent(consumer_session& now) {
  std::vector<sent_message> messages{make_sent_message({.which = now.make_scope("team-q", "all", "quiet"),
                                                        .instant = now.at(-400 * day),
                                                        .rows = {consumer_row("team-q", "api")}})};
  for (std::int64_t second = 1; second <= 40; ++second)
    messages.push_back(make_sent_message({.which = now.make_scope("team-a"),
                                          .instant = now.at(second),
                                          .rows = {consumer_row("team-a", "api")}}));
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect(
      "DEL-03", "a cluster that has been silent for 400 days while another goes on keeps its rows and their "
                "age");
}

} // namespace kollect::conformance::exercises::consumer
