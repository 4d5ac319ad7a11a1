#ifndef KOLLECT_MANIFEST_DETAIL_MANIFEST_NAMES_HPP
#define KOLLECT_MANIFEST_DETAIL_MANIFEST_NAMES_HPP

#include <kollect/detail/trim.hpp>
#include <kollect/version.hpp>

#include <algorithm>
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

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
