#ifndef KOLLECT_CONFORMANCE_JSON_TREE_HPP
#define KOLLECT_CONFORMANCE_JSON_TREE_HPP

#include <kollect/json_reader.hpp>
#include <kollect/json_string.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance {

constexpr std::string_view to_string(json_kind kind) noexcept {
  constexpr std::string_view names[] = {"no value", "null",     "a boolean", "a number",
                                        "a string", "an array", "an object"};
  return names[static_cast<std::size_t>(kind)];
}

struct json_member;

/// A JSON value as it is written: order, spelling and repeated keys are kept. Views into the text.
struct json_node {
  json_kind kind = json_kind::null;
  std::string_view raw{};            ///< all of it, without white space around
  json_string text{};                ///< of a string
  std::vector<json_node> elements{}; ///< of an array
  std::vector<json_member> members;  ///< of an object, as written

  /// The first member of that name, or nullptr.
  const json_node* find(std::string_view name) const noexcept;
};

struct json_member {
  json_string name;
  json_node value;
};

/// What a text holds: one value, or where it stops being JSON.
struct json_reading {
  json_node root;
  bool is_good = false;
  std::size_t failed_at = 0; ///< byte of the first fault
  std::string fault;         ///< what it is
};

/// Reads one value and nothing after it. Bytes that are not UTF-8 are let through within strings, as other
/// judges complain of them. Nesting is bounded by max_depth_ceiling. Linear.
json_reading read_json(std::string_view text);

} // namespace kollect::conformance

#endif
