#include "read_api/format.hpp"

#include <kollect/checksum.hpp>
#include <kollect/detail/json_writer.hpp>

#include <algorithm>
#include <set>

namespace kollect::consumer {
namespace {

constexpr std::string_view schema_version = "kollect.dev/v1alpha1";
constexpr std::string_view never = "0001-01-01T00:00:00Z"; ///< Go's zero time

/// Writes one JSON object, field by field.
class object_writer {
public:
  explicit object_writer(std::string& out) : out_(out) { out_ += '{'; }
  ~object_writer() { out_ += '}'; }
  object_writer(const object_writer&) = delete;
  object_writer& operator=(const object_writer&) = delete;

  object_writer& text(std::string_view name, std::string_view value) {
    begin(name);
    detail::append_string(out_, value);
    return *this;
  }
  object_writer& integer(std::string_view name, std::int64_t value) {
    begin(name);
    detail::append_integer(out_, value);
    return *this;
  }
  object_writer& number(std::string_view name, double value) {
    begin(name);
    detail::append_double(out_, value);
    return *this;
  }
  object_writer& boolean(std::string_view name, bool value) {
    begin(name);
    out_ += value ? "true" : "false";
    return *this;
  }
  object_writer& raw(std::string_view name, std::string_view json) {
    begin(name);
    out_ += json;
    return *this;
  }
  /// An array of what `write(out, element)` appends.
  template <class Elements, class Write>
  object_writer& array(std::string_view name, const Elements& elements, Write&& write) {
    begin(name);
    char separator = '[';
    for (const auto& element : elements) {
      out_ += separator;
      write(out_, element);
      separator = ',';
    }
    out_ += separator == '[' ? "[]" : "]";
    return *this;
  }

private:
  void begin(std::string_view name) {
    if (out_.back() != '{')
      out_ += ',';
    out_.append("\"").append(name).append("\":");
  }

