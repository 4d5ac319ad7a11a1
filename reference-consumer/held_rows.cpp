#include "held_rows.hpp"

#include <kollect/snapshot_message.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>

namespace kollect::consumer {
namespace {

/// The row whose text this is.
item_view read_row(std::string_view raw) {
  return *kollect::row_range(raw).begin();
}

int compare(const json_string& left, const json_string& right) {
  if (left.is_plain() && right.is_plain())
    return left.raw().compare(right.raw());
  return left.decode().compare(right.decode());
}

/// The order of row_identity, mostly without making one.
int compare_identities(const item_view& left, const item_view& right) {
  for (const auto field : {&item_view::target_namespace, &item_view::target_name, &item_view::namespace_,
                           &item_view::name, &item_view::uid})
    if (const int order = compare(left.*field, right.*field); order != 0)
      return order;
  return 0;
}

/// How many of eight bytes are opening brackets.
std::size_t count_opening(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101U, low_bits = 0x7F * ones;
  const std::uint64_t differing = (bytes | 0x20 * ones) ^ '{' * ones; // 0x20 is what [ and { differ by
  const std::uint64_t is_same = ~(((differing & low_bits) + low_bits) | differing | low_bits);
  return static_cast<std::size_t>(((is_same >> 7U) * ones) >>
                                  56U); // std::popcount is a call where there is no POPCNT
}

/// A row nests no deeper than it has opening brackets, and no deeper than it was allowed to.
std::size_t bound_of_nesting(std::string_view raw, std::size_t room) {
  std::size_t brackets = 0;
  for (std::uint64_t bytes = 0; !raw.empty(); raw.remove_prefix(std::min(raw.size(), sizeof bytes))) {
    bytes = 0;
    std::memcpy(&bytes, raw.data(), std::min(raw.size(), sizeof bytes));
    brackets += count_opening(bytes);
  }
  return std::min(room, brackets);
}

} // namespace

/// Builds rows one after the other.
class next_rows {
public:
  explicit next_rows(std::size_t room) : room_(room) { rows_.are_checked_ = true; }

  void reserve(std::size_t rows, std::size_t bytes) {
    rows_.ends_.reserve(rows);
    rows_.text_.reserve(bytes);
  }
  void reserve_for(std::span<const snapshot_view> parts) {
    std::size_t rows = 0, bytes = 0;
    for (const auto& part : parts) {
      rows += part.item_count;
      bytes += part.items.size();
    }
    reserve(rows, bytes);
  }

  /// A row whose nesting is known: see take_nesting_of().
  void add_held(std::string_view raw) {
    rows_.text_ += raw;
    rows_.ends_.push_back(rows_.text_.size());
  }
  void add(std::string_view raw) {
    add_held(raw);
    rows_.nesting_ = std::max(rows_.nesting_, bound_of_nesting(raw, room_));
  }
  /// Rows that were added as held nest no deeper than those they are of.
  void take_nesting_of(const held_rows& before) {
    rows_.nesting_ = std::max(rows_.nesting_, std::min(before.nesting_, room_));
  }
  void leave_unchecked() { rows_.are_checked_ = false; }
  /// To be told of all rows, added in the order they stand in, when they are there.
  void compare_with_items(std::span<const snapshot_view> parts) {
    rows_.are_whole_items_ = parts.size() == 1 && parts[0].items.size() == rows_.items_size();
  }

  held_rows take() { return std::move(rows_); }

private:
  std::size_t room_;
  held_rows rows_;
};

result<held_rows> held_rows::from_store(const row_map& rows) {
  std::size_t bytes = 0;
  for (const auto& [identity, raw] : rows)
    bytes += raw.size();
  next_rows next(max_depth_ceiling);
  next.reserve(rows.size(), bytes);
  next.leave_unchecked();
  for (const auto& [identity, raw] : rows) {
    const auto row = read_row(raw);
    if (row.raw != raw || row.identity() != identity)
      return make_failure(
          error::store_corrupt,
          "the store holds a row that is not the one its names say; restore it from a backup, or "
          "build it anew from the log");
    next.add_held(raw);
  }
  return next.take();
}

row_map held_rows::to_map() const {
  row_map out;
  for (std::size_t index = 0; index < size(); ++index)
    out.emplace_hint(out.end(), read_row((*this)[index]).identity(), (*this)[index]);
  return out;
}

bool held_rows::are_items(std::string_view text) const noexcept {
  if (!are_whole_items_ || text.size() != items_size() || text.front() != '[' || text.back() != ']')
    return false;
  text.remove_prefix(1);
  for (std::size_t index = 0; index < size(); ++index) {
    const auto row = (*this)[index];
    if (!text.starts_with(row) || text[row.size()] != (index + 1 < size() ? ',' : ']'))
      return false;
    text.remove_prefix(row.size() + 1);
  }
  return true;
}

std::size_t row_walk::pass_held(std::string_view text) noexcept {
  if (next_ == held_.size())
    return 0;
  const auto held = held_[next_];
  if (!text.starts_with(held))
    return 0;
  ++next_;
  is_last_held_ = true;
  return held.size();
}

row_walk::answer row_walk::pass(const item_view& row) {
  if (std::exchange(is_last_held_, false))
    last_ = read_row(held_[next_ - 1]);
  if (!last_.raw.empty() && compare_identities(last_, row) >= 0)
    return {};
  answer out{place::added, next_, next_};
  last_ = row;
  for (; next_ < held_.size(); ++next_, ++out.end_of_removed) {
    const auto held = read_row(held_[next_]);
    const int order = compare_identities(held, row);
    if (order == 0) {
      ++next_;
      out.found = held.raw == row.raw ? place::same : place::changed;
      break;
    }
    if (order > 0)
      break;
  }
  return out;
}

namespace {

/// Finds the difference while rows stand in rising order.
class ordered_difference {
public:
  ordered_difference(const held_rows& before, std::span<const snapshot_view> parts, std::size_t room)
      : before_(before), parts_(parts), walk_(before), next_(room) {
    next_.reserve_for(parts);
    if (before.empty()) // then every row is one
      changes_.reserve(
          std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                          [](std::size_t sum, const auto& part) { return sum + part.item_count; }));
  }

