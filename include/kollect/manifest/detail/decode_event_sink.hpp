#ifndef KOLLECT_MANIFEST_DETAIL_DECODE_EVENT_SINK_HPP
#define KOLLECT_MANIFEST_DETAIL_DECODE_EVENT_SINK_HPP

#include <kollect/base64.hpp>
#include <kollect/manifest/address.hpp>
#include <kollect/manifest/detail/certificate_pem.hpp>
#include <kollect/manifest/detail/decode_common.hpp>
#include <kollect/manifest/manifest.hpp>
#include <kollect/sensitive_key.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// The brokers in one text, as many other manifests have them: `a:9092,b:9092`. None where one of them is no
/// address: it may hold a password (SEC-02).
[[nodiscard]] inline std::vector<std::string> split_brokers(std::string_view text) {
  constexpr std::string_view between = ",; \t\r\n";
  std::vector<std::string> brokers;
  for (auto begin = text.find_first_not_of(between); begin != text.npos;
       begin = text.find_first_not_of(between, begin)) {
    const auto end = std::min(text.find_first_of(between, begin), text.size());
    brokers.emplace_back(text.substr(begin, end - begin));
    if (!check_broker_address(brokers.back()))
      return {};
    begin = end;
  }
  return brokers;
}

/// Fails for a text where a list of brokers, or one of them, stands.
inline void refuse_one_text(const manifest_field& brokers) {
  if (!brokers.present() || brokers.value().kind != node_kind::string)
    return;
  const auto found = split_brokers(brokers.value().text);
  if (brokers.is_element() && found.size() < 2)
    return; // refused for what it is, if at all
  std::string list;
  for (const auto& broker : found)
    list += (list.empty() ? "" : ", ") + broker;
  if (list.empty())
    list = "host:9092, other:9092";
  brokers.fail(error::invalid_value,
               brokers.is_element() ? "must be one address; write brokers: [" + list + "]"
                                    : "must be a list: [" + list + "]",
               "KAF-05");
}

[[nodiscard]] inline kafka_settings decode_kafka(const manifest_field& kafka) {
  kafka.only({"brokers", "topic", "secretRef"});
  kafka_settings decoded;
  std::size_t bytes = 0;
  refuse_one_text(kafka["brokers"]);
  for (const auto& broker : kafka["brokers"].elements()) {
    refuse_one_text(broker.required());
    decoded.brokers.emplace_back(trim(broker.text()));
    bytes += decoded.brokers.back().size();
    if (broker.present())
      broker.expect(check_broker_address(decoded.brokers.back()));
  }
  if (decoded.brokers.size() > max_addresses || bytes > max_address_bytes)
    kafka["brokers"].fail(error::invalid_value,
                          "lists more than " + std::to_string(max_addresses) + " addresses or " +
                              std::to_string(max_address_bytes) +
                              " bytes; a few brokers are enough to find the rest",
                          "KAF-05");
  const auto topic = kafka["topic"].required("KAF-06");
  decoded.topic = trim(topic.text());
  if (topic.present() && !is_topic_name(decoded.topic))
    topic.fail(error::invalid_value, "must be a Kafka topic name: letters, digits, . _ and -, at most 249",
               "KAF-06");
  decoded.secret = decode_secret_reference(kafka["secretRef"]);
  return decoded;
}

[[nodiscard]] inline nats_settings decode_nats(const manifest_field& nats) {
  nats.only({"url", "subject", "stream", "secretRef"});
  nats_settings decoded;
  decoded.url = trim(nats["url"].text());
  if (!decoded.url.empty())
    nats["url"].expect(read_nats_urls(decoded.url));
  const auto subject = nats["subject"].required("NAT-01");
  decoded.subject = trim(subject.text());
  if (subject.present() && !is_publish_subject(decoded.subject))
    subject.fail(
        error::invalid_value,
        "must be a NATS subject to publish to: tokens joined by dots, without blanks, * or >, not beginning "
        "with $, at most 255 bytes",
        "NAT-01");
  decoded.stream = trim(nats["stream"].text());
  if (!decoded.stream.empty() && !is_stream_name(decoded.stream))
    nats["stream"].fail(error::invalid_value,
                        "must be a stream name without blanks, *, >, / or \\, at most 255 bytes", "NAT-03");
  decoded.secret = decode_secret_reference(nats["secretRef"]);
  return decoded;
}

[[nodiscard]] inline std::optional<tls_manifest> decode_tls(const manifest_field& tls) {
  if (!tls.present())
    return {};
  tls.only({"insecureSkipVerify", "caBundle", "caSecretRef"});
  tls_manifest decoded;
  decoded.insecure_skip_verify = tls["insecureSkipVerify"].boolean(false);
  decoded.ca_secret = decode_secret_reference(tls["caSecretRef"]);
  if (const auto bundle = tls["caBundle"].text(); !bundle.empty()) {
    decoded.ca_bundle = decode_base64(bundle).value_or(std::string());
    if (!is_certificate_pem(decoded.ca_bundle))
      tls["caBundle"].fail(error::invalid_value, "must be base64 of PEM certificates", "NAT-04");
  }
  return decoded;
}

