#ifndef KOLLECT_CONSUMER_HELD_ROWS_HPP
#define KOLLECT_CONSUMER_HELD_ROWS_HPP

#include <kollect/checksum.hpp>
#include <kollect/diff.hpp>
#include <kollect/error.hpp>
#include <kollect/known_rows.hpp>
#include <kollect/snapshot_view.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// The rows of a scope as raw JSON, by identity, in two pieces of memory: a row costs its bytes and eight
/// more.
class held_rows {
public:
  held_rows() = default;

  /// Rows as a store has them. error::store_corrupt where one is filed under another row's identity.
  static result<held_rows> from_store(const row_map& rows);

  std::size_t size() const noexcept { return ends_.size(); }
  bool empty() const noexcept { return ends_.empty(); }
  std::string_view operator[](std::size_t index) const noexcept {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(text_).substr(begin, ends_[index] - begin);
  }

  /// The same by identity. Reads every row.
  row_map to_map() const;

  /// Memory that they take, in bytes.
  std::size_t bytes() const noexcept { return text_.capacity() + ends_.capacity() * sizeof(std::size_t); }

  /// Whether all of them came through parse_snapshot() of this process.
  bool are_checked() const noexcept { return are_checked_; }
  /// No row of checked rows nests deeper, itself being the first level.
  std::size_t nesting() const noexcept { return nesting_; }

  /// Whether the items array that they came from was made of them in this order with nothing but a comma
  /// between two: then no other bytes of that length hold all of them in this order.
  bool are_whole_items() const noexcept { return are_whole_items_; }
  /// Whether a text is that very array, byte for byte. Never for rows that came from another one.
  bool are_items(std::string_view text) const noexcept;
  /// Bytes of such an array.
  std::size_t items_size() const noexcept { return text_.size() + std::max<std::size_t>(size(), 1) + 1; }

private:
  friend class next_rows;

  std::string text_;
  std::vector<std::size_t> ends_;
  bool are_checked_ = false;
  bool are_whole_items_ = false;
  std::size_t nesting_ = 0;
};

/// Goes through held rows beside a snapshot's, which usually stand in the same order: each is told from the
/// one held at its place by comparing their bytes, and only rows that differ are read. The held rows must
/// outlive it and stay as they are. All rows together cost O(bytes of both).
class row_walk {
public:
  explicit row_walk(const held_rows& held) noexcept : held_(held) {}

  /// Bytes of the next held row, if `text` begins with them: then it is passed over. 0 if not.
  std::size_t pass_held(std::string_view text) noexcept;

  /// The place of a row that was not passed over so.
  enum class place {
    same,        ///< that of a held row, whose bytes it has
    changed,     ///< that of a held row with other bytes
    added,       ///< between held rows
    out_of_order ///< not after the row before it: nothing was passed over
  };
  struct answer {
    place found = place::out_of_order;
    std::size_t first_removed = 0;  ///< held rows from here on, and
    std::size_t end_of_removed = 0; ///< before here, have no place in the snapshot
  };
  answer pass(const item_view& row);

  /// How many held rows have been passed over; for place::changed the last of them is the one.
  std::size_t passed() const noexcept { return next_; }

private:
  const held_rows& held_;
  std::size_t next_ = 0;
  item_view last_;            // the row before
  bool is_last_held_ = false; // it is the held one before next_, and last_ is not set
};

/// Held rows that are checked, as those that parse_snapshot() need not look into. `items_digest` is SHA-256
/// of the items array that they came from.
class held_known_rows final : public known_rows {
public:
  held_known_rows(const held_rows& held, const sha256_digest& items_digest) noexcept
      : held_(held), items_digest_(items_digest), walk_(held) {}

  std::size_t find(std::string_view text, std::size_t room) override {
    return held_.nesting() <= room ? walk_.pass_held(text) : 0;
  }
  void pass(const item_view& row) override {
    has_others_ = true;
    walk_.pass(row);
  }
  std::optional<sha256_digest> digest_of(std::string_view items) const override {
    const bool are_same = held_.are_whole_items() && !has_others_ && walk_.passed() == held_.size() &&
                          items.size() == held_.items_size();
    return are_same ? std::optional(items_digest_) : std::nullopt;
  }

private:
  const held_rows& held_;
  sha256_digest items_digest_;
  row_walk walk_;
  bool has_others_ = false;
};

/// What a snapshot makes of held rows.
struct row_difference {
  held_rows rows;              ///< those of the snapshot
  std::vector<change> changes; ///< that lead to them, as diff() gives them
};

/// The rows of a checked snapshot, or of all parts of one by index, after those held before. Of two rows with
/// one identity the later counts. `room` is how deep they were allowed to nest: see row_room(). Where rows
/// stand in rising order, which ORD-01 asks for, a row with the bytes of the held one costs comparing and
/// copying them; else every row is read and put in order, O(n log n).
result<row_difference> find_difference(const held_rows& before, std::span<const snapshot_view> parts,
                                       std::size_t room);

/// The same rows without a difference; nothing where they do not stand in rising order. Linear.
std::optional<held_rows> hold_in_order(std::span<const snapshot_view> parts, std::size_t room);

} // namespace kollect::consumer

#endif
