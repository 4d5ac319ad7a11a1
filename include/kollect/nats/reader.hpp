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
/// While the server is away, poll() answers no messages and no failure, and goes on after the last message
/// that came. error::topic_missing from poll() says that the stream was deleted or made anew.
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
  if (!(*stream)->takes(target.destination))
    return make_failure(error::topic_missing,
                        "the stream " + target.stream + " does not take the subject " + target.destination +
                            "; check spec.nats.subject and spec.nats.stream",
                        "NAT-01");
  auto messages = (*server)->subscribe_inbox();
  if (!messages)
    return messages.error();
  auto made = std::make_unique<detail::stream_reader>(std::move(*server), std::move(*messages),
                                                      std::move(**stream), target.destination, options);
  if (auto opened = made->open(); !opened)
    return opened.error();
  return std::unique_ptr<log_reader>(std::move(made));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats

#endif
