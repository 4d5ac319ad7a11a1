#ifndef KOLLECT_MANIFEST_ADDRESS_HPP
#define KOLLECT_MANIFEST_ADDRESS_HPP

#include <kollect/detail/trim.hpp>
#include <kollect/error.hpp>
#include <kollect/version.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Most addresses, and most bytes of them all together, that a manifest may list.
inline constexpr std::size_t max_addresses = 100;
inline constexpr std::size_t max_address_bytes = 10UL * 1024; ///< of all of them together

/// The port of a NATS URL that names none.
inline constexpr std::string_view default_nats_port = "4222";
inline constexpr std::string_view default_wss_port = "443"; ///< where it begins with wss://

namespace detail {

[[nodiscard]] inline bool is_forbidden_ipv4(std::uint32_t address) noexcept {
  return (address >> 16U) == 0xA9FEU;
}

[[nodiscard]] inline bool is_forbidden_ipv6(const in6_addr& address) noexcept {
  const auto& bytes = address.s6_addr;
  const auto starts_with = [&bytes](std::initializer_list<unsigned> prefix) {
    return std::equal(prefix.begin(), prefix.end(), std::begin(bytes));
  };
  const auto ipv4_at = [&bytes](std::size_t index) {
    return (std::uint32_t{bytes[index]} << 24U) | (std::uint32_t{bytes[index + 1]} << 16U);
  };
  if (bytes[0] == 0xFE && (bytes[1] & 0xC0U) == 0x80U)
    return true;
  if (starts_with({0xFD, 0x00, 0x0E, 0xC2}))
    return true;
  const bool is_ipv4_in_ipv6 = starts_with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}) ||       // mapped
                               starts_with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) ||             // compatible
                               starts_with({0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0}) ||       // translated
                               starts_with({0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0}) || // NAT64
                               starts_with({0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01}); // NAT64 of one's own
  if (is_ipv4_in_ipv6 && is_forbidden_ipv4(ipv4_at(12)))
    return true;
  return starts_with({0x20, 0x02}) && is_forbidden_ipv4(ipv4_at(2)); // 6to4
}

} // namespace detail

/// True for an address in 169.254.0.0/16 or `fe80::/10`, and for the IPv6 addresses that stand for one of the
/// former (`::/96`, the IPv4-mapped ones, `64:ff9b::/96`, `64:ff9b:1::/48`, `2002::/16`) or that AWS keeps
/// for itself (`fd00:ec2::/32`). Brokers do not live there, but the metadata services of clouds do, which
/// hand out credentials: neither a manifest nor a broker may point a program at them.
[[nodiscard]] inline bool is_link_local(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof ipv4);
    return detail::is_forbidden_ipv4(ntohl(ipv4.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6)
    return false;
  sockaddr_in6 ipv6{};
  std::memcpy(&ipv6, &address, sizeof ipv6);
  return detail::is_forbidden_ipv6(ipv6.sin6_addr);
}

/// The same of a numeric address as text, in any notation that resolvers take, such as 0xa9fea9fe. A host
/// name is not looked up.
[[nodiscard]] inline bool is_link_local(std::string_view host) {
  while (host.ends_with('.'))
    host.remove_suffix(1);
  const std::string text(host.substr(0, host.find('%'))); // a zone changes nothing
  in_addr ipv4{};
  if (inet_aton(text.c_str(), &ipv4) != 0)
    return detail::is_forbidden_ipv4(ntohl(ipv4.s_addr));
  in6_addr ipv6{};
  return inet_pton(AF_INET6, text.c_str(), &ipv6) == 1 && detail::is_forbidden_ipv6(ipv6);
}

namespace detail {

// An address is never repeated in these messages: it may hold a password (SEC-02).

[[nodiscard]] inline failure address_failure(std::string what, std::string_view clause) {
  return make_failure(error::invalid_value, std::move(what), clause);
}

[[nodiscard]] inline bool is_host_name(std::string_view host) noexcept {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
  });
}

[[nodiscard]] inline bool is_port(std::string_view port) noexcept {
  unsigned value = 0;
  const auto outcome = std::from_chars(port.data(), port.data() + port.size(), value);
  return outcome.ec == std::errc{} && outcome.ptr == port.data() + port.size() && value >= 1 &&
         value <= 65535;
}

