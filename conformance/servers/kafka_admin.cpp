#include <kollect/releaser.hpp>
#include <servers/kafka_admin.hpp>
#include <servers/wait_until.hpp>

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace kollect::servers {
namespace {

using client_pointer = std::unique_ptr<rd_kafka_t, releaser<rd_kafka_destroy>>;
using configuration_pointer = std::unique_ptr<rd_kafka_conf_t, releaser<rd_kafka_conf_destroy>>;
using queue_pointer = std::unique_ptr<rd_kafka_queue_t, releaser<rd_kafka_queue_destroy>>;
using options_pointer = std::unique_ptr<rd_kafka_AdminOptions_t, releaser<rd_kafka_AdminOptions_destroy>>;
using event_pointer = std::unique_ptr<rd_kafka_event_t, releaser<rd_kafka_event_destroy>>;
using new_topic_pointer = std::unique_ptr<rd_kafka_NewTopic_t, releaser<rd_kafka_NewTopic_destroy>>;
using old_topic_pointer = std::unique_ptr<rd_kafka_DeleteTopic_t, releaser<rd_kafka_DeleteTopic_destroy>>;
using metadata_pointer = std::unique_ptr<const rd_kafka_metadata_t, releaser<rd_kafka_metadata_destroy>>;

/// What the cluster says about its topics; null when it does not answer within `timeout`.
metadata_pointer ask(rd_kafka_t* client, std::chrono::milliseconds timeout) {
  const rd_kafka_metadata_t* raw = nullptr;
  if (rd_kafka_metadata(client, 1, nullptr, &raw, static_cast<int>(timeout.count())) !=
      RD_KAFKA_RESP_ERR_NO_ERROR)
    return nullptr;
  return metadata_pointer(raw);
}

std::span<const rd_kafka_metadata_topic_t> topics_of(const rd_kafka_metadata_t& metadata) {
  return {metadata.topics, static_cast<std::size_t>(metadata.topic_cnt)};
}

bool is_led(const rd_kafka_metadata_topic_t& topic) {
  const std::span partitions(topic.partitions, static_cast<std::size_t>(topic.partition_cnt));
  return topic.err == RD_KAFKA_RESP_ERR_NO_ERROR &&
         std::ranges::all_of(partitions, [](const auto& partition) { return partition.leader >= 0; });
}

/// Waits for the answer to one request about one topic.
result<void> outcome(rd_kafka_queue_t* queue, const std::string& what, std::chrono::milliseconds timeout) {
  const event_pointer event(rd_kafka_queue_poll(queue, static_cast<int>(timeout.count())));
  if (!event)
    return make_failure(error::broker_timeout, what + ": the broker did not answer in time");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return make_failure(error::broker_unavailable, what + ": " + rd_kafka_event_error_string(event.get()));

  std::size_t count = 0;
  const rd_kafka_topic_result_t** topics = nullptr;
  if (const auto* created = rd_kafka_event_CreateTopics_result(event.get()))
    topics = rd_kafka_CreateTopics_result_topics(created, &count);
  else if (const auto* deleted = rd_kafka_event_DeleteTopics_result(event.get()))
    topics = rd_kafka_DeleteTopics_result_topics(deleted, &count);
  for (const auto* topic : std::span(topics, count)) {
    if (rd_kafka_topic_result_error(topic) == RD_KAFKA_RESP_ERR_NO_ERROR)
      continue;
    const char* reason = rd_kafka_topic_result_error_string(topic);
    // A broker that has just come back answers before its controller counts it as alive.
    const bool lacks_brokers =
        rd_kafka_topic_result_error(topic) == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR;
    return make_failure(lacks_brokers ? error::broker_unavailable : error::invalid_value,
                        what + ": " + (reason != nullptr ? reason : "refused"));
  }
  return {};
}

} // namespace

struct kafka_admin::state {
  client_pointer client;
  std::chrono::milliseconds timeout;

  options_pointer request_options(rd_kafka_admin_op_t operation) const {
    options_pointer options(rd_kafka_AdminOptions_new(client.get(), operation));
    std::array<char, 256> reason{};
    const int wait = static_cast<int>(timeout.count());
    rd_kafka_AdminOptions_set_request_timeout(options.get(), wait, reason.data(), reason.size());
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), wait, reason.data(), reason.size());
    return options;
  }

  /// Waits until `accept` likes the topic as the cluster sees it; null: the cluster does not know it.
  template <class Accept>
  result<void> wait_for(const std::string& name, Accept accept, const char* otherwise) const {
    const auto accepted = [&] {
      const auto metadata = ask(client.get(), timeout);
      if (!metadata)
        return false;
      const auto topics = topics_of(*metadata);
      const auto found = std::ranges::find(topics, std::string_view(name),
                                           [](const auto& topic) { return std::string_view(topic.topic); });
      return accept(found == topics.end() ? nullptr : &*found);
    };
    if (!wait_until(accepted, timeout, std::chrono::milliseconds(20)))
      return make_failure(error::broker_timeout, "topic " + name + " " + otherwise);
    return {};
  }
};

