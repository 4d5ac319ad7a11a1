#ifndef KOLLECT_NATS_READER_HPP
#define KOLLECT_NATS_READER_HPP

#include <kollect/nats/detail/reader.hpp>
#include <kollect/version.hpp>

#include <memory>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats {

/// Makes a reader of the messages that the stream of `target` has for its subject, which may have wildcards.
/// Neither stream nor subject is made if missing: error::topic_missing. Leaves no durable behind.
///
/// The first poll() begins to read; what else the reader tells takes no consumer. Of a work-queue stream,
/// which gives each message to one consumer, poll() is error::invalid_value.
///
/// While the server is away, poll() answers no messages and no failure, and goes on after the last message
/// that came. error::topic_missing from poll() says that the stream was deleted or recreated.
///
/// Errors: as of create_subscriber(). About the end of a program see there too.
[[nodiscard]] inline result<std::unique_ptr<log_reader>> create_reader(const connection& target,
                                                                       const reader_options& options = {}) {
  if (auto right = kollect::detail::check_system(target, broker_system::nats); !right)
    return right.error();
  if (auto valid = detail::check_names(target.stream, target.destination, true); !valid)
    return valid.error();
  auto server = detail::client::connect(target, options.client);
  if (!server)
    return server.error();
  auto stream = detail::find_stream(**server, target.stream, options.client.request_timeout);
  if (!stream)
    return stream.error();
  if (!*stream)
    return make_failure(error::topic_missing,
                        "there is no stream " + target.stream +
                            "; check spec.nats.stream: a sink makes the stream when it first publishes",
                        "NAT-03");
  if (auto readable = detail::check_readable(**stream, target.destination); !readable)
    return readable.error();
  auto messages = (*server)->subscribe_inbox();
  if (!messages)
    return messages.error();
  return std::unique_ptr<log_reader>(new detail::stream_reader(
      std::move(*server), std::move(*messages), std::move(**stream), target.destination, options));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats

#endif
