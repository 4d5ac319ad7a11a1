#include "feed/feed_format.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/limits.hpp>
#include <kollect/parse.hpp>
#include <program/printable.hpp>

#include <string_view>

namespace kollect::consumer {
namespace {

std::string_view operation(const std::string& kind) {
  if (kind == "added")
    return "c";
  if (kind == "changed")
    return "u";
  return kind == "removed" ? "d" : "m";
}

std::string_view or_null(const std::string& json) {
  return json.empty() ? std::string_view("null") : std::string_view(json);
}

std::string row_name(const std::string& json) {
  const auto row = parse_row(json, {.max_depth = max_depth_ceiling});
  if (!row)
    return program::printable(json);
  const auto namespace_ = row->namespace_.decode();
  return program::printable(row->kind.decode() + " " + (namespace_.empty() ? "" : namespace_ + "/") +
                            row->name.decode());
}

/// The fields that each message of the feed begins with.
json_writer& begin_entry(json_writer& out, std::int64_t cursor, std::string_view store_id,
                         std::string_view operation, std::string_view kind) {
  return out.begin_object()
      .member("cursor", cursor)
      .member("id", feed_id(cursor, store_id))
      .member("op", operation)
      .member("kind", kind);
}

} // namespace

std::string feed_id(std::int64_t cursor, std::string_view store_id) {
  return std::string(store_id) + "-" + std::to_string(cursor);
}

std::string feed_json(const feed_entry& entry, std::string_view store_id, feed_omission omitted) {
  const bool has_before = omitted == feed_omission::nothing;
  const bool has_after = omitted != feed_omission::rows;
  std::string text;
  json_writer out(text);
  begin_entry(out, entry.cursor, store_id, operation(entry.kind), entry.kind)
      .name("source")
      .begin_object()
      .member("cluster", entry.scope.cluster)
      .member("namespace", entry.scope.namespace_)
      .member("inventory", entry.scope.inventory)
      .member("log", entry.origin.log)
      .member("partition", entry.origin.partition)
      .member("offset", entry.origin.offset)
      .member("exportedAt", to_string(entry.exported_at));
  if (!entry.origin.traceparent.empty())
    out.member("traceparent", entry.origin.traceparent);
  out.end_object();
  out.name("before").raw(has_before ? or_null(entry.before) : "null");
  out.name("after").raw(has_after ? or_null(entry.after) : "null");
  if (!has_before)
    out.name("omitted").raw(has_after ? R"(["before"])" : R"(["before","after"])");
  out.name("changedPaths").raw(has_after ? or_null(entry.changed_paths_json) : "null");
  const auto milliseconds = entry.applied_at.seconds * 1000 + entry.applied_at.nanoseconds / 1'000'000;
  out.member("ts_ms", milliseconds).end_object();
  return text;
}

std::string feed_gap_json(std::int64_t first, std::int64_t last, std::string_view store_id) {
  std::string text;
  json_writer out(text);
  begin_entry(out, last, store_id, "m", "gap").member("firstCursor", first).end_object();
  return text;
}

std::string feed_text(const feed_entry& entry) {
  const auto where =
      program::printable(entry.scope.cluster) + "/" + program::printable(entry.scope.namespace_);
  if (entry.kind == "snapshot")
    return "= " + where + " complete as of " + to_string(entry.exported_at);
  const std::string_view sign = entry.kind == "added" ? "+ " : entry.kind == "removed" ? "- " : "~ ";
  std::string out =
      std::string(sign) + where + " " + row_name(entry.after.empty() ? entry.before : entry.after);
  return entry.changed_paths_json.empty() ? out : out + " " + entry.changed_paths_json;
}

} // namespace kollect::consumer
