#ifndef KOLLECT_SNAPSHOT_VIEW_HPP
#define KOLLECT_SNAPSHOT_VIEW_HPP

#include <kollect/detail/item_reader.hpp>
#include <kollect/item.hpp>
#include <kollect/json_string.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <range/v3/range_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ostream>
#include <span> // for std::ranges::view_base, without all of <ranges>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// The forms a payload may have (PAY-01).
enum class payload_form {
  array,           ///< `[Item,…]`
  export_envelope, ///< an object with items
  multipart        ///< the same with partIndex and partTotal: one part of a set
};

[[nodiscard]] constexpr std::string_view to_string(payload_form form) noexcept {
  switch (form) {
  case payload_form::array:
    return "array";
  case payload_form::export_envelope:
    return "export-envelope";
  case payload_form::multipart:
    return "multipart";
  }
  return "unknown";
}

inline std::ostream& operator<<(std::ostream& out, payload_form form) {
  return out << to_string(form);
}

/// The rows of a checked items array, each made while iterating: a forward range of item_view, and for the
/// standard's algorithms and range-v3's a view and a borrowed range, as it owns nothing: its iterators
/// outlive it and are good as long as the message's bytes are.
class row_range : public std::ranges::view_base, public ranges::view_base {
public:
  /// Goes from row to row; each step reads one.
  class iterator {
  public:
    using value_type = item_view;                       ///< a row
    using difference_type = std::ptrdiff_t;             ///< rows between two iterators
    using iterator_category = std::input_iterator_tag;  ///< as it gives values, not references
    using iterator_concept = std::forward_iterator_tag; ///< it may be copied and gone over again

    iterator() = default;
    /// At the first row from byte `at` on.
    iterator(std::string_view items, std::size_t at) : items_(items), at_(at) { step(); }

    /// By value, as the row is made at each step: it outlives the iterator.
    item_view operator*() const noexcept { return row_; }
    /// Valid until the iterator moves.
    const item_view* operator->() const noexcept { return &row_; }
    /// Reads the next row.
    iterator& operator++() {
      at_ = next_;
      step();
      return *this;
    }
    /// The same; answers where it was.
    iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    /// Of iterators of one range.
    friend bool operator==(const iterator& left, const iterator& right) noexcept {
      return left.at_ == right.at_;
    }

  private:
    /// The items have been checked, so only their shape is followed here.
    void step() {
      at_ = items_.find('{', at_);
      if (at_ == std::string_view::npos)
        return;
      detail::json_cursor cursor(items_, max_depth_ceiling);
      cursor.move_to(at_);
      detail::field_place nowhere; // of no use: what was checked does not fail
      detail::read_item<detail::row_text_state::checked>(cursor, items_, row_, nowhere);
      next_ = cursor.position();
    }

    std::string_view items_;
    std::size_t at_ = std::string_view::npos;
    std::size_t next_ = std::string_view::npos;
    item_view row_;
  };

  row_range() = default;
  /// The rows of snapshot_view::items.
  explicit row_range(std::string_view items) noexcept : items_(items) {}
  template <detail::temporary_text Text>
  explicit row_range(Text&&) = delete; // a view of it would dangle

  /// Reads the first row.
  [[nodiscard]] iterator begin() const { return {items_, 0}; }
  /// Behind the last row.
  [[nodiscard]] iterator end() const noexcept { return {}; }

private:
  std::string_view items_;
};

/// A payload as it stands in a message, checked. Valid as long as the message's bytes are.
struct snapshot_view {
  payload_form form = payload_form::array; ///< PAY-01
  std::string_view items;              ///< raw bytes of the items array: what the checksum is over (PAY-02)
  std::size_t item_count = 0;          ///< as counted
  std::optional<json_string> checksum; ///< as sent, and right; absent in an array
  std::optional<sha256_digest>
      items_digest;                     ///< of `items`; absent in an array, whose payload digest is the same
  std::int64_t generation = 0;          ///< 0 where absent (PAY-05)
  std::uint32_t part_index = 0;         ///< 1 to part_total for a part, else 0 (MP-04)
  std::uint32_t part_total = 0;         ///< over 1 for a part, else 0
  std::optional<timestamp> exported_at; ///< absent in an array (PAY-04)

  /// The rows, in the order they stand in.
  [[nodiscard]] row_range rows() const noexcept { return row_range(items); }
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

template <>
inline constexpr bool std::ranges::enable_borrowed_range<kollect::row_range> = true;
template <>
inline constexpr bool ranges::enable_borrowed_range<kollect::row_range> = true;

#endif
