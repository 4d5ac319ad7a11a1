#ifndef KOLLECT_CONSUMER_HELD_ROWS_HPP
#define KOLLECT_CONSUMER_HELD_ROWS_HPP

#include <kollect/diff.hpp>
#include <kollect/error.hpp>
#include <kollect/item.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// The row whose text this is, which has been found good before.
item_view read_row(std::string_view raw);

/// The order of row_identity (ROW-03) between two rows, mostly without making one: below, at or above 0.
int compare_identities(const item_view& left, const item_view& right);

/// Whether a text is a row, all of it, with this identity.
bool is_row_of(const row_identity& identity, std::string_view raw);

/// The rows of a scope as raw JSON, rising by identity, in two pieces of memory: a row costs its bytes and
/// four more. All of them have been found good. At most 4 GiB of text.
class held_rows {
public:
  std::size_t size() const noexcept { return ends_.size(); }
  bool empty() const noexcept { return ends_.empty(); }
  std::string_view operator[](std::size_t index) const noexcept {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(text_).substr(begin, ends_[index] - begin);
  }

  /// The same by identity. Reads every row.
  row_map to_map() const;

  /// Memory that they take, in bytes.
  std::size_t bytes() const noexcept { return text_.capacity() + ends_.capacity() * sizeof(std::uint32_t); }

  /// No row nests deeper, itself being the first level.
  std::size_t nesting() const noexcept { return nesting_; }

  /// Whether the items array that they came from was made of them in this order with nothing but a comma
  /// between two: then no other bytes of that length hold all of them in this order.
  bool are_whole_items() const noexcept { return are_whole_items_; }
  /// Whether a text is that very array, byte for byte. Never for rows that came from another one.
  bool are_items(std::string_view text) const noexcept;
  /// Bytes of such an array.
  std::size_t items_size() const noexcept { return text_.size() + std::max<std::size_t>(size(), 1) + 1; }

  /// Says how many bytes the one items array had that all of them came from, in this order.
  void came_from_items(std::size_t bytes) noexcept { are_whole_items_ = bytes == items_size(); }

private:
  friend class held_rows_builder;

  std::string text_;
  std::vector<std::uint32_t> ends_;
  bool are_whole_items_ = false;
  std::size_t nesting_ = 0;
};

/// Builds held rows, one after the other by rising identity.
class held_rows_builder {
public:
  /// Memory for so many rows of so many bytes in all.
  void reserve(std::size_t rows, std::size_t bytes) {
    rows_.ends_.reserve(rows);
    rows_.text_.reserve(bytes);
  }

  /// A row that was allowed to nest `room` deep: see row_room().
  void add(std::string_view raw, std::size_t room);

  /// Held rows from `begin` to before `end`, which nest no deeper than `room`.
  void add(const held_rows& from, std::size_t begin, std::size_t end, std::size_t room);

  /// A row as a store has it. error::store_corrupt where it is filed under another row's identity.
  [[nodiscard]] result<void> add_stored(const row_identity& identity, std::string_view raw);

  held_rows take() { return std::move(rows_); }

private:
  held_rows rows_;
};

} // namespace kollect::consumer

#endif
