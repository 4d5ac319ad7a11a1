#ifndef KOLLECT_PRODUCER_ROW_TEXTS_HPP
#define KOLLECT_PRODUCER_ROW_TEXTS_HPP

#include "simulation/row_model.hpp"

#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kollect::producer {

/// A row as it is sent, and what it was made from.
struct row_text {
  row_model model;
  serialized_item text;
};

/// The rows of one inventory as they are sent, in the order of ORD-01. They are kept from one snapshot to the
/// next, so that only rows that have changed are made.
class row_texts {
public:
  /// Brings the texts up to these rows, whose revisions are never used twice. O(n log n) for n rows, of
  /// which only those are made that are new or have another revision than before.
  void update(std::span<const row_model> rows, const std::string& namespace_);

  std::span<const row_text> rows() const noexcept { return rows_; }

  /// Of all rows' JSON.
  std::size_t json_bytes() const noexcept { return json_bytes_; }

  /// Memory that is kept, about.
  std::size_t memory() const noexcept { return memory_; }

  /// Keeps nothing: the next update() makes all rows.
  void clear();

private:
  void drop_rows_other_than(std::span<const row_model> rows);
  void count(const row_text& row, bool is_added);

  std::vector<row_text> rows_;
  std::uint64_t newest_revision_ = 0; ///< of those made so far
  std::size_t json_bytes_ = 0;
  std::size_t memory_ = 0;
};

} // namespace kollect::producer

#endif
