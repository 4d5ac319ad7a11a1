#ifndef KOLLECT_CONSUMER_READ_API_PORTAL_HPP
#define KOLLECT_CONSUMER_READ_API_PORTAL_HPP

#include "http/access.hpp"
#include "http/server.hpp"
#include "operations/monitor.hpp"
#include "read_api/json_answers.hpp"
#include "read_api/store_readers.hpp"

#include <program/log.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kollect::consumer {

/// What changes the store, and which tokens it takes. Called on a worker; answered with JSON.
struct admin_actions {
  std::string token_file{}; ///< empty: nobody may
  std::function<answer_of<std::string>(const std::string& cluster)> forget_cluster{};
  std::function<answer_of<std::string>(std::int64_t id)> retry_dead_letter{};
};

/// How the portal's side is served. All bounds are flags of `kollect-consumer run`.
struct portal_settings {
  http_settings http;
  std::string token_file{};                   ///< empty: no token, which is for loopback addresses alone
  std::chrono::seconds ticket_lifetime{30};   ///< of what opens a stream in a token's place
  std::vector<std::string> allowed_origins{}; ///< whose web pages may read; see cross_origin.hpp
  std::string base_path{}; ///< such as /kollect: what a proxy puts before each path; empty: nothing
  answer_settings answers{};
  admin_actions admin{};
  std::size_t feed_bytes = 8U * 1024 * 1024;    ///< of the newest changes, kept in memory
  std::size_t part_bytes = 256U * 1024;         ///< of a stream, sent at once; an event may be larger
  std::chrono::milliseconds watch_pause{1'000}; ///< between two events of a watch, at least
};

/// Probes, metrics, read API, change stream and page: everything that is served over HTTP. Reads with
/// connections of its own; whatever clients do, ingestion does not wait for them.
class portal {
public:
  /// Reads the token files and begins to listen. error::invalid_value for an address that others can reach
  /// without a token file, for a token that may both read and change something, and for a token, certificate
  /// or key that cannot be used.
  static result<std::unique_ptr<portal>> start(portal_settings settings, store_readers::open_reader open,
                                               monitor& watched, program::log& log);
  ~portal();

  std::string address() const;

  /// Reads token file, certificate and key again. What cannot be read is logged, and the old one stays.
  void reload();

private:
  struct state;
  explicit portal(std::unique_ptr<state> made) noexcept;

  std::unique_ptr<state> state_;
};

} // namespace kollect::consumer

#endif
