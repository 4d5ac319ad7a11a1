#ifndef KOLLECT_NATS_DETAIL_MAKE_OPTIONS_HPP
#define KOLLECT_NATS_DETAIL_MAKE_OPTIONS_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/manifest/address.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/error.hpp>
#include <kollect/nats/detail/pointers.hpp>
#include <kollect/version.hpp>

#include <boost/json/serialize.hpp>

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// What a person should know before messages flow; one line each.
[[nodiscard]] inline std::vector<std::string> start_warnings(const connection& target) {
  std::vector<std::string> lines = target.warnings;
  if (target.tls && target.tls->insecure_skip_verify)
    lines.emplace_back("spec.tls.insecureSkipVerify is set: anybody can pose as the NATS server");
  const auto is_private = [](std::string_view url) {
    const auto host = url.substr(url.find("://") == std::string_view::npos ? 0 : url.find("://") + 3);
    return url.starts_with("tls://") || host.starts_with("127.") || host.starts_with("localhost") ||
           host.starts_with("[::1]");
  };
  const bool login = target.secret && (!target.secret->token.empty() || !target.secret->username.empty());
  if (login && !target.tls && !std::ranges::all_of(target.addresses, is_private))
    lines.emplace_back(
        "NATS credentials are used without TLS: set spec.tls, or anybody on the way can read them");
  return lines;
}

/// The host of `scheme://host:port`; an IPv6 address without its brackets.
[[nodiscard]] inline std::string host_of(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  if (url.starts_with('['))
    return std::string(url.substr(1, url.find(']') - 1));
  return std::string(url.substr(0, url.rfind(':')));
}

/// cnats puts names and secrets into the JSON of its CONNECT line as they are: they must come escaped.
[[nodiscard]] inline std::string json_escaped(const std::string& value) {
  const std::string quoted = boost::json::serialize(boost::json::string(value));
  return quoted.substr(1, quoted.size() - 2);
}

/// The servers' URLs, complete and without credentials.
[[nodiscard]] inline result<std::vector<std::string>> checked_urls(const connection& target) {
  std::vector<std::string> urls;
  for (const std::string& address : target.addresses) {
    if (address.starts_with("wss://"))
      return make_failure(error::invalid_value,
                          "cnats, which connects to NATS here, does not speak WebSocket: use the server's "
                          "nats:// or tls:// address instead of wss://",
                          "NAT-01");
    auto read = read_nats_urls(address);
    if (!read) {
      read.error().message.insert(0, "a NATS URL ");
      return read.error();
    }
    urls.insert(urls.end(), read->begin(), read->end());
  }
  if (urls.empty())
    return make_failure(error::missing_key, "no NATS URL is given: set spec.nats.url or spec.endpoint",
                        "NAT-01");
  return urls;
}

using addresses_pointer = std::unique_ptr<addrinfo, releaser<freeaddrinfo>>;

/// What a URL's host stands for; nothing where this machine cannot tell, and then `why` in words.
[[nodiscard]] inline addresses_pointer look_up(const std::string& host, std::string& why) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); failed != 0) {
    why = ::gai_strerror(failed);
    return nullptr;
  }
  return addresses_pointer(found);
}

/// Looks the servers' names up: none may stand for an address that a manifest may not name. One that cannot
/// be looked up now is no reason to refuse it.
[[nodiscard]] inline result<void> check_resolved(const std::vector<std::string>& urls) {
  for (const std::string& url : urls) {
    const auto host = host_of(url);
    std::string ignored;
    const auto found = look_up(host, ignored);
    for (const auto* one = found.get(); one != nullptr; one = one->ai_next)
      if (is_link_local(*one->ai_addr))
        return make_failure(error::invalid_value,
                            "the NATS server " + host +
                                " stands for a link-local address, which is never connected to: correct "
                                "spec.nats.url",
                            "NAT-01");
  }
  return {};
}

/// The servers, none of which has answered, and which of their names nobody knows:
/// `nats://a:4222 (this machine cannot resolve the name: Name or service not known), nats://b:4222`.
[[nodiscard]] inline std::string describe_servers(const connection& target) {
  std::string text;
  const auto urls = checked_urls(target);
  for (const std::string& url : urls ? *urls : target.addresses) {
    text.append(text.empty() ? "" : ", ").append(url);
    std::string why;
    if (urls && look_up(host_of(url), why) == nullptr)
      text.append(" (this machine cannot resolve the name: ").append(why).append(")");
  }
  return text;
}

[[nodiscard]] inline bool wants_tls(const connection& target, const std::vector<std::string>& urls) {
  return target.tls ||
         std::ranges::any_of(urls, [](const std::string& url) { return url.starts_with("tls://"); });
}

