#ifndef KOLLECT_SERVERS_NATS_SERVER_HPP
#define KOLLECT_SERVERS_NATS_SERVER_HPP

#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/tls_files.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace kollect::servers {

/// How a nats-server is to run. What is not set is nats-server's own default.
struct nats_options {
  std::string username{};
  std::string password{};
  std::string token{};                     ///< instead of username and password
  std::optional<server_certificate> tls{}; ///< clients must then use TLS
  std::uint32_t max_payload = 0;           ///< bytes; 0: 1 MiB, nats-server's default
  std::uint16_t port = 0;                  ///< 0: a free one
  std::filesystem::path store{};           ///< JetStream's folder; empty: a temporary one
  std::string program = "nats-server";     ///< a name on PATH, or a path
  std::chrono::milliseconds start_timeout = std::chrono::seconds(30);
};

/// A real nats-server with JetStream on 127.0.0.1: a child process, ended with this object.
class nats_server {
public:
  /// Starts one and waits until JetStream answers a client. When it does not within
  /// `start_timeout`, the failure has the last lines of the server's log.
  static result<nats_server> start(nats_options options = {});

  nats_server(nats_server&&) noexcept;
  nats_server& operator=(nats_server&&) noexcept;
  ~nats_server();

  std::string url() const; ///< nats:// or tls://127.0.0.1:port, without credentials
  std::uint16_t port() const noexcept;
  process& child() noexcept; ///< the running process, to signal it (SIGSTOP, SIGCONT)
  std::string log() const;   ///< all that the server wrote, over restarts

  result<void> stop();    ///< ends it in order; restart() brings it back
  void kill();            ///< ends it at once, as a crash would
  result<void> restart(); ///< starts it again with the same port and store, ending it first if need be

private:
  struct state;
  explicit nats_server(std::unique_ptr<state> started) noexcept;

  std::unique_ptr<state> state_;
};

} // namespace kollect::servers

#endif
