#ifndef KOLLECT_YAML_DETAIL_CORE_SCHEMA_HPP
#define KOLLECT_YAML_DETAIL_CORE_SCHEMA_HPP

#include <kollect/manifest/document.hpp>
#include <kollect/version.hpp>

#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::yaml::detail {

[[nodiscard]] constexpr bool is_all_of(std::string_view text, std::string_view set) noexcept {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

/// Takes the characters of `set` from the front of `text`; true if there was at least one.
[[nodiscard]] constexpr bool take_any(std::string_view& text, std::string_view set) noexcept {
  const auto end = text.find_first_not_of(set);
  const auto count = end == std::string_view::npos ? text.size() : end;
  text.remove_prefix(count);
  return count != 0;
}

[[nodiscard]] constexpr bool is_number(std::string_view text) noexcept {
  constexpr std::string_view digits = "0123456789";
  if (text.starts_with("0o"))
    return is_all_of(text.substr(2), "01234567");
  if (text.starts_with("0x"))
    return is_all_of(text.substr(2), "0123456789abcdefABCDEF");
  if (text == ".nan" || text == ".NaN" || text == ".NAN")
    return true;
  if (text.starts_with('+') || text.starts_with('-'))
    text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF")
    return true;
  bool has_digits = take_any(text, digits);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    has_digits = take_any(text, digits) || has_digits;
  }
  if (!has_digits)
    return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-'))
      text.remove_prefix(1);
    if (!take_any(text, digits))
      return false;
  }
  return text.empty();
}

/// What a plain scalar is by YAML 1.2's core schema: `true` is a boolean and `yes` a string.
[[nodiscard]] constexpr node_kind plain_scalar_kind(std::string_view text) noexcept {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return node_kind::null;
  if (text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
      text == "FALSE")
    return node_kind::boolean;
  return is_number(text) ? node_kind::number : node_kind::string;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::yaml::detail

#endif
