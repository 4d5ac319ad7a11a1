#include "raw_publisher.hpp"

#include "broker_access.hpp"

#include <servers/kafka_records.hpp>

#include <kollect/checksum.hpp>
#include <kollect/nats/publisher.hpp>

#include <memory>
#include <vector>

namespace kollect::conformance {

namespace {

result<servers::kafka_records> open_kafka(const connection& target, std::chrono::milliseconds timeout) {
  auto properties = security_properties(target);
  properties["bootstrap.servers"] = servers::join_addresses(target.addresses);
  properties["acks"] = "all";
  properties["linger.ms"] = "0";
  properties["enable.idempotence"] = "true"; // keeps the order
  properties["message.timeout.ms"] = std::to_string(timeout.count());
  return servers::kafka_records::open(properties);
}

result<void> send_to_kafka(servers::kafka_records& to, const std::string& topic,
                           std::span<const sent_message> messages) {
  std::vector<servers::kafka_record> records;
  for (const auto& message : messages) {
    auto& record = records.emplace_back();
    record.topic = topic;
    record.partition = message.partition;
    record.key = message.key;
    if (!message.is_tombstone)
      record.value = message.value;
  }
  if (const auto sent = to.write(records); !sent)
    return make_failure(error::not_acknowledged, "the suite could not publish: " + sent.error().message);
  return {};
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
    auto opened = open_kafka(target, timeout);
    if (!opened)
      return opened.error();
    return raw_publisher([writer = std::make_shared<servers::kafka_records>(std::move(*opened)),
                          topic = target.destination](std::span<const sent_message> messages) {
      return send_to_kafka(*writer, topic, messages);
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
