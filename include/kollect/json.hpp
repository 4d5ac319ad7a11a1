#ifndef KOLLECT_JSON_HPP
#define KOLLECT_JSON_HPP

#include <kollect/diff.hpp>
#include <kollect/envelope.hpp>
#include <kollect/item.hpp>
#include <kollect/parse.hpp>
#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <boost/json/conversion.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

namespace detail {

inline result<item> item_of(const boost::json::value& value) {
  if (!value.is_object())
    return make_failure(error::wrong_type, "a row must be an object", "ROW-01");
  item row;
  for (const auto& [name, field] : text_fields<item>()) {
    const auto* const found =
        value.get_object().if_contains(boost::json::string_view(name.data(), name.size()));
    if (found == nullptr && name == "group")
      continue;
    if (found == nullptr)
      return make_failure(error::missing_field, "the row has no field " + std::string(name), "ROW-01");
    if (!found->is_string())
      return make_failure(error::wrong_type, "the row's field " + std::string(name) + " must be a string",
                          "ROW-01");
    row.*field = std::string_view(found->get_string());
  }
  const auto* const attributes = value.get_object().if_contains("attributes");
  if (attributes == nullptr)
    return row;
  if (!attributes->is_object() && !attributes->is_null())
    return make_failure(error::wrong_type, "the row's attributes must be an object or null", "ROW-02");
  row.attributes = *attributes;
  return row;
}

} // namespace detail

// Conversions for boost::json::value_from and boost::json::value_to. Like every value_to, the ones
// to our types throw boost::system::system_error where the value has another shape; the functions
// of parse.hpp and envelope.hpp answer with a result instead.

inline void tag_invoke(const boost::json::value_from_tag&, boost::json::value& out, const timestamp& value) {
  out = to_string(value);
}

inline timestamp tag_invoke(const boost::json::value_to_tag<timestamp>&, const boost::json::value& value) {
  return parse_timestamp(value.is_string() ? std::string_view(value.get_string()) : std::string_view())
      .value();
}

/// A row as an object with the field names and the order of ROW-01.
inline void tag_invoke(const boost::json::value_from_tag&, boost::json::value& out, const item& row) {
  auto& object = out.emplace_object();
  for (const auto& [name, field] : detail::text_fields<item>())
    if (name != "group" || !row.group.empty())
      object.emplace(boost::json::string_view(name.data(), name.size()), row.*field);
  object.emplace("attributes", row.attributes);
}

inline item tag_invoke(const boost::json::value_to_tag<item>&, const boost::json::value& value) {
  return detail::item_of(value).value();
}

/// An envelope as an object with the fields of ENV-02; the payload becomes a value, and one that is not
/// JSON throws as above.
inline void tag_invoke(const boost::json::value_from_tag&, boost::json::value& out, const envelope& value) {
  out = {{"schemaVersion", value.schema_version},
         {"timestamp", to_string(value.timestamp)},
         {"cluster", value.cluster},
         {"namespace", value.namespace_},
         {"payload", parse_value(value.payload).value()}};
}

/// `{cluster, namespace, inventory}`
inline void tag_invoke(const boost::json::value_from_tag&, boost::json::value& out, const scope& value) {
  out = {{"cluster", value.cluster}, {"namespace", value.namespace_}, {"inventory", value.inventory}};
}

/// `{op, before, after, changedPaths}`: before and after are rows or null.
inline void tag_invoke(const boost::json::value_from_tag&, boost::json::value& out, const change& value) {
  const auto row = [](const std::string& text) {
    return text.empty() ? boost::json::value(nullptr)
                        : parse_value(text, limits{.max_depth = max_depth_ceiling}).value();
  };
  out = {
      {"op", std::string(to_string(value.kind))}, {"before", row(value.before)}, {"after", row(value.after)}};
  auto& paths = out.as_object()["changedPaths"].emplace_array();
  for (const auto& path : value.changed_paths)
    paths.emplace_back(path);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
