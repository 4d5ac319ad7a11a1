#include "fault.hpp"

#include <kollect/nats/jetstream.hpp>
#include <kollect/serialize.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

namespace kollect::testees {

namespace {

constexpr std::size_t one_mebibyte = 1048576;

std::size_t size_of(const producer::testee_export& asked) {
  const auto rows = serialize_items(asked.items);
  return rows ? rows->size() : 0;
}

/// As today's operator says it where an inventory has no snapshot sink.
result<void> refuse_over(std::size_t cap, const producer::testee_export& asked) {
  const auto size = size_of(asked);
  if (cap == 0 || size <= cap)
    return {};
  return make_failure(error::message_exceeds_limit,
                      "export payload " + std::to_string(size) + " bytes exceeds cap " + std::to_string(cap));
}

/// Removes the first `name":"…",` that stands in a text.
void erase_field(std::string& text, const std::string& name) {
  const auto begin = text.find("\"" + name + "\":\"");
  if (begin == std::string::npos)
    return;
  const auto end = text.find("\",", begin);
  text.erase(begin, end + 2 - begin);
}

/// What the operator does to a stream when it opens: subjects and settings become its own.
result<void> reset_stream(const connection& target) {
  auto server = nats::jetstream::connect(target);
  if (!server)
    return server.error();
  const boost::json::object configuration{
      {"name", target.stream}, {"subjects", boost::json::array{boost::json::string(target.destination)}}};
  const std::chrono::seconds patience{5};
  if (server->request("STREAM.CREATE." + target.stream, configuration, patience))
    return {};
  const auto updated = server->request("STREAM.UPDATE." + target.stream, configuration, patience);
  return updated ? result<void>() : result<void>(updated.error());
}

bool has_kubernetes_namespace(const producer::testee_export& asked) {
  return asked.namespace_.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

std::vector<fault> honest_sinks() {
  return {
      {.clause = "",
       .what = "answers an error for a snapshot over maxExportBytes",
       .refuse =
           [](const producer::testee_export& asked) { return refuse_over(asked.max_export_bytes, asked); },
       .name = "caps-export-bytes"},
      {.clause = "",
       .what = "answers an error for a snapshot over 1 MiB",
       .refuse = [](const producer::testee_export& asked) { return refuse_over(one_mebibyte, asked); },
       .name = "caps-one-mebibyte"},
      {.clause = "",
       .what = "refuses namespaces that Kubernetes does not allow",
       .refuse = [](const producer::testee_export& asked) -> result<void> {
         if (has_kubernetes_namespace(asked))
           return {};
         return make_failure(error::invalid_value, "there can be no such namespace");
       },
       .name = "refuses-odd-namespaces"},
      {.clause = "", .what = "redacts nothing, and does not say that it does", .name = "leaves-redaction"},
  };
}

std::vector<fault> departures() {
  const auto is_path_label = std::make_shared<bool>(false);
  return {
      {.clause = "ENV-07",
       .what = "takes the path template's first segment for the namespace",
       .open = [is_path_label](connection&, std::string_view manifest) -> result<void> {
         *is_path_label = manifest.find("\"pathTemplate\":\"clusters") != std::string_view::npos;
         return {};
       },
       .request =
           [is_path_label](producer::testee_export& asked) {
             if (*is_path_label)
               asked.namespace_ = "clusters";
           },
       .name = "labels-by-path"},
      {.clause = "SIZE-01",
       .what = "drops payloads over 1 MiB in silence",
       .is_swallowed = [](const export_plan& plan,
                          sink_memory&) { return plan.payloads.front().text.size() > one_mebibyte; },
       .name = "drops-over-one-mebibyte"},
      {.clause = "SIZE-01",
       .what = "leaves rows out until the rest fits",
       .request =
           [](producer::testee_export& asked) {
             while (asked.items.size() > 1 && size_of(asked) > one_mebibyte)
               asked.items.resize(asked.items.size() / 2);
           },
       .name = "cuts-to-fit"},
      {.clause = "NAT-03",
       .what = "sets every stream to its own subjects and settings",
       .open = [](connection& target, std::string_view) -> result<void> {
         return target.system == broker_system::nats ? reset_stream(target) : result<void>();
       },
       .name = "resets-streams"},
      {.clause = "SEC-01",
       .what = "redacts all but the attributes' own names",
       .request =
           [](producer::testee_export& asked) {
             for (auto& row : asked.items)
               if (auto* const attributes = row.attributes.if_object();
                   attributes != nullptr && attributes->contains("dbPassword"))
                 (*attributes)["dbPassword"] = "plain";
           },
       .name = "redacts-nested-only"},
  };
}

/// One fault each that other clauses used to be blamed for.
std::vector<fault> faults_with_consequences() {
  return {
      {.clause = "ENV-01",
       .what = "refuses an inventory of generation 0",
       .refuse = [](const producer::testee_export& asked) -> result<void> {
         if (asked.generation != 0)
           return {};
         return make_failure(error::invalid_value, "generation must not be 0");
       },
       .name = "refuses-generation-0"},
      {.clause = "ENV-06",
       .what = "does not open without spec.cluster",
       .open = [](connection& target, std::string_view) -> result<void> {
         if (!target.cluster.empty())
           return {};
         return make_failure(error::missing_key, "spec.cluster is required");
       },
       .name = "needs-a-cluster"},
      {.clause = "ROW-01",
       .what = "leaves uid out",
       .row = [](serialized_item& row, const item&) { erase_field(row.json, "uid"); },
       .name = "leaves-uid-out"},
      {.clause = "PAY-01",
       .what = "leaves exportedAt out",
       .payload = [](payload_plan& payload) { erase_field(payload.text, "exportedAt"); },
       .name = "leaves-exported-at-out"},
      {.clause = "PAY-04",
       .what = "puts zeros at the end of exportedAt",
       .payload =
           [](payload_plan& payload) {
             const auto at = payload.text.find("Z\",\"items\":");
             if (at != std::string::npos)
               payload.text.insert(at, payload.text[at - 3] == ':' ? ".000" : "000");
           },
       .name = "pads-exported-at"},
      {.clause = "MP-04",
       .what = "loses the last part",
       .split =
           [](export_plan& plan) {
             if (plan.payloads.size() > 1)
               plan.payloads.pop_back();
           },
       .name = "loses-a-part"},
      {.clause = "NAT-02",
       .what = "sends one message id for all",
       .message =
           [](outgoing_message& message) {
             for (auto& one : message.headers)
               if (one.name == message_id_header)
                 one.value = "the-only-one";
           },
       .name = "has-one-message-id"},
  };
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// What else a clause says, which the first fault of it leaves whole.
std::vector<fault> faults_of_the_other_half() {
  const auto prefer_password = [](connection& target, std::string_view) -> result<void> {
    if (target.secret && !target.secret->password.empty())
      target.secret->token.clear();
    return {};
  };
  return {
      {.clause = "ENV-05",
       .what = "pads the timestamp's fraction with zeros",
       .message =
           [](outgoing_message& message) {
             const auto end = message.value.find("Z\",\"cluster\"");
             const bool is_whole = message.value.rfind('.', end) == std::string::npos;
             message.value.insert(end, is_whole ? ".000" : "000");
           },
       .name = "pads-timestamp"},
      {.clause = "ROW-02",
       .what = "writes the attributes' own names backwards",
       .row =
           [](serialized_item& row, const item& source) {
             const auto* const attributes = source.attributes.if_object();
             if (attributes == nullptr || attributes->size() < 2)
               return;
             std::vector<std::string> names;
             for (const auto& member : *attributes)
               names.emplace_back(std::string_view(member.key()));
             std::ranges::sort(names, std::greater<>());
             std::string text;
             for (const auto& name : names)
               text.append(text.empty() ? "{" : ",")
                   .append(*kollect::serialize(boost::json::value(name)))
                   .append(":")
                   .append(*kollect::serialize(attributes->at(name)));
             row.json.replace(row.json.find(",\"attributes\":") + 14, std::string::npos, text + "}}");
           },
       .name = "sorts-attributes-backwards"},
      {.clause = "BYT-03",
       .what = "escapes slashes",
       .row = [](serialized_item& row, const item&) { replace_all(row.json, "/", "\\/"); },
       .name = "escapes-slashes"},
      {.clause = "BYT-04",
       .what = "writes 1e+21 with all its digits",
       .row = [](serialized_item& row,
                 const item&) { replace_all(row.json, "1e+21", "1000000000000000000000"); },
       .name = "writes-digits"},
      {.clause = "MP-03",
       .what = "splits a snapshot that just fits",
       .request =
           [](producer::testee_export& asked) {
             constexpr std::size_t of_the_row_that_is_too_large = 2000;
             if (asked.max_export_bytes > of_the_row_that_is_too_large)
               --asked.max_export_bytes;
           },
       .name = "splits-what-fits"},
      {.clause = "DEL-02",
       .what = "refuses an empty snapshot",
       .refuse = [](const producer::testee_export& asked) -> result<void> {
         if (!asked.items.empty())
           return {};
         return make_failure(error::invalid_value, "there are no rows");
       },
       .name = "refuses-empty"},
      {.clause = "NAT-04",
       .what = "logs in with the password where there is a token",
       .open = prefer_password,
       .name = "prefers-passwords-on-nats"},
      {.clause = "NAT-05",
       .what = "calls it a success that a stream takes no more",
       .how = delivery::full_stream_ignored,
       .name = "ignores-full-streams"},
      {.clause = "KAF-01",
       .what = "sends no key",
       .message = [](outgoing_message& message) { message.key.reset(); },
       .name = "sends-no-key"},
      {.clause = "KAF-03",
       .what = "publishes with acks=0",
       .how = delivery::no_replica,
       .name = "publishes-unconfirmed"},
      {.clause = "KAF-05",
       .what = "tests no connection",
       .open = [](connection& target, std::string_view) -> result<void> {
         target.connection_test = false;
         return {};
       },
       .name = "tests-no-connection"},
      {.clause = "KAF-07",
       .what = "logs in with the password where there is a token",
       .open = prefer_password,
       .name = "prefers-passwords-on-kafka"},
      {.clause = "KAF-07",
       .what = "logs in with a token that has no username",
       .open = [](connection& target, std::string_view) -> result<void> {
         if (target.secret && target.secret->username.empty() && !target.secret->token.empty())
           target.secret->username = "token";
         return {};
       },
       .name = "logs-in-with-token-alone"},
  };
}

} // namespace

std::span<const fault> variations() {
  static const auto all = [] {
    std::vector<fault> joined;
    for (auto family : {honest_sinks(), departures(), faults_with_consequences(), faults_of_the_other_half()})
      std::ranges::move(family, std::back_inserter(joined));
    return joined;
  }();
  return all;
}

} // namespace kollect::testees
