#ifndef KOLLECT_CONSUMER_HTTP_SERVER_HPP
#define KOLLECT_CONSUMER_HTTP_SERVER_HPP

#include "http/message.hpp"

#include <kollect/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// What clients may cost.
struct http_limits {
  std::size_t connections = 1'200;         ///< more take the place of those whose request is incomplete
  std::size_t streams = 1'100;             ///< of the connections; more get 503
  std::size_t workers = 4;                 ///< threads for jobs and streams
  std::uint32_t header_bytes = 16U * 1024; ///< over it: 431
  std::uint64_t body_bytes = 0;            ///< over it: 413; nothing here takes a body
  bool takes_preflights = false;           ///< OPTIONS of browsers reach the handler; else 405
  bool takes_changes = false;              ///< so do DELETE and POST, without a body; else 405
  /// Of all answers and parts that clients have not taken yet. Over it, those that were not taken within
  /// `patience` are given up, the oldest first; where there are none, a new one gets 503.
  std::size_t untaken_bytes = std::size_t{64} << 20U;
  std::chrono::milliseconds patience{1'000};
  std::chrono::seconds idle{30}; ///< for a request to be complete, an answer or part to be taken
  std::chrono::milliseconds heartbeat{15'000};
};

/// Certificate chain and key, both PEM.
struct certificate_files {
  std::string certificate;
  std::string key;
};

/// What happens, for metrics and logs. Called on the server's thread; each may be empty.
struct http_events {
  std::function<void(int status, std::chrono::duration<double> took)> answered{};
  std::function<void(std::size_t connections, std::size_t streams)> open{};
  std::function<void()> connection_refused{};
  /// reason: slow (a part was not taken in time) or full (too many streams, or too much that waits)
  std::function<void(std::string_view reason)> stream_dropped{};
};

struct http_settings {
  std::string
      address; ///< `ADDRESS:PORT`, `[IPV6]:PORT`, or `:PORT` and `PORT` for 127.0.0.1; port 0 is a free one
  http_limits limits{};
  std::optional<certificate_files> tls{}; ///< TLS 1.2 or newer; nothing: plain HTTP
  http_events events{};
};

/// Whether only this machine can reach the address. error::invalid_value for what is no address.
result<bool> is_loopback(const std::string& address);

/// A small HTTP/1.1 server with one thread for all connections and some for jobs. Methods other than GET,
/// HEAD and those that the limits let in get 405.
class http_server {
public:
  /// error::invalid_value for an address that cannot be listened on, and for a certificate or key that cannot
  /// be used.
  static result<std::unique_ptr<http_server>> start(http_settings settings, http_handler handler);
  /// Waits for jobs that have begun.
  ~http_server();

  std::string address() const; ///< `ADDRESS:PORT` as it is listened on

  /// Streams that have nothing to send are asked again. Thread-safe, cheap.
  void wake_streams();

  /// Does something on a worker when one is free. What has not begun when the server ends is given up.
  /// Thread-safe.
  void post(std::function<void()> work);

  /// Reads certificate and key again, for connections from now on. After a failure the old ones stay.
  result<void> reload_tls();

private:
  struct state;
  explicit http_server(std::unique_ptr<state> started) noexcept;

  std::unique_ptr<state> state_;
};

} // namespace kollect::consumer

#endif
