#include "row_sort.hpp"

#include "held_rows.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace kollect::consumer {
namespace {

/// Identities that differ in so few of their bytes are compared pair by pair instead.
constexpr int deepest_level = 24;

/// A row's identity as one text that sorts as it does: a name ends with two NULs, and a NUL within one is
/// followed by 0xFF. None is the beginning of another.
void write_sort_key(std::string& out, const sorted_row& from) {
  out.clear();
  const auto row = read_row(from.text());
  for (const auto field : {&item_view::target_namespace, &item_view::target_name, &item_view::namespace_,
                           &item_view::name, &item_view::uid}) {
    const auto& name = row.*field;
    if (name.is_plain()) {
      out += name.raw();
    } else {
      for (const char letter : name.decode()) {
        out += letter;
        if (letter == '\0')
          out += '\xFF';
      }
    }
    out.append(2, '\0');
  }
}

std::uint64_t eight_bytes(std::string_view key, std::size_t from) {
  std::uint64_t out = 0;
  for (std::size_t index = from; index < from + sizeof out; ++index)
    out = out << 8U | (index < key.size() ? static_cast<unsigned char>(key[index]) : 0U);
  return out;
}

/// How many bytes the keys of all rows begin with alike; the first key's length if all are the same.
std::size_t count_shared(std::span<const sorted_row> rows, std::string_view first, std::string& buffer) {
  std::size_t shared = first.size();
  for (const auto& row : rows.subspan(1)) {
    write_sort_key(buffer, row);
    const auto end = first.begin() + static_cast<std::ptrdiff_t>(std::min(shared, buffer.size()));
    shared =
        static_cast<std::size_t>(std::mismatch(first.begin(), end, buffer.begin()).first - first.begin());
  }
  return shared;
}

void sort_pair_by_pair(std::span<sorted_row> rows) {
  std::sort(rows.begin(), rows.end(), [](const sorted_row& left, const sorted_row& right) {
    const int order = compare_identities(read_row(left.text()), read_row(right.text()));
    return order != 0 ? order < 0 : left.place < right.place;
  });
}

/// Sorts by the first eight bytes in which identities differ, then rows that are alike there by the next.
void sort_from(std::span<sorted_row> rows, int level) {
  if (rows.size() < 2)
    return;
  if (level == deepest_level)
    return sort_pair_by_pair(rows);
  std::string first, buffer;
  write_sort_key(first, rows.front());
  const auto shared = count_shared(rows, first, buffer);
  for (auto& row : rows) {
    write_sort_key(buffer, row);
    row.key_bytes = eight_bytes(buffer, shared);
  }
  std::sort(rows.begin(), rows.end(), [](const sorted_row& left, const sorted_row& right) {
    return left.key_bytes != right.key_bytes ? left.key_bytes < right.key_bytes : left.place < right.place;
  });
  if (shared == first.size())
    return; // one identity
  for (auto begin = rows.begin(); begin != rows.end();) {
    const auto end = std::find_if(begin, rows.end(),
                                  [&](const sorted_row& one) { return one.key_bytes != begin->key_bytes; });
    sort_from({begin, end}, level + 1);
    begin = end;
  }
}

} // namespace

std::vector<sorted_row> sort_rows(std::span<const snapshot_view> parts) {
  std::vector<sorted_row> rows;
  std::size_t count = 0;
  for (const auto& part : parts)
    count += part.item_count;
  rows.reserve(count);
  for (const auto& part : parts)
    for (const auto& row : part.rows())
      rows.push_back({row.raw.data(), static_cast<std::uint32_t>(row.raw.size()),
                      static_cast<std::uint32_t>(rows.size())});
  sort_from(rows, 0);
  // From behind, as the last of several is the one that counts.
  const auto are_one = [](const sorted_row& later, const sorted_row& one) {
    return one.key_bytes == later.key_bytes &&
           compare_identities(read_row(one.text()), read_row(later.text())) == 0;
  };
  rows.erase(rows.begin(), std::unique(rows.rbegin(), rows.rend(), are_one).base());
  return rows;
}

} // namespace kollect::consumer
