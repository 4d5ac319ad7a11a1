#include "kafka_records.hpp"

#include <kollect/releaser.hpp>

#include <librdkafka/rdkafka.h>

#include <array>
#include <utility>

namespace kollect::servers {

namespace {

/// How many records of a call are not delivered yet, and what became of the others.
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

result<void> produce(rd_kafka_t* to, const kafka_record& record, deliveries& waiting) {
  std::vector<rd_kafka_vu_t> fields;
  const auto add = [&fields](rd_kafka_vtype_t type) -> auto& {
    auto& field = fields.emplace_back();
    field.vtype = type;
    return field.u;
  };
  const auto add_bytes = [&add](rd_kafka_vtype_t type, std::string_view bytes) {
    add(type).mem = {const_cast<char*>(bytes.data()), bytes.size()};
  };
  add(RD_KAFKA_VTYPE_TOPIC).cstr = record.topic.c_str();
  add(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  add(RD_KAFKA_VTYPE_OPAQUE).ptr = &waiting;
  if (record.partition)
    add(RD_KAFKA_VTYPE_PARTITION).i32 = *record.partition;
  if (record.value)
    add_bytes(RD_KAFKA_VTYPE_VALUE, *record.value);
  if (record.key)
    add_bytes(RD_KAFKA_VTYPE_KEY, *record.key);
  for (const auto& [name, value] : record.headers)
    add(RD_KAFKA_VTYPE_HEADER).header = {name.c_str(), value.data(), static_cast<ssize_t>(value.size())};
  if (auto* const problem = rd_kafka_produceva(to, fields.data(), fields.size())) {
    const std::string text = rd_kafka_error_string(problem);
    rd_kafka_error_destroy(problem);
    return make_failure(error::not_acknowledged, text);
  }
  ++waiting.open;
  return {};
}

} // namespace

struct kafka_records::client {
  std::unique_ptr<rd_kafka_t, releaser<rd_kafka_destroy>> native;
};

result<kafka_records> kafka_records::open(const std::map<std::string, std::string>& properties) {
  std::unique_ptr<rd_kafka_conf_t, releaser<rd_kafka_conf_destroy>> config(rd_kafka_conf_new());
  std::array<char, 256> reason{};
  rd_kafka_conf_set_dr_msg_cb(config.get(), on_delivery);
  rd_kafka_conf_set_log_cb(config.get(), nullptr);
  for (const auto& [name, value] : properties)
    if (rd_kafka_conf_set(config.get(), name.c_str(), value.c_str(), reason.data(), reason.size()) !=
        RD_KAFKA_CONF_OK)
      return make_failure(error::invalid_value, reason.data());
  auto made = std::make_shared<client>();
  made->native.reset(rd_kafka_new(RD_KAFKA_PRODUCER, config.get(), reason.data(), reason.size()));
  if (!made->native)
    return make_failure(error::invalid_value, reason.data());
  static_cast<void>(config.release()); // the client's now
  return kafka_records(std::move(made));
}

result<void> kafka_records::write(std::span<const kafka_record> records) {
  deliveries waiting;
  result<void> sent;
  for (const auto& record : records)
    if (sent)
      sent = produce(client_->native.get(), record, waiting);
  while (waiting.open != 0) // ends by message.timeout.ms; the callbacks point into this function
    rd_kafka_poll(client_->native.get(), 100);
  if (sent && waiting.problem != RD_KAFKA_RESP_ERR_NO_ERROR)
    return make_failure(error::not_acknowledged, rd_kafka_err2str(waiting.problem));
  return sent;
}

std::string join_addresses(const std::vector<std::string>& addresses) {
  std::string joined;
  for (const auto& address : addresses)
    joined.append(joined.empty() ? "" : ",").append(address);
  return joined;
}

} // namespace kollect::servers
