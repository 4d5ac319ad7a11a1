#ifndef KOLLECT_KAFKA_PROPERTIES_HPP
#define KOLLECT_KAFKA_PROPERTIES_HPP

#include <kollect/error.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka {

/// A librdkafka property as of `-X name=value`.
struct property {
  std::string name;  ///< as librdkafka calls it
  std::string value; ///< as text

  friend bool operator==(const property&, const property&) = default;
};

/// Which kind of client a property is for.
enum class client_role { publisher, subscriber };

/// A property that may be set from outside: one that tunes, and that cannot load code, run a
/// program, read a file, weaken security or change what is delivered.
struct allowed_property {
  std::string_view name; ///< as librdkafka calls it
  bool publisher;        ///< may be set for a publisher
  bool subscriber;       ///< may be set for a subscriber and a reader
};

inline constexpr auto allowed_properties = std::to_array<allowed_property>({
    {"api.version.request.timeout.ms", true, true},
    {"batch.num.messages", true, false},
    {"batch.size", true, false},
    {"broker.address.family", true, true},
    {"broker.address.ttl", true, true},
    {"client.rack", false, true},
    {"compression.codec", true, false},
    {"compression.level", true, false},
    {"compression.type", true, false},
    {"connections.max.idle.ms", true, true},
    {"coordinator.query.interval.ms", false, true},
    {"debug", true, true},
    {"fetch.error.backoff.ms", false, true},
    {"fetch.max.bytes", false, true},
    {"fetch.message.max.bytes", false, true},
    {"fetch.min.bytes", false, true},
    {"fetch.queue.backoff.ms", false, true},
    {"fetch.wait.max.ms", false, true},
    {"heartbeat.interval.ms", false, true},
    {"linger.ms", true, false},
    {"log.connection.close", true, true},
    {"log_level", true, true},
    {"max.partition.fetch.bytes", false, true},
    {"max.poll.interval.ms", false, true},
    {"message.max.bytes", true, false},
    {"metadata.max.age.ms", true, true},
    {"queue.buffering.max.kbytes", true, false},
    {"queue.buffering.max.messages", true, false},
    {"queue.buffering.max.ms", true, false},
    {"queued.max.messages.kbytes", false, true},
    {"queued.min.messages", false, true},
    {"receive.message.max.bytes", true, true},
    {"reconnect.backoff.max.ms", true, true},
    {"reconnect.backoff.ms", true, true},
    {"request.timeout.ms", true, false},
    {"retry.backoff.ms", true, true},
    {"session.timeout.ms", false, true},
    {"socket.connection.setup.timeout.ms", true, true},
    {"socket.keepalive.enable", true, true},
    {"socket.max.fails", true, true},
    {"socket.nagle.disable", true, true},
    {"socket.receive.buffer.bytes", true, true},
    {"socket.send.buffer.bytes", true, true},
    {"socket.timeout.ms", true, true},
    {"statistics.interval.ms", true, true},
    {"sticky.partitioning.linger.ms", true, false},
    {"topic.metadata.refresh.fast.interval.ms", true, true},
    {"topic.metadata.refresh.interval.ms", true, true},
});

/// Whether a property may be set from outside; error::invalid_value names one that may not. Only the name
/// is ever printed, as the value could be a secret (SEC-02). Linear in the table.
[[nodiscard]] inline result<void> check_property(std::string_view name, client_role role) {
  const auto refuse = [&](std::string_view why) {
    return make_failure(error::invalid_value, "the Kafka property " + std::string(name.substr(0, 100)) +
                                                  " is refused: " + std::string(why));
  };
  if (name.find("password") != name.npos || name.find("secret") != name.npos)
    return refuse("secrets belong into the secret that the manifest refers to");
  if (name.starts_with("sasl.") || name.starts_with("ssl.") || name == "security.protocol")
    return refuse("security is set by the manifest's spec.tls and secret");
  if (name.starts_with("plugin."))
    return refuse("it would load code into this process");
  const auto* const found = std::ranges::find(allowed_properties, name, &allowed_property::name);
  if (found == allowed_properties.end())
    return refuse("it is not one of those that only tune");
  if (role == client_role::publisher && !found->publisher)
    return refuse("it is for consumers only");
  if (role == client_role::subscriber && !found->subscriber)
    return refuse("it is for producers only");
  return {};
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka

#endif
