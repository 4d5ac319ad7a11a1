#include "feed/feed_message.hpp"

#include <kollect/path_segment.hpp>
#include <kollect/scope.hpp>

#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::string_view type_prefix = "dev.kollect.inventory.";

/// What happened, as CloudEvents' `type`.
std::string event_type(const std::string& kind) {
  const bool is_about_row = kind == "added" || kind == "changed" || kind == "removed";
  return std::string(type_prefix) + (is_about_row ? "item." : "") + kind;
}

/// Adds the headers of CloudEvents. Each binding has its own prefix, and only Kafka's names the type of the
/// value in a header without it.
void add_cloudevents(outgoing_message& message, const feed_target& target, const std::string& id,
                     const std::string& source, const std::string& kind, const timestamp& time) {
  const bool is_kafka = target.system == broker_system::kafka;
  const auto add = [&](const char* name, std::string value) {
    message.headers.push_back({(is_kafka ? "ce_" : "ce-") + std::string(name), std::move(value)});
  };
  add("specversion", "1.0");
  add("id", id);
  add("source", source);
  add("type", event_type(kind));
  add("time", to_string(time));
  if (is_kafka)
    message.headers.push_back({"content-type", "application/json"});
  else
    add("datacontenttype", "application/json");
}

std::string source_of(const scope& which) {
  std::string out = "/kollect";
  for (const auto* part : {&which.cluster, &which.namespace_, &which.inventory}) {
    out += '/';
    append_path_segment(out, *part);
  }
  return out;
}

outgoing_message begin_message(const feed_target& target, const std::string& id) {
  outgoing_message message;
  message.destination = target.destination;
  if (target.system == broker_system::nats)
    message.headers.push_back({"Nats-Msg-Id", id});
  return message;
}

} // namespace

outgoing_message make_feed_message(const feed_target& target, const feed_entry& entry,
                                   feed_omission omitted) {
  const auto id = feed_id(entry.cursor, target.store_id);
  auto message = begin_message(target, id);
  if (target.system == broker_system::kafka)
    message.key = message_key(entry.scope);
  if (target.has_cloudevents)
    add_cloudevents(message, target, id, source_of(entry.scope), entry.kind, entry.applied_at);
  if (!entry.origin.traceparent.empty())
    message.headers.push_back({"traceparent", entry.origin.traceparent});
  message.value = feed_json(entry, target.store_id, omitted);
  return message;
}

outgoing_message make_feed_gap_message(const feed_target& target, std::int64_t first, std::int64_t last,
                                       const timestamp& now) {
  const auto id = feed_id(last, target.store_id);
  auto message = begin_message(target, id);
  if (target.has_cloudevents)
    add_cloudevents(message, target, id, "/kollect", "gap", now);
  message.value = feed_gap_json(first, last, target.store_id);
  return message;
}

} // namespace kollect::consumer
