#ifndef KOLLECT_MANIFEST_DETAIL_MANIFEST_NAMES_HPP
#define KOLLECT_MANIFEST_DETAIL_MANIFEST_NAMES_HPP

#include <kollect/detail/trim.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// A name that Kubernetes allows for objects: lower-case letters, digits, `-` and `.`, at most 253.
/// It is safe as one component of a path.
[[nodiscard]] constexpr bool is_object_name(std::string_view name) noexcept {
  const auto is_alphanumeric = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
  };
  return !name.empty() && name.size() <= 253 && is_alphanumeric(name.front()) &&
         is_alphanumeric(name.back()) && std::all_of(name.begin(), name.end(), [&](char letter) {
           return is_alphanumeric(letter) || letter == '-' || letter == '.';
         });
}

/// As is_object_name(), without `.` and at most 63.
[[nodiscard]] constexpr bool is_namespace_name(std::string_view name) noexcept {
  return is_object_name(name) && name.size() <= 63 && name.find('.') == std::string_view::npos;
}

/// A topic name that Kafka allows.
[[nodiscard]] constexpr bool is_topic_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 249 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                  (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
         });
}

[[nodiscard]] constexpr bool has_blank_or_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte <= 0x20 || byte == 0x7F;
  });
}

/// A NATS subject that messages can be published to: no wildcard, no empty token, and not one of the
/// server's own, which begin with `$`: a message to `$JS.API.STREAM.DELETE.x` is a command.
[[nodiscard]] constexpr bool is_publish_subject(std::string_view subject) noexcept {
  return !subject.empty() && subject.size() <= 255 && !has_blank_or_control(subject) &&
         subject.front() != '$' && subject.find_first_of("*>") == std::string_view::npos &&
         subject.front() != '.' && subject.back() != '.' && subject.find("..") == std::string_view::npos;
}

/// A NATS stream name once `.` has become `_` (NAT-03).
[[nodiscard]] constexpr bool is_stream_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 255 && !has_blank_or_control(name) &&
         name.find_first_of("*>/\\") == std::string_view::npos;
}

/// What a template of paths or names must be: it names both {namespace} and {name}, leads nowhere else, and
/// has no placeholder that the operator does not know. Empty where it is fine.
[[nodiscard]] inline std::string_view refuse_template(std::string_view text) {
  constexpr std::array<std::string_view, 5> known{"cluster", "namespace", "name", "generation", "extension"};
  text = trim(text);
  if (text.empty())
    return {};
  if (text.front() == '/' || text.find("..") != std::string_view::npos)
    return "must be a relative path without ..";
  if (text.find("{namespace}") == std::string_view::npos || text.find("{name}") == std::string_view::npos)
    return "must have the placeholders {namespace} and {name}";
  for (auto begin = text.find('{'); begin != std::string_view::npos; begin = text.find('{', begin + 1)) {
    const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz", begin + 1);
    const bool is_placeholder = end != std::string_view::npos && end > begin + 1 && text[end] == '}';
    if (is_placeholder &&
        std::find(known.begin(), known.end(), text.substr(begin + 1, end - begin - 1)) == known.end())
      return "must have no other placeholders than {cluster}, {namespace}, {name}, {generation} and "
             "{extension}";
  }
  return {};
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
