#include "json_tree.hpp"

#include <kollect/detail/json_cursor.hpp>
#include <kollect/limits.hpp>

#include <algorithm>

namespace kollect::conformance {

namespace {

bool read_value(detail::json_cursor& cursor, std::string_view text, json_node& out) {
  const char first = cursor.peek();
  const std::size_t begin = cursor.position();
  bool is_read = false;
  if (first == '{') {
    out.kind = json_kind::object;
    is_read = cursor.read_object([&](const json_string& name) {
      out.members.push_back({name, {}});
      return read_value(cursor, text, out.members.back().value);
    });
  } else if (first == '[') {
    out.kind = json_kind::array;
    is_read = cursor.read_array([&] {
      out.elements.emplace_back();
      return read_value(cursor, text, out.elements.back());
    });
  } else if (first == '"') {
    out.kind = json_kind::string;
    is_read = cursor.read_string(out.text);
  } else {
    out.kind = first == 'n'                   ? json_kind::null
               : first == 't' || first == 'f' ? json_kind::boolean
                                              : json_kind::number;
    std::string_view ignored;
    is_read = cursor.skip_value(ignored);
  }
  out.raw = text.substr(begin, cursor.position() - begin);
  return is_read;
}

} // namespace

const json_node* json_node::find(std::string_view name) const noexcept {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const auto& member) { return member.name == name; });
  return found == members.end() ? nullptr : &found->value;
}

json_reading read_json(std::string_view text) {
  json_reading reading;
  detail::json_cursor cursor(text, max_depth_ceiling, detail::invalid_utf8::replace);
  reading.is_good = read_value(cursor, text, reading.root);
  if (reading.is_good && !cursor.at_end())
    reading.is_good = cursor.fail(error::trailing_data, cursor.position());
  if (!reading.is_good) {
    reading.failed_at = cursor.failed_at();
    reading.fault = detail::describe(cursor.reason()).sentence;
  }
  return reading;
}

} // namespace kollect::conformance
