#include "postgresql_url.hpp"

#include <algorithm>

namespace kollect::consumer::postgresql {
namespace {

constexpr std::string_view after_scheme = "://";

bool holds_any(std::string_view text, std::string_view characters) noexcept {
  return text.find_first_of(characters) != std::string_view::npos;
}

bool is_port(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char letter) { return letter >= '0' && letter <= '9'; });
}

/// `host`, `host:port` or `[::1]:port`; each part may be empty.
bool is_host(std::string_view text) noexcept {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos)
      return false;
    text.remove_prefix(end + 1);
    return text.empty() || (text.front() == ':' && is_port(text.substr(1)));
  }
  const auto colon = text.find(':');
  return !holds_any(text, "[]") && (colon == std::string_view::npos || is_port(text.substr(colon + 1)));
}

bool are_hosts(std::string_view list) noexcept {
  for (auto comma = list.find(','); comma != std::string_view::npos; comma = list.find(',')) {
    if (!is_host(list.substr(0, comma)))
      return false;
    list.remove_prefix(comma + 1);
  }
  return is_host(list);
}

} // namespace

bool is_unambiguous(std::string_view url) noexcept {
  const auto is_printable = [](char letter) { return static_cast<unsigned char>(letter) > ' '; };
  const auto scheme = url.find(after_scheme);
  if (scheme == std::string_view::npos || !std::ranges::all_of(url, is_printable) || holds_any(url, "#"))
    return false;
  url.remove_prefix(scheme + after_scheme.size());
  if (const auto end = url.find_first_of("@/"); end != std::string_view::npos && url[end] == '@') {
    if (holds_any(url.substr(0, end), "?[]"))
      return false;
    url.remove_prefix(end + 1);
  }
  const auto before_parameters = url.substr(0, url.find('?'));
  return !holds_any(before_parameters, "@") &&
         are_hosts(before_parameters.substr(0, before_parameters.find('/')));
}

} // namespace kollect::consumer::postgresql
