#ifndef KOLLECT_NATS_PUBLISHER_HPP
#define KOLLECT_NATS_PUBLISHER_HPP

#include <kollect/nats/detail/publisher.hpp>
#include <kollect/version.hpp>

#include <memory>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats {

/// Connects. Fails within a few seconds: error::broker_unavailable when nothing listens,
/// authentication_failed, tls_failed, or error::invalid_value for a stream or subject that cannot be. After
/// that, a lost connection is tried again in the background for ever, and publish() waits for it up to its
/// timeout; a server that takes no bytes can hold it write_timeout longer.
///
/// The first publish() or post() sees to it that the stream takes the subject (NAT-03): where that fails,
/// nothing was sent, the first message's answer is what ensure_stream() says, and the next call tries again.
/// A publisher that is only asked to check() makes no stream.
///
/// A program that ends right after its last publisher should call end_process() of nats/end_process.hpp.
///
/// error::invalid_value for a connection to Kafka.
[[nodiscard]] inline result<std::unique_ptr<publisher>>
create_publisher(const connection& target, const publisher_options& options = {}) {
  if (auto right = kollect::detail::check_system(target, broker_system::nats); !right)
    return right.error();
  if (auto valid = detail::check_names(target.stream, target.destination, false); !valid)
    return valid.error();
  auto server = detail::client::connect(target, options.client);
  if (!server)
    return server.error();
  auto answers = (*server)->subscribe_inbox();
  if (!answers)
    return answers.error();
  return std::unique_ptr<publisher>(
      new detail::jetstream_publisher(std::move(*server), target, std::move(*answers), options));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats

#endif
