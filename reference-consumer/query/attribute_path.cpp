#include "query/attribute_path.hpp"

#include <charconv>
#include <utility>

namespace kollect::consumer {
namespace {

failure refuse(std::string_view sentence, std::size_t at) {
  return make_failure(error::invalid_value,
                      std::string(sentence) + ", at position " + std::to_string(at + 1));
}

std::optional<std::size_t> index_of(std::string_view name) {
  std::size_t value = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), value);
  const bool is_number = code == std::errc{} && end == name.data() + name.size();
  return is_number ? std::optional(value) : std::nullopt;
}

} // namespace

result<attribute_path> parse_attribute_path(std::string_view text) {
  attribute_path out;
  path_segment segment;
  bool is_plain = true; // no letter was taken for what it is
  const auto end_segment = [&](std::size_t at) -> result<void> {
    if (segment.name.empty())
      return refuse("a path has a name, a number or * between its dots", at);
    segment.is_any = is_plain && segment.name == "*";
    segment.index = index_of(segment.name);
    out.push_back(std::exchange(segment, {}));
    is_plain = true;
    return {};
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '.') {
      if (auto ended = end_segment(at); !ended)
        return ended.error();
      continue;
    }
    if (text[at] == '\\') {
      if (++at == text.size())
        return refuse("a path ends in a backslash, which takes the next letter for what it is", at);
      is_plain = false;
    }
    segment.name += text[at];
  }
  if (auto ended = end_segment(text.size()); !ended)
    return ended.error();
  return out;
}

std::optional<std::string> scalar_text(std::string_view raw) {
  json_reader reader(raw, max_depth_ceiling);
  switch (reader.peek()) {
  case json_kind::string: {
    json_string text;
    return reader.read_string(text) ? std::optional(text.decode()) : std::nullopt;
  }
  case json_kind::number:
  case json_kind::boolean:
  case json_kind::null:
    return std::string(raw);
  default:
    return std::nullopt;
  }
}

} // namespace kollect::consumer