/// Token, or username and password, verbatim; the token wins (NAT-04).
[[nodiscard]] inline result<void> set_credentials(natsOptions* options, const connection& target) {
  if (!target.secret)
    return {};
  const auto& [username, password, token] = *target.secret;
  for (const std::string* value : {&username, &password, &token})
    if (value->find('\0') != std::string::npos)
      return make_failure(error::authentication_failed,
                          "a value of the secret holds a NUL byte, which NATS cannot take", "NAT-04");
  natsStatus status = NATS_OK;
  if (!token.empty())
    status = natsOptions_SetToken(options, json_escaped(token).c_str());
  else if (!username.empty())
    status = natsOptions_SetUserInfo(options, json_escaped(username).c_str(), json_escaped(password).c_str());
  if (status != NATS_OK)
    return explain(status, "setting the NATS credentials");
  return {};
}

/// TLS as in NAT-04; cnats itself refuses anything below 1.2.
[[nodiscard]] inline result<void> set_tls(natsOptions* options, const connection& target,
                                          const std::vector<std::string>& urls) {
  if (target.tls && !target.tls->ca_pem.empty() &&
      natsOptions_SetCATrustedCertificates(options, target.tls->ca_pem.c_str()) != NATS_OK)
    return make_failure(error::tls_failed, "the certificates to trust are not PEM: check spec.tls", "NAT-04");
  if (target.tls && target.tls->insecure_skip_verify) {
    if (natsOptions_SkipServerVerification(options, true) != NATS_OK)
      return make_failure(error::tls_failed, "this build of cnats has no TLS", "NAT-04");
  } else {
    // The certificate must name the host of the URL. With several hosts there is no one name to expect;
    // cnats then compares each server's own, which is how it is built unless somebody turned that off.
    const std::string host = host_of(urls.front());
    const bool is_one =
        std::ranges::all_of(urls, [&](const std::string& url) { return host_of(url) == host; });
    // Also without TLS: a server that insists on it gets it, and is then to be checked in the same way.
    if (is_one && natsOptions_SetExpectedHostname(options, host.c_str()) != NATS_OK &&
        wants_tls(target, urls))
      return make_failure(error::tls_failed, "this build of cnats has no TLS", "NAT-04");
  }
  if (wants_tls(target, urls) && natsOptions_SetSecure(options, true) != NATS_OK)
    return make_failure(error::tls_failed, "this build of cnats has no TLS", "NAT-04");
  return {};
}

/// What is set regardless of the connection. There is no retry of the first connect: creation fails at
/// once when nothing listens. After that, cnats reconnects for ever.
[[nodiscard]] inline natsStatus set_behaviour(natsOptions* options, const client_options& settings) {
  natsStatus status = natsOptions_SetName(options, json_escaped(settings.client_name).c_str());
  const auto also = [&status](natsStatus next) {
    if (status == NATS_OK)
      status = next;
  };
  also(natsOptions_SetTimeout(options, settings.connect_timeout.count()));
  also(natsOptions_SetAllowReconnect(options, true));
  also(natsOptions_SetMaxReconnect(options, -1));
  also(natsOptions_SetReconnectWait(options, settings.reconnect_wait.count()));
  also(natsOptions_SetPingInterval(options, settings.ping_interval.count()));
  also(natsOptions_SetMaxPingsOut(options, 2));
  also(natsOptions_SetWriteDeadline(options, settings.write_timeout.count()));
  // Only where the manifest says: cnats asks nobody before it connects to what a server has named.
  also(natsOptions_SetIgnoreDiscoveredServers(options, true));
  // A request whose answer cannot come any more ends at once instead of at its deadline.
  also(natsOptions_SetFailRequestsOnDisconnect(options, true));
  return status;
}

/// cnats' options for a connection.
[[nodiscard]] inline result<options_pointer> make_options(const connection& target,
                                                          const client_options& settings) {
  auto urls = checked_urls(target);
  if (!urls)
    return urls.error();
  if (auto resolved = check_resolved(*urls); !resolved)
    return resolved.error();
  natsOptions* raw = nullptr;
  if (const auto status = natsOptions_Create(&raw); status != NATS_OK)
    return explain(status, "preparing NATS options");
  options_pointer options{raw};
  std::vector<const char*> servers;
  for (const std::string& url : *urls)
    servers.push_back(url.c_str());
  if (const auto status = natsOptions_SetServers(raw, servers.data(), static_cast<int>(servers.size()));
      status != NATS_OK)
    return explain(status, "setting the NATS URLs");
  if (const auto status = set_behaviour(raw, settings); status != NATS_OK)
    return explain(status, "setting NATS options");
  if (auto set = set_credentials(raw, target); !set)
    return set.error();
  if (auto set = set_tls(raw, target, *urls); !set)
    return set.error();
  return options;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif
