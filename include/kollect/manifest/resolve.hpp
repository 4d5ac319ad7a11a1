#ifndef KOLLECT_MANIFEST_RESOLVE_HPP
#define KOLLECT_MANIFEST_RESOLVE_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/manifest/address.hpp>
#include <kollect/manifest/detail/certificate_pem.hpp>
#include <kollect/manifest/manifest.hpp>
#include <kollect/manifest/secret_source.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

namespace detail {

/// What a Secret is looked up for. The environment gives credentials only.
enum class secret_use { credentials, certificates, connection_string };

/// Looks Secrets up for one sink.
class secret_finder {
public:
  secret_finder(const manifest_file& file, const object_metadata& sink, const secret_sources& sources)
      : file_(file), sink_(sink), sources_(sources) {}

  [[nodiscard]] std::string full_name(const secret_reference& reference) const {
    return reference.namespace_.value_or(sink_.namespace_) + "/" + reference.name;
  }
  [[nodiscard]] std::string describe(const secret_reference& reference) const {
    return "Secret " + full_name(reference);
  }

  /// `path` is where the reference stands.
  [[nodiscard]] result<secret_values> find(const secret_reference& reference, const std::string& path,
                                           secret_use use, std::string_view clause) const {
    const auto wanted = full_name(reference);
    std::string hint;
    for (const auto& candidate : file_.secrets) {
      if (to_string(candidate.metadata) == wanted)
        return candidate.values;
      if (candidate.metadata.name == reference.name)
        hint = " (there is " + to_string(candidate.metadata) + ")";
    }
    std::string places = "not in the manifest" + hint;
    if (sources_.directory) {
      auto mounted = find_mounted_secret(*sources_.directory, reference.name);
      if (!mounted)
        return mounted.error();
      if (*mounted)
        return std::move(**mounted);
      places += ", not in the directory " + sources_.directory->string();
    } else {
      places += ", no directory of secrets was given";
    }
    if (use == secret_use::credentials) {
      if (auto values = find_environment_secret(sources_))
        return std::move(*values);
      places +=
          ", not in the variables KOLLECT_SECRET_USERNAME, KOLLECT_SECRET_PASSWORD and KOLLECT_SECRET_TOKEN";
    }
    auto refusal =
        make_failure(error::secret_missing,
                     describe(reference) + ", which " + path + " names, was not found: " + places, clause);
    if (reference.position.line != 0)
      refusal.position = reference.position;
    refusal.source = file_.source;
    return refusal;
  }

private:
  const manifest_file& file_;
  const object_metadata& sink_;
  const secret_sources& sources_;
};

/// Turns one sink into a connection. Values of secrets reach the connection and nothing else (SEC-02).
class sink_resolver {
public:
  sink_resolver(const manifest_file& file, const event_sink& sink, const secret_sources& sources)
      : file_(file), sink_(sink), sources_(sources), finder_(file, sink.metadata, sources) {}

  [[nodiscard]] result<connection> resolve() const {
    connection resolved;
    resolved.system = sink_.type;
    resolved.cluster = sink_.cluster;
    resolved.connection_test = sink_.connection_test;
    auto addressed = sink_.type == broker_system::kafka ? add_kafka(resolved) : add_nats(resolved);
    if (!addressed)
      return addressed.error();
    if (auto trusted = add_tls(resolved); !trusted)
      return trusted.error();
    if (auto authenticated = add_credentials(resolved); !authenticated)
      return authenticated.error();
    return resolved;
  }

private:
  [[nodiscard]] failure fail(error reason, std::string what, std::string_view clause,
                             const text_position& position) const {
    auto refusal = make_failure(reason, std::move(what), clause);
    if (position.line != 0)
      refusal.position = position;
    refusal.source = file_.source;
    return refusal;
  }
  [[nodiscard]] failure fail(error reason, std::string what, std::string_view clause) const {
    return fail(reason, std::move(what), clause, sink_.metadata.position);
  }
  /// Says which field a check was about.
  [[nodiscard]] failure about(std::string_view path, const failure& checked) const {
    return fail(checked.reason(), std::string(path) + " " + checked.message, checked.clause);
  }

  [[nodiscard]] result<void> add_kafka(connection& resolved) const {
    if (!sink_.kafka)
      return fail(error::missing_key, "spec.kafka is required but missing", "KAF-06");
    resolved.addresses = sink_.kafka->brokers;
    if (resolved.addresses.empty() && !sink_.endpoint.empty())
      resolved.addresses.push_back(sink_.endpoint);
    if (resolved.addresses.empty())
      return fail(error::missing_key, "spec.kafka.brokers or spec.endpoint must name a broker", "KAF-05");
    for (const auto& address : resolved.addresses)
      if (auto checked = check_broker_address(address); !checked)
        return about(sink_.kafka->brokers.empty() ? "spec.endpoint" : "spec.kafka.brokers", checked.error());
    resolved.destination = sink_.kafka->topic;
    return {};
  }

