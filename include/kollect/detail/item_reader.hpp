#ifndef KOLLECT_DETAIL_ITEM_READER_HPP
#define KOLLECT_DETAIL_ITEM_READER_HPP

#include <kollect/detail/json_cursor.hpp>
#include <kollect/item.hpp>

#include <algorithm>
#include <bitset>
#include <string_view>

namespace kollect::detail {

/// Reads one row, its brace next. Fields may come in any order and unknown ones are passed over, as
/// later producers may add some; a known field twice is refused, as nobody could say which one counts.
inline bool read_item(json_cursor& cursor, std::string_view text, item_view& row) {
  static constexpr auto fields = text_fields<item_view>();
  std::bitset<fields.size() + 1> seen;
  if (cursor.peek() != '{')
    return cursor.fail_type();
  const std::size_t begin = cursor.position();

  const bool is_read = cursor.read_object([&](const json_string& name) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return name == field.first; });
    const auto index = static_cast<std::size_t>(found - fields.begin());
    const bool is_attributes = found == fields.end() && name == "attributes";
    if (found != fields.end() || is_attributes) {
      if (seen[index])
        return cursor.fail(error::duplicate_field, cursor.begin_of(name));
      seen.set(index);
    }
    const char first = cursor.peek();
    if (found != fields.end())
      return first == '"' ? cursor.read_string(row.*(found->second)) : cursor.fail_type();
    if (is_attributes && first != '{' && first != 'n')
      return cursor.fail_type();
    std::string_view value;
    if (!cursor.skip_value(value))
      return false;
    if (is_attributes)
      row.attributes = value;
    return true;
  });
  if (is_read)
    row.raw = text.substr(begin, cursor.position() - begin);
  return is_read;
}

} // namespace kollect::detail

#endif
