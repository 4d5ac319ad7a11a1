#ifndef KOLLECT_CONSUMER_READ_API_ITEM_PAGE_HPP
#define KOLLECT_CONSUMER_READ_API_ITEM_PAGE_HPP

#include "read_api/format.hpp"
#include "read_api/item_text.hpp"
#include "read_api/questions.hpp"
#include "read_api/row_page.hpp"

#include <kollect/json_writer.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// A page of items as a question wants them, all of one moment.
struct item_page {
  row_page rows;
  std::string next{}; ///< cursor of the page that follows; empty: none follows
};

/// Reads the page that a question asks for. With `sort` it looks at all items that the filter holds for, and
/// holds as many as the page has.
answer_of<item_page> read_item_page(store_reader& source, const item_question& asked,
                                    const page_limits& limits, row_totals& totals);

/// `{"schemaVersion","items":[{"cluster","namespace","inventory","exportedAt","stale"?,"item"}],"pagination":{"limit",
/// "next","total"?},"staleClusters","rebuilding","changeCursor","asOf"?,"asOfBy"?}`. With `fields` an item
/// has these instead: one value or null, or an array where a path has `*`.
std::string format_items(const item_page& page, const item_question& asked, const store_signals& signals);

/// The same items a line each, as NDJSON, or as CSV with a line of heads.
std::string write_items(const item_page& page, const item_question& asked, item_form form,
                        const store_signals& signals);

/// A row with what it comes from, as format_items() writes it, and whether its cluster is stale.
void write_shown_row(json_writer& out, const shown_row& row, std::optional<bool> stale = {});

/// A row as an object of these columns, likewise.
void write_columns(json_writer& out, const std::vector<item_column>& columns, const shown_row& row,
                   std::optional<bool> stale = {});

} // namespace kollect::consumer

#endif
