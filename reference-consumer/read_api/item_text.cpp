#include "read_api/item_text.hpp"

#include "query/item_filter.hpp"
#include "query/number.hpp"

namespace kollect::consumer {

item_form form_of(std::string_view accept) {
  const auto lower = to_lower(accept);
  if (contains(lower, "text/csv"))
    return item_form::csv;
  return contains(lower, "application/x-ndjson") || contains(lower, "application/ndjson") ? item_form::ndjson
                                                                                          : item_form::json;
}

std::vector<std::string> heads_of(const std::vector<item_column>& columns) {
  std::vector<std::string> out;
  for (const auto& column : columns)
    out.push_back(column.text);
  return out;
}

namespace {

/// What a spreadsheet would take for a formula stands behind an apostrophe, as text does there. Numbers stay.
std::string harmless(const std::string& cell) {
  const bool is_formula =
      !cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos;
  return is_formula && !read_number(cell) ? "'" + cell : cell;
}

} // namespace

std::string csv_line(const std::vector<std::string>& cells) {
  std::string out;
  for (const auto& cell : cells) {
    if (&cell != &cells.front())
      out += ',';
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      out += cell;
      continue;
    }
    out += '"';
    for (const char letter : cell)
      out.append(letter == '"' ? 2 : 1, letter);
    out += '"';
  }
  return out + "\r\n";
}

std::vector<std::string> cells_of(const std::vector<item_column>& columns, const shown_row& row) {
  const auto view = view_row(row.item).value_or(item_view{});
  std::vector<std::string> out;
  for (const auto& column : columns) {
    std::string cell;
    for (const auto& value : values_of(column, {row.from->scope, row.from->exported_at, view}))
      cell.append(cell.empty() ? "" : ",").append(scalar_text(value).value_or(value));
    out.push_back(std::move(cell));
  }
  return out;
}

std::vector<std::string> csv_cells_of(const std::vector<item_column>& columns, const shown_row& row) {
  auto cells = cells_of(columns, row);
  for (auto& cell : cells)
    cell = harmless(cell);
  return cells;
}

} // namespace kollect::consumer