  std::string& out_;
};

std::string items_of(const row_page& page) {
  std::string out = "[";
  for (const auto& row : page.rows)
    out.append(out.size() > 1 ? "," : "").append(row.item);
  return out + "]";
}

std::string updated_at(const row_page& page, const page_request& asked) {
  if (asked.as_of)
    return page.changed_at ? to_string(*page.changed_at) : std::string(never);
  std::optional<timestamp> newest;
  for (const auto& one : page.scopes)
    newest = std::max(newest, std::optional(one.exported_at));
  return newest ? to_string(*newest) : std::string(never);
}

bool has_stale_cluster(const std::vector<scope_summary>& scopes, const store_signals& signals) {
  const auto clusters = summarise_clusters(scopes, {});
  return std::any_of(clusters.begin(), clusters.end(), [&](const cluster_summary& one) {
    return is_stale(one.last_seen, signals.now, signals.stale_after);
  });
}

std::string pagination(std::int64_t limit, std::int64_t offset, std::int64_t total, bool has_more,
                       const std::optional<std::string>& next) {
  std::string out;
  {
    object_writer page(out);
    page.integer("limit", limit)
        .integer("offset", offset)
        .integer("total", total)
        .boolean("hasMore", has_more);
    if (next)
      page.text("next", *next);
  }
  return out;
}

void write_origin(std::string& out, const shown_row& row) {
  const auto& which = row.from->scope;
  object_writer(out)
      .text("cluster", which.cluster)
      .text("namespace", which.namespace_)
      .text("inventory", which.inventory)
      .text("exportedAt", to_string(row.from->exported_at));
}

void write_letter(std::string& out, const stored_dead_letter& one) {
  const auto& letter = one.letter;
  object_writer row(out);
  row.integer("id", one.id)
      .text("at", to_string(letter.at))
      .text("reason", letter.reason)
      .text("sentence", letter.sentence)
      .text("clause", letter.clause);
  if (letter.byte_offset)
    row.integer("byteOffset", *letter.byte_offset);
  row.text("log", letter.origin.log)
      .integer("partition", letter.origin.partition)
      .integer("offset", letter.origin.offset)
      .text("subject", letter.subject)
      .integer("valueBytes", one.value_bytes)
      .boolean("hasBody", one.has_body);
}

void write_inventory(std::string& out, const row_page& page, const page_request& asked,
                     const store_signals& signals, const inventory_options& options) {
  const auto items = items_of(page);
  object_writer summary(out);
  summary.text("schemaVersion", schema_version)
      .integer("itemCount", static_cast<std::int64_t>(page.rows.size()));
  if (!asked.filter.namespace_.empty())
    summary.text("namespace", asked.filter.namespace_);
  if (!asked.filter.inventory.empty())
    summary.text("inventory", asked.filter.inventory);
  summary.raw("items", items)
      .text("updatedAt", updated_at(page, asked))
      .raw("pagination",
           pagination(asked.limit, asked.offset, page.total, page.has_more, options.next_cursor))
      .text("checksum", to_string(sha256(items)))
      .boolean("stale", has_stale_cluster(page.scopes, signals))
      .boolean("rebuilding", signals.is_rebuilding)
      .text("changeCursor", change_place(signals.store_id, page.change_cursor));
  if (asked.as_of)
    summary.text("asOf", to_string(*asked.as_of));
  if (options.with_origins)
    summary.array("origins", page.rows, write_origin);
}

} // namespace

std::string change_place(std::string_view store_id, std::int64_t cursor) {
  return std::string(store_id) + "-" + std::to_string(cursor);
}

std::string format_inventory(const row_page& page, const page_request& asked, const store_signals& signals,
                             const inventory_options& options) {
  std::string out;
  write_inventory(out, page, asked, signals, options);
  return out;
}

std::string watched_part(std::string_view inventory) {
  const auto field = [&](std::string_view name) {
    const auto begin = std::min(inventory.rfind(name), inventory.size());
    const auto end = inventory.find_first_of(",}", begin);
    return std::string(inventory.substr(begin, end - begin));
  };
  return field("\"checksum\":") + field("\"total\":") + field("\"stale\":") + field("\"rebuilding\":");
}

std::string format_clusters(const std::vector<cluster_summary>& clusters, const store_signals& signals) {
  std::string out;
  object_writer(out)
      .text("schemaVersion", schema_version)
      .array("clusters", clusters,
             [&](std::string& to, const cluster_summary& one) {
               object_writer(to)
                   .text("cluster", one.cluster)
                   .text("lastSeen", to_string(one.last_seen))
                   .integer("itemCount", one.row_count)
                   .number("lag", lag_of(one))
                   .boolean("stale", is_stale(one.last_seen, signals.now, signals.stale_after))
                   .integer("scopeCount", one.scope_count);
             })
      .boolean("rebuilding", signals.is_rebuilding)
      .text("changeCursor", change_place(signals.store_id, signals.change_cursor));
  return out;
}

std::string format_scopes(const std::vector<scope_summary>& scopes, std::int64_t limit, std::int64_t offset,
                          const store_signals& signals) {
  const auto total = static_cast<std::int64_t>(scopes.size());
  const auto begin = std::min(offset, total);
  const auto end = begin + std::min(limit, total - begin);
  const std::vector<scope_summary> shown(scopes.begin() + begin, scopes.begin() + end);
  std::string out;
  object_writer(out)
      .text("schemaVersion", schema_version)
      .array("scopes", shown,
             [&](std::string& to, const scope_summary& one) {
               object_writer(to)
                   .text("cluster", one.scope.cluster)
                   .text("namespace", one.scope.namespace_)
                   .text("inventory", one.scope.inventory)
                   .integer("itemCount", one.row_count)
                   .text("exportedAt", to_string(one.exported_at))
                   .text("appliedAt", to_string(one.applied_at))
                   .boolean("stale", is_stale(one.exported_at, signals.now, signals.stale_after))
                   .integer("targetConflicts", one.target_conflicts);
             })
      .raw("pagination", pagination(limit, offset, total, end < total, {}))
      .boolean("rebuilding", signals.is_rebuilding)
      .text("changeCursor", change_place(signals.store_id, signals.change_cursor));
  return out;
}

std::string format_dead_letters(const std::vector<stored_dead_letter>& letters, std::int64_t limit) {
  std::string out;
  const bool has_more = limit > 0 && static_cast<std::int64_t>(letters.size()) == limit;
  object_writer(out)
      .text("schemaVersion", schema_version)
      .array("deadLetters", letters, write_letter)
      .raw("next", has_more ? std::to_string(letters.back().id) : std::string("null"));
  return out;
}

std::string format_status(std::string_view version, const outcome_counts& counts, std::int64_t waiting,
                          const store_signals& signals) {
  std::string messages;
  object_writer(messages)
      .integer("consumed", counts.consumed)
      .integer("applied", counts.applied)
      .integer("duplicate", counts.duplicate)
      .integer("stale", counts.stale)
      .integer("deadLettered", counts.dead_lettered)
      .integer("pending", counts.pending);
  std::string out;
  object_writer(out)
      .text("schemaVersion", schema_version)
      .text("version", version)
      .boolean("rebuilding", signals.is_rebuilding)
      .text("changeCursor", change_place(signals.store_id, signals.change_cursor))
      .text("now", to_string(signals.now))
      .raw("messages", messages)
      .integer("waiting", waiting);
  return out;
}

} // namespace kollect::consumer
