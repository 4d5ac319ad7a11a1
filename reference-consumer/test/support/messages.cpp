#include "support/messages.hpp"

#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

namespace kollect::consumer::test {
namespace {

connection kafka_sink() {
  connection sink;
  sink.destination = "inventory.changes";
  return sink;
}

row_identity identity_of(const std::string& json) {
  return parse_row(json, {.max_depth = max_depth_ceiling}).value().identity();
}

/// Brings one entry of the feed into the rows of its scope.
void fold_entry(const feed_entry& entry, row_map& rows) {
  SCOPED_TRACE("cursor " + std::to_string(entry.cursor) + " " + entry.kind);
  const auto identity = identity_of(entry.after.empty() ? entry.before : entry.after);
  const auto held = rows.find(identity);
  EXPECT_EQ(held == rows.end() ? std::string() : held->second, entry.before);
  EXPECT_EQ(entry.kind, entry.before.empty() ? "added" : entry.after.empty() ? "removed" : "changed");
  if (entry.after.empty())
    rows.erase(identity);
  else
    rows[identity] = entry.after;
}

} // namespace

timestamp at(std::string_view text) {
  return parse_timestamp(text).value();
}

timestamp noon(std::int64_t seconds) {
  return {at("2026-01-15T12:00:00Z").seconds + seconds, 0};
}

item make_row(const std::string& name, std::int64_t revision, const std::string& target) {
  item row;
  row.target_namespace = "team-a";
  row.target_name = target;
  row.namespace_ = "team-a";
  row.name = name;
  row.group = "apps";
  row.version = "v1";
  row.kind = "Deployment";
  row.uid = "uid-" + name;
  row.attributes = {{"replicas", revision}};
  return row;
}

std::vector<item> make_rows(std::size_t count, std::int64_t revision) {
  std::vector<item> rows;
  for (std::size_t index = 0; index < count; ++index)
    rows.push_back(make_row("row-" + std::to_string(index), revision));
  return rows;
}

scope web_scope() {
  return {"prod-west", "team-a", "web"};
}

outgoing_message make_kafka_message(const scope& where, const timestamp& instant, std::string_view payload) {
  // Any payload, good or bad, in the place of one that make_message() takes.
  constexpr std::string_view end = "[]}";
  auto message = make_message(kafka_sink(), where, instant, "[]").value();
  message.value.replace(message.value.size() - end.size(), end.size(), std::string(payload) + "}");
  return message;
}

outgoing_message make_array(const std::vector<item>& rows, const timestamp& instant, const scope& where) {
  return make_kafka_message(where, instant, serialize_items(rows).value());
}

std::vector<outgoing_message> make_export(const std::vector<item>& rows, const timestamp& exported_at,
                                          std::size_t max_bytes, std::int64_t generation,
                                          std::optional<timestamp> instant, const scope& where) {
  snapshot source;
  source.scope = where;
  source.generation = generation;
  source.exported_at = exported_at;
  source.items = rows;
  return make_messages(source, kafka_sink(), instant.value_or(exported_at),
                       {.form = payload_form::export_envelope, .max_export_bytes = max_bytes})
      .value();
}

snapshot_order array_order(const std::vector<item>& rows, const timestamp& instant) {
  return {instant, 0, sha256(serialize_items(rows).value())};
}

row_map rows_of(const std::vector<item>& rows) {
  row_map out;
  for (const auto& row : rows)
    out[row.identity()] = serialize(row).value();
  return out;
}

received_message deliver(const outgoing_message& message, std::int64_t offset, std::int32_t partition) {
  const auto bytes = std::make_shared<const std::string>(message.value);
  received_message out;
  out.partition = partition;
  out.offset = offset;
  out.key = message.key;
  out.subject = message.destination;
  out.headers = message.headers;
  out.value = *bytes;
  out.owner = bytes;
  return out;
}

received_message deliver_bytes(std::string_view value, std::int64_t offset, std::int32_t partition) {
  outgoing_message message;
  message.destination = "inventory.changes";
  message.key = message_key(web_scope());
  message.value = value;
  return deliver(message, offset, partition);
}

received_message deliver_tombstone(std::int64_t offset, std::int32_t partition) {
  auto message = deliver_bytes("", offset, partition);
  message.is_tombstone = true;
  return message;
}

std::vector<received_message> batch_of(received_message message) {
  std::vector<received_message> batch;
  batch.push_back(std::move(message));
  return batch;
}

std::vector<received_message> deliver_all(const std::vector<outgoing_message>& messages, std::int64_t first) {
  std::vector<received_message> batch;
  for (const auto& message : messages)
    batch.push_back(deliver(message, first++));
  return batch;
}

ingest_settings make_settings(broker_system system) {
  ingest_settings settings;
  settings.log = {system, std::string(system == broker_system::kafka ? kafka_log : nats_log)};
  settings.now = [] { return noon(3600); };
  settings.notice = [](const scope& which, std::string_view what) { ADD_FAILURE() << which << ": " << what; };
  return settings;
}

std::string state_text(store_reader& source) {
  std::ostringstream out;
  state_writer writer(out);
  const auto read =
      source.for_each_row([&](const scope& which, std::string_view row) { writer.write(which, row); });
  EXPECT_TRUE(read) << read.error();
  writer.finish();
  return out.str();
}

std::string state_text(const fleet_state& state) {
  std::ostringstream out;
  write_state(out, state);
  return out.str();
}

std::string state_text(const std::vector<item>& rows, const scope& which) {
  fleet_state state;
  state.apply(which, {}, rows_of(rows));
  return state_text(state);
}

std::string folded_feed(feed_reader& source) {
  std::map<scope, row_map> scopes;
  const auto entries = source.changes_after(0, std::numeric_limits<std::int64_t>::max());
  if (!entries) {
    ADD_FAILURE() << entries.error();
    return {};
  }
  std::int64_t last = 0;
  for (const auto& entry : *entries) {
    EXPECT_GT(entry.cursor, last);
    last = entry.cursor;
    if (entry.kind != "snapshot")
      fold_entry(entry, scopes[entry.scope]);
  }
  std::ostringstream out;
  state_writer writer(out);
  for (const auto& [which, rows] : scopes)
    for (const auto& [identity, json] : rows)
      writer.write(which, json);
  writer.finish();
  return out.str();
}

} // namespace kollect::consumer::test
