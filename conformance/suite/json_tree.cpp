#include "json_tree.hpp"

#include <kollect/json_reader.hpp>
#include <kollect/limits.hpp>

#include <algorithm>

namespace kollect::conformance {

namespace {

bool read_node(json_reader& reader, std::string_view text, json_node& out) {
  out.kind = reader.peek();
  const std::size_t begin = reader.position();
  bool is_read = false;
  if (out.kind == json_kind::object) {
    is_read = reader.read_object([&](const json_string& name) {
      out.members.push_back({name, {}});
      return read_node(reader, text, out.members.back().value);
    });
  } else if (out.kind == json_kind::array) {
    is_read = reader.read_array([&] {
      out.elements.emplace_back();
      return read_node(reader, text, out.elements.back());
    });
  } else if (out.kind == json_kind::string) {
    is_read = reader.read_string(out.text);
  } else {
    std::string_view ignored;
    is_read = reader.read_value(ignored);
  }
  out.raw = text.substr(begin, reader.position() - begin);
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
  json_reader reader(text, max_depth_ceiling);
  (void)read_node(reader, text, reading.root); // finish() says what came of it
  const auto read = reader.finish();
  reading.is_good = read.has_value();
  if (!read) {
    reading.failed_at = read.error().position ? read.error().position->offset : 0;
    reading.fault = read.error().code.message();
  }
  return reading;
}

} // namespace kollect::conformance
