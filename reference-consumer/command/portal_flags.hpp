#ifndef KOLLECT_CONSUMER_PORTAL_FLAGS_HPP
#define KOLLECT_CONSUMER_PORTAL_FLAGS_HPP

#include "command/open_store.hpp"
#include "operations/file_reload.hpp"
#include "operations/memory_budget.hpp"
#include "read_api/portal.hpp"

#include <program/command.hpp>
#include <program/log.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kollect::consumer {

/// How `run` serves probes, read API and page.
struct portal_flags {
  std::string listen{};
  std::string token_file{};
  std::string admin_token_file{};
  std::int64_t ticket_lifetime_seconds = 30;
  std::vector<std::string> allowed_origins{};
  std::string base_path{};
  std::string tls_certificate{};
  std::string tls_key{};
  std::size_t max_connections = 1'200;
  std::size_t max_streams = 1'100;
  std::size_t workers = 4;
  std::size_t max_header_bytes = 16U * 1024;
  std::int64_t http_timeout_seconds = 30;
  std::int64_t heartbeat_seconds = 15;
  std::int64_t query_timeout_seconds = 10;
  std::int64_t max_as_of_changes = 100'000;
  std::int64_t max_scanned_rows = page_limits{}.scanned_rows;
  std::size_t max_filter_terms = filter_limits{}.terms;
  std::size_t max_facet_values = answer_settings{}.facet_values;
  std::int64_t stale_after_seconds = 900;
  std::optional<std::size_t> max_untaken_bytes{}; ///< absent: of the memory budget, as all that are optional
  std::optional<std::size_t> max_page_bytes{};
  std::size_t stream_memory_bytes = 8U * 1024 * 1024;
};

/// --listen, --token-file, --tls-certificate, --tls-key and the bounds.
void add_portal_flags(program::command& to, portal_flags& flags);

/// What serves as long as it lives: the portal, and what reloads its files.
struct served_portal {
  std::unique_ptr<portal> server;
  std::unique_ptr<file_reload> reload;
};

/// Begins to serve; nothing without --listen. Takes as many descriptors as --max-connections needs, or takes
/// fewer connections: brokers and stores need some too.
result<served_portal> start_portal(const portal_flags& flags, const memory_shares& shares,
                                   const store_flags& store, const ingest_settings& ingest,
                                   const hangup_signal& hangup, monitor& watched, program::log& log);

} // namespace kollect::consumer

#endif
