#include "broker_access.hpp"

#include <kollect/kafka/embedded_broker.hpp>
#include <kollect/kafka/reader.hpp>
#include <kollect/nats/reader.hpp>

#include <thread>
#include <utility>

namespace kollect::conformance {

namespace {

constexpr std::chrono::milliseconds pause_between_questions{50};

/// Where the partitions of a Kafka topic end.
class kafka_ends {
public:
  kafka_ends(std::shared_ptr<kafka::detail::client> client, std::string topic)
      : client_(std::move(client)), topic_(std::move(topic)) {}

  /// A topic that was just made has no leaders for a moment.
  result<log_ends> operator()(std::chrono::milliseconds timeout) {
    const kafka::detail::deadline end{timeout};
    for (;;) {
      auto found = look(end.left());
      if (found || found.error().code != condition::unavailable || end.passed())
        return found;
      std::this_thread::sleep_for(pause_between_questions);
    }
  }

  static result<kafka_ends> create(const connection& target, std::chrono::milliseconds timeout) {
    kafka::publisher_options options;
    options.client.connect_timeout = timeout;
    auto config = kafka::detail::make_config(target, options);
    if (!config)
      return config.error();
    auto made = kafka::detail::client::create(RD_KAFKA_PRODUCER, std::move(*config), target, options.client);
    if (!made)
      return made.error();
    kafka_ends ends(std::move(*made), target.destination);
    ends.target_ = target;
    return ends;
  }

private:
  result<log_ends> look(std::chrono::milliseconds timeout) {
    auto partitions = kafka::detail::await_topic(*client_, target_, topic_, timeout);
    if (!partitions)
      return partitions.error();
    log_ends ends;
    for (const auto partition : *partitions) {
      const auto extent = kafka::detail::measure(*client_, topic_, partition, timeout);
      if (!extent)
        return extent.error();
      ends[partition] = extent->end;
    }
    return ends;
  }

  std::shared_ptr<kafka::detail::client> client_;
  connection target_;
  std::string topic_;
};

result<std::shared_ptr<nats::detail::client>> connect_nats(const connection& target,
                                                           std::chrono::milliseconds timeout) {
  nats::client_options options;
  options.client_name = "kollect-conformance";
  options.connect_timeout = options.request_timeout = timeout;
  auto made = nats::detail::client::connect(target, options);
  if (!made)
    return made.error();
  return std::shared_ptr<nats::detail::client>(std::move(*made));
}

} // namespace

result<std::unique_ptr<log_reader>> open_reader(const connection& target, std::chrono::milliseconds timeout) {
  if (target.system == broker_system::kafka) {
    kafka::reader_options options;
    options.client.client_id = "kollect-conformance";
    options.client.connect_timeout = timeout;
    return kafka::create_reader(target, options);
  }
  nats::reader_options options;
  options.client.client_name = "kollect-conformance";
  options.client.connect_timeout = options.client.request_timeout = timeout;
  return nats::create_reader(target, options);
}

result<ends_question> ask_for_ends(const connection& target, std::chrono::milliseconds timeout) {
  if (target.system == broker_system::kafka) {
    auto made = kafka_ends::create(target, timeout);
    if (!made)
      return made.error();
    return ends_question(std::move(*made));
  }
  auto client = connect_nats(target, timeout);
  if (!client)
    return client.error();
  return ends_question(
      [client = *client, stream = target.stream](std::chrono::milliseconds patience) -> result<log_ends> {
        const auto found = nats::detail::find_stream(*client, stream, patience);
        if (!found)
          return found.error();
        return log_ends{{0, *found ? static_cast<std::int64_t>((*found)->last_sequence) + 1 : 0}};
      });
}

recorded_message to_recorded(const received_message& message) {
  recorded_message copy;
  copy.destination = message.subject;
  copy.partition = message.partition;
  copy.offset = message.offset;
  copy.appended_at = message.appended_at;
  copy.key = message.key;
  copy.headers = message.headers;
  copy.value = message.value;
  return copy;
}

result<jetstream> jetstream::connect(const connection& target, std::chrono::milliseconds timeout) {
  auto client = connect_nats(target, timeout);
  if (!client)
    return client.error();
  return jetstream(
      [client = *client, timeout](const std::string& subject,
                                  const boost::json::object& body) -> result<boost::json::object> {
        auto reply = client->request("$JS.API." + subject, body, timeout);
        if (!reply)
          return reply.error();
        if (reply->error_code == JSStreamNotFoundErr)
          return boost::json::object();
        if (reply->error_code != 0)
          return nats::detail::explain(*reply, "asking JetStream for " + subject);
        return std::move(reply->body);
      });
}

result<void> jetstream::create_stream(const boost::json::object& configuration) {
  const auto name = nats::detail::text(configuration, "name");
  if (auto made = ask_("STREAM.CREATE." + name, configuration); !made)
    return made.error();
  return {};
}

result<std::optional<boost::json::object>> jetstream::stream_configuration(const std::string& name) {
  auto found = ask_("STREAM.INFO." + name, {});
  if (!found)
    return found.error();
  if (!found->contains("config"))
    return std::optional<boost::json::object>();
  return std::optional(nats::detail::child(*found, "config"));
}

result<void> jetstream::delete_stream(const std::string& name) {
  if (auto gone = ask_("STREAM.DELETE." + name, {}); !gone)
    return gone.error();
  return {};
}

result<embedded_kafka> start_embedded_kafka() {
  auto started = kafka::embedded_broker::start();
  if (!started)
    return started.error();
  auto owner = std::make_shared<kafka::embedded_broker>(std::move(*started));
  return embedded_kafka{owner, owner->bootstrap(),
                        [broker = owner.get()](const std::string& topic, int partitions) {
                          return broker->create_topic(topic, partitions);
                        }};
}

std::map<std::string, std::string> security_properties(const connection& target) {
  const bool has_login = target.secret && !target.secret->username.empty();
  std::map<std::string, std::string> properties;
  properties["security.protocol"] = has_login    ? (target.tls ? "sasl_ssl" : "sasl_plaintext")
                                    : target.tls ? "ssl"
                                                 : "plaintext";
  if (has_login) {
    properties["sasl.mechanisms"] = "SCRAM-SHA-256";
    properties["sasl.username"] = target.secret->username;
    properties["sasl.password"] = target.secret->password;
  }
  if (target.tls && !target.tls->ca_pem.empty())
    properties["ssl.ca.pem"] = target.tls->ca_pem;
  if (target.tls && target.tls->insecure_skip_verify)
    properties["enable.ssl.certificate.verification"] = "false";
  return properties;
}

bool has_recent_scram() noexcept {
  return rd_kafka_version() >= 0x020601ff;
}

} // namespace kollect::conformance
