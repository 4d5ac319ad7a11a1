#include "command/item_table.hpp"

#include <program/printable.hpp>

#include <algorithm>

namespace kollect::consumer {

void text_table::print(std::ostream& out) {
  for (const auto& line : lines_)
    for (std::size_t column = 0; column < widths_.size(); ++column)
      widths_[column] = std::max(widths_[column], program::printable(line[column]).size());
  for (const auto& line : lines_) {
    std::string text;
    for (std::size_t column = 0; column < widths_.size(); ++column) {
      const auto cell = program::printable(line[column]);
      text += cell;
      if (column + 1 < widths_.size())
        text.append(widths_[column] + 2 - cell.size(), ' ');
    }
    out << text << '\n';
  }
  lines_.clear();
}

} // namespace kollect::consumer
