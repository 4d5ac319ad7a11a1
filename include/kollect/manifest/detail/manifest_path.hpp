#ifndef KOLLECT_MANIFEST_DETAIL_MANIFEST_PATH_HPP
#define KOLLECT_MANIFEST_DETAIL_MANIFEST_PATH_HPP

#include <kollect/detail/printable.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// The keys of a Secret that mean something here (KAF-07, NAT-04).
inline constexpr std::array<std::string_view, 6> known_secret_keys{"username", "password", "token",
                                                                   "tls.crt",  "ca.crt",   "ca.pem"};

/// The path of `key` within the mapping at `parent`: `spec.kafka.topic`, `spec.options["a.b"]`.
/// Below the data of a Secret an unknown key is left out: a slip of the pen, such as a missing blank
/// after the colon, can make a password part of a key (SEC-02). So can a URL that became a key.
[[nodiscard]] inline std::string child_path(const std::string& parent, std::string_view key) {
  const bool is_secret = parent == "data" || parent == "stringData";
  if (is_secret &&
      std::find(known_secret_keys.begin(), known_secret_keys.end(), key) == known_secret_keys.end())
    return parent;
  if (key.find('@') != std::string_view::npos)
    return parent;
  const bool is_simple = !key.empty() && std::all_of(key.begin(), key.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
  });
  if (!is_simple)
    return parent + "[" + in_quotes(key) + "]";
  return parent.empty() ? std::string(key.substr(0, 64)) : parent + "." + std::string(key.substr(0, 64));
}

[[nodiscard]] inline std::string element_path(const std::string& parent, std::size_t index) {
  return parent + "[" + std::to_string(index) + "]";
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
