#ifndef KOLLECT_MANIFEST_MANIFEST_HPP
#define KOLLECT_MANIFEST_MANIFEST_HPP

#include <kollect/error.hpp>
#include <kollect/limits.hpp>
#include <kollect/manifest/document.hpp>
#include <kollect/message.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// The namespace of an object whose manifest names none.
inline constexpr std::string_view default_namespace = "default";

/// Name of the stream where spec.nats.stream is absent (NAT-03).
inline constexpr std::string_view default_stream = "kollect_events";

/// Longest exportMinInterval.
inline constexpr std::chrono::nanoseconds max_export_min_interval = std::chrono::hours(24);

/// The part of a Kubernetes object's metadata that matters here.
struct object_metadata {
  std::string name;                          ///< not empty
  std::string namespace_{default_namespace}; ///< as written, or the default
  text_position position;                    ///< of the name in its file; line 0 if made by hand
};

/// `namespace/name`, as in messages.
[[nodiscard]] inline std::string to_string(const object_metadata& value) {
  return value.namespace_ + "/" + value.name;
}

/// Names a Secret.
struct secret_reference {
  std::string name;                      ///< not empty
  std::optional<std::string> namespace_; ///< absent: the sink's
  text_position position;                ///< of the reference in its file; line 0 if made by hand
};

/// spec.kafka
struct kafka_settings {
  std::vector<std::string> brokers;       ///< host:port; empty: spec.endpoint (KAF-05)
  std::string topic;                      ///< trimmed (KAF-06)
  std::optional<secret_reference> secret; ///< wins over spec.secretRef
};

/// spec.nats
struct nats_settings {
  std::string url;                        ///< comma-separated; empty: spec.endpoint (NAT-01)
  std::string subject;                    ///< NAT-01
  std::string stream;                     ///< as written; empty: default_stream (NAT-03)
  std::optional<secret_reference> secret; ///< wins over spec.secretRef
};

/// spec.tls (NAT-04, KAF-08)
struct tls_manifest {
  bool insecure_skip_verify = false;         ///< trusts any certificate
  std::string ca_bundle;                     ///< PEM, decoded from base64; wins over ca_secret; may be empty
  std::optional<secret_reference> ca_secret; ///< key tls.crt, ca.crt or ca.pem
};

/// spec.serialization
struct serialization_settings {
  std::string format = "json"; ///< nothing else is accepted
  std::string compression;     ///< none, gzip, snappy, zstd or empty; no byte depends on it (ENV-04)
};

/// spec.provisioning
struct provisioning_settings {
  bool is_existing =
      false; ///< mode existing: nothing is created; ensure, the default, creates what is missing
  std::string name_template; ///< naming.template, with placeholders as in pathTemplate; may be empty
};

/// A KollectEventSink. decode_manifest() makes one and checks all that is said here.
struct event_sink {
  object_metadata metadata;                        ///< its name
  broker_system type = broker_system::kafka;       ///< spec.type
  bool connection_test = true;                     ///< probe before use
  std::string cluster;                             ///< trimmed (ENV-06)
  std::string endpoint;                            ///< stands in for brokers or url (KAF-05, NAT-01)
  std::optional<secret_reference> secret;          ///< credentials (KAF-07, NAT-04)
  std::optional<tls_manifest> tls;                 ///< absent: no TLS
  std::optional<kafka_settings> kafka;             ///< there if and only if type is kafka
  std::optional<nats_settings> nats;               ///< there if and only if type is nats
  std::string path_template;                       ///< ENV-07
  std::chrono::nanoseconds export_min_interval{0}; ///< 0 to 24 h
  serialization_settings serialization;            ///< spec.serialization
  provisioning_settings provisioning;              ///< accepted; the topic is not created (KAF-06)
  node options;                                    ///< accepted, but for keys that look secret (SEC-01)
};

/// Keys and values of a Secret, verbatim. Never print one (SEC-02).
using secret_values = std::map<std::string, std::string, std::less<>>;

/// A Kubernetes Secret.
struct secret {
  object_metadata metadata; ///< its name
  secret_values values;     ///< `data` decoded from base64; `stringData` wins over it
};

/// One entry of eventSinkRefs or databaseSinkRefs.
struct sink_reference {
  std::string name;                                            ///< not empty
  std::optional<std::chrono::nanoseconds> export_min_interval; ///< 0 to 24 h
  std::optional<std::uint64_t> max_export_bytes;               ///< 1 or more (MP-01)
};

/// What a KollectInventory says about where its snapshots go.
struct inventory_pairing {
  object_metadata metadata;                      ///< its name
  std::vector<sink_reference> event_sinks;       ///< spec.eventSinkRefs
  std::vector<sink_reference> database_sinks;    ///< spec.databaseSinkRefs
  std::optional<std::uint64_t> max_export_bytes; ///< of all sinks that say nothing else; 1 or more (MP-01)
};

/// spec.postgres of a database sink.
struct postgres_settings {
  secret_reference database;    ///< a Secret with the connection string under dsn or url
  std::string schema{"public"}; ///< of the table
  std::string table;            ///< not empty
};

/// A KollectDatabaseSink: where an inventory's rows of now are kept.
struct database_sink {
  object_metadata metadata;                  ///< its name
  std::string type;                          ///< postgres, mongodb or bigquery
  std::string cluster;                       ///< trimmed; a column of the table
  provisioning_settings provisioning;        ///< whether the table is created
  std::optional<postgres_settings> postgres; ///< there if and only if type is postgres
};

/// All documents of one manifest, each kind in the order written.
struct manifest_file {
  std::string source;                         ///< path or other name, for error messages
  std::vector<event_sink> sinks;              ///< KollectEventSink
  std::vector<database_sink> database_sinks;  ///< KollectDatabaseSink
  std::vector<secret> secrets;                ///< Secret
  std::vector<inventory_pairing> inventories; ///< KollectInventory
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
