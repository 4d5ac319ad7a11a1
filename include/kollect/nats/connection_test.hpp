#ifndef KOLLECT_NATS_CONNECTION_TEST_HPP
#define KOLLECT_NATS_CONNECTION_TEST_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/version.hpp>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats {

/// The connection test of spec.connectionTest: connects and asks for JetStream's account. Unlike
/// create_publisher() it makes no stream. Fails within options.connect_timeout and
/// options.request_timeout: error::broker_unavailable, authentication_failed, tls_failed.
[[nodiscard]] inline result<void> test_connection(const connection& target,
                                                  const client_options& options = {}) {
  if (auto right = kollect::detail::check_system(target, broker_system::nats); !right)
    return right.error();
  auto server = detail::client::connect(target, options);
  if (!server)
    return server.error();
  const auto reply = (*server)->request("$JS.API.INFO", {}, options.request_timeout);
  if (!reply)
    return reply.error();
  if (reply->error_code != 0)
    return detail::explain(*reply, "asking for JetStream's account");
  return {};
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats

#endif
