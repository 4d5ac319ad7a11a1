#include "json_node.hpp"

#include <algorithm>

namespace kollect::conformance {

namespace {

void pass_space_and(char mark, std::string_view& text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto pass_space = [&] { text.remove_prefix(std::min(text.find_first_not_of(blank), text.size())); };
  pass_space();
  if (text.starts_with(mark)) {
    text.remove_prefix(1);
    pass_space();
  }
}

void take_node(std::string_view& rest, json_node& out) {
  json_reader reader(rest, max_depth_ceiling);
  out = read_node(reader, rest);
  rest.remove_prefix(reader.position());
}

} // namespace

namespace json_parts {

bool take_child(std::string_view& rest, json_node& out) {
  pass_space_and(',', rest);
  if (rest.empty() || rest.front() == ']')
    return false;
  take_node(rest, out);
  return !out.raw.empty();
}

bool take_child(std::string_view& rest, json_member& out) {
  pass_space_and(',', rest);
  if (rest.empty() || rest.front() == '}')
    return false;
  json_reader reader(rest, max_depth_ceiling);
  if (!reader.read_string(out.name))
    return false;
  rest.remove_prefix(reader.position());
  pass_space_and(':', rest);
  take_node(rest, out.value);
  return !out.value.raw.empty();
}

} // namespace json_parts

json_node read_node(json_reader& reader, std::string_view text) {
  json_node node;
  node.kind = reader.peek();
  const auto begin = reader.position();
  if (node.kind != json_kind::string)
    (void)reader.read_value(node.raw);
  else if (reader.read_string(node.text))
    node.raw = text.substr(begin, reader.position() - begin);
  return node;
}

json_children<json_node> json_node::elements() const noexcept {
  return kind == json_kind::array ? json_children<json_node>(raw.substr(1)) : json_children<json_node>();
}

json_children<json_member> json_node::members() const noexcept {
  return kind == json_kind::object ? json_children<json_member>(raw.substr(1)) : json_children<json_member>();
}

std::size_t json_node::element_count() const {
  return static_cast<std::size_t>(std::ranges::distance(elements()));
}

std::optional<json_node> json_node::find(std::string_view name) const {
  for (const auto& member : members())
    if (member.name == name)
      return member.value;
  return {};
}

json_reading read_json(std::string_view text) {
  json_reading reading;
  json_reader reader(text, max_depth_ceiling);
  const auto root = read_node(reader, text);
  const auto read = reader.finish();
  reading.is_good = read.has_value();
  if (read) {
    reading.root = root;
  } else {
    reading.failed_at = read.error().position ? read.error().position->offset : 0;
    reading.fault = read.error().code.message();
  }
  return reading;
}

} // namespace kollect::conformance
