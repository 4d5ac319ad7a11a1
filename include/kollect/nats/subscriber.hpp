#ifndef KOLLECT_NATS_SUBSCRIBER_HPP
#define KOLLECT_NATS_SUBSCRIBER_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/consumer.hpp>
#include <kollect/nats/detail/subscriber.hpp>
#include <kollect/nats/stream.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <memory>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats {

/// Connects, and finds or creates the stream (NAT-03), and in it the durable pull consumer
/// `options.durable` for the subject: from the first message on, each acknowledged explicitly.
/// A consumer may therefore start before its producer. The configuration of a stream that exists is never
/// changed; it may be a mirror of another stream, or have others as sources. Fails within a few seconds:
/// error::broker_unavailable when nothing listens, authentication_failed, tls_failed, topic_missing where
/// the stream does not take the subject, invalid_value where the durable exists and does not fit.
///
/// While the server is away, poll() answers no messages and says so through the log; nothing is lost.
/// It may take up to request_timeout longer than asked right after a reconnect. error::topic_missing
/// from poll() says that the stream or the durable was deleted or recreated: create a new subscriber.
///
/// A durable that exists keeps all settings that lose nothing. max_deliver, backoff and headers_only are
/// removed, and where it may have given messages up it is recreated; ack_wait becomes that of `options`.
/// Another deliver, ack or replay policy, filter or kind is error::invalid_value. The same is looked after
/// every `options.log_check_interval`, as somebody may change the durable under us.
///
/// `listener.assigned` is asked once, at the first poll(), about the one partition 0. If the store has
/// never seen this log and the durable has acknowledged messages of it, the durable starts over
/// (subscriber_options::reset_durable_for_new_store). It also starts over, and `listener.gap` is told with
/// `found` below `expected`, where the stream is not the one that was read: it ends before the durable or the
/// answered position, or another message stands before that. The same is looked after at every lost
/// connection, and before caught_up() is true. `listener.gap` hears of messages that retention removed before
/// the durable delivered them; of a stream that takes other subjects too, it is told when that cannot be
/// ruled out. Where `assigned` has answered a sequence, gaps count from there; else a purge by hand is none
/// from nats-server 2.10 on, as that moves the durable as well.
///
/// A program that ends right after its last subscriber should call end_process() of nats/end_process.hpp.
///
/// error::invalid_value for a connection to Kafka.
[[nodiscard]] inline result<std::unique_ptr<subscriber>>
create_subscriber(const connection& target, const subscriber_options& options, partition_listener listener) {
  if (auto right = kollect::detail::check_system(target, broker_system::nats); !right)
    return right.error();
  if (!detail::is_valid_name(options.durable))
    return make_failure(
        error::invalid_value,
        "the durable's name is empty or has a dot, wildcard, slash or blank: give another with --group");
  auto server = detail::client::connect(target, options.client);
  if (!server)
    return server.error();
  const auto deadline = detail::deadline_after(options.client.request_timeout);
  auto stream =
      detail::find_or_create_stream(**server, target.stream, target.destination, detail::time_left(deadline));
  if (!stream)
    return stream.error();
  if (auto readable = detail::check_readable(*stream, target.destination); !readable)
    return readable.error();
  auto durable =
      detail::ensure_consumer(**server, *stream, target.destination, options, detail::time_left(deadline));
  if (!durable)
    return durable.error();
  auto messages = (*server)->subscribe_inbox();
  if (!messages)
    return messages.error();
  auto confirmations = (*server)->subscribe_inbox();
  if (!confirmations)
    return confirmations.error();
  return std::unique_ptr<subscriber>(
      new detail::jetstream_subscriber({std::move(*server), std::move(*messages), std::move(*confirmations),
                                        std::move(*stream), target.destination, options, std::move(listener)},
                                       *durable));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats

#endif
