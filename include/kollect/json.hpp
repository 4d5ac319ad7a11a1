#ifndef KOLLECT_JSON_HPP
#define KOLLECT_JSON_HPP

#include <kollect/detail/json_convert.hpp>
#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/json_string.hpp>
#include <kollect/parse.hpp>
#include <kollect/version.hpp>

#include <boost/json/fwd.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <concepts>
#include <ostream>
#include <string>
#include <string_view>

/// Conversions of the SDK's value types for boost::json::value_from, value_to and try_value_to, and with them
/// for containers of these types. Include boost/json.hpp for these functions, and the header of the type.
///
/// Records become objects with their fields in camelCase, in order: scope, row_identity, item, envelope,
/// snapshot, dedup_key, snapshot_order, change, serialized_item, export_envelope_header, header,
/// outgoing_message, receipt, partition_position, partition_lag, log_identity, text_position. Texts:
/// timestamp, sha256_digest and fingerprint (both in hex), and the names of change_kind, payload_form and
/// broker_system. What holds JSON (a payload, the rows of a change) becomes a value if it is an object or
/// array, null if it is empty, and stays a string else. json_string, item_view, error and failure go out
/// only, as they are views or hold one.
///
/// value_to<T>(value_from(x)) == x, with two conditions: an instant must be valid, and JSON within must be
/// spelled as the contract says (BYT-01 to BYT-04). Settings, limits and whatever may hold a secret have no
/// conversion.
///
/// value_from throws nothing, try_value_to answers with an error code of kollect::error_category(). value_to
/// throws boost::system::system_error where the value has another shape, as the protocol of Boost.JSON wants;
/// its what() names the field. Linear.

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// For value_from(): records as objects, texts as strings.
template <detail::json_convertible Type>
void tag_invoke(const boost::json::value_from_tag&, boost::json::value& out, const Type& value) {
  out = detail::to_json(value);
}

/// For try_value_to(): answers with an error code where the value has another shape.
template <detail::json_convertible Type>
boost::system::result<Type> tag_invoke(const boost::json::try_value_to_tag<Type>&,
                                       const boost::json::value& value) {
  auto read = detail::from_json<Type>(value);
  if (!read)
    return read.error().code;
  return std::move(*read);
}

/// For value_to(): throws boost::system::system_error where the value has another shape.
template <detail::json_convertible Type>
Type tag_invoke(const boost::json::value_to_tag<Type>&, const boost::json::value& value) {
  return detail::from_json<Type>(value).value();
}

/// The string's value, decoded.
template <std::same_as<json_string> Text>
void tag_invoke(const boost::json::value_from_tag&, boost::json::value& out, const Text& value) {
  out = value.decode();
}

/// As the item that it is a view of; attributes that are no JSON stay a string.
template <std::same_as<item_view> Row>
void tag_invoke(const boost::json::value_from_tag&, boost::json::value& out, const Row& row) {
  boost::json::object made;
  for (const auto& [name, field] : detail::text_fields<Row>())
    if (name != "group" || !row.group.empty())
      made.emplace(detail::view_of(name), (row.*field).decode());
  made.emplace("attributes", detail::json_of_text(std::string(row.attributes)));
  out = std::move(made);
}

/// Its error_name().
template <std::same_as<error> Reason>
void tag_invoke(const boost::json::value_from_tag&, boost::json::value& out, Reason value) {
  out = detail::view_of(error_name(value));
}

/// `{reason, message, clause, position, source}`; position is null where there is none.
template <std::same_as<failure> Failure>
void tag_invoke(const boost::json::value_from_tag&, boost::json::value& out, const Failure& value) {
  boost::json::object made;
  made.emplace("reason", detail::view_of(error_name(value.reason())));
  made.emplace("message", value.message.empty() ? value.code.message() : value.message);
  made.emplace("clause", detail::view_of(value.clause));
  made.emplace("position", detail::to_json(value.position));
  made.emplace("source", value.source);
  out = std::move(made);
}

namespace detail {

/// A type with a text of its own, which its header says.
template <class Type>
concept has_own_text = json_scalar<Type> || std::same_as<Type, scope> || std::same_as<Type, row_identity> ||
    std::same_as<Type, dedup_key> || std::same_as<Type, snapshot_order>;

} // namespace detail

/// A record that has no text of its own as one line of JSON, for people: control characters and the like are
/// escapes. One that JSON has no text for is the reason, in parentheses.
template <class Type>
requires(detail::json_convertible<Type> && !detail::has_own_text<Type>) std::ostream&
operator<<(std::ostream& out, const Type& value) {
  std::string text;
  const auto written = detail::append_value(text, detail::to_json(value), {.max_depth = max_depth_ceiling},
                                            detail::member_order::as_it_is);
  return out << (written ? detail::printable(text) : "(" + written.error().message + ")");
}

inline std::ostream& operator<<(std::ostream& out, const item_view& row) {
  return out << detail::printable(row.raw);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
