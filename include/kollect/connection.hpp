#ifndef KOLLECT_CONNECTION_HPP
#define KOLLECT_CONNECTION_HPP

#include <kollect/message.hpp>
#include <kollect/version.hpp>

#include <optional>
#include <string>
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
  std::string username;
  std::string password; ///< for Kafka the secret's `token` takes its place where present
  std::string token;    ///< NATS only; wins over username and password
};

/// A manifest with its secrets looked up and its fallbacks applied: all that a transport needs.
/// kollect::resolve() makes one.
struct connection {
  broker_system system = broker_system::kafka;
  std::vector<std::string> addresses; ///< Kafka host:port (KAF-05) or NATS URLs (NAT-01)
  std::string destination;            ///< Kafka topic (KAF-06) or NATS subject (NAT-01)
  std::string stream;                 ///< NATS stream, `.` already `_` (NAT-03)
  std::string cluster;                ///< label in each envelope, trimmed (ENV-06)
  bool connection_test = true;        ///< probe before use
  std::optional<credentials> secret;
  std::optional<tls_settings> tls; ///< absent: no TLS
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
