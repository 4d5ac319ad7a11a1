#ifndef KOLLECT_CONSUMER_QUERY_ATTRIBUTE_PATH_HPP
#define KOLLECT_CONSUMER_QUERY_ATTRIBUTE_PATH_HPP

#include <kollect/error.hpp>
#include <kollect/json_reader.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// One step down into a JSON value.
struct path_segment {
  bool is_any = false;              ///< `*`: every element of an array, every member of an object
  std::string name{};               ///< of a member
  std::optional<std::size_t> index; ///< of an element, where the name is a number

  friend bool operator==(const path_segment&, const path_segment&) = default;
};

using attribute_path = std::vector<path_segment>;

/// What a parameter or column that is about a path begins with.
inline constexpr std::string_view attribute_prefix = "attr.";

/// Reads `spec.template.spec.containers.*.image`. A backslash takes the next letter for what it is, as in
/// `metadata.labels.app\.kubernetes\.io/name`. error::invalid_value, with the place, for an empty segment and
/// for what ends in a backslash.
result<attribute_path> parse_attribute_path(std::string_view text);

/// Calls `on_value(raw)` for the JSON text of each value at the path. False where the JSON is broken. Each
/// value is looked at once, whatever the path.
template <class OnValue>
bool visit_values(json_reader& reader, std::span<const path_segment> path, OnValue&& on_value) {
  if (path.empty()) {
    std::string_view raw;
    if (!reader.read_value(raw))
      return false;
    on_value(raw);
    return true;
  }
  const auto& step = path.front();
  const auto pass_over = [&reader] {
    std::string_view raw;
    return reader.read_value(raw);
  };
  const auto kind = reader.peek();
  if (kind == json_kind::object)
    return reader.read_object([&](const json_string& name) {
      return step.is_any || name == step.name ? visit_values(reader, path.subspan(1), on_value) : pass_over();
    });
  if (kind != json_kind::array)
    return pass_over();
  std::size_t index = 0;
  return reader.read_array([&] {
    return step.is_any || step.index == index++ ? visit_values(reader, path.subspan(1), on_value)
                                                : pass_over();
  });
}

/// The same for the attributes of a row, or any JSON text.
template <class OnValue>
void visit_values(std::string_view json, const attribute_path& path, OnValue&& on_value) {
  if (json.empty())
    return;
  json_reader reader(json, max_depth_ceiling);
  (void)visit_values(reader, std::span<const path_segment>(path), on_value); // what is broken has no values
}

/// What a scalar is to people: the text of a string, and numbers, true, false and null as they are spelled.
/// Nothing for an object or array.
std::optional<std::string> scalar_text(std::string_view raw);

} // namespace kollect::consumer

#endif
