#ifndef KOLLECT_KAFKA_DETAIL_TOPIC_HPP
#define KOLLECT_KAFKA_DETAIL_TOPIC_HPP

#include <kollect/kafka/detail/client.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// How long a broker may say that a topic is unknown before we believe it: a topic made just now, or a
/// broker started just now, needs a moment.
inline constexpr std::chrono::milliseconds topic_settle_time{1'000};

[[nodiscard]] inline failure about_topic(failure value, const std::string& topic) {
  value.source = topic;
  return value;
}

/// What has made an instance unusable for good, if anything has.
[[nodiscard]] inline std::optional<failure> fatal_failure(const client& source, const std::string& topic) {
  char reason[512] = "";
  const auto code = rd_kafka_fatal_error(source.native(), reason, sizeof reason);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::nullopt;
  const error_advice known = describe(code);
  const bool is_known = known.reason == error::transport_fatal || known.reason == error::instance_replaced;
  const auto advice = is_known ? known.advice : "start the program again";
  return about_topic(make_failure(is_known ? known.reason : error::transport_fatal,
                                  std::string(reason) + "; " + std::string(advice)),
                     topic);
}

/// One partition, and which broker has it.
struct led_partition {
  std::int32_t partition = 0;
  std::string leader; ///< `host:port`, as the broker calls itself; empty while there is none
};

/// Asks one broker, once, for a topic's partitions and their leaders. Never makes the topic, as
/// allow.auto.create.topics is off. Serves no callbacks.
[[nodiscard]] inline result<std::vector<led_partition>>
look_up_leaders(client& source, const std::string& name, std::chrono::milliseconds timeout) {
  const topic_pointer topic{rd_kafka_topic_new(source.native(), name.c_str(), nullptr)};
  if (!topic)
    return about_topic(make_kafka_failure(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, "Kafka topic " + name), name);
  const rd_kafka_metadata_t* answer = nullptr;
  const auto code = rd_kafka_metadata(source.native(), 0, topic.get(), &answer, milliseconds_of(timeout));
  const metadata_pointer metadata{answer};
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return about_topic(
        make_kafka_failure(code, "looking up Kafka topic " + name, source.events().unreachable.reasons()),
        name);
  if (metadata->topic_cnt != 1)
    return about_topic(make_kafka_failure(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "Kafka topic " + name),
                       name);
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return about_topic(make_kafka_failure(found.err, "Kafka topic " + name), name);
  const std::span brokers(metadata->brokers, static_cast<std::size_t>(metadata->broker_cnt));
  std::vector<led_partition> partitions;
  for (int index = 0; index < found.partition_cnt; ++index) {
    const auto& one = found.partitions[index];
    const auto leader = std::ranges::find(brokers, one.leader, &rd_kafka_metadata_broker_t::id);
    partitions.push_back({one.id, leader == brokers.end()
                                      ? std::string{}
                                      : std::string(leader->host) + ":" + std::to_string(leader->port)});
  }
  return partitions;
}

/// The same without the leaders.
[[nodiscard]] inline result<std::vector<std::int32_t>> look_up_topic(client& source, const std::string& name,
                                                                     std::chrono::milliseconds timeout) {
  auto found = look_up_leaders(source, name, timeout);
  if (!found)
    return found.error();
  std::vector<std::int32_t> partitions;
  for (const auto& one : *found)
    partitions.push_back(one.partition);
  return partitions;
}

/// What to do where brokers do not answer. One that hangs up as soon as it is asked which versions it speaks
/// has expected TLS, or a login, or neither.
[[nodiscard]] inline std::string advice_for(std::string_view trouble, const connection& target) {
  const bool is_wrong_kind =
      trouble.find("ApiVersion") != trouble.npos || trouble.find("APIVERSION") != trouble.npos ||
      trouble.find("SSL_HANDSHAKE") != trouble.npos || trouble.find("AUTH_HANDSHAKE") != trouble.npos ||
      trouble.find("security.protocol") != trouble.npos; // a broker that hung up once it knew who asks
  if (!is_wrong_kind)
    return "check the addresses, the network and that the brokers run";
  std::string advice = "the broker ends each connection at once: ";
  advice += target.tls ? "if its listener is one without TLS, take spec.tls away"
                       : "if its listener is one for TLS, set spec.tls";
  advice += has_login(target) ? "; if it asks for no login, take the username out of the secret"
                              : "; if it asks for a login, name its secret in spec.secretRef";
  return advice;
}

/// Why no broker has answered in time: a refused login or certificate if there was one, else an outage.
[[nodiscard]] inline failure outage(const client_events& events, const connection& target,
                                    std::chrono::milliseconds timeout) {
  if (events.refused)
    return *events.refused;
  std::string addresses;
  for (const std::string& address : target.addresses)
    addresses.append(addresses.empty() ? "" : ", ").append(address);
  std::string text = "no Kafka broker of " + addresses + " has answered within " +
                     std::to_string(timeout.count()) + " ms; " + advice_for(events.trouble, target);
  if (const auto why = why_unreachable(events); !why.empty())
    text += " (" + why + ")";
  return make_failure(error::broker_unavailable, std::move(text), "KAF-05");
}

/// Asks again and again until a broker has told the topic's partitions, has refused us, or time is up.
/// Serves callbacks, so it is not for a subscriber that has begun to fetch.
[[nodiscard]] inline result<std::vector<std::int32_t>> await_topic(client& source, const connection& target,
                                                                   const std::string& name,
                                                                   std::chrono::milliseconds timeout) {
  const deadline end{timeout};
  std::optional<deadline> settled;
  std::chrono::milliseconds patience{100}; // grows, for brokers that are further away than that
  source.events().forget();
  for (;;) {
    auto found = look_up_topic(source, name, end.left(patience));
    rd_kafka_poll(source.native(), 0);
    if (found)
      return found;
    if (source.events().refused)
      return *source.events().refused;
    const error reason = found.error().reason();
    if (reason == error::topic_missing) {
      if (!settled)
        settled.emplace(topic_settle_time);
      if (settled->passed() || end.passed())
        return found;
    } else if (reason != error::broker_unavailable && reason != error::broker_timeout) {
      return found;
    }
    if (end.passed())
      return outage(source.events(), target, timeout);
    patience = std::min<std::chrono::milliseconds>(patience * 2, std::chrono::seconds(5));
    rd_kafka_poll(source.native(), milliseconds_of(end.left(std::chrono::milliseconds(50))));
  }
}

#if RD_KAFKA_VERSION >= 0x020300ff
/// The id that Kafka gives each making of a topic; empty where the cluster has none.
[[nodiscard]] inline result<std::string> topic_id(client& source, const std::string& name,
                                                  std::chrono::milliseconds timeout) {
  const std::unique_ptr<rd_kafka_AdminOptions_t, releaser<rd_kafka_AdminOptions_destroy>> options{
      rd_kafka_AdminOptions_new(source.native(), RD_KAFKA_ADMIN_OP_DESCRIBETOPICS)};
  char ignored[128];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), milliseconds_of(timeout), ignored, sizeof ignored);
  const char* names[] = {name.c_str()};
  const std::unique_ptr<rd_kafka_TopicCollection_t, releaser<rd_kafka_TopicCollection_destroy>> topics{
      rd_kafka_TopicCollection_of_topic_names(names, 1)};
  const queue_pointer queue{rd_kafka_queue_new(source.native())};
  rd_kafka_DescribeTopics(source.native(), topics.get(), options.get(), queue.get());
  const event_pointer event{rd_kafka_queue_poll(queue.get(), milliseconds_of(timeout))};
  if (!event)
    return make_kafka_failure(RD_KAFKA_RESP_ERR__TIMED_OUT, "describing Kafka topic " + name);
  const auto code = rd_kafka_event_error(event.get());
  if (code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
    return std::string{};
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return make_kafka_failure(code, "describing Kafka topic " + name);
  std::size_t count = 0;
  const auto** described =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event.get()), &count);
  if (count != 1)
    return std::string{};
  const auto* problem = rd_kafka_TopicDescription_error(described[0]);
  if (problem != nullptr && rd_kafka_error_code(problem) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return make_kafka_failure(rd_kafka_error_code(problem), "describing Kafka topic " + name);
  const std::string id = rd_kafka_Uuid_base64str(rd_kafka_TopicDescription_topic_id(described[0]));
  // A cluster older than Kafka 2.8 answers with zeros.
  return id == std::string(22, 'A') ? std::string{} : id;
}
#else
/// This librdkafka cannot tell the id of a topic.
[[nodiscard]] inline result<std::string> topic_id(client&, const std::string&, std::chrono::milliseconds) {
  return std::string{};
}
#endif

/// Which log a topic is: `kafka/CLUSTER_ID/TOPIC[/TOPIC_ID]`. Serves no callbacks.
[[nodiscard]] inline result<log_identity> identify_log(client& source, const std::string& topic,
                                                       std::chrono::milliseconds timeout) {
  const deadline end{timeout};
  char* const found = rd_kafka_clusterid(source.native(), milliseconds_of(end.left()));
  if (found == nullptr)
    return make_kafka_failure(RD_KAFKA_RESP_ERR__TIMED_OUT, "asking for the Kafka cluster's id");
  const std::string cluster = found;
  rd_kafka_mem_free(source.native(), found);
  std::string name = "kafka/" + cluster + "/" + topic;
  // librdkafka's in-process broker has no controller to ask, and its topics live as long as it does.
  if (cluster.starts_with("mockCluster"))
    return log_identity{broker_system::kafka, std::move(name)};
  auto id = topic_id(source, topic, end.left());
  if (!id)
    return about_topic(std::move(id).error(), topic);
  if (!id->empty())
    name += "/" + *id;
  return log_identity{broker_system::kafka, std::move(name)};
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
