#ifndef KOLLECT_KAFKA_DETAIL_MAKE_CONFIG_HPP
#define KOLLECT_KAFKA_DETAIL_MAKE_CONFIG_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/kafka/config.hpp>
#include <kollect/kafka/detail/pointers.hpp>
#include <kollect/kafka/properties.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// The only thing that is ever said about a SASL set-up that failed (SEC-02).
inline constexpr std::string_view sasl_failure_text = "kafka SASL: authentication configuration failed";

/// Names, not values, of what must not be printed are known here: a value that cannot be set is not repeated.
class config_builder {
public:
  explicit config_builder(rd_kafka_conf_t* config) noexcept : config_(config) {}

  config_builder& set(const char* name, const std::string& value) {
    if (failed_)
      return *this;
    char reason[512] = "";
    const bool whole = value.find('\0') == std::string::npos;
    if (whole && rd_kafka_conf_set(config_, name, value.c_str(), reason, sizeof reason) == RD_KAFKA_CONF_OK)
      return *this;
    failed_ = make_failure(error::invalid_value,
                           "the Kafka property " + std::string(name) +
                               " cannot be set: " + (whole ? reason : "its value holds a NUL byte"));
    return *this;
  }
  config_builder& set(const char* name, const char* value) { return set(name, std::string(value)); }
  config_builder& set(const char* name, bool value) { return set(name, value ? "true" : "false"); }
  config_builder& set(const char* name, std::size_t value) { return set(name, std::to_string(value)); }
  config_builder& set(const char* name, std::chrono::milliseconds value) {
    return set(name, std::to_string(value.count()));
  }

  /// As set(), but does nothing if this librdkafka is too old for the property.
  config_builder& set_if_known(const char* name, std::chrono::milliseconds value) {
    std::size_t size = 0;
    const bool is_known = rd_kafka_conf_get(config_, name, nullptr, &size) == RD_KAFKA_CONF_OK;
    return is_known ? set(name, value) : *this;
  }

  /// As set(), but says no more than SEC-02 allows.
  config_builder& set_sasl(const char* name, const std::string& value) {
    if (failed_)
      return *this;
    if (!set(name, value).failed_ && !value.empty())
      return *this;
    failed_ = make_failure(error::authentication_failed, std::string(sasl_failure_text), "SEC-02");
    return *this;
  }

  [[nodiscard]] result<void> finish() const {
    if (failed_)
      return *failed_;
    return {};
  }

private:
  rd_kafka_conf_t* config_;
  std::optional<failure> failed_;
};

[[nodiscard]] inline bool has_login(const connection& target) noexcept {
  // KAF-07: a token without a username means no SASL.
  return target.secret && !target.secret->username.empty();
}

[[nodiscard]] inline bool is_loopback(std::string_view address) noexcept {
  return address.starts_with("127.") || address.starts_with("localhost:") || address.starts_with("[::1]:");
}

inline void set_security(config_builder& builder, const connection& target) {
  const bool login = has_login(target), tls = target.tls.has_value();
  builder.set("security.protocol",
              login ? (tls ? "sasl_ssl" : "sasl_plaintext") : (tls ? "ssl" : "plaintext"));
  if (login) {
    builder.set_sasl("sasl.mechanisms", "SCRAM-SHA-256")
        .set_sasl("sasl.username", target.secret->username)
        .set_sasl("sasl.password", target.secret->password);
  }
  if (!tls)
    return;
  const bool verify = !target.tls->insecure_skip_verify;
  builder.set("enable.ssl.certificate.verification", verify)
      .set("ssl.endpoint.identification.algorithm", verify ? "https" : "none");
  if (!target.tls->ca_pem.empty())
    builder.set("ssl.ca.pem", target.tls->ca_pem);
}

