#include "raw_kafka.hpp"

#include <kollect/releaser.hpp>

#include <librdkafka/rdkafka.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace kollect::testees {

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

} // namespace

struct raw_kafka::state {
  client_pointer client;
  delivery how;
  int sent = 0;
};

result<raw_kafka> raw_kafka::create(const connection& target, delivery how) {
  config_pointer config(rd_kafka_conf_new());
  std::array<char, 256> reason{};
  const auto set = [&](const char* name, const std::string& value) {
    return rd_kafka_conf_set(config.get(), name, value.c_str(), reason.data(), reason.size()) ==
           RD_KAFKA_CONF_OK;
  };
  std::string addresses;
  for (const auto& address : target.addresses)
    addresses.append(addresses.empty() ? "" : ",").append(address);
  rd_kafka_conf_set_dr_msg_cb(config.get(), on_delivery);
  rd_kafka_conf_set_log_cb(config.get(), nullptr);
  if (!set("bootstrap.servers", addresses) || !set("acks", how == delivery::one_replica ? "1" : "all") ||
      !set("allow.auto.create.topics", how == delivery::topic_made ? "true" : "false") ||
      !set("linger.ms", "1"))
    return make_failure(error::invalid_value, reason.data());
  client_pointer client(rd_kafka_new(RD_KAFKA_PRODUCER, config.get(), reason.data(), reason.size()));
  if (!client)
    return make_failure(error::invalid_value, reason.data());
  static_cast<void>(config.release()); // the client's now
  return raw_kafka(std::make_shared<state>(state{std::move(client), how}));
}

result<void> raw_kafka::publish(std::span<const outgoing_message> messages,
                                std::chrono::milliseconds timeout) {
  deliveries waiting;
  for (const auto& message : messages) {
    std::vector<rd_kafka_vu_t> fields(5 + message.headers.size());
    fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    fields[0].u.cstr = message.destination.c_str();
    fields[1].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[1].u.mem = {const_cast<char*>(message.value.data()), message.value.size()};
    fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[2].u.i = RD_KAFKA_MSG_F_COPY;
    fields[3].vtype = RD_KAFKA_VTYPE_OPAQUE;
    fields[3].u.ptr = &waiting;
    fields[4].vtype = RD_KAFKA_VTYPE_KEY;
    fields[4].u.mem = {const_cast<char*>(message.key->data()), message.key->size()};
    for (std::size_t index = 0; index < message.headers.size(); ++index) {
      fields[5 + index].vtype = RD_KAFKA_VTYPE_HEADER;
      fields[5 + index].u.header = {message.headers[index].name.c_str(), message.headers[index].value.data(),
                                    static_cast<ssize_t>(message.headers[index].value.size())};
    }
    if (state_->how == delivery::any_partition) {
      fields.emplace_back();
      fields.back().vtype = RD_KAFKA_VTYPE_PARTITION;
      fields.back().u.i32 = state_->sent++ % 5;
    }
    ++waiting.open;
    if (auto* const problem = rd_kafka_produceva(state_->client.get(), fields.data(), fields.size())) {
      const std::string text = rd_kafka_error_string(problem);
      rd_kafka_error_destroy(problem);
      return make_failure(error::not_acknowledged, text);
    }
  }
  rd_kafka_flush(state_->client.get(), static_cast<int>(timeout.count()));
  if (waiting.open != 0) {
    rd_kafka_purge(state_->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (waiting.open != 0) // the callbacks point into this function
      rd_kafka_poll(state_->client.get(), 10);
    return make_failure(error::not_acknowledged, "the broker did not confirm in time");
  }
  if (waiting.problem != RD_KAFKA_RESP_ERR_NO_ERROR)
    return make_failure(error::not_acknowledged, rd_kafka_err2str(waiting.problem));
  return {};
}

} // namespace kollect::testees
