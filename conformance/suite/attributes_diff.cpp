#include "attributes_diff.hpp"
#include "judgement.hpp"

#include <kollect/serialize.hpp>

namespace kollect::conformance {

namespace {

json_kind kind_of(const boost::json::value& value) noexcept {
  switch (value.kind()) {
  case boost::json::kind::null:
    return json_kind::null;
  case boost::json::kind::bool_:
    return json_kind::boolean;
  case boost::json::kind::string:
    return json_kind::string;
  case boost::json::kind::array:
    return json_kind::array;
  case boost::json::kind::object:
    return json_kind::object;
  default:
    return json_kind::number;
  }
}

/// Walks both at once. Recursion is bounded by the depth of what was sent, which read_json() bounds.
class attribute_walk {
public:
  std::vector<attribute_fault> faults;

  void compare(const json_node& sent, const boost::json::value& asked) {
    if (sent.kind != kind_of(asked))
      return note("ROW-02", sent, "another type", std::string(to_string(kind_of(asked))),
                  std::string(to_string(sent.kind)));
    if (const auto* const object = asked.if_object())
      compare_objects(sent, *object);
    else if (const auto* const array = asked.if_array())
      compare_arrays(sent, *array);
    else
      compare_scalars(sent, asked);
  }

private:
  void note(std::string_view clause, const json_node& where, std::string what, std::string expected,
            std::string found) {
    faults.push_back({clause, where, std::move(what), std::move(expected), std::move(found)});
  }

  void compare_scalars(const json_node& sent, const boost::json::value& asked) {
    const auto written = kollect::serialize(asked);
    const auto expected = written ? *written : std::string();
    if (sent.kind == json_kind::string) {
      if (sent.text.decode() != std::string_view(asked.get_string()))
        note("BYT-03", sent, "another text", printable_excerpt(expected), printable_excerpt(sent.raw));
    } else if (sent.raw != expected) {
      note(sent.kind == json_kind::number ? "BYT-04" : "ROW-02", sent, "another value", expected,
           printable_excerpt(sent.raw));
    }
  }

  void compare_arrays(const json_node& sent, const boost::json::array& asked) {
    if (const auto count = sent.element_count(); count != asked.size())
      return note("ROW-02", sent, "another number of elements", std::to_string(asked.size()),
                  std::to_string(count));
    std::size_t index = 0;
    for (const auto& element : sent.elements())
      compare(element, asked[index++]);
  }

  void compare_objects(const json_node& sent, const boost::json::object& asked) {
    for (const auto& member : sent.members()) {
      const auto name = member.name.decode();
      if (const auto* const wanted = asked.if_contains(name))
        compare(member.value, *wanted);
      else
        note("ROW-02", member.value, "a key that was not asked for", "", printable_excerpt(name));
    }
    for (const auto& wanted : asked)
      if (!sent.find(std::string_view(wanted.key())))
        note("ROW-02", sent, "a key is missing", printable_excerpt(std::string_view(wanted.key())), "");
  }
};

} // namespace

std::vector<attribute_fault> diff_attributes(const json_node& sent, const boost::json::value& asked) {
  attribute_walk walk;
  walk.compare(sent, asked);
  return std::move(walk.faults);
}

} // namespace kollect::conformance
