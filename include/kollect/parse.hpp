#ifndef KOLLECT_PARSE_HPP
#define KOLLECT_PARSE_HPP

#include <kollect/detail/json_cursor.hpp>
#include <kollect/detail/json_reader.hpp>
#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/limits.hpp>
#include <kollect/version.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
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

/// parse_items() for who reads many arrays of rows one after the other: their memory is used again. It holds
/// as many rows as the last array had, and three times the bytes of the longest one for attributes.
class items_parser {
public:
  /// The rows are valid until the next call. After an error there are none.
  result<std::span<const item>> parse(std::string_view text, const limits& bounds = {}) {
    for (auto& row : items_) { // before their storage goes
      std::destroy_at(&row.attributes);
      std::construct_at(&row.attributes);
    }
    if (const std::size_t wanted = text.size() * 3; wanted > size_) {
      storage_.reset();
      memory_ = std::make_unique_for_overwrite<unsigned char[]>(wanted);
      size_ = wanted;
    }
    storage_.emplace(memory_.get(), size_);
    if (auto read = detail::items_reader(text, bounds, &*storage_, items_).read(); !read)
      return read.error();
    return std::span<const item>(items_);
  }

private:
  std::unique_ptr<unsigned char[]> memory_;
  std::size_t size_ = 0;
  std::optional<boost::json::monotonic_resource> storage_;
  std::vector<item> items_;
};

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