  /// False at the first row that is out of order.
  result<bool> take_all() {
    for (const auto& part : parts_) {
      auto is_in_order = take(part);
      if (!is_in_order || !*is_in_order)
        return is_in_order;
    }
    return true;
  }

  row_difference finish() {
    add_removed(walk_.passed(), before_.size());
    if (before_.are_checked())
      next_.take_nesting_of(before_);
    next_.compare_with_items(parts_);
    return {next_.take(), std::move(changes_)};
  }

private:
  result<bool> take(const snapshot_view& part) {
    const auto items = part.items;
    for (std::size_t at = items.find('{'); at != std::string_view::npos; at = items.find('{', at)) {
      const auto rest = items.substr(at);
      if (const std::size_t length = walk_.pass_held(rest); length != 0) {
        // Of rows that were not checked it is not known how deep they nest.
        before_.are_checked() ? next_.add_held(rest.substr(0, length)) : next_.add(rest.substr(0, length));
        at += length;
        continue;
      }
      const auto row = read_row(rest);
      auto is_in_order = take(row);
      if (!is_in_order || !*is_in_order)
        return is_in_order;
      at += row.raw.size();
    }
    return true;
  }

  result<bool> take(const item_view& row) {
    const auto [found, first_removed, end_of_removed] = walk_.pass(row);
    if (found == row_walk::place::out_of_order)
      return false;
    add_removed(first_removed, end_of_removed);
    next_.add(row.raw);
    if (found == row_walk::place::added)
      changes_.push_back({change_kind::added, row.identity(), {}, std::string(row.raw), {}});
    if (found != row_walk::place::changed)
      return true;
    const auto old = before_[walk_.passed() - 1];
    auto paths = changed_paths(old, row.raw);
    if (!paths)
      return paths.error();
    changes_.push_back(
        {change_kind::changed, row.identity(), std::string(old), std::string(row.raw), std::move(*paths)});
    return true;
  }

  void add_removed(std::size_t first, std::size_t end) {
    for (; first < end; ++first)
      changes_.push_back(
          {change_kind::removed, read_row(before_[first]).identity(), std::string(before_[first]), {}, {}});
  }

  const held_rows& before_;
  std::span<const snapshot_view> parts_;
  row_walk walk_;
  next_rows next_;
  std::vector<change> changes_;
};

/// The same for rows in any order.
result<row_difference> find_difference_by_identity(const held_rows& before,
                                                   std::span<const snapshot_view> parts, std::size_t room) {
  row_map after;
  for (const auto& part : parts)
    collect_rows(part, after);
  auto changes = diff(before.to_map(), after);
  if (!changes)
    return changes.error();
  next_rows next(room);
  for (const auto& [identity, raw] : after)
    next.add(raw);
  return row_difference{next.take(), std::move(*changes)};
}

} // namespace

result<row_difference> find_difference(const held_rows& before, std::span<const snapshot_view> parts,
                                       std::size_t room) {
  ordered_difference ordered(before, parts, room);
  auto are_in_order = ordered.take_all();
  if (!are_in_order)
    return are_in_order.error();
  return *are_in_order ? ordered.finish() : find_difference_by_identity(before, parts, room);
}

std::optional<held_rows> hold_in_order(std::span<const snapshot_view> parts, std::size_t room) {
  const held_rows none;
  row_walk walk(none);
  next_rows next(room);
  next.reserve_for(parts);
  for (const auto& part : parts)
    for (const auto& row : part.rows()) {
      if (walk.pass(row).found == row_walk::place::out_of_order)
        return std::nullopt;
      next.add(row.raw);
    }
  next.compare_with_items(parts);
  return next.take();
}

} // namespace kollect::consumer
