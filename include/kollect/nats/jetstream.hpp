#ifndef KOLLECT_NATS_JETSTREAM_HPP
#define KOLLECT_NATS_JETSTREAM_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/consumer.hpp>
#include <kollect/nats/stream.hpp>
#include <kollect/version.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats {

/// A connection to ask JetStream about streams, and to manage them, beside those who publish and consume. Not
/// thread-safe: every call from one thread. About the end of a program see create_publisher().
class jetstream {
public:
  /// Fails within a few seconds as create_publisher() does. Of `target`, stream and destination are not used.
  [[nodiscard]] static result<jetstream> connect(const connection& target,
                                                 const client_options& options = {}) {
    auto made = detail::client::connect(target, options);
    if (!made)
      return made.error();
    return jetstream(std::move(*made));
  }

  /// What the server says of a stream, such as where it ends (last_sequence); nothing if there is none of
  /// that name.
  [[nodiscard]] result<std::optional<stream_info>> find_stream(const std::string& name,
                                                               std::chrono::milliseconds timeout) {
    client_->report_events();
    return detail::find_stream(*client_, name, timeout);
  }

  /// Whether create_subscriber() would take the durable of that name to read `subject`: error::invalid_value
  /// says why it would not. One that is not there yet would be made, but for a work queue that has
  /// another consumer of these messages.
  [[nodiscard]] result<void> check_durable(const stream_info& stream, const std::string& subject,
                                           const std::string& durable, std::chrono::milliseconds timeout) {
    client_->report_events();
    auto found = detail::find_consumer(*client_, stream.name, durable, timeout);
    if (!found)
      return found.error();
    if (*found)
      return detail::check_compatible(**found, stream, subject, durable);
    if (!stream.is_work_queue)
      return {};
    auto rival = detail::find_consumer_of(*client_, stream.name, subject, timeout);
    if (!rival)
      return rival.error();
    return *rival ? detail::taken_work_queue(stream.name, **rival, {}) : result<void>{};
  }

  /// Asks the JetStream API in its own JSON: `api` is what follows $JS.API in the request's subject, such
  /// as STREAM.DELETE.orders; an empty body sends none. Waits up to `timeout` for the answer, which may
  /// hold more than this library knows. Where the answer is an error, its description is in the failure:
  /// error::topic_missing for a stream or consumer that is not there, else as publish() has it.
  [[nodiscard]] result<boost::json::object> request(std::string_view api, const boost::json::object& body,
                                                    std::chrono::milliseconds timeout) {
    client_->report_events();
    auto reply = client_->request("$JS.API." + std::string(api), body, timeout);
    if (!reply)
      return reply.error();
    if (reply->error_code != 0)
      return detail::explain(*reply, "asking JetStream for " + std::string(api));
    return std::move(reply->body);
  }

private:
  explicit jetstream(std::unique_ptr<detail::client> client) : client_(std::move(client)) {}

  std::unique_ptr<detail::client> client_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats

#endif
