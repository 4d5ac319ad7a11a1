#ifndef KOLLECT_CONSUMER_READ_API_SORTED_ROWS_HPP
#define KOLLECT_CONSUMER_READ_API_SORTED_ROWS_HPP

#include "read_api/questions.hpp"
#include "read_api/row_selection.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kollect::consumer {

/// The columns that a row is sorted by, as one text for a cursor.
std::string sort_key_of(const std::vector<sort_column>& columns, const shown_row& row);

/// The first rows of many by an order of columns; rows that are alike in these by names and cluster. Where a
/// row lacks a column it comes last. Holds no more rows than are wanted, and no more bytes.
class sorted_rows {
public:
  /// Begins after a place, whose sort_key is of the same columns.
  sorted_rows(const std::vector<sort_column>& columns, const std::optional<page_place>& after,
              std::size_t count, std::size_t bytes);

  void add(shown_row row);

  std::int64_t seen() const { return seen_; } ///< rows added, those before the place too
  bool has_more() const { return has_more_; }
  std::vector<shown_row> take(); ///< in order

private:
  /// What rows are compared by.
  struct key {
    std::vector<std::string> texts;
    page_place place;
  };
  struct held {
    key by;
    shown_row row;
  };

  bool is_before(const key& left, const key& right) const;
  void drop_last();

  const std::vector<sort_column>* columns_;
  std::optional<key> after_;
  std::size_t count_;
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::int64_t seen_ = 0;
  bool has_more_ = false;
  std::optional<key> end_; ///< no row from there on is shown
  std::vector<held> heap_; ///< the last in order first
};

} // namespace kollect::consumer

#endif