/// Checks `host:port` or `[::1]:port`; the port may be left out if there is a default.
/// Answers the text with its port.
[[nodiscard]] inline result<std::string> check_host_port(std::string_view text, std::string_view default_port,
                                                         std::string_view clause) {
  if (text.find('@') != std::string_view::npos)
    return address_failure(
        "must not hold a user name or password; put them into a Secret and name it in secretRef", "SEC-02");
  if (text.find_first_of("{}<>$") != std::string_view::npos)
    return address_failure(
        "holds a placeholder, such as {{ }}, $NAME or <name>, that nothing has filled in yet", clause);
  const bool is_bracketed = text.starts_with('[');
  const auto host_end = is_bracketed ? text.find(']') : text.find(':');
  const auto host = text.substr(is_bracketed ? 1 : 0, is_bracketed ? host_end - 1 : host_end);
  auto rest = host_end == std::string_view::npos ? std::string_view{}
                                                 : text.substr(host_end + (is_bracketed ? 1 : 0));
  in6_addr ignored{};
  const bool is_host = is_bracketed ? host_end != std::string_view::npos &&
                                          inet_pton(AF_INET6, std::string(host).c_str(), &ignored) == 1
                                    : is_host_name(host);
  if (!is_host)
    return address_failure("must begin with a host name or an address such as [::1]", clause);
  if (is_link_local(host))
    return address_failure("must not be a link-local address", clause);
  if (rest.empty() && !default_port.empty())
    return std::string(text) + ":" + std::string(default_port);
  if (!rest.starts_with(':') || !is_port(rest.substr(1))) {
    const bool has_path = rest.find_first_of("/?#") != rest.npos;
    return address_failure("must end in a port from 1 to 65535, as in host:" +
                               std::string(default_port.empty() ? "9092" : default_port) +
                               (has_path ? ", without a path" : "") + "; an IPv6 address stands in brackets",
                           clause);
  }
  return std::string(text);
}

} // namespace detail

/// Checks the address of a Kafka broker, `host:port` (KAF-05): no scheme, no credentials, port 1 to
/// 65535, IPv6 in brackets, not link-local. A failure is error::invalid_value and does not repeat it.
[[nodiscard]] inline result<void> check_broker_address(std::string_view address) {
  if (address.find("://") != std::string_view::npos && address.find('@') == std::string_view::npos)
    return detail::address_failure("must be host:port without a scheme", "KAF-05");
  if (auto checked = detail::check_host_port(address, {}, "KAF-05"); !checked)
    return checked.error();
  return {};
}

/// Reads a comma-separated list of NATS URLs (NAT-01): `nats://`, `tls://` or `wss://`, or no scheme, which
/// is `nats://`; a port that is left out is 4222, or 443 for `wss://`; white space around a URL, and a slash
/// at its end, are dropped. Neither credentials nor a path. At most 100 URLs and 10 KiB. A failure is
/// error::invalid_value and does not repeat the text.
[[nodiscard]] inline result<std::vector<std::string>> read_nats_urls(std::string_view text) {
  if (text.size() > max_address_bytes)
    return detail::address_failure("is longer than " + std::to_string(max_address_bytes) + " bytes",
                                   "NAT-01");
  std::vector<std::string> urls;
  for (bool is_last = false; !is_last;) {
    const auto comma = text.find(',');
    is_last = comma == std::string_view::npos;
    auto url = detail::trim(text.substr(0, comma));
    if (!is_last)
      text.remove_prefix(comma + 1);

    std::string_view scheme = "nats://";
    if (const auto end = url.find("://"); end != std::string_view::npos) {
      scheme = url.substr(0, end + 3);
      if (scheme != "nats://" && scheme != "tls://" && scheme != "wss://")
        return detail::address_failure("must begin with nats://, tls:// or wss://", "NAT-01");
      url.remove_prefix(end + 3);
    }
    if (url.ends_with('/'))
      url.remove_suffix(1);
    auto address =
        detail::check_host_port(url, scheme == "wss://" ? default_wss_port : default_nats_port, "NAT-01");
    if (!address)
      return address.error();
    if (urls.size() == max_addresses)
      return detail::address_failure("lists more than " + std::to_string(max_addresses) + " addresses",
                                     "NAT-01");
    urls.push_back(std::string(scheme) + *address);
  }
  return urls;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