result<kafka_admin> kafka_admin::create(const kafka_access& access) {
  configuration_pointer configuration(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(configuration.get(), nullptr); // brokers that are not up yet are nothing to report
  auto properties = access.properties;
  properties.insert_or_assign("bootstrap.servers", access.bootstrap);
  properties.try_emplace("reconnect.backoff.max.ms", "200");
  std::array<char, 512> reason{};
  for (const auto& [name, value] : properties)
    if (rd_kafka_conf_set(configuration.get(), name.c_str(), value.c_str(), reason.data(), reason.size()) !=
        RD_KAFKA_CONF_OK)
      return make_failure(error::invalid_value, "librdkafka refuses the property " + name);
  client_pointer client(rd_kafka_new(RD_KAFKA_PRODUCER, configuration.get(), reason.data(), reason.size()));
  if (!client)
    return make_failure(error::invalid_value, std::string("no Kafka client could be made: ") + reason.data());
  static_cast<void>(configuration.release()); // the client owns it now
  return kafka_admin(std::make_unique<state>(state{std::move(client), access.timeout}));
}

kafka_admin::kafka_admin(std::unique_ptr<state> made) noexcept : state_(std::move(made)) {}
kafka_admin::kafka_admin(kafka_admin&&) noexcept = default;
kafka_admin& kafka_admin::operator=(kafka_admin&&) noexcept = default;
kafka_admin::~kafka_admin() = default;

bool kafka_admin::answers() {
  const auto metadata = ask(state_->client.get(), std::chrono::seconds(1));
  return metadata && metadata->broker_cnt > 0 && std::ranges::all_of(topics_of(*metadata), is_led);
}

bool kafka_admin::is_in_sync() {
  const auto is_whole = [](const rd_kafka_metadata_topic_t& topic) {
    const std::span partitions(topic.partitions, static_cast<std::size_t>(topic.partition_cnt));
    return std::ranges::all_of(
        partitions, [](const auto& partition) { return partition.isr_cnt == partition.replica_cnt; });
  };
  const auto metadata = ask(state_->client.get(), std::chrono::seconds(1));
  return metadata && std::ranges::all_of(topics_of(*metadata), is_whole);
}

std::string kafka_admin::cluster_id() {
  char* raw = rd_kafka_clusterid(state_->client.get(), 1000);
  if (raw == nullptr)
    return {};
  std::string id(raw);
  rd_kafka_mem_free(state_->client.get(), raw);
  return id;
}

result<void> kafka_admin::create_topic(const std::string& name, int partitions,
                                       const std::map<std::string, std::string>& configuration,
                                       int replication_factor) {
  std::array<char, 512> reason{};
  const new_topic_pointer topic(
      rd_kafka_NewTopic_new(name.c_str(), partitions, replication_factor, reason.data(), reason.size()));
  if (!topic)
    return make_failure(error::invalid_value, "topic " + name + ": " + reason.data());
  for (const auto& [key, value] : configuration)
    if (rd_kafka_NewTopic_set_config(topic.get(), key.c_str(), value.c_str()) != RD_KAFKA_RESP_ERR_NO_ERROR)
      return make_failure(error::invalid_value,
                          "topic " + name + ": the property " + key + " is not acceptable");

  const queue_pointer queue(rd_kafka_queue_new(state_->client.get()));
  const auto options = state_->request_options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_NewTopic_t* topics[] = {topic.get()};
  result<void> created;
  wait_until(
      [&] {
        rd_kafka_CreateTopics(state_->client.get(), topics, 1, options.get(), queue.get());
        created = outcome(queue.get(), "making topic " + name, state_->timeout);
        return created || created.error().reason() != error::broker_unavailable;
      },
      state_->timeout, std::chrono::milliseconds(100));
  if (!created)
    return created;
  return state_->wait_for(
      name,
      [partitions](const rd_kafka_metadata_topic_t* seen) {
        return seen != nullptr && seen->partition_cnt == partitions && is_led(*seen);
      },
      "has partitions without a leader");
}

result<void> kafka_admin::delete_topic(const std::string& name) {
  const old_topic_pointer topic(rd_kafka_DeleteTopic_new(name.c_str()));
  const queue_pointer queue(rd_kafka_queue_new(state_->client.get()));
  const auto options = state_->request_options(RD_KAFKA_ADMIN_OP_DELETETOPICS);
  rd_kafka_DeleteTopic_t* topics[] = {topic.get()};
  rd_kafka_DeleteTopics(state_->client.get(), topics, 1, options.get(), queue.get());
  if (auto removed = outcome(queue.get(), "removing topic " + name, state_->timeout); !removed)
    return removed;
  return state_->wait_for(
      name, [](const rd_kafka_metadata_topic_t* seen) { return seen == nullptr; }, "is still there");
}

} // namespace kollect::servers