[[nodiscard]] inline serialization_settings decode_serialization(const manifest_field& serialization) {
  serialization_settings decoded;
  if (!serialization.present())
    return decoded;
  if (const auto layout = serialization["layout"]; layout.present())
    layout.fail(error::invalid_value, "is not for event sinks; remove it");
  serialization.only({"format", "compression"});
  if (const auto format = serialization["format"];
      format.present() && lower_case(trim(format.text())) != decoded.format)
    format.fail(error::invalid_value, "must be json; events have no other format");
  const auto compression = serialization["compression"];
  decoded.compression = lower_case(trim(compression.text()));
  constexpr std::array<std::string_view, 5> compressions{"", "none", "gzip", "snappy", "zstd"};
  if (std::find(compressions.begin(), compressions.end(), decoded.compression) == compressions.end())
    compression.fail(error::invalid_value, "must be none, gzip, snappy or zstd");
  return decoded;
}

/// Whether a key of `options` looks as if its value were a secret: the operator looks for such words anywhere
/// in it, redaction (SEC-01) at its end.
[[nodiscard]] inline bool is_secret_option(std::string_view key) {
  constexpr std::array<std::string_view, 12> words{"password",  "passwd",     "secret",      "token",
                                                   "apikey",    "api_key",    "accesskey",   "access_key",
                                                   "secretkey", "privatekey", "private_key", "credential"};
  const auto lower = lower_case(key);
  return is_sensitive_key(key) || std::any_of(words.begin(), words.end(), [&](auto word) {
           return lower.find(word) != std::string::npos;
         });
}

/// Properties of broker clients that load code, run commands or send requests elsewhere.
[[nodiscard]] inline bool is_dangerous_option(std::string_view key) noexcept {
  constexpr std::array<std::string_view, 5> beginnings{"plugin.library.paths", "sasl.kerberos.",
                                                       "sasl.oauthbearer.", "ssl.engine.", "ssl.providers"};
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](auto beginning) { return key.starts_with(beginning); });
}

/// Refuses secrets in plain sight (SEC-01) and dangerous options, at any depth. Options are not handed
/// to a broker client at all, but who writes such a key expects what must not be.
inline void check_options(const manifest_field& options) {
  if (!options.present())
    return;
  if (options.value().kind == node_kind::sequence)
    for (const auto& element : options.elements())
      check_options(element);
  if (options.value().kind != node_kind::mapping)
    return;
  for (const auto& [key, member] : options.members()) {
    if (is_dangerous_option(key))
      member.fail(error::invalid_value, "can load code or run commands and is never accepted; remove it");
    if (is_secret_option(key))
      member.fail(error::invalid_value, "looks secret; put it into a Secret and name it in secretRef",
                  "SEC-01");
    check_options(member);
  }
}

/// Decodes spec.type and the section that goes with it, and only that one.
inline void decode_broker(const manifest_field& spec, event_sink& sink) {
  const auto type = spec["type"].required();
  const auto name = type.text();
  constexpr std::array<std::string_view, 2> types{"kafka", "nats"};
  if (name != types[0] && name != types[1])
    return type.fail(error::invalid_value, "is no type of event sink; " + suggest_name(name, types));
  sink.type = name == types[0] ? broker_system::kafka : broker_system::nats;
  const auto other = spec[name == types[0] ? types[1] : types[0]];
  if (other.present())
    other.fail(error::invalid_value, "must not be there when spec.type is " + name + "; remove it");
  const auto settings = spec[name].required();
  if (!settings.present())
    return;
  if (sink.type == broker_system::kafka)
    sink.kafka = decode_kafka(settings);
  else
    sink.nats = decode_nats(settings);

  const auto endpoint = spec["endpoint"];
  sink.endpoint = trim(endpoint.text());
  if (sink.endpoint.empty())
    return;
  if (sink.type == broker_system::kafka)
    endpoint.expect(check_broker_address(sink.endpoint));
  else
    endpoint.expect(read_nats_urls(sink.endpoint));
}

/// A KollectEventSink document; `status` is whatever the operator wrote there.
[[nodiscard]] inline event_sink decode_event_sink(const manifest_field& root) {
  root.only({"apiVersion", "kind", "metadata", "spec", "status"});
  expect_api_version(root, "kollect.dev/v1alpha1");
  event_sink sink;
  sink.metadata = decode_metadata(root["metadata"]);
  const auto spec = root["spec"].required();
  if (const auto layout = spec["layout"]; layout.present())
    layout.fail(error::invalid_value, "is not for event sinks; remove it");
  spec.only({"type", "connectionTest", "cluster", "endpoint", "secretRef", "tls", "kafka", "nats",
             "pathTemplate", "exportMinInterval", "serialization", "provisioning", "options"});
  decode_broker(spec, sink);
  sink.connection_test = spec["connectionTest"].boolean(true);
  sink.cluster = trim(spec["cluster"].text());
  sink.secret = decode_secret_reference(spec["secretRef"]);
  sink.tls = decode_tls(spec["tls"]);
  sink.path_template = decode_template(spec["pathTemplate"]);
  sink.export_min_interval = decode_interval(spec["exportMinInterval"]).value_or(std::chrono::nanoseconds(0));
  sink.serialization = decode_serialization(spec["serialization"]);
  sink.provisioning = decode_provisioning(spec["provisioning"]);
  if (const auto options = spec["options"]; options.is(node_kind::mapping))
    sink.options = options.value();
  check_options(spec["options"]);
  return sink;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
