#include "command/portal_flags.hpp"

#include <kollect/version.hpp>

#include <algorithm>
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

result<http_settings> http_settings_of(const portal_flags& flags, program::log& log) {
  http_settings http;
  http.address = flags.listen;
  if (flags.tls_certificate.empty() != flags.tls_key.empty())
    return make_failure(error::invalid_value, "--tls-certificate and --tls-key go together");
  if (!flags.tls_certificate.empty())
    http.tls = tls_files{flags.tls_certificate, flags.tls_key};
  http.limits.connections = make_room(flags.max_connections, log);
  http.limits.streams = std::min(flags.max_streams, http.limits.connections);
  http.limits.workers = flags.workers;
  http.limits.header_bytes = static_cast<std::uint32_t>(flags.max_header_bytes);
  http.limits.idle = std::chrono::seconds(flags.http_timeout_seconds);
  http.limits.heartbeat = std::chrono::seconds(flags.heartbeat_seconds);
  return http;
}

} // namespace

void add_portal_flags(CLI::App& command, portal_flags& flags) {
  command.add_option("--listen", flags.listen,
                     "serve probes, metrics, read API and page on ADDRESS:PORT, or :PORT for 127.0.0.1");
  command.add_option("--token-file", flags.token_file,
                     "bearer tokens that may read, one a line; required where others can reach --listen");
  command.add_option("--tls-certificate", flags.tls_certificate,
                     "PEM file: serve HTTPS with this certificate chain");
  command.add_option("--tls-key", flags.tls_key, "PEM file: its private key");
  command.add_option("--max-connections", flags.max_connections, "HTTP connections; more are closed at once")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command
      .add_option("--max-streams", flags.max_streams, "HTTP connections that are event streams; more get 503")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command.add_option("--http-workers", flags.workers, "threads that read the store for HTTP clients")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--max-header-bytes", flags.max_header_bytes, "of an HTTP request; more get 431")
      ->check(CLI::Range(1024, 1024 * 1024))
      ->capture_default_str();
  command
      .add_option("--http-timeout", flags.http_timeout_seconds,
                  "seconds for a request to be complete, an answer or a part of a stream to be taken")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command
      .add_option("--heartbeat", flags.heartbeat_seconds,
                  "seconds of silence after which a stream shows that it lives")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command.add_option("--query-timeout", flags.query_timeout_seconds, "seconds that one question may take")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command.add_option("--max-as-of-changes", flags.max_as_of_changes, "changes that asOf may go back over")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--stale-after", flags.stale_after_seconds, "seconds after which a silent cluster is stale")
      ->check(CLI::Range(1, 31'536'000))
      ->capture_default_str();
  command
      .add_option("--stream-memory", flags.stream_memory_bytes,
                  "bytes of the newest changes kept for streams")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

result<served_portal> start_portal(const portal_flags& flags, const store_flags& store,
                                   const hangup_signal& hangup, monitor& watched, program::log& log) {
  if (flags.listen.empty())
    return served_portal{};
  auto http = http_settings_of(flags, log);
  if (!http)
    return http.error();
  portal_settings settings;
  settings.http = std::move(*http);
  settings.token_file = flags.token_file;
  settings.version = KOLLECT_VERSION_STRING;
  settings.pages = {std::chrono::seconds(flags.query_timeout_seconds), flags.max_as_of_changes};
  settings.stale_after = std::chrono::seconds(flags.stale_after_seconds);
  settings.feed_bytes = flags.stream_memory_bytes;
  auto started = portal::start(
      std::move(settings), [store] { return open_reader(store); }, watched, log);
  if (!started)
    return started.error();
  log.info("listening", {{"address", (*started)->address()}});
  served_portal out{std::move(*started), nullptr};
  std::vector<std::filesystem::path> files;
  for (const auto& file : {flags.token_file, flags.tls_certificate, flags.tls_key})
    if (!file.empty())
      files.emplace_back(file);
  out.reload = std::make_unique<file_reload>(hangup, std::move(files),
                                             [server = out.server.get()] { server->reload(); });
  return out;
}

} // namespace kollect::consumer
