#ifndef KOLLECT_DETAIL_JSON_READER_HPP
#define KOLLECT_DETAIL_JSON_READER_HPP

#include <kollect/detail/item_reader.hpp>
#include <kollect/detail/json_cursor.hpp>
#include <kollect/item.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <bitset>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::detail {

/// Line and column of a byte, both from 1; the column counts bytes.
inline text_position locate(std::string_view text, std::size_t offset) noexcept {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line_start = before.rfind('\n');
  return {offset, static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          line_start == std::string_view::npos ? before.size() + 1 : before.size() - line_start};
}

inline failure text_failure(const json_cursor& cursor, std::string_view text, std::string_view clause = {}) {
  auto reason = cursor_failure(cursor, 0, clause);
  reason.position = locate(text, cursor.failed_at());
  return reason;
}

inline boost::json::value make_number(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto read = std::from_chars(text.data(), end, integer); read.ec == std::errc{} && read.ptr == end)
    return integer;
  double number = 0; // stays 0 where the number is too small for a double
  std::from_chars(text.data(), end, number);
  return number == 0 && text.front() == '-' ? -0.0 : number;
}

/// Reads any value into `out`. Recursion is bounded by the cursor's depth limit.
inline bool read_value(json_cursor& cursor, std::string_view text, boost::json::value& out) {
  json_string name;
  switch (cursor.peek()) {
  case '{': {
    auto& object = out.emplace_object();
    return cursor.read_object([&](const json_string& key) {
      auto& member = object[key.decode()];
      member = nullptr;
      return read_value(cursor, text, member);
    });
  }
  case '[': {
    auto& array = out.emplace_array();
    return cursor.read_array([&] { return read_value(cursor, text, array.emplace_back(nullptr)); });
  }
  case '"':
    if (!cursor.read_string(name))
      return false;
    out = name.decode();
    return true;
  case 't':
    out = true;
    return cursor.read_literal("true");
  case 'f':
    out = false;
    return cursor.read_literal("false");
  case 'n':
    out = nullptr;
    return cursor.read_literal("null");
  default: {
    std::string_view number;
    if (!cursor.read_number(number))
      return false;
    out = make_number(number);
    return true;
  }
  }
}

/// Reads the rows that a producer is given: parse_items() is its only user.
class items_reader {
public:
  items_reader(std::string_view text, const limits& bounds)
      : text_(text), cursor_(text, bounds.max_depth, invalid_utf8::replace) {
    cursor_.set_depth(2); // in a message the items stand within the envelope and the export envelope
  }

  result<std::vector<item>> read() {
    if (cursor_.at_end())
      return make_failure(error::empty_export, "there are no items to export: not even []", "ENV-08");
    if (cursor_.peek() != '[')
      cursor_.fail_type();
    const bool is_read = cursor_.read_array([this] { return read_row(); });
    if (is_read && !cursor_.at_end())
      cursor_.fail(error::trailing_data, cursor_.position());
    if (!cursor_.failed())
      return std::move(items_);
    auto reason = text_failure(cursor_, text_, "ROW-01");
    if (!items_.empty() || !detail_.empty())
      reason.message +=
          " (row " + std::to_string(items_.size()) + (detail_.empty() ? "" : ", " + detail_) + ")";
    return reason;
  }

private:
  bool read_row() {
    static constexpr auto fields = text_fields<item>();
    auto& row = items_.emplace_back();
    std::bitset<fields.size() + 1> seen;
    if (cursor_.peek() != '{')
      return cursor_.fail_type();
    const std::size_t begin = cursor_.position();
    const bool is_read = cursor_.read_object([&](const json_string& name) {
      const auto found =
          std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return name == field.first; });
      const auto index = static_cast<std::size_t>(found - fields.begin());
      detail_ = "field " + name.decode();
      if (found == fields.end() && !(name == "attributes"))
        return cursor_.fail(error::unknown_field, cursor_.begin_of(name));
      if (seen[index])
        return cursor_.fail(error::duplicate_field, cursor_.begin_of(name));
      seen.set(index);
      if (found == fields.end())
        return read_attributes(row.attributes);
      json_string value;
      if (cursor_.peek() != '"')
        return cursor_.fail_type();
      if (!cursor_.read_string(value))
        return false;
      row.*(found->second) = value.decode();
      return true;
    });
    if (!is_read)
      return false;
    for (std::size_t index = 0; index < fields.size(); ++index) {
      if (seen[index] || fields[index].first == "group")
        continue;
      detail_ = "field " + std::string(fields[index].first);
      return cursor_.fail(error::missing_field, begin);
    }
    detail_.clear();
    return true;
  }

  bool read_attributes(boost::json::value& out) {
    const char first = cursor_.peek();
    if (first != '{' && first != 'n')
      return cursor_.fail_type();
    return read_value(cursor_, text_, out);
  }

  std::string_view text_;
  json_cursor cursor_;
  std::vector<item> items_;
  std::string detail_;
};

} // namespace kollect::detail

#endif
