#ifndef KOLLECT_CONSUMER_READ_API_FLEET_DIFF_HPP
#define KOLLECT_CONSUMER_READ_API_FLEET_DIFF_HPP

#include "read_api/format.hpp"
#include "read_api/questions.hpp"
#include "read_api/row_selection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kollect::consumer {

/// An item that is in one of two answers only, or otherwise in the other.
struct item_difference {
  std::string kind; ///< added, changed or removed
  row_identity identity;
  scope from;           ///< whose row it is, or was
  std::string before{}; ///< empty: it was not there, or the filter did not hold for it
  std::string after{};
};

struct difference_counts {
  std::int64_t added = 0;
  std::int64_t changed = 0;
  std::int64_t removed = 0;
};

/// What is different between two moments.
struct fleet_diff {
  std::vector<item_difference> items;
  std::optional<difference_counts> summary{}; ///< of all pages; the first page tells it
  std::string next{};                         ///< cursor; empty: there is no more
  std::int64_t last_cursor = 0;
};

/// Compares what /v1alpha1/items would have answered at `from` and at `to`. Costs the changes since `from`.
answer_of<fleet_diff> read_fleet_diff(store_reader& source, const span_question& asked,
                                      const page_limits& limits);

/// `{"kind","cluster","namespace","inventory","before","after","changedPaths"}`
void write_difference(json_writer& out, const item_difference& one);

/// `{"schemaVersion","summary"?:{"added","changed","removed"},"items":[{"kind","cluster","namespace",
/// "inventory","before","after","changedPaths"}],"pagination":{"limit","next"},"rebuilding","changeCursor"}`.
std::string format_diff(const fleet_diff& diff, const span_question& asked, const store_signals& signals);

} // namespace kollect::consumer

#endif
