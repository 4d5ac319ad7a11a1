#ifndef KOLLECT_FMT_HPP
#define KOLLECT_FMT_HPP

/// Formatters of the SDK's value types for {fmt}, 9 or newer, and for std::format where the library has it:
/// each writes what operator<< does, and takes the format of a string, such as `{:>40}`.
///
/// {fmt} is no dependency of the SDK: include this where it is installed, or where std::format is.

#include <kollect/json.hpp>
#include <kollect/version.hpp>

#include <sstream>
#include <string>
#include <string_view>
#include <version>

#if __has_include(<fmt/format.h>)
#include <fmt/format.h>
#endif
#if defined(__cpp_lib_format)
#include <format>
#endif

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// The types that are formatted.
template <class Type>
concept formattable = json_convertible<Type> || std::same_as<Type, json_string> ||
    std::same_as<Type, item_view> || std::same_as<Type, error> || std::same_as<Type, failure>;

template <class Type>
[[nodiscard]] std::string formatted(const Type& value) {
  std::ostringstream text;
  text << value;
  return std::move(text).str();
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#if __has_include(<fmt/format.h>)
template <kollect::detail::formattable Type>
struct fmt::formatter<Type, char> : fmt::formatter<fmt::string_view, char> {
  template <class Context>
  auto format(const Type& value, Context& context) const {
    return fmt::formatter<fmt::string_view, char>::format(kollect::detail::formatted(value), context);
  }
};
#endif

#if defined(__cpp_lib_format)
template <kollect::detail::formattable Type>
struct std::formatter<Type, char> : std::formatter<std::string_view, char> {
  template <class Context>
  auto format(const Type& value, Context& context) const {
    return std::formatter<std::string_view, char>::format(kollect::detail::formatted(value), context);
  }
};
#endif

#endif
