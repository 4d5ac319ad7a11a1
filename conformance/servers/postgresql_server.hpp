#ifndef KOLLECT_SERVERS_POSTGRESQL_SERVER_HPP
#define KOLLECT_SERVERS_POSTGRESQL_SERVER_HPP

#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kollect::servers {

/// How a PostgreSQL server is to run.
struct postgresql_options {
  std::string password{};              ///< of the user; empty: everybody on this machine is trusted
  std::vector<std::string> settings{}; ///< such as `max_connections=20`
  std::uint16_t port = 0;              ///< 0: a free one
  std::chrono::milliseconds start_timeout = std::chrono::seconds(60);
};

/// A real PostgreSQL server on 127.0.0.1 with a database cluster of its own: a child process, ended with
/// this object. As root it runs as the user postgres, which PostgreSQL insists on. It does not wait for
/// the disk (fsync=off), which loses nothing while the machine lives.
class postgresql_server {
public:
  static constexpr const char* user = "kollect"; ///< a superuser

  /// Makes a cluster, starts the server and waits until it accepts connections.
  static result<postgresql_server> start(postgresql_options options = {});

  postgresql_server(postgresql_server&&) noexcept;
  postgresql_server& operator=(postgresql_server&&) noexcept;
  ~postgresql_server();

  std::string url(const std::string& database = "postgres") const; ///< without the password
  std::uint16_t port() const noexcept;
  process& child() noexcept;
  std::string log() const; ///< all that the server wrote, over restarts

  result<void> stop();    ///< ends it in order, cutting its sessions off; restart() brings it back
  void kill();            ///< ends it at once, as a crash would
  result<void> restart(); ///< starts it again with the same port and data, ending it first if need be

private:
  struct state;
  explicit postgresql_server(std::unique_ptr<state> started) noexcept;

  std::unique_ptr<state> state_;
};

} // namespace kollect::servers

#endif
