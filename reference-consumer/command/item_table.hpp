#ifndef KOLLECT_CONSUMER_ITEM_TABLE_HPP
#define KOLLECT_CONSUMER_ITEM_TABLE_HPP

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// Cells as a table for people, each as wide as the widest so far; nothing in it that a terminal obeys.
class text_table {
public:
  explicit text_table(std::vector<std::string> heads) : widths_(heads.size(), 0), lines_{std::move(heads)} {}

  void add(std::vector<std::string> cells) { lines_.push_back(std::move(cells)); }
  std::size_t size() const { return lines_.size(); }
  void print(std::ostream& out); ///< what was added since it was printed last

private:
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> lines_;
};

} // namespace kollect::consumer

#endif
