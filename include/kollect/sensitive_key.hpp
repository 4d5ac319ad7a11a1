#ifndef KOLLECT_SENSITIVE_KEY_HPP
#define KOLLECT_SENSITIVE_KEY_HPP

#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Keys whose values are secrets, alone or at the end of a longer key (SEC-01).
inline constexpr std::array<std::string_view, 12> sensitive_keys{
    "password",   "passwd",      "secret",     "token", "apikey",       "api_key",
    "privatekey", "private_key", "credential", "auth",  "clientsecret", "connectionstring"};

/// True for a key such as `dbPassword` or `TOKEN` (SEC-01). ASCII case does not matter.
[[nodiscard]] constexpr bool is_sensitive_key(std::string_view key) noexcept {
  const auto lower = [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  };
  return std::any_of(sensitive_keys.begin(), sensitive_keys.end(), [&](std::string_view sensitive) {
    if (key.size() < sensitive.size())
      return false;
    const auto end = key.substr(key.size() - sensitive.size());
    return std::equal(end.begin(), end.end(), sensitive.begin(),
                      [&](char left, char right) { return lower(left) == right; });
  });
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
