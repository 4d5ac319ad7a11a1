#ifndef KOLLECT_REDACT_HPP
#define KOLLECT_REDACT_HPP

#include <kollect/diff.hpp>
#include <kollect/item.hpp>
#include <kollect/sensitive_key.hpp>
#include <kollect/version.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What stands in the place of a secret value: `{"redacted":true,"reason":"sensitive-key"}` (SEC-01).
[[nodiscard]] inline boost::json::value redacted_value() {
  return boost::json::object{{"redacted", true}, {"reason", "sensitive-key"}};
}

/// Whether the value is exactly redacted_value().
[[nodiscard]] inline bool is_redacted(const boost::json::value& value) {
  const auto* const object = value.if_object();
  if (object == nullptr || object->size() != 2)
    return false;
  const auto* const redacted = object->if_contains("redacted");
  const auto* const reason = object->if_contains("reason");
  return redacted != nullptr && *redacted == true && reason != nullptr && *reason == "sensitive-key";
}

namespace detail {

/// Calls `on_secret(path, value)` for each value under a sensitive key that is not redacted yet. Keys
/// inside such a value are not looked at. Recursion is bounded by the value's own depth.
template <class Value, class OnSecret>
void visit_secrets(Value& value, const std::string& path, const OnSecret& on_secret) {
  if (auto* const array = value.if_array()) {
    for (std::size_t index = 0; index < array->size(); ++index)
      visit_secrets((*array)[index], path + "/" + std::to_string(index), on_secret);
  } else if (auto* const object = value.if_object()) {
    for (auto& member : *object) {
      const std::string_view key = member.key();
      const auto place = path + pointer_token(key);
      if (!is_sensitive_key(key))
        visit_secrets(member.value(), place, on_secret);
      else if (!is_redacted(member.value()))
        on_secret(place, member.value());
    }
  }
}

} // namespace detail

/// JSON Pointers (RFC 6901) to the attributes of a row that look like secrets and are not redacted,
/// such as `/attributes/spec/dbPassword` (SEC-01). Never a value. Linear.
[[nodiscard]] inline std::vector<std::string> find_secrets(const item& row) {
  std::vector<std::string> paths;
  detail::visit_secrets(row.attributes, "/attributes",
                        [&](const std::string& path, const boost::json::value&) { paths.push_back(path); });
  return paths;
}

/// Replaces what find_secrets() finds by redacted_value(); answers how many values that were.
inline std::size_t redact(item& row) {
  std::size_t count = 0;
  detail::visit_secrets(row.attributes, "/attributes", [&](const std::string&, boost::json::value& value) {
    value = redacted_value();
    ++count;
  });
  return count;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
