#include "raw_publisher.hpp"

#include "broker_access.hpp"

#include <kollect/releaser.hpp>

#include <kollect/checksum.hpp>
#include <kollect/nats/publisher.hpp>

#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <vector>

namespace kollect::conformance {

namespace {

using client_pointer = std::unique_ptr<rd_kafka_t, releaser<rd_kafka_destroy>>;
using config_pointer = std::unique_ptr<rd_kafka_conf_t, releaser<rd_kafka_conf_destroy>>;

/// How many messages of a call are not delivered yet, and what became of the others.
struct deliveries {
  std::size_t open = 0;
  rd_kafka_resp_err_t problem = RD_KAFKA_RESP_ERR_NO_ERROR;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto& waiting = *static_cast<deliveries*>(message->_private);
  --waiting.open;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    waiting.problem = message->err;
}

result<client_pointer> make_client(const connection& target, std::chrono::milliseconds timeout) {
  config_pointer config(rd_kafka_conf_new());
  std::array<char, 256> reason{};
  auto properties = security_properties(target);
  for (const auto& address : target.addresses)
    properties["bootstrap.servers"]
        .append(properties["bootstrap.servers"].empty() ? "" : ",")
        .append(address);
  properties["acks"] = "all";
  properties["linger.ms"] = "0";
  properties["enable.idempotence"] = "true"; // keeps the order
  properties["message.timeout.ms"] = std::to_string(timeout.count());
  rd_kafka_conf_set_dr_msg_cb(config.get(), on_delivery);
  rd_kafka_conf_set_log_cb(config.get(), nullptr);
  for (const auto& [name, value] : properties)
    if (rd_kafka_conf_set(config.get(), name.c_str(), value.c_str(), reason.data(), reason.size()) !=
        RD_KAFKA_CONF_OK)
      return make_failure(error::invalid_value, reason.data());
  client_pointer client(rd_kafka_new(RD_KAFKA_PRODUCER, config.get(), reason.data(), reason.size()));
  if (!client)
    return make_failure(error::invalid_value, reason.data());
  static_cast<void>(config.release()); // the client's now
  return client;
}

result<void> produce(rd_kafka_t* client, const std::string& topic, const sent_message& message,
                     deliveries& waiting) {
  std::vector<rd_kafka_vu_t> fields(4);
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[1].u.i = RD_KAFKA_MSG_F_COPY;
  fields[2].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[2].u.ptr = &waiting;
  fields[3].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[3].u.i32 = message.partition;
  const auto add = [&fields](rd_kafka_vtype_t type, const std::string& bytes) {
    auto& field = fields.emplace_back();
    field.vtype = type;
    field.u.mem = {const_cast<char*>(bytes.data()), bytes.size()};
  };
  if (!message.is_tombstone)
    add(RD_KAFKA_VTYPE_VALUE, message.value);
  if (message.key)
    add(RD_KAFKA_VTYPE_KEY, *message.key);
  if (auto* const problem = rd_kafka_produceva(client, fields.data(), fields.size())) {
    const std::string text = rd_kafka_error_string(problem);
    rd_kafka_error_destroy(problem);
    return make_failure(error::not_acknowledged, "the suite could not publish: " + text);
  }
  ++waiting.open;
  return {};
}

result<void> produce_all(rd_kafka_t* client, const std::string& topic,
                         std::span<const sent_message> messages) {
  deliveries waiting;
  result<void> sent;
  for (const auto& message : messages)
    if (sent)
      sent = produce(client, topic, message, waiting);
  while (waiting.open != 0) // ends by message.timeout.ms; the callbacks point into this function
    rd_kafka_poll(client, 100);
  if (sent && waiting.problem != RD_KAFKA_RESP_ERR_NO_ERROR)
    return make_failure(error::not_acknowledged,
                        std::string("the suite could not publish: ") + rd_kafka_err2str(waiting.problem));
  return sent;
}

result<void> send_to_nats(publisher& to, const std::string& subject, std::int64_t& sent,
                          std::span<const sent_message> messages, std::chrono::milliseconds timeout) {
  std::vector<outgoing_message> made;
  for (const auto& message : messages)
    made.push_back({.destination = subject,
                    .headers = {{std::string(message_id_header),
                                 to_string(sha256(subject + "/" + std::to_string(++sent)))}},
                    .value = message.value});
  for (const auto& answer : to.publish(made, timeout))
    if (!answer)
      return answer.error();
  return {};
}

} // namespace

result<raw_publisher> raw_publisher::connect(const connection& target, std::chrono::milliseconds timeout) {
  if (target.system == broker_system::kafka) {
    auto client = make_client(target, timeout);
    if (!client)
      return client.error();
    return raw_publisher([owner = std::make_shared<client_pointer>(std::move(*client)),
                          topic = target.destination](std::span<const sent_message> messages) {
      return produce_all(owner->get(), topic, messages);
    });
  }
  nats::publisher_options options;
  options.client.client_name = "kollect-conformance";
  options.client.connect_timeout = options.client.request_timeout = timeout;
  auto made = nats::create_publisher(target, options);
  if (!made)
    return made.error();
  return raw_publisher(
      [owner = std::shared_ptr<publisher>(std::move(*made)), subject = target.destination,
       sent = std::make_shared<std::int64_t>(std::chrono::steady_clock::now().time_since_epoch().count()),
       timeout](std::span<const sent_message> messages) {
        return send_to_nats(*owner, subject, *sent, messages, timeout);
      });
}

result<void> raw_publisher::publish(std::span<const sent_message> messages) {
  return send_(messages);
}

} // namespace kollect::conformance
