#ifndef KOLLECT_KAFKA_DETAIL_DELIVERY_HPP
#define KOLLECT_KAFKA_DETAIL_DELIVERY_HPP

#include <kollect/kafka/detail/error.hpp>
#include <kollect/kafka/detail/pointers.hpp>
#include <kollect/message.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <optional>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// What librdkafka has been given and not reported yet.
struct traffic {
  std::size_t on_the_way = 0;
  bool has_refusals = false; ///< a message was refused since somebody looked
};

/// What has become of one message. librdkafka is given its address, so it must not move while on its way.
struct delivery {
  traffic* counted = nullptr; ///< set while librdkafka has the message: where it is counted
  std::optional<receipt> confirmed{};
  std::optional<rd_kafka_resp_err_t> refused{}; ///< by the broker, or by librdkafka after taking it
  std::optional<failure> problem{};             ///< known before it was sent

  bool undecided() const noexcept { return !confirmed && !refused && !problem; }
};

/// librdkafka's delivery report; called from rd_kafka_poll().
inline void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) noexcept {
  auto& report = *static_cast<delivery*>(message->_private);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
    report.confirmed = receipt{message->partition, message->offset, false};
  else {
    report.refused = message->err;
    report.counted->has_refusals = true;
  }
  --report.counted->on_the_way;
  report.counted = nullptr;
}

/// Who keeps a message's value while librdkafka has it. A call of publish() may be over before librdkafka is.
enum class value_use { copied, shared };

/// Hands one message over; a shared value must live until its report has come, or the instance has ended.
/// RD_KAFKA_RESP_ERR__QUEUE_FULL: try again after rd_kafka_poll().
[[nodiscard]] inline rd_kafka_resp_err_t hand_over(rd_kafka_t* native, rd_kafka_topic_t* topic,
                                                   const outgoing_message& message, delivery& report,
                                                   traffic& count, value_use use) {
  headers_pointer headers{message.headers.empty() ? nullptr : rd_kafka_headers_new(message.headers.size())};
  for (const header& each : message.headers)
    rd_kafka_header_add(headers.get(), each.name.data(), static_cast<ssize_t>(each.name.size()),
                        each.value.data(), static_cast<ssize_t>(each.value.size()));
  rd_kafka_vu_t fields[6] = {};
  std::size_t used = 0;
  fields[used].vtype = RD_KAFKA_VTYPE_RKT;
  fields[used++].u.rkt = topic;
  fields[used].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[used].u.mem = {const_cast<char*>(message.value.data()), message.value.size()};
  ++used;
  fields[used].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[used++].u.i = use == value_use::copied ? RD_KAFKA_MSG_F_COPY : 0;
  fields[used].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[used++].u.ptr = &report;
  if (message.key) {
    fields[used].vtype = RD_KAFKA_VTYPE_KEY;
    fields[used++].u.mem = {const_cast<char*>(message.key->data()), message.key->size()};
  }
  if (headers) {
    fields[used].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[used++].u.headers = headers.get();
  }
  const error_pointer problem{rd_kafka_produceva(native, fields, used)};
  if (problem)
    return rd_kafka_error_code(problem.get());
  (void)headers.release(); // now the message's
  report.counted = &count;
  ++count.on_the_way;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
