#include "held_rows.hpp"

#include <kollect/limits.hpp>
#include <kollect/snapshot_view.hpp>

#include <cstring>
#include <utility>

namespace kollect::consumer {
namespace {

int compare(const json_string& left, const json_string& right) {
  if (left.is_plain() && right.is_plain())
    return left.raw().compare(right.raw());
  return left.decode().compare(right.decode());
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

item_view read_row(std::string_view raw) {
  return *kollect::row_range(raw).begin();
}

int compare_identities(const item_view& left, const item_view& right) {
  for (const auto field : {&item_view::target_namespace, &item_view::target_name, &item_view::namespace_,
                           &item_view::name, &item_view::uid})
    if (const int order = compare(left.*field, right.*field); order != 0)
      return order;
  return 0;
}

bool is_row_of(const row_identity& identity, std::string_view raw) {
  const auto row = read_row(raw);
  return row.raw == raw && row.identity() == identity;
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

void held_rows_builder::add(std::string_view raw, std::size_t room) {
  rows_.text_ += raw;
  rows_.ends_.push_back(static_cast<std::uint32_t>(rows_.text_.size()));
  rows_.nesting_ = std::max(rows_.nesting_, bound_of_nesting(raw, room));
}

void held_rows_builder::add(const held_rows& from, std::size_t begin, std::size_t end, std::size_t room) {
  if (begin == end)
    return;
  const std::size_t first = begin == 0 ? 0 : from.ends_[begin - 1];
  const std::size_t shift = rows_.text_.size() - first; // wraps around, and back again below
  rows_.text_.append(from.text_, first, from.ends_[end - 1] - first);
  for (; begin < end; ++begin)
    rows_.ends_.push_back(static_cast<std::uint32_t>(from.ends_[begin] + shift));
  rows_.nesting_ = std::max(rows_.nesting_, std::min(room, from.nesting_));
}

result<void> held_rows_builder::add_stored(const row_identity& identity, std::string_view raw) {
  if (!is_row_of(identity, raw))
    return make_failure(
        error::store_corrupt,
        "the store holds a row that is not the one its names say; restore it from a backup, or "
        "rebuild it from the log");
  add(raw, max_depth_ceiling);
  return {};
}

} // namespace kollect::consumer
