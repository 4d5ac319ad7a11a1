#ifndef KOLLECT_DETAIL_JSON_CONVERT_HPP
#define KOLLECT_DETAIL_JSON_CONVERT_HPP

#include <kollect/checksum.hpp>
#include <kollect/detail/json_members.hpp>
#include <kollect/detail/json_writer.hpp>
#include <kollect/item.hpp>
#include <kollect/parse.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

[[nodiscard]] inline boost::json::string_view view_of(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

// All of it is templates, so that only what is used is compiled.

// To JSON. None of it throws, but for what allocating may throw.

template <class Type>
boost::json::value to_json(const Type& value);

/// A text that holds JSON becomes a value, if that is an object or array; any other stays a text.
template <std::same_as<std::string> Text>
[[nodiscard]] boost::json::value json_of_text(const Text& text) {
  if (text.empty())
    return nullptr;
  if (auto value = parse_value(text, limits{.max_depth = max_depth_ceiling});
      value && (value->is_object() || value->is_array()))
    return std::move(*value);
  return boost::json::value(view_of(text));
}

template <class Type>
boost::json::value record_to_json(const Type& value) {
  boost::json::object out;
  json_members<Type>::template visit<Type>([&](std::string_view name, auto place) {
    if constexpr (std::same_as<decltype(place), json_text<Type>>)
      out.emplace(view_of(name), json_of_text(value.*place.place));
    else
      out.emplace(view_of(name), to_json(value.*place));
  });
  return out;
}

/// A row with the field names and the order of ROW-01.
template <std::same_as<item> Item>
[[nodiscard]] boost::json::value item_to_json(const Item& row) {
  boost::json::object out;
  for (const auto& [name, field] : text_fields<Item>())
    if (name != "group" || !row.group.empty())
      out.emplace(view_of(name), row.*field);
  out.emplace("attributes", row.attributes);
  return out;
}

template <class Type>
struct is_vector : std::false_type {};
template <class Element>
struct is_vector<std::vector<Element>> : std::true_type {};

template <class Type>
struct is_optional : std::false_type {};
template <class Value>
struct is_optional<std::optional<Value>> : std::true_type {};

template <class Type>
boost::json::value to_json(const Type& value) {
  if constexpr (std::same_as<Type, std::string> || std::same_as<Type, bool> || std::integral<Type>) {
    return boost::json::value(value);
  } else if constexpr (is_optional<Type>::value) {
    return value ? to_json(*value) : boost::json::value(nullptr);
  } else if constexpr (is_vector<Type>::value) {
    boost::json::array out;
    for (const auto& element : value)
      out.emplace_back(to_json(element));
    return out;
  } else if constexpr (std::same_as<Type, item>) {
    return item_to_json(value);
  } else if constexpr (json_scalar<Type>) {
    return boost::json::value(view_of(std::string_view(std::string(to_string(value)))));
  } else {
    return record_to_json(value);
  }
}

// From JSON. `name` is the field that the value is in, for people.

template <class Type>
result<Type> from_json(const boost::json::value& value, std::string_view name = {});

[[nodiscard]] inline failure wrong_json(std::string_view name, std::string_view wanted) {
  return make_failure(error::wrong_type, (name.empty() ? std::string("the value") : in_quotes(name)) +
                                             " must be " + std::string(wanted));
}

template <std::size_t count>
bool read_hex(std::string_view text, std::array<unsigned char, count>& out) noexcept {
  if (text.size() != count * 2 || text.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return false;
  for (std::size_t index = 0; index < count; ++index)
    std::from_chars(text.data() + index * 2, text.data() + index * 2 + 2, out[index], 16);
  return true;
}

template <class Type>
[[nodiscard]] result<Type> scalar_from_json(const boost::json::value& value, std::string_view name) {
  const auto* const held = value.if_string();
  if (held == nullptr)
    return wrong_json(name, "a string");
  const std::string_view text(held->data(), held->size());
  if constexpr (std::same_as<Type, timestamp>) {
    return parse_timestamp(text);
  } else if constexpr (json_name<Type>) {
    for (const auto one : json_names<Type>::template all<Type>)
      if (text == to_string(one))
        return one;
    return wrong_json(name, "one of the names there are, not " + in_quotes(text));
  } else if constexpr (std::same_as<Type, sha256_digest>) {
    sha256_digest out;
    if (!read_hex(text, out.bytes))
      return wrong_json(name, "64 lowercase hex digits");
    return out;
  } else {
    std::array<unsigned char, 16> bytes{};
    if (!read_hex(text, bytes))
      return wrong_json(name, "32 lowercase hex digits");
    fingerprint out;
    for (std::size_t index = 0; index < bytes.size(); ++index) {
      auto& half = index < 8 ? out.high : out.low;
      half = half << 8U | bytes[index];
    }
    return out;
  }
}

/// The text of a value that json_of_text() has made.
template <std::same_as<std::string> Text>
[[nodiscard]] result<Text> text_from_json(const boost::json::value& value, std::string_view) {
  if (value.is_null())
    return Text();
  if (const auto* const text = value.if_string())
    return Text(text->data(), text->size());
  Text out;
  if (auto written = append_value(out, value, {.max_depth = max_depth_ceiling}, member_order::as_it_is);
      !written)
    return written.error();
  return out;
}

/// Reads a member of the object `from` into `out`.
template <class Value>
[[nodiscard]] result<void>
member_from_json(const boost::json::object& from, std::string_view name, Value& out,
                 result<Value> (*read)(const boost::json::value&, std::string_view)) {
  const auto* const found = from.if_contains(view_of(name));
  if (found == nullptr)
    return make_failure(error::missing_field, "there must be a field " + in_quotes(name));
  auto value = read(*found, name);
  if (!value)
    return value.error();
  out = std::move(*value);
  return {};
}

template <class Type>
[[nodiscard]] result<Type> record_from_json(const boost::json::value& value, std::string_view name) {
  const auto* const object = value.if_object();
  if (object == nullptr)
    return wrong_json(name, "an object");
  Type out;
  result<void> read;
  json_members<Type>::template visit<Type>([&](std::string_view field, auto place) {
    if (!read)
      return;
    if constexpr (std::same_as<decltype(place), json_text<Type>>)
      read = member_from_json(*object, field, out.*place.place, &text_from_json<std::string>);
    else
      read = member_from_json(*object, field, out.*place,
                              &from_json<std::remove_reference_t<decltype(out.*place)>>);
  });
  if (!read)
    return read.error();
  return out;
}

template <std::same_as<item> Item>
[[nodiscard]] result<Item> item_from_json(const boost::json::value& value) {
  if (!value.is_object())
    return make_failure(error::wrong_type, "a row must be an object", "ROW-01");
  Item row;
  for (const auto& [name, field] : text_fields<Item>()) {
    const auto* const found = value.get_object().if_contains(view_of(name));
    if (found == nullptr && name == "group")
      continue;
    if (found == nullptr)
      return make_failure(error::missing_field, "the row has no field " + in_quotes(name), "ROW-01");
    if (!found->is_string())
      return make_failure(error::wrong_type, "the row's field " + in_quotes(name) + " must be a string",
                          "ROW-01");
    row.*field = std::string_view(found->get_string());
  }
  const auto* const attributes = value.get_object().if_contains("attributes");
  if (attributes == nullptr)
    return row;
  if (!attributes->is_object() && !attributes->is_null())
    return make_failure(error::wrong_type, "the row's \"attributes\" must be an object or null", "ROW-02");
  row.attributes = *attributes;
  return row;
}

template <std::integral Number>
[[nodiscard]] result<Number> integer_from_json(const boost::json::value& value, std::string_view name) {
  const auto* const whole = value.if_int64();
  const auto* const large = value.if_uint64();
  if (whole != nullptr && std::in_range<Number>(*whole))
    return static_cast<Number>(*whole);
  if (large != nullptr && std::in_range<Number>(*large))
    return static_cast<Number>(*large);
  return wrong_json(name, "an integer that fits " + std::to_string(sizeof(Number) * 8) + " bits");
}

template <class Vector>
[[nodiscard]] result<Vector> vector_from_json(const boost::json::value& value, std::string_view name) {
  const auto* const array = value.if_array();
  if (array == nullptr)
    return wrong_json(name, "an array");
  Vector out;
  out.reserve(array->size());
  for (const auto& element : *array) {
    auto read = from_json<typename Vector::value_type>(element, name);
    if (!read)
      return read.error();
    out.push_back(std::move(*read));
  }
  return out;
}

template <class Type>
[[nodiscard]] result<Type> from_json(const boost::json::value& value, std::string_view name) {
  if constexpr (std::same_as<Type, std::string>) {
    if (const auto* const text = value.if_string())
      return std::string(text->data(), text->size());
    return wrong_json(name, "a string");
  } else if constexpr (std::same_as<Type, bool>) {
    if (const auto* const flag = value.if_bool())
      return *flag;
    return wrong_json(name, "a boolean");
  } else if constexpr (std::integral<Type>) {
    return integer_from_json<Type>(value, name);
  } else if constexpr (is_optional<Type>::value) {
    if (value.is_null())
      return Type{};
    auto read = from_json<typename Type::value_type>(value, name);
    if (!read)
      return read.error();
    return Type(std::move(*read));
  } else if constexpr (is_vector<Type>::value) {
    return vector_from_json<Type>(value, name);
  } else if constexpr (std::same_as<Type, item>) {
    return item_from_json<Type>(value);
  } else if constexpr (json_scalar<Type>) {
    return scalar_from_json<Type>(value, name);
  } else {
    return record_from_json<Type>(value, name);
  }
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
