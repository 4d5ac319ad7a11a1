#include "feed_format.hpp"

#include <kollect/detail/json_writer.hpp>
#include <kollect/parse.hpp>

#include <string_view>

namespace kollect::consumer {
namespace {

void append_text(std::string& out, std::string_view name, std::string_view value) {
  out.append("\"").append(name).append("\":");
  detail::append_string(out, value);
}

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

/// A name for the terminal: control characters escaped, quotes left off.
std::string printable(std::string_view text) {
  std::string out;
  detail::append_string(out, text);
  return out.substr(1, out.size() - 2);
}

std::string row_name(const std::string& json) {
  const auto row = parse_row(json, {.max_depth = max_depth_ceiling});
  if (!row)
    return printable(json);
  const auto namespace_ = row->namespace_.decode();
  return printable(row->kind.decode() + " " + (namespace_.empty() ? "" : namespace_ + "/") +
                   row->name.decode());
}

} // namespace

std::string feed_id(const feed_entry& entry, std::string_view store_id) {
  return std::string(store_id) + "-" + std::to_string(entry.cursor);
}

std::string feed_json(const feed_entry& entry, std::string_view store_id, feed_omission omitted) {
  const bool has_before = omitted == feed_omission::nothing;
  const bool has_after = omitted != feed_omission::rows;
  std::string out = "{\"cursor\":" + std::to_string(entry.cursor) + ",";
  append_text(out, "id", feed_id(entry, store_id));
  out += ',';
  append_text(out, "op", operation(entry.kind));
  out += ',';
  append_text(out, "kind", entry.kind);
  out += ",\"source\":{";
  append_text(out, "cluster", entry.scope.cluster);
  out += ',';
  append_text(out, "namespace", entry.scope.namespace_);
  out += ',';
  append_text(out, "inventory", entry.scope.inventory);
  out += ',';
  append_text(out, "log", entry.origin.log);
  out += ",\"partition\":" + std::to_string(entry.origin.partition) +
         ",\"offset\":" + std::to_string(entry.origin.offset) + ",";
  append_text(out, "exportedAt", to_string(entry.exported_at));
  if (!entry.origin.traceparent.empty()) {
    out += ',';
    append_text(out, "traceparent", entry.origin.traceparent);
  }
  out.append("},\"before\":").append(has_before ? or_null(entry.before) : "null");
  out.append(",\"after\":").append(has_after ? or_null(entry.after) : "null");
  if (!has_before)
    out.append(has_after ? ",\"omitted\":[\"before\"]" : ",\"omitted\":[\"before\",\"after\"]");
  out.append(",\"changedPaths\":").append(has_after ? or_null(entry.changed_paths_json) : "null");
  const auto milliseconds = entry.applied_at.seconds * 1000 + entry.applied_at.nanoseconds / 1'000'000;
  return out + ",\"ts_ms\":" + std::to_string(milliseconds) + "}";
}

std::string feed_gap_json(std::int64_t first, std::int64_t last, std::string_view store_id) {
  feed_entry place;
  place.cursor = last;
  std::string out = "{\"cursor\":" + std::to_string(last) + ",";
  append_text(out, "id", feed_id(place, store_id));
  return out + ",\"op\":\"m\",\"kind\":\"gap\",\"firstCursor\":" + std::to_string(first) + "}";
}

std::string feed_text(const feed_entry& entry) {
  const auto where = printable(entry.scope.cluster) + "/" + printable(entry.scope.namespace_);
  if (entry.kind == "snapshot")
    return "= " + where + " complete as of " + to_string(entry.exported_at);
  const std::string_view sign = entry.kind == "added" ? "+ " : entry.kind == "removed" ? "- " : "~ ";
  std::string out =
      std::string(sign) + where + " " + row_name(entry.after.empty() ? entry.before : entry.after);
  return entry.changed_paths_json.empty() ? out : out + " " + entry.changed_paths_json;
}

} // namespace kollect::consumer
