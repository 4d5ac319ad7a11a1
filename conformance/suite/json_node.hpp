#ifndef KOLLECT_CONFORMANCE_JSON_NODE_HPP
#define KOLLECT_CONFORMANCE_JSON_NODE_HPP

#include <kollect/json_reader.hpp>
#include <kollect/json_string.hpp>
#include <kollect/limits.hpp>

#include <range/v3/range_fwd.hpp>

#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::conformance {

constexpr std::string_view to_string(json_kind kind) noexcept {
  constexpr std::string_view names[] = {"no value", "null",     "a boolean", "a number",
                                        "a string", "an array", "an object"};
  return names[static_cast<std::size_t>(kind)];
}

struct json_member;
template <class Child>
class json_children;

/// A JSON value as it is written: order, spelling and repeated keys are kept. A view of its text. What is in
/// it is read when it is asked for, and again each time: a tree would take many times the message's size.
struct json_node {
  json_kind kind = json_kind::null;
  std::string_view raw{}; ///< all of it, without white space around
  json_string text{};     ///< of a string

  json_children<json_node> elements() const noexcept;  ///< of an array; none of anything else
  json_children<json_member> members() const noexcept; ///< of an object, as written; none of anything else
  std::size_t element_count() const;

  /// The first member of that name.
  std::optional<json_node> find(std::string_view name) const;
};

struct json_member {
  json_string name{};
  json_node value{};
};

/// The next value of a text that is known to be JSON.
json_node read_node(json_reader& reader, std::string_view text);

namespace json_parts {

/// Takes the child that `rest` begins with, after a comma, if any; false where there is none.
bool take_child(std::string_view& rest, json_node& out);
bool take_child(std::string_view& rest, json_member& out);

} // namespace json_parts

/// The elements or members of a value, one after the other.
template <class Child>
class json_children : public std::ranges::view_base, public ranges::view_base {
public:
  class iterator {
  public:
    using value_type = Child;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag; // as it gives values
    using iterator_concept = std::forward_iterator_tag;

    iterator() = default;
    explicit iterator(std::string_view inside) : rest_(inside) { ++*this; }

    Child operator*() const noexcept { return child_; }
    iterator& operator++() {
      begin_ = rest_.data();
      if (!json_parts::take_child(rest_, child_))
        begin_ = nullptr;
      return *this;
    }
    iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& left, const iterator& right) noexcept {
      return left.begin_ == right.begin_;
    }
    friend bool operator==(const iterator& one, std::default_sentinel_t) noexcept {
      return one.begin_ == nullptr;
    }

  private:
    std::string_view rest_{};
    const char* begin_ = nullptr; ///< of the child; nullptr: at the end
    Child child_{};
  };

  json_children() = default;
  /// `inside`: what stands after the opening bracket.
  explicit json_children(std::string_view inside) noexcept : inside_(inside) {}

  iterator begin() const { return inside_.empty() ? iterator() : iterator(inside_); }
  std::default_sentinel_t end() const noexcept { return {}; }

private:
  std::string_view inside_{};
};

/// What a text holds: one value, or where it stops being JSON.
struct json_reading {
  json_node root;
  bool is_good = false;
  std::size_t failed_at = 0; ///< byte of the first fault
  std::string fault;         ///< what it is
};

/// Reads one value and nothing after it. Bytes that are not UTF-8 are let through within strings, as other
/// judges complain of them. Nesting is bounded by max_depth_ceiling. Linear; allocates nothing.
json_reading read_json(std::string_view text);

/// What is told of a value and of all that is in it; see visit_json().
struct json_visitor {
  void on_object() {}
  /// `before`: the name before it in its object, or nullptr.
  void on_name(const json_string&, const json_string* /*before*/) {}
  void on_string(const json_string&) {}
  void on_number(std::string_view /*raw*/) {}
};

namespace json_parts {

template <class Visitor>
bool visit_next(json_reader& reader, std::string_view text, Visitor& visitor) {
  switch (reader.peek()) {
  case json_kind::object: {
    visitor.on_object();
    std::optional<json_string> before;
    return reader.read_object([&](const json_string& name) {
      visitor.on_name(name, before ? &*before : nullptr);
      before = name;
      return visit_next(reader, text, visitor);
    });
  }
  case json_kind::array:
    return reader.read_array([&] { return visit_next(reader, text, visitor); });
  default: {
    const auto node = read_node(reader, text);
    if (node.kind == json_kind::string)
      visitor.on_string(node.text);
    else if (node.kind == json_kind::number)
      visitor.on_number(node.raw);
    return !node.raw.empty();
  }
  }
}

} // namespace json_parts

/// Tells a visitor of a value and of all that is in it, in the order it is written in. One pass, however deep
/// it nests.
template <class Visitor>
void visit_json(const json_node& root, Visitor&& visitor) {
  json_reader reader(root.raw, max_depth_ceiling);
  (void)json_parts::visit_next(reader, root.raw, visitor);
}

} // namespace kollect::conformance

#endif
