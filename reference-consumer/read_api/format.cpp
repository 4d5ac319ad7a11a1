#include "read_api/format.hpp"

#include <kollect/checksum.hpp>
#include <kollect/json_writer.hpp>

#include <algorithm>
#include <set>

namespace kollect::consumer {
namespace {

constexpr std::string_view schema_version = "kollect.dev/v1alpha1";
constexpr std::string_view never = "0001-01-01T00:00:00Z"; ///< Go's zero time

std::string items_of(const row_page& page) {
  std::string text;
  json_writer out(text);
  out.begin_array();
  for (const auto& row : page.rows)
    out.raw(row.item);
  out.end_array();
  return text;
}

std::string updated_at(const row_page& page, const page_request& asked) {
  if (asked.as_of)
    return page.changed_at ? to_string(*page.changed_at) : std::string(never);
  std::optional<timestamp> newest;
  for (const auto* one : page.scopes)
    newest = std::max(newest, std::optional(one->exported_at));
  return newest ? to_string(*newest) : std::string(never);
}

/// Of a cluster those scopes count that were asked for.
bool has_stale_cluster(const chosen_scopes& scopes, const store_signals& signals) {
  for (auto at = scopes.begin(); at != scopes.end();) {
    const auto& cluster = (*at)->scope.cluster;
    auto newest = (*at)->exported_at;
    for (; at != scopes.end() && (*at)->scope.cluster == cluster; ++at)
      newest = std::max(newest, (*at)->exported_at);
    if (is_stale(newest, signals.now, signals.stale_after))
      return true;
  }
  return false;
}

void write_origin(json_writer& out, const shown_row& row) {
  write_origin_members(out.begin_object(), row).end_object();
}

void write_scope(json_writer& out, const scope_summary& one, const store_signals& signals) {
  out.begin_object()
      .member("cluster", one.scope.cluster)
      .member("namespace", one.scope.namespace_)
      .member("inventory", one.scope.inventory)
      .member("itemCount", one.row_count)
      .member("exportedAt", to_string(one.exported_at))
      .member("appliedAt", to_string(one.applied_at))
      .member("stale", is_stale(one.exported_at, signals.now, signals.stale_after))
      .member("targetConflicts", one.target_conflicts)
      .end_object();
}

} // namespace

void write_pagination(json_writer& out, std::int64_t limit, std::int64_t offset, std::int64_t total,
                      bool has_more, const std::optional<std::string>& next) {
  out.name("pagination")
      .begin_object()
      .member("limit", limit)
      .member("offset", offset)
      .member("total", total)
      .member("hasMore", has_more);
  if (next)
    out.member("next", *next);
  out.end_object();
}

json_writer& write_origin_members(json_writer& out, const shown_row& row) {
  const auto& which = row.from->scope;
  return out.member("cluster", which.cluster)
      .member("namespace", which.namespace_)
      .member("inventory", which.inventory)
      .member("exportedAt", to_string(row.from->exported_at));
}

json_writer& begin_answer(json_writer& out) {
  return out.begin_object().member("schemaVersion", schema_version);
}

json_writer& write_signals(json_writer& out, const store_signals& signals, std::int64_t cursor) {
  return out.member("rebuilding", signals.is_rebuilding)
      .member("changeCursor", change_place(signals.store_id, cursor));
}

void write_stale_clusters(json_writer& out, const std::vector<shown_row>& rows,
                          const cluster_times& last_seen, const store_signals& signals) {
  std::set<std::string_view> silent;
  for (const auto& row : rows)
    if (const auto seen = last_seen.find(row.from->scope.cluster);
        seen != last_seen.end() && is_stale(seen->second, signals.now, signals.stale_after))
      silent.insert(seen->first);
  write_array(out, "staleClusters", silent, [](json_writer& to, std::string_view name) { to.value(name); });
}

void write_moment(json_writer& out, const std::optional<moment>& as_of) {
  if (as_of)
    out.member("asOf", to_string(as_of->when))
        .member("asOfBy", as_of->by == moment_of::commit ? "commit" : "snapshot");
}

std::string change_place(std::string_view store_id, std::int64_t cursor) {
  return std::string(store_id) + "-" + std::to_string(cursor);
}

std::string format_inventory(const row_page& page, const page_request& asked, const store_signals& signals,
                             const inventory_options& options) {
  const auto items = items_of(page);
  std::string text;
  json_writer out(text);
  begin_answer(out).member("itemCount", page.rows.size());
  if (const auto namespace_ = only_text(asked.filter.namespace_))
    out.member("namespace", *namespace_);
  if (const auto inventory = only_text(asked.filter.inventory))
    out.member("inventory", *inventory);
  out.name("items").raw(items).member("updatedAt", updated_at(page, asked));
  write_pagination(out, asked.limit, asked.offset, page.total, page.has_more, options.next_cursor);
  out.member("checksum", to_string(sha256(items))).member("stale", has_stale_cluster(page.scopes, signals));
  write_signals(out, signals, page.change_cursor);
  write_moment(out, asked.as_of);
  if (options.with_origins)
    write_array(out, "origins", page.rows, write_origin);
  out.end_object();
  return text;
}

std::string watched_part(std::string_view inventory) {
  const auto field = [&](std::string_view name) {
    const auto begin = std::min(inventory.rfind(name), inventory.size());
    const auto end = inventory.find_first_of(",}", begin);
    return std::string(inventory.substr(begin, end - begin));
  };
  return field("\"checksum\":") + field("\"total\":") + field("\"stale\":") + field("\"rebuilding\":");
}

std::string format_scopes(const std::vector<scope_summary>& scopes, std::int64_t limit, std::int64_t offset,
                          const store_signals& signals) {
  const auto total = static_cast<std::int64_t>(scopes.size());
  const auto begin = std::min(offset, total);
  const auto end = begin + std::min(limit, total - begin);
  const std::vector<scope_summary> shown(scopes.begin() + begin, scopes.begin() + end);
  std::string text;
  json_writer out(text);
  begin_answer(out);
  write_array(out, "scopes", shown,
              [&](json_writer& to, const scope_summary& one) { write_scope(to, one, signals); });
  write_pagination(out, limit, offset, total, end < total, {});
  write_signals(out, signals, signals.change_cursor).end_object();
  return text;
}

std::string format_status(std::string_view version, const outcome_counts& counts, std::int64_t waiting,
                          const store_signals& signals) {
  std::string text;
  json_writer out(text);
  begin_answer(out).member("version", version);
  write_signals(out, signals, signals.change_cursor)
      .member("now", to_string(signals.now))
      .name("messages")
      .begin_object()
      .member("consumed", counts.consumed)
      .member("applied", counts.applied)
      .member("duplicate", counts.duplicate)
      .member("stale", counts.stale)
      .member("deadLettered", counts.dead_lettered)
      .member("pending", counts.pending)
      .end_object()
      .member("waiting", waiting)
      .end_object();
  return text;
}

} // namespace kollect::consumer