  [[nodiscard]] result<void> add_nats(connection& resolved) const {
    if (!sink_.nats)
      return fail(error::missing_key, "spec.nats is required but missing", "NAT-01");
    const auto& url = sink_.nats->url.empty() ? sink_.endpoint : sink_.nats->url;
    if (url.empty())
      return fail(error::missing_key, "spec.nats.url or spec.endpoint must name a server", "NAT-01");
    auto urls = read_nats_urls(url);
    if (!urls)
      return about(sink_.nats->url.empty() ? "spec.endpoint" : "spec.nats.url", urls.error());
    resolved.addresses = std::move(*urls);
    resolved.destination = sink_.nats->subject;
    resolved.stream = sink_.nats->stream.empty() ? std::string(default_stream) : sink_.nats->stream;
    std::replace(resolved.stream.begin(), resolved.stream.end(), '.', '_');
    return {};
  }

  [[nodiscard]] result<void> add_tls(connection& resolved) const {
    const auto is_tls_url = [](const std::string& address) {
      return address.starts_with("tls://") || address.starts_with("wss://");
    };
    const bool is_tls_wanted = std::any_of(resolved.addresses.begin(), resolved.addresses.end(), is_tls_url);
    if (!is_tls_wanted && is_tls_empty()) {
      if (sink_.tls)
        resolved.warnings.emplace_back(
            "spec.tls is empty, and the operator then speaks plain text to NATS; so "
            "does this program: write tls:// in the URL for TLS");
      return {};
    }
    resolved.tls.emplace();
    if (!sink_.tls)
      return {};
    resolved.tls->insecure_skip_verify = sink_.tls->insecure_skip_verify;
    resolved.tls->ca_pem = sink_.tls->ca_bundle;
    if (!resolved.tls->ca_pem.empty() || !sink_.tls->ca_secret)
      return {};

    const auto& reference = *sink_.tls->ca_secret;
    auto values = find_secret(reference, "spec.tls.caSecretRef", secret_use::certificates);
    if (!values)
      return values.error();
    for (const auto* key : {"tls.crt", "ca.crt", "ca.pem"}) {
      const auto found = values->find(key);
      if (found == values->end() || found->second.empty())
        continue;
      if (!is_certificate_pem(found->second))
        return fail(error::invalid_value,
                    secret_text(reference) + " does not hold PEM certificates under " + key,
                    clause_of(secret_use::certificates), reference.position);
      resolved.tls->ca_pem = found->second;
      return {};
    }
    return fail(error::secret_missing,
                secret_text(reference) + " has none of the keys tls.crt, ca.crt and ca.pem",
                clause_of(secret_use::certificates), reference.position);
  }

  /// Whether spec.tls asks for nothing. For Kafka it does not matter what it says (KAF-08).
  [[nodiscard]] bool is_tls_empty() const {
    return !sink_.tls || (sink_.type == broker_system::nats && !sink_.tls->insecure_skip_verify &&
                          sink_.tls->ca_bundle.empty() && !sink_.tls->ca_secret);
  }

  /// Says where a login stands that the sink does not name.
  void note_unused_secrets(connection& resolved) const {
    const auto warn = [&](const std::string& what) {
      resolved.warnings.push_back(what + ", but the sink names no Secret, so that it is not used: set "
                                         "spec.secretRef, or take it away");
    };
    for (const auto& candidate : file_.secrets)
      if (!is_named(candidate))
        warn("the manifest has the Secret " + to_string(candidate.metadata));
    if (find_environment_secret(sources_))
      warn("KOLLECT_SECRET_USERNAME, KOLLECT_SECRET_PASSWORD or KOLLECT_SECRET_TOKEN is set");
  }

  /// Whether any sink of the file refers to a Secret.
  [[nodiscard]] bool is_named(const secret& candidate) const {
    const auto names = [&](const object_metadata& sink, const std::optional<secret_reference>& reference) {
      return reference && reference->name == candidate.metadata.name &&
             reference->namespace_.value_or(sink.namespace_) == candidate.metadata.namespace_;
    };
    const auto is_of_event_sink = [&](const event_sink& one) {
      return names(one.metadata, one.secret) || (one.kafka && names(one.metadata, one.kafka->secret)) ||
             (one.nats && names(one.metadata, one.nats->secret)) ||
             (one.tls && names(one.metadata, one.tls->ca_secret));
    };
    const auto is_of_database_sink = [&](const database_sink& one) {
      return one.postgres && names(one.metadata, one.postgres->database);
    };
    return std::any_of(file_.sinks.begin(), file_.sinks.end(), is_of_event_sink) ||
           std::any_of(file_.database_sinks.begin(), file_.database_sinks.end(), is_of_database_sink);
  }

