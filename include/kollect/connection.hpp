#ifndef KOLLECT_CONNECTION_HPP
#define KOLLECT_CONNECTION_HPP

#include <kollect/error.hpp>
#include <kollect/message.hpp>
#include <kollect/version.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// How to trust the broker's certificate (KAF-08, NAT-04). TLS is at least 1.2.
struct tls_settings {
  std::string ca_pem;                ///< certificates to trust; empty: the system's
  bool insecure_skip_verify = false; ///< trust anything; programs must say so loudly
};

/// Secret values, used verbatim (KAF-07, NAT-04). Never printed (SEC-02): there is deliberately
/// no operator<< and no JSON conversion.
struct credentials {
  std::string username; ///< KAF-07, NAT-04; empty: no login
  std::string password; ///< for Kafka the secret's `token` takes its place where present
  std::string token;    ///< NATS only; wins over username and password
};

/// A manifest with its secrets looked up and its fallbacks applied: all that a transport needs.
/// kollect::resolve() makes one.
struct connection {
  broker_system system = broker_system::kafka; ///< which transport it is for
  std::vector<std::string> addresses;          ///< Kafka host:port (KAF-05) or NATS URLs (NAT-01)
  std::string destination;                     ///< Kafka topic (KAF-06) or NATS subject (NAT-01)
  std::string stream;                          ///< NATS stream, `.` already `_` (NAT-03)
  std::string cluster;                         ///< label in each envelope, trimmed (ENV-06)
  bool connection_test = true;                 ///< probe before use
  std::optional<credentials> secret;           ///< absent: no login
  std::optional<tls_settings> tls;             ///< absent: no TLS
  std::vector<std::string> warnings;           ///< about the manifest: what a person might not expect
};

namespace detail {

[[nodiscard]] constexpr std::string_view name_of(broker_system system) noexcept {
  return system == broker_system::kafka ? "Kafka" : "NATS";
}

/// What a value has at its ends that counts (KAF-07) and is easily there by mistake: `echo` writes a newline,
/// editors a byte order mark, and some files have their values in quotes. Empty where it has none of it.
[[nodiscard]] inline std::string_view doubt_value(std::string_view value) {
  const auto is_white = [](char letter) {
    return std::string_view(" \t\r\n").find(letter) != std::string_view::npos;
  };
  if (value.empty())
    return {};
  if (value.back() == '\n')
    return "ends with a newline";
  if (is_white(value.front()) || is_white(value.back()))
    return "begins or ends with white space";
  if (value.starts_with("\xEF\xBB\xBF"))
    return "begins with a byte order mark";
  for (const std::string_view blank :
       {"\xC2\xA0", "\xE2\x80\x8B", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x81\xA0"})
    if (value.starts_with(blank) || value.ends_with(blank))
      return "begins or ends with a character that is not seen, such as a no-break space";
  if (value.size() > 1 && value.front() == value.back() && (value.front() == '"' || value.front() == '\''))
    return "stands in quotes";
  return {};
}

/// Says so of a secret whose login was refused. Empty where no value is in doubt. Repeats none.
[[nodiscard]] inline std::string doubt_secret(const credentials& secret) {
  struct named_value {
    std::string_view name;
    const std::string& value;
  };
  for (const auto& [name, value] :
       {named_value{"username", secret.username}, named_value{"password", secret.password},
        named_value{"token", secret.token}})
    if (const auto doubt = doubt_value(value); !doubt.empty())
      return "; the " + std::string(name) + " of the secret " + std::string(doubt) +
             ", which counts: write it without, as `printf %s` does";
  return {};
}

/// Fails for a connection to the other kind of broker, before anything is done with it.
[[nodiscard]] inline result<void> check_system(const connection& target, broker_system wanted) {
  if (target.system == wanted)
    return {};
  return make_failure(error::invalid_value, "the connection is one to " +
                                                std::string(name_of(target.system)) + ", not to " +
                                                std::string(name_of(wanted)) + ": use what kollect/" +
                                                std::string(to_string(target.system)) + " has for it");
}

} // namespace detail

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
