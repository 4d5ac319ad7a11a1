#include "command/portal_flags.hpp"

#include "command/admin_actions.hpp"
#include "http/cross_origin.hpp"

#include <kollect/version.hpp>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include <sys/resource.h>

namespace kollect::consumer {
namespace {

/// For brokers, stores, logs and files.
constexpr std::size_t other_descriptors = 256;

/// As many connections as there are descriptors for, up to `wanted`.
std::size_t make_room(std::size_t wanted, program::log& log) {
  rlimit bounds{};
  if (::getrlimit(RLIMIT_NOFILE, &bounds) != 0)
    return wanted;
  const rlim_t needed = wanted + other_descriptors;
  if (bounds.rlim_cur < needed && bounds.rlim_cur < bounds.rlim_max) {
    bounds.rlim_cur = std::min(needed, bounds.rlim_max);
    (void)::setrlimit(RLIMIT_NOFILE, &bounds); // what there is then, is asked below
    (void)::getrlimit(RLIMIT_NOFILE, &bounds);
  }
  if (bounds.rlim_cur >= needed)
    return wanted;
  const auto possible =
      bounds.rlim_cur > 2 * other_descriptors ? bounds.rlim_cur - other_descriptors : bounds.rlim_cur / 2;
  log.warning("there are not enough descriptors for --max-connections: see ulimit -n",
              {{"max_connections", wanted}, {"possible", possible}});
  return possible;
}

result<void> check_base_path(const std::string& path) {
  const auto is_plain = [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 ||
           std::string_view("/-._~").find(letter) != std::string_view::npos;
  };
  const bool is_path = path.starts_with('/') && !path.ends_with('/') &&
                       path.find("//") == std::string::npos && path.find("/.") == std::string::npos &&
                       std::all_of(path.begin(), path.end(), is_plain);
  if (path.empty() || is_path)
    return {};
  return make_failure(error::invalid_value,
                      "--base-path: \"" + path +
                          "\" must begin with `/`, end without one, and have letters, digits, "
                          "`-`, `.`, `_` and `~` between, such as /kollect");
}

result<http_settings> http_settings_of(const portal_flags& flags, program::log& log) {
  http_settings http;
  http.address = flags.listen;
  if (flags.tls_certificate.empty() != flags.tls_key.empty())
    return make_failure(error::invalid_value, "--tls-certificate and --tls-key go together");
  if (!flags.tls_certificate.empty())
    http.tls = certificate_files{flags.tls_certificate, flags.tls_key};
  for (const auto& origin : flags.allowed_origins)
    if (auto checked = check_origin(origin); !checked)
      return checked.error();
  if (auto checked = check_base_path(flags.base_path); !checked)
    return checked.error();
  http.limits.takes_preflights = !flags.allowed_origins.empty();
  http.limits.connections = make_room(flags.max_connections, log);
  http.limits.streams = std::min(flags.max_streams, http.limits.connections);
  http.limits.workers = flags.workers;
  http.limits.header_bytes = static_cast<std::uint32_t>(flags.max_header_bytes);
  http.limits.idle = std::chrono::seconds(flags.http_timeout_seconds);
  http.limits.heartbeat = std::chrono::seconds(flags.heartbeat_seconds);
  return http;
}

} // namespace

void add_portal_flags(program::command& to, portal_flags& flags) {
  using namespace program;
  to.section("HTTP: probes, metrics, read API and page");
  to.add("--listen", flags.listen, text("ADDRESS:PORT"),
         "serve HTTP at this numeric address; :PORT alone means 127.0.0.1");
  to.add("--token-file", flags.token_file, file(),
         "bearer tokens that may read, one per line; required unless --listen is a loopback address");
  to.add(
      "--admin-token-file", flags.admin_token_file, file(),
      "bearer tokens that may have a cluster forgotten and dead letters retried, and nothing else, one per "
      "line; without it nobody may");
  to.add("--ticket-lifetime", flags.ticket_lifetime_seconds, seconds(1, 3600),
         "how long a ticket opens an event stream for browsers, which cannot send a token there");
  to.add("--allow-origin", flags.allowed_origins, text("ORIGIN"),
         "origin of a web site whose pages may read, such as https://portal.example; repeatable");
  to.add("--base-path", flags.base_path, text("PATH"),
         "path that a proxy puts before each of ours and does not take off, such as /kollect");
  to.add("--tls-certificate", flags.tls_certificate, file(),
         "PEM file: serve HTTPS with this certificate chain");
  to.add("--tls-key", flags.tls_key, file(), "PEM file: its private key");
  to.add("--max-connections", flags.max_connections, count(1, 100'000),
         "most HTTP connections; another one replaces the one whose request has been incomplete for longest");
  to.add("--max-streams", flags.max_streams, count(0, 100'000), "most event streams; another one gets 503");
  to.add("--http-workers", flags.workers, count(1, 64), "threads that read the store for HTTP clients");
  to.add("--max-header-bytes", flags.max_header_bytes, bytes(1024, 1024 * 1024),
         "largest header of an HTTP request; a larger one gets 431");
  to.add("--http-timeout", flags.http_timeout_seconds, seconds(1, 3600),
         "how long a client may take to send a request, or to read a response or a piece of a stream");
  to.add("--heartbeat", flags.heartbeat_seconds, seconds(1, 3600),
         "how often an idle stream sends a heartbeat");
  to.add("--query-timeout", flags.query_timeout_seconds, seconds(1, 3600), "how long one query may take");
  to.add("--max-as-of-changes", flags.max_as_of_changes, count(), "how many changes asOf may go back");
  to.add("--max-scanned-rows", flags.max_scanned_rows, count(),
         "rows that a question about attributes may look at where --index has none of them; more get 400");
  to.add("--max-filter-terms", flags.max_filter_terms, count(1, 100'000),
         "values, words, requirements and steps of paths in one question; more get 400");
  to.add("--max-facet-values", flags.max_facet_values, count(1, 10'000'000),
         "different values of one column that are counted; more get 400");
  to.add("--max-page-bytes", flags.max_page_bytes, bytes(1024),
         "largest page of rows; a larger one is cut short; default: memory budget / 128, at most 8 MiB");
  to.add("--max-untaken-bytes", flags.max_untaken_bytes, bytes(1024),
         "responses that HTTP clients have not read yet; default: memory budget / 16, at most 64 MiB");
  to.add("--stale-after", flags.stale_after_seconds, seconds(1, 31'536'000),
         "how long a cluster may be silent before it is stale");
  to.add("--stream-memory", flags.stream_memory_bytes, bytes(), "newest changes kept in memory for streams");
}

result<served_portal> start_portal(const portal_flags& flags, const memory_shares& shares,
                                   const store_flags& store, const ingest_settings& ingest,
                                   const hangup_signal& hangup, monitor& watched, program::log& log) {
  if (flags.listen.empty())
    return served_portal{};
  auto http = http_settings_of(flags, log);
  if (!http)
    return http.error();
  portal_settings settings;
  settings.http = std::move(*http);
  settings.http.limits.untaken_bytes = flags.max_untaken_bytes.value_or(shares.untaken);
  settings.token_file = flags.token_file;
  settings.ticket_lifetime = std::chrono::seconds(flags.ticket_lifetime_seconds);
  settings.allowed_origins = flags.allowed_origins;
  settings.base_path = flags.base_path;
  settings.answers.version = KOLLECT_VERSION_STRING;
  settings.answers.pages = {std::chrono::seconds(flags.query_timeout_seconds), flags.max_as_of_changes,
                            flags.max_page_bytes.value_or(shares.page), flags.max_scanned_rows};
  settings.answers.filters.terms = flags.max_filter_terms;
  settings.answers.facet_values = flags.max_facet_values;
  settings.answers.stale_after = std::chrono::seconds(flags.stale_after_seconds);
  settings.admin = admin_actions_on(store, ingest);
  settings.admin.token_file = flags.admin_token_file;
  settings.http.limits.takes_changes = !flags.admin_token_file.empty();
  settings.feed_bytes = flags.stream_memory_bytes;
  auto started = portal::start(
      std::move(settings), [store] { return open_reader(store); }, watched, log);
  if (!started)
    return started.error();
  log.info("listening", {{"address", (*started)->address()}});
  served_portal out{std::move(*started), nullptr};
  std::vector<std::filesystem::path> files;
  for (const auto& file : {flags.token_file, flags.admin_token_file, flags.tls_certificate, flags.tls_key})
    if (!file.empty())
      files.emplace_back(file);
  out.reload = std::make_unique<file_reload>(hangup, std::move(files),
                                             [server = out.server.get()] { server->reload(); });
  return out;
}

} // namespace kollect::consumer
