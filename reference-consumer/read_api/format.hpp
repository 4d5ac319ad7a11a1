#ifndef KOLLECT_CONSUMER_READ_API_FORMAT_HPP
#define KOLLECT_CONSUMER_READ_API_FORMAT_HPP

#include "read_api/freshness.hpp"
#include "read_api/row_page.hpp"

#include <kollect/json_writer.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// What answers say about the store as a whole.
struct store_signals {
  std::string store_id;
  std::int64_t change_cursor = 0;
  bool is_rebuilding = false;
  timestamp now;
  std::chrono::seconds stale_after{};
};

/// Begins an answer, each of which says which schema it has.
json_writer& begin_answer(json_writer& out);

/// Where a row comes from: `"cluster","namespace","inventory","exportedAt"`.
json_writer& write_origin_members(json_writer& out, const shown_row& row);

/// What the answers about the store's content say at their end: `"rebuilding","changeCursor"`.
json_writer& write_signals(json_writer& out, const store_signals& signals, std::int64_t cursor);

/// An array of what `write(out, element)` writes.
template <class Elements, class Write>
void write_array(json_writer& out, std::string_view name, const Elements& elements, Write&& write) {
  out.name(name).begin_array();
  for (const auto& element : elements)
    write(out, element);
  out.end_array();
}

/// `"pagination":{"limit","offset","total","hasMore","next"?}`
void write_pagination(json_writer& out, std::int64_t limit, std::int64_t offset, std::int64_t total,
                      bool has_more, const std::optional<std::string>& next);

/// `"staleClusters"`: those of these rows that have been silent for too long, by name.
void write_stale_clusters(json_writer& out, const std::vector<shown_row>& rows,
                          const cluster_times& last_seen, const store_signals& signals);

/// `"asOf","asOfBy"` where there is a moment.
void write_moment(json_writer& out, const std::optional<moment>& as_of);

/// What the client wants to be told beside the rows.
struct inventory_options {
  bool with_origins = false; ///< where each row comes from
  std::optional<std::string> next_cursor{};
};

/// Upstream's InventorySummary: `{"schemaVersion","itemCount","namespace"?,"inventory"?,"items","updatedAt",
/// "pagination":{"limit","offset","total","hasMore","next"?},"checksum"}`, and after that what a fleet's
/// reader needs: `"stale","rebuilding","changeCursor","asOf"?,"origins"?`. Rows stand as they were sent;
/// checksum is the SHA-256 over the bytes of items (PAY-02). Without any snapshot updatedAt is the year 1.
std::string format_inventory(const row_page& page, const page_request& asked, const store_signals& signals,
                             const inventory_options& options);

/// What of an inventory's answer a watch tells again when it changes: rows and signals.
std::string watched_part(std::string_view inventory);

/// A page of
/// `{"schemaVersion","scopes":[{"cluster","namespace","inventory","itemCount","exportedAt","appliedAt",
/// "stale","targetConflicts"}],"pagination","rebuilding","changeCursor"}`.
std::string format_scopes(const std::vector<scope_summary>& scopes, std::int64_t limit, std::int64_t offset,
                          const store_signals& signals);

/// `{"schemaVersion","version","rebuilding","changeCursor","now","messages":{"consumed",…},"waiting"}`.
std::string format_status(std::string_view version, const outcome_counts& counts, std::int64_t waiting,
                          const store_signals& signals);

/// The place of a change as clients keep it: `STORE_ID-CURSOR`.
std::string change_place(std::string_view store_id, std::int64_t cursor);

} // namespace kollect::consumer

#endif
