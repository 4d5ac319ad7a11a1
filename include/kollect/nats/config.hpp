#ifndef KOLLECT_NATS_CONFIG_HPP
#define KOLLECT_NATS_CONFIG_HPP

#include <kollect/log_reader.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats {

/// What publishers and subscribers have in common.
struct client_options {
  std::string client_name = "kollect"; ///< how the server names us in its logs
  std::chrono::milliseconds connect_timeout =
      std::chrono::seconds(5); ///< for each server, also when reconnecting
  std::chrono::milliseconds request_timeout =
      std::chrono::seconds(5);                   ///< for JetStream's answers at creation
  std::chrono::milliseconds reconnect_wait{500}; ///< pause between attempts to reconnect, which never end
  std::chrono::milliseconds ping_interval =
      std::chrono::seconds(10); ///< a server silent for 3 of these is given up
  std::chrono::milliseconds write_timeout =
      std::chrono::seconds(5); ///< a server that takes nothing for so long is given up
  /// Takes what happens to the connection, one line each, without credentials (SEC-02). Called from
  /// within our functions only, never from another thread. Unset: nothing is reported.
  std::function<void(std::string_view)> log{};
};

/// Settings of nats::create_publisher.
struct publisher_options {
  client_options client{};                             ///< what all clients have
  std::size_t max_in_flight = 256;                     ///< messages sent and not yet confirmed, at most
  std::size_t max_in_flight_bytes = 64U * 1024 * 1024; ///< and their bytes; a larger message goes alone
};

/// Settings of nats::create_subscriber.
struct subscriber_options {
  client_options client{};                  ///< what all clients have
  std::string durable = "kollect-consumer"; ///< members with the same durable share its messages
  std::chrono::milliseconds ack_wait =
      std::chrono::seconds(30); ///< what is not acknowledged by then comes again; a durable that has another
                                ///< value gets this one
  std::size_t max_ack_pending =
      4096; ///< delivered and not acknowledged, over all members; of a durable that does not exist yet
  std::size_t fetch_messages = 1000; ///< asked for in one request
  std::size_t fetch_bytes =
      16U * 1024 * 1024; ///< in one request; up to two are under way. A larger message comes alone
  std::chrono::milliseconds fetch_expiry =
      std::chrono::seconds(30); ///< how long a request stays with the server
  /// The store has never seen this log, but the durable has acknowledged messages of it: recreate
  /// the durable, so that all that the stream holds comes again. If not, a lost store stays incomplete.
  bool reset_durable_for_new_store = true;
  /// How often stream and durable are looked at, whether they still are those that are read, and fit.
  std::chrono::milliseconds log_check_interval = std::chrono::seconds(5);
};

/// Settings of nats::create_reader.
struct reader_options {
  client_options client{};                     ///< what all clients have
  read_from start = read_start::earliest;      ///< where to begin
  std::size_t fetch_messages = 256;            ///< asked for in one request
  std::size_t fetch_bytes = 16U * 1024 * 1024; ///< in one request; a larger message comes alone
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats

#endif
