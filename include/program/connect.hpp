#ifndef KOLLECT_PROGRAM_CONNECT_HPP
#define KOLLECT_PROGRAM_CONNECT_HPP

#include <kollect/manifest/resolve.hpp>
#include <kollect/manifest/select_sink.hpp>
#include <kollect/yaml/read.hpp>
#include <program/command.hpp>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace kollect::program {

/// Where a program finds its sink: the flags that all programs share.
struct sink_flags {
  std::string manifest;
  std::string sink;       ///< NAME or NAMESPACE/NAME; empty: the only one
  std::string secret_dir; ///< empty: none
};

/// --manifest, --sink and --secret-dir. The first is required, unless the command can do without.
inline flag& add_sink_flags(command& to, sink_flags& flags) {
  auto& manifest = to.add("--manifest", flags.manifest, file(),
                          "KollectEventSink manifest (YAML), with or without its Secret");
  to.add("--sink", flags.sink, text("NAME"), "name of the sink, where the manifest has several");
  to.add("--secret-dir", flags.secret_dir, folder(),
         "mounted Secret: one file per key, or one folder per Secret");
  return manifest.required();
}

/// Whether a run is going to log in anywhere. A dry run does not, and looks no secret up.
enum class secrets { needed, not_needed };

/// The same sink, referring to no Secret.
inline event_sink without_secrets(event_sink sink) {
  sink.secret.reset();
  if (sink.kafka)
    sink.kafka->secret.reset();
  if (sink.nats)
    sink.nats->secret.reset();
  if (sink.tls)
    sink.tls->ca_secret.reset();
  return sink;
}

/// Where secrets come from: the manifest, then --secret-dir, then KOLLECT_SECRET_USERNAME,
/// KOLLECT_SECRET_PASSWORD, KOLLECT_SECRET_TOKEN.
inline secret_sources sources_of(const sink_flags& flags) {
  secret_sources sources;
  if (!flags.secret_dir.empty())
    sources.directory = flags.secret_dir;
  sources.environment = [](const std::string& variable) -> std::optional<std::string> {
    const char* const value = std::getenv(variable.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  return sources;
}

/// The connection of a sink of a manifest, its secrets looked up where they are needed.
inline result<connection> make_connection(const manifest_file& file, const event_sink& sink,
                                          const sink_flags& flags, secrets use) {
  return use == secrets::not_needed ? resolve(file, without_secrets(sink))
                                    : resolve(file, sink, sources_of(flags));
}

/// Reads the manifest and picks the sink. Looks no secret up.
inline result<event_sink> load_sink(const sink_flags& flags) {
  const auto file = yaml::read_manifest(flags.manifest);
  if (!file)
    return file.error();
  return select_sink(*file, flags.sink.empty() ? std::nullopt : std::optional<std::string_view>(flags.sink));
}

/// Reads the manifest, picks the sink, looks its secrets up.
inline result<connection> load_connection(const sink_flags& flags, secrets use = secrets::needed) {
  auto file = yaml::read_manifest(flags.manifest);
  if (!file)
    return file.error();
  auto sink =
      select_sink(*file, flags.sink.empty() ? std::nullopt : std::optional<std::string_view>(flags.sink));
  if (!sink)
    return sink.error();
  return make_connection(*file, *sink, flags, use);
}

} // namespace kollect::program

#endif