[[nodiscard]] inline result<void> set_client(config_builder& builder, const connection& target,
                                             const client_options& options) {
  if (target.addresses.empty())
    return make_failure(error::missing_key, "no broker is given: set spec.kafka.brokers or spec.endpoint",
                        "KAF-05");
  if (target.destination.empty())
    return make_failure(error::missing_key, "no topic is given: set spec.kafka.topic", "KAF-06");
  std::string brokers;
  for (const std::string& address : target.addresses)
    brokers.append(brokers.empty() ? "" : ",").append(address);
  builder.set("bootstrap.servers", brokers)
      .set("client.id", options.client_id)
      // Logs go through the queue that we poll, so that they are never written from a foreign thread.
      .set("log.queue", true)
      // For publishers it is on by default; a missing topic is to stay missing (KAF-06).
      .set("allow.auto.create.topics", false)
      // For how long an unknown topic may be one that was made just now; the default is 30 s.
      .set("topic.metadata.propagation.max.ms", std::chrono::milliseconds(2'000))
      // The default of 10 s would hold a client back long after the broker has returned.
      .set("reconnect.backoff.max.ms", std::chrono::milliseconds(2'000));
  set_security(builder, target);
  return builder.finish();
}

[[nodiscard]] inline result<void> set_properties(config_builder& builder, const client_options& options,
                                                 client_role role) {
  for (const property& extra : options.properties) {
    if (auto allowed = check_property(extra.name, role); !allowed)
      return allowed;
    builder.set(extra.name.c_str(), extra.value);
  }
  return builder.finish();
}

/// What a person should know before messages flow; one line each.
[[nodiscard]] inline std::vector<std::string> start_warnings(const connection& target) {
  std::vector<std::string> lines = target.warnings;
  if (target.tls && target.tls->insecure_skip_verify)
    lines.emplace_back("spec.tls.insecureSkipVerify is set: anybody can pose as the Kafka broker");
  if (!has_login(target))
    return lines;
  if (!target.tls && !std::ranges::all_of(target.addresses, is_loopback))
    lines.emplace_back(
        "Kafka credentials are used without TLS: set spec.tls, or anybody on the way can read the messages");
  if (rd_kafka_version() < 0x020601ff)
    lines.emplace_back(
        "librdkafka " + std::string(rd_kafka_version_str()) +
        " cannot log in with SCRAM to Kafka 4.0 or later: use librdkafka 2.6.1 or later there");
  return lines;
}

/// librdkafka's configuration of a publisher: every in-sync replica confirms (KAF-03), nothing is doubled or
/// reordered by retries, and keys go to the partitions that Java clients send them to (KAF-02).
[[nodiscard]] inline result<config_pointer> make_config(const connection& target,
                                                        const publisher_options& options) {
  config_pointer config{rd_kafka_conf_new()};
  config_builder builder{config.get()};
  if (auto set = set_client(builder, target, options.client); !set)
    return set.error();
  builder.set("acks", "all")
      .set("enable.idempotence", true)
      .set("partitioner", "murmur2_random")
      .set("linger.ms", options.linger)
      .set("message.max.bytes", options.max_message_bytes)
      .set("queue.buffering.max.kbytes", std::max(options.queue_bytes, options.max_message_bytes) / 1024)
      // publish() has its own deadline; librdkafka must not have another.
      .set("message.timeout.ms", "0");
  if (auto set = set_properties(builder, options.client, client_role::publisher); !set)
    return set.error();
  return config;
}

/// How often a member tells its group that it lives. With the answer it learns that another has gone, so who
/// takes over waits this much longer than the session timeout.
[[nodiscard]] constexpr std::chrono::milliseconds
heartbeat_interval(std::chrono::milliseconds session_timeout) noexcept {
  return std::clamp(session_timeout / 20, std::chrono::milliseconds(100), std::chrono::milliseconds(3000));
}

/// How long librdkafka sleeps when it finds the queue of fetched messages full. With its default, a second, a
/// queue that is read in less is empty for the rest.
inline constexpr std::chrono::milliseconds full_queue_pause{10};

/// librdkafka's configuration of a subscriber. Positions and commits are ours alone.
[[nodiscard]] inline result<config_pointer> make_config(const connection& target,
                                                        const subscriber_options& options) {
  config_pointer config{rd_kafka_conf_new()};
  config_builder builder{config.get()};
  if (auto set = set_client(builder, target, options.client); !set)
    return set.error();
  if (options.group.empty())
    return make_failure(error::invalid_value, "the consumer group has no name: set --group");
  builder.set("group.id", options.group)
      .set("session.timeout.ms", options.session_timeout)
      .set("heartbeat.interval.ms", heartbeat_interval(options.session_timeout))
      .set("max.poll.interval.ms", std::max(options.max_poll_interval, options.session_timeout))
      // Cooperative rebalancing loses partitions in librdkafka before 2.10.
      .set("partition.assignment.strategy", "range,roundrobin")
      .set("enable.auto.commit", false)
      .set("enable.auto.offset.store", false)
      // An offset out of range is reported to us as a gap instead of being passed over.
      .set("auto.offset.reset", "error")
      .set("check.crcs", true)
      .set("enable.partition.eof", true)
      // New partitions and deleted topics are noticed after this at the latest.
      .set("topic.metadata.refresh.interval.ms", std::chrono::milliseconds(10'000))
      .set("fetch.wait.max.ms", options.fetch_wait)
      .set("fetch.message.max.bytes", options.partition_fetch_bytes)
      .set("fetch.max.bytes", options.fetch_bytes)
      .set("queued.max.messages.kbytes", std::max<std::size_t>(options.queue_bytes / 1024, 1))
      .set_if_known("fetch.queue.backoff.ms", full_queue_pause) // before 2.2 prefetch_meter is in its place
      // The answer holds the message and some frame around it.
      .set("receive.message.max.bytes",
           std::max(options.max_message_bytes, options.fetch_bytes) + 1024U * 1024);
  if (!options.instance_id.empty())
    builder.set("group.instance.id", options.instance_id);
  if (auto set = set_properties(builder, options.client, client_role::subscriber); !set)
    return set.error();
  return config;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
