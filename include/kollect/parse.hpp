#ifndef KOLLECT_PARSE_HPP
#define KOLLECT_PARSE_HPP

#include <kollect/detail/item_reader.hpp>
#include <kollect/detail/json_cursor.hpp>
#include <kollect/detail/json_reader.hpp>
#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/limits.hpp>
#include <kollect/version.hpp>

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Reads JSON text as Go's encoding/json does (BYT-03, BYT-04): integers that fit int64 stay
/// integers, every other number becomes the nearest double; lone surrogates and bytes that are not
/// UTF-8 become U+FFFD; of a key that comes twice in one object the last counts. Numbers beyond a
/// double are error::number_overflow. Errors carry byte offset, line and column. Linear.
inline result<boost::json::value> parse_value(std::string_view text, const limits& bounds = {}) {
  detail::json_cursor cursor(text, bounds.max_depth, detail::invalid_utf8::replace);
  detail::value_reader reader(cursor);
  if (detail::compact_cursor quick(text, 0); reader.read_compact(quick, cursor.room(), {}) && quick.at_end())
    return reader.take();
  boost::json::value value;
  if (!reader.read(value))
    return detail::text_failure(cursor, text);
  if (!cursor.at_end()) {
    cursor.fail(error::trailing_data, cursor.position());
    return detail::text_failure(cursor, text);
  }
  return value;
}

/// Reads a JSON array of rows, as a producer is given them: rows and fields in any order. Every
/// field but group and attributes must be there, and no other may be (ROW-01): a misspelt one would
/// be lost without a word. Errors name the row and carry byte offset, line and column. Linear.
/// Attributes are allocated from `storage`: a boost::json::monotonic_resource is faster for rows that
/// are read and let go together, and as little thread-safe as it says.
inline result<std::vector<item>> parse_items(std::string_view text, const limits& bounds = {},
                                             boost::json::storage_ptr storage = {}) {
  std::vector<item> items;
  if (auto read = detail::items_reader(text, bounds, std::move(storage), items).read(); !read)
    return read.error();
  return items;
}

/// Views one row, such as one that a store holds as it was sent. Fields may come in any order, unknown ones
/// are passed over and absent ones are empty; a known field that comes twice is error::duplicate_field. Bytes
/// of a string that are not UTF-8 are refused, as in a message. Errors carry the byte offset. Allocates
/// nothing but for a failure; linear.
inline result<item_view> parse_item_view(std::string_view json, const limits& bounds = {}) {
  detail::json_cursor cursor(json, bounds.max_depth);
  item_view row;
  if (!detail::read_item(cursor, json, row))
    return detail::cursor_failure(cursor);
  if (!cursor.at_end()) {
    cursor.fail(error::trailing_data, cursor.position());
    return detail::cursor_failure(cursor);
  }
  return row;
}
/// The view would outlive the text.
template <std::same_as<std::string> Text>
result<item_view> parse_item_view(Text&& json, const limits& bounds = {}) = delete;

/// A row of a message as an owning item, attributes parsed. Fails only for text that was never checked.
inline result<item> to_item(const item_view& row) {
  item out;
  constexpr auto views = detail::text_fields<item_view>();
  constexpr auto fields = detail::text_fields<item>();
  for (std::size_t index = 0; index < fields.size(); ++index)
    out.*(fields[index].second) = (row.*(views[index].second)).decode();
  if (row.attributes.empty())
    return out;
  auto attributes = parse_value(row.attributes, limits{.max_depth = max_depth_ceiling});
  if (!attributes)
    return attributes.error();
  out.attributes = std::move(*attributes);
  return out;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
