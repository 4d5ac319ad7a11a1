#ifndef KOLLECT_CONSUMER_READ_API_ITEM_TEXT_HPP
#define KOLLECT_CONSUMER_READ_API_ITEM_TEXT_HPP

#include "query/item_column.hpp"
#include "read_api/row_selection.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// How items are written.
enum class item_form { json, ndjson, csv };

/// What a client that says `Accept: …` gets: CSV or NDJSON where it names them, else JSON.
item_form form_of(std::string_view accept);

/// Columns of an answer that nobody has chosen columns for.
inline constexpr std::string_view usual_columns = "cluster,itemNamespace,kind,name,exportedAt";

/// A line of comma-separated values, as RFC 4180 has it, its end included.
std::string csv_line(const std::vector<std::string>& cells);

/// The names of columns, as they were asked for.
std::vector<std::string> heads_of(const std::vector<item_column>& columns);

/// What a row has in these columns, as text: scalars as they are, several with commas between, others as
/// JSON.
std::vector<std::string> cells_of(const std::vector<item_column>& columns, const shown_row& row);

/// The same as they may stand in CSV: behind an apostrophe where a spreadsheet would take one for a formula.
std::vector<std::string> csv_cells_of(const std::vector<item_column>& columns, const shown_row& row);

} // namespace kollect::consumer

#endif
