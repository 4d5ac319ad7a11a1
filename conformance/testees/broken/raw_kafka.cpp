#include "raw_kafka.hpp"

#include <servers/kafka_records.hpp>

#include <string>
#include <utility>
#include <vector>

namespace kollect::testees {

struct raw_kafka::state {
  servers::kafka_records records;
  delivery how;
  int sent = 0;
};

result<raw_kafka> raw_kafka::create(const connection& target, delivery how,
                                    std::chrono::milliseconds timeout) {
  auto opened = servers::kafka_records::open(
      {{"bootstrap.servers", servers::join_addresses(target.addresses)},
       {"acks", how == delivery::one_replica  ? "1"
                : how == delivery::no_replica ? "0"
                                              : "all"},
       {"allow.auto.create.topics", how == delivery::topic_made ? "true" : "false"},
       {"linger.ms", "1"},
       {"message.timeout.ms", std::to_string(timeout.count())}});
  if (!opened)
    return opened.error();
  return raw_kafka(std::make_shared<state>(state{std::move(*opened), how}));
}

result<void> raw_kafka::publish(std::span<const outgoing_message> messages) {
  std::vector<servers::kafka_record> records;
  for (const auto& message : messages) {
    auto& record = records.emplace_back();
    record.topic = message.destination;
    record.key = message.key;
    record.value = message.value;
    for (const auto& one : message.headers)
      record.headers.emplace_back(one.name, one.value);
    if (state_->how == delivery::any_partition)
      record.partition = state_->sent++ % 5;
  }
  return state_->records.write(records);
}

} // namespace kollect::testees