  [[nodiscard]] result<void> add_credentials(connection& resolved) const {
    const auto& own = sink_.type == broker_system::kafka ? sink_.kafka->secret : sink_.nats->secret;
    const auto& reference = own ? own : sink_.secret;
    if (!reference) {
      note_unused_secrets(resolved);
      return {};
    }
    const std::string path =
        !own ? "spec.secretRef" : "spec." + std::string(to_string(sink_.type)) + ".secretRef";
    auto values = find_secret(*reference, path, secret_use::credentials);
    if (!values)
      return values.error();
    const auto take = [&](std::string_view key) {
      const auto found = values->find(key);
      return found == values->end() ? std::string() : found->second;
    };
    credentials secret{take("username"), take("password"), take("token")};
    const bool is_kafka = sink_.type == broker_system::kafka;
    const auto incomplete = [&](const std::string& what) {
      return fail(error::secret_missing, secret_text(*reference) + " has " + what,
                  clause_of(secret_use::credentials), reference->position);
    };
    if (secret.username.empty() && secret.password.empty() && secret.token.empty())
      return incomplete("none of the keys username, password and token");
    if (secret.username.empty() && secret.token.empty())
      return incomplete("a password but no username");
    if (secret.password.empty() && secret.token.empty())
      return incomplete("a username but no password or token");
    if (is_kafka) {
      if (secret.username.empty())
        return {}; // KAF-07: a token without a username means no SASL
      if (!secret.token.empty())
        secret.password = std::exchange(secret.token, {});
    } else if (!secret.token.empty()) {
      secret.username.clear();
      secret.password.clear();
    }
    resolved.secret = std::move(secret);
    return {};
  }

  [[nodiscard]] std::string secret_text(const secret_reference& reference) const {
    return finder_.describe(reference);
  }

  [[nodiscard]] std::string_view clause_of(secret_use use) const noexcept {
    if (sink_.type == broker_system::nats)
      return "NAT-04";
    return use == secret_use::credentials ? "KAF-07" : "KAF-08";
  }

  [[nodiscard]] result<secret_values> find_secret(const secret_reference& reference, const std::string& path,
                                                  secret_use use) const {
    return finder_.find(reference, path, use, clause_of(use));
  }

  const manifest_file& file_;
  const event_sink& sink_;
  const secret_sources& sources_;
  secret_finder finder_;
};

} // namespace detail

/// Applies a sink's fallbacks and looks its secrets up: the broker addresses (KAF-05, NAT-01), the
/// stream's default name (NAT-03), the credentials (KAF-07, NAT-04) and the trusted certificates
/// (NAT-04, KAF-08). `file` is the manifest that the sink is from: its Secrets are asked first.
/// A Secret is looked up only if the sink names it; values are taken verbatim, an empty one as absent.
/// TLS is on if there is a spec.tls, or a tls:// URL; for NATS an empty spec.tls alone leaves it off, as the
/// operator does, with a warning.
/// Reasons: missing_key, invalid_value, secret_missing, file_unreadable. No message repeats a value (SEC-02).
[[nodiscard]] inline result<connection> resolve(const manifest_file& file, const event_sink& sink,
                                                const secret_sources& sources = {}) {
  return detail::sink_resolver(file, sink, sources).resolve();
}

/// Where a database sink keeps rows.
struct database_target {
  std::string url;                ///< as the Secret has it; never printed (SEC-02)
  std::string schema;             ///< of the table
  std::string table;              ///< with the columns of upstream's state table
  std::string cluster;            ///< a column
  bool is_table_existing = false; ///< never create it
};

/// Looks a database sink's connection string up: the key `dsn` or `url` of the Secret that databaseRef names,
/// in the manifest or the mounted directory, without the white space at its end. Reasons: invalid_value for a
/// database other than PostgreSQL, secret_missing, file_unreadable. No message repeats a value (SEC-02).
[[nodiscard]] inline result<database_target> resolve(const manifest_file& file, const database_sink& sink,
                                                     const secret_sources& sources = {}) {
  const auto fail = [&](error reason, std::string what) {
    auto refusal = make_failure(reason, std::move(what));
    if (sink.metadata.position.line != 0)
      refusal.position = sink.metadata.position;
    refusal.source = file.source;
    return refusal;
  };
  if (!sink.postgres)
    return fail(error::invalid_value, "the database sink " + to_string(sink.metadata) + " is of type " +
                                          sink.type + "; only postgres is written here");
  const detail::secret_finder finder(file, sink.metadata, sources);
  const auto& reference = sink.postgres->database;
  auto values =
      finder.find(reference, "spec.postgres.databaseRef", detail::secret_use::connection_string, {});
  if (!values)
    return values.error();
  for (const auto* key : {"dsn", "url"})
    if (const auto found = values->find(key); found != values->end() && !detail::trim(found->second).empty())
      return database_target{std::string(detail::trim(found->second)), sink.postgres->schema,
                             sink.postgres->table, sink.cluster, sink.provisioning.is_existing};
  return fail(error::secret_missing, finder.describe(reference) + " has neither of the keys dsn and url");
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
