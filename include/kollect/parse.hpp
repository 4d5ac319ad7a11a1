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

/// Reads JSON text that a producer is given, as Go's encoding/json does (BYT-03, BYT-04): integers that fit
/// int64 stay integers, every other number becomes the nearest double; lone surrogates and bytes that are not
/// UTF-8 become U+FFFD, where the readers of messages refuse such bytes (docs/adr/0010); of a key that comes
/// twice in one object the last counts. Numbers beyond a double are error::number_overflow. Errors carry byte
/// offset, line and column. Linear.
[[nodiscard]] inline result<boost::json::value> parse_value(std::string_view text,
                                                            const limits& bounds = {}) {
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
[[nodiscard]] inline result<std::vector<item>> parse_items(std::string_view text, const limits& bounds = {},
                                                           boost::json::storage_ptr storage = {}) {
  std::vector<item> items;
  if (auto read = detail::items_reader(text, bounds, std::move(storage), items).read(); !read)
    return read.error();
  return items;
}

/// Reads one row as it stands in a message, such as those of row_map: as parse_snapshot() reads each. The
/// view is valid as long as the text is. Errors name the field and carry the byte offset. Linear.
[[nodiscard]] inline result<item_view> parse_row(std::string_view text, const limits& bounds = {}) {
  detail::json_cursor cursor(text, bounds.max_depth);
  detail::field_place place{.whole = "the row"};
  item_view row;
  if (!detail::read_item(cursor, text, row, place))
    return detail::cursor_failure(cursor, 0, "ROW-01", place);
  if (!cursor.at_end())
    return make_failure(error::trailing_data, "there is more text after the row", "ROW-01",
                        text_position{cursor.position(), 0, 0});
  return row;
}
template <detail::temporary_text Text, class... Rest>
result<item_view> parse_row(Text&&, Rest&&...) = delete; // a view of it would dangle

/// Whether a row of a message is all that a v1alpha1 producer owes (ROW-01): every field but group there,
/// group not empty, in order, and no other. For audits: a consumer takes less. error::missing_field,
/// unknown_field, or wrong_type for the order, each with its name; positions count from the row's start.
/// Linear.
[[nodiscard]] inline result<void> check_row(const item_view& row) {
  static constexpr auto fields = detail::text_fields<item_view>();
  const auto refuse = [](error reason, std::string_view why, std::string_view name, std::size_t at) {
    return make_failure(reason, std::string(why) + detail::in_quotes(name), "ROW-01",
                        text_position{at, 0, 0});
  };
  for (const auto& [name, field] : fields)
    if (name != "group" && !(row.*field).is_present())
      return refuse(error::missing_field, "the row has no field ", name, 0);
  if (row.attributes.empty())
    return refuse(error::missing_field, "the row has no field ", "attributes", 0);
  if (row.group.is_present() && row.group.empty())
    return refuse(error::unknown_field, "a row of the core group has no field ", "group", 0);
  detail::json_cursor cursor(row.raw, max_depth_ceiling);
  std::size_t next = 0;
  std::optional<failure> found;
  (void)cursor.read_object([&](const json_string& name) {
    detail::row_field_finder finder;
    const std::size_t index = finder.find(name), at = cursor.begin_of(name);
    if (index == finder.unknown)
      found = refuse(error::unknown_field, "a row has no such field as ", name.decode(), at);
    else if (index < next)
      found = refuse(error::wrong_type, "the row's fields are out of order from ", name.decode(), at);
    next = index;
    std::string_view ignored;
    return !found && cursor.pass_value(ignored);
  });
  if (found)
    return std::move(*found);
  return {};
}

/// A row of a message as an owning item, attributes parsed. Fails only for text that was never checked.
[[nodiscard]] inline result<item> to_item(const item_view& row) {
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
