#ifndef KOLLECT_CONFORMANCE_REQUIREMENTS_HPP
#define KOLLECT_CONFORMANCE_REQUIREMENTS_HPP

#include <algorithm>
#include <array>
#include <string_view>

namespace kollect::conformance {

/// How much a clause binds, as in RFC 2119. What is info is told and never counts.
enum class level { must, should, info };

/// Whom a clause binds: bits.
namespace profile {
inline constexpr unsigned kafka = 1;    ///< sinks that publish to Kafka
inline constexpr unsigned nats = 2;     ///< sinks that publish to NATS JetStream
inline constexpr unsigned consumer = 4; ///< whoever reads the messages
inline constexpr unsigned every_sink = kafka | nats;
inline constexpr unsigned everyone = every_sink | consumer;
} // namespace profile

/// One clause of docs/contract.md.
struct requirement {
  std::string_view id; ///< such as ENV-05
  level how;
  unsigned profiles; ///< bits of profile
  std::string_view
      source; ///< the published page (DOC), upstream's decision records, or what the operator does
  std::string_view sentence;      ///< as on that page
  std::string_view unseen;        ///< why driving a sink cannot show it; empty: there is a judge for it
  std::string_view departure;     ///< how today's operator departs from it, as far as is known
  bool departs_sometimes = false; ///< only in some configurations, so that it may hold as well
};

constexpr std::string_view to_string(level how) noexcept {
  return how == level::must ? "MUST" : how == level::should ? "SHOULD" : "INFO";
}

/// The one table that tests, reports and the documentation agree with, in the order of that page.
inline constexpr auto requirements = std::to_array<requirement>({
    {"ENV-01", level::must, profile::every_sink, "DOC",
     "each export publishes exactly one envelope a snapshot, or one a part, with all rows", "", ""},
    {"ENV-02", level::must, profile::everyone, "DOC, ADR-0405",
     "a producer sends exactly schemaVersion, timestamp, cluster, namespace and payload, in this order; a "
     "consumer takes any order and passes over unknown fields",
     "", ""},
    {"ENV-03", level::must, profile::everyone, "ADR-0405, ADR-0418",
     "schemaVersion is `kollect.dev/v1alpha1`; absent or empty means the same; anything else is set aside "
     "visibly",
     "", ""},
    {"ENV-04", level::must, profile::every_sink, "DOC",
     "the same export has the same bytes on Kafka and NATS", "", ""},
    {"ENV-05", level::must, profile::every_sink, "DOC",
     "timestamp is RFC 3339 in UTC with `Z`, at most nine fractional digits without trailing zeros, new "
     "at each export",
     "", ""},
    {"ENV-06", level::must, profile::every_sink, "DOC",
     "cluster is the sink's spec.cluster without surrounding white space, or empty", "", ""},
    {"ENV-07", level::must, profile::every_sink, "DOC", "namespace is the inventory's", "",
     "a cluster-wide inventory says `cluster`; with spec.pathTemplate it is the first segment of the path, "
     "such as "
     "`clusters` for all",
     true},
    {"ENV-08", level::must, profile::every_sink, "operator",
     "an export without payload bytes publishes nothing and is an error", "", ""},
    {"PAY-01", level::must, profile::everyone, "ADR-0405",
     "the payload is an array of rows, an export envelope, or one part of a multipart set", "",
     "sends export envelopes"},
    {"PAY-02", level::must, profile::every_sink, "ADR-0405",
     "checksum is lowercase hex SHA-256 over the bytes of `items` as sent", "", ""},
    {"PAY-03", level::must, profile::every_sink, "ADR-0405",
     "itemCount is the number of items in this message", "", ""},
    {"PAY-04", level::must, profile::every_sink, "ADR-0405",
     "exportedAt is RFC 3339 in UTC, once an export, the same in all parts", "", ""},
    {"PAY-05", level::info, profile::every_sink, "ADR-0405",
     "generation is the inventory resource's generation: two data snapshots may share it", "", ""},
    {"ROW-01", level::must, profile::everyone, "ADR-0405",
     "a row has targetNamespace, targetName, namespace, name, group, version, kind, uid, attributes, in this "
     "order; only group may be absent",
     "", ""},
    {"ROW-02", level::must, profile::every_sink, "ADR-0405",
     "attributes is an object with its keys in bytewise order, or null", "", ""},
    {"ROW-03", level::must, profile::everyone, "ADR-0305",
     "a row is identified by targetNamespace, targetName, namespace, name and uid within its scope", "", ""},
    {"ORD-01", level::must, profile::every_sink, "ADR-0405",
     "rows are sorted bytewise by targetNamespace, targetName, namespace, name, uid, group, version and "
     "kind, joined by NUL; the same snapshot always gives the same bytes",
     "", ""},
    {"BYT-01", level::must, profile::every_sink, "ADR-0405", "no white space outside strings", "", ""},
    {"BYT-02", level::must, profile::every_sink, "ADR-0405",
     "keys of attributes in bytewise order at every depth, each once", "", ""},
    {"BYT-03", level::must, profile::everyone, "ADR-0405",
     "`\\\"` `\\\\` `\\b` `\\f` `\\n` `\\r` `\\t`, other control characters, `<` `>` `&`, U+2028 and U+2029 "
     "as `\\u…` in lowercase; all else raw UTF-8; what is not UTF-8 becomes U+FFFD",
     "", ""},
    {"BYT-04", level::must, profile::every_sink, "ADR-0405",
     "integers within int64 in decimal; every other number as the shortest text of its double, with an "
     "exponent below 1e-6 and from 1e21 on",
     "", ""},
    {"BYT-05", level::must, profile::every_sink, "ADR-0405",
     "JSON text that is handed over as payload is compacted and escaped so, its numbers and other escapes "
     "stay as they are",
     "rows are handed over, never a payload as JSON text; that payloads are compact and escaped is seen by "
     "BYT-01 and BYT-03",
     ""},
    {"MP-01", level::must, profile::every_sink, "ADR-0405",
     "a snapshot over maxExportBytes (1572864) is split: rows by their own bytes, filled greedily, each part "
     "then in ORD-01 order; a candidate is measured with both part marks at the number of rows",
     "", ""},
    {"MP-02", level::must, profile::every_sink, "ADR-0405",
     "no part is over maxExportBytes; a row that alone is too large is an error and nothing is published", "",
     ""},
    {"MP-03", level::must, profile::every_sink, "ADR-0405", "a snapshot that fits carries no part marks", "",
     ""},
    {"MP-04", level::must, profile::everyone, "ADR-0405",
     "an export that succeeds leaves every part of its set; a set is applied when every index is there, and "
     "never in "
     "part",
     "", ""},
    {"MP-05", level::must, profile::everyone, "ADR-0405",
     "parts of a set share scope, generation, exportedAt and partTotal", "", ""},
    {"SIZE-01", level::must, profile::every_sink, "ADR-0405",
     "nothing over a limit is dropped in silence: it arrives, or is an error", "",
     "drops payloads over 1 MiB where the inventory has a snapshot sink; an error elsewhere", true},
    {"KAF-01", level::must, profile::kafka, "ADR-0405", "message key `{cluster}:{namespace}/{inventory}`", "",
     "sends `{cluster}/{namespace}`"},
    {"KAF-02", level::should, profile::kafka, "ADR-0402", "one key's messages go to one partition, in order",
     "", "spreads them over all partitions"},
    {"KAF-03", level::must, profile::kafka, "ADR-0402",
     "success only after all in-sync replicas have the message", "", ""},
    {"KAF-04", level::should, profile::kafka, "ADR-0402",
     "headers `kollect.dev/cluster` and `kollect.dev/namespace`", "", "sends none"},
    {"KAF-05", level::must, profile::kafka, "ADR-0402",
     "spec.kafka.brokers, or spec.endpoint where it is absent", "", "has no fallback"},
    {"KAF-06", level::must, profile::kafka, "ADR-0402",
     "spec.kafka.topic is required, trimmed, and never created by the sink", "", ""},
    {"KAF-07", level::must, profile::kafka, "ADR-0402",
     "with a username SASL/SCRAM-SHA-256; the secret's token takes the password's place; values verbatim", "",
     ""},
    {"KAF-08", level::should, profile::kafka, "ADR-0402", "TLS from spec.tls", "", "has none for Kafka"},
    {"NAT-01", level::must, profile::nats, "ADR-0402",
     "JetStream subject spec.nats.subject; server spec.nats.url, or spec.endpoint", "", ""},
    {"NAT-02", level::must, profile::nats, "ADR-0402",
     "Nats-Msg-Id is hex SHA-256 over `{cluster}/{namespace}/` and the payload bytes", "", ""},
    {"NAT-03", level::must, profile::nats, "ADR-0402",
     "stream spec.nats.stream, `kollect_events` if unset, `.` as `_`; made if missing; an existing one keeps "
     "its settings",
     "", "overwrites them"},
    {"NAT-04", level::must, profile::nats, "ADR-0402",
     "token, or username and password; TLS 1.2 or newer from spec.tls", "", ""},
    {"NAT-05", level::must, profile::nats, "ADR-0402",
     "success only after JetStream's acknowledgement; `duplicate` is success", "", ""},
    {"NAT-06", level::info, profile::nats, "ADR-0402",
     "with array payloads the duplicate window swallows the last of A, B, A", "", ""},
    {"DED-01", level::must, profile::everyone, "DOC",
     "delivery is at least once; the dedup key is cluster, namespace, timestamp and payload checksum", "",
     ""},
    {"DED-02", level::must, profile::consumer, "ADR-0405",
     "the payload checksum is over the payload's raw bytes",
     "binds whoever reads the messages, and is judged with --consumer", ""},
    {"DED-03", level::must, profile::consumer, "ADR-0405",
     "in a scope only a newer snapshot is applied: by exportedAt, else by timestamp",
     "binds whoever reads the messages, and is judged with --consumer", ""},
    {"DEL-01", level::must, profile::consumer, "ADR-0401, ADR-0418",
     "a snapshot replaces its whole scope: rows that it lacks are deleted",
     "binds whoever reads the messages, and is judged with --consumer", ""},
    {"DEL-02", level::must, profile::everyone, "ADR-0405",
     "an empty snapshot is published and clears its scope", "", "never publishes one"},
    {"DEL-03", level::must, profile::consumer, "ADR-0401, ADR-0418", "a silent cluster is stale, not deleted",
     "binds whoever reads the messages, and is judged with --consumer", ""},
    {"DEL-04", level::info, profile::every_sink, "operator", "identical snapshots come again and again", "",
     "about every 30 s"},
    {"SEC-01", level::must, profile::every_sink, "ADR-0402",
     "no secrets in messages: whoever collects redacts before export; a sink that redacts by itself says so",
     "", "passes over attributes' top-level names", true},
    {"SEC-02", level::must, profile::every_sink, "ADR-0402",
     "no credentials in logs, errors, metrics or dumps", "", ""},
});

/// The clause of that id, or nullptr.
constexpr const requirement* find_requirement(std::string_view id) noexcept {
  const auto* const found = std::find_if(requirements.begin(), requirements.end(),
                                         [&](const requirement& one) { return one.id == id; });
  return found == requirements.end() ? nullptr : found;
}

} // namespace kollect::conformance

#endif
