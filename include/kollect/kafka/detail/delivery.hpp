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

/// librdkafka's report on one message. librdkafka is given its address, so it must not move while on its way.
struct delivery_report {
  traffic* counted = nullptr; ///< set while librdkafka has the message: where it is counted
  std::optional<receipt> confirmed{};
  std::optional<rd_kafka_resp_err_t> refused{}; ///< by the broker, or by librdkafka after taking it
  bool was_sent_alone = false;

  /// Whether the broker refused it as too large, perhaps only as part of a request.
  bool is_to_be_sent_alone() const noexcept {
    return refused && !was_sent_alone && describe(*refused).reason == error::message_exceeds_limit;
  }
};

/// The callback for delivery reports; called from rd_kafka_poll().
inline void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) noexcept {
  auto& report = *static_cast<delivery_report*>(message->_private);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
    report.confirmed = receipt{message->partition, message->offset, false};
  else {
    report.refused = message->err;
    report.counted->has_refusals = true;
  }
  --report.counted->on_the_way;
  report.counted = nullptr;
}

/// Hands one message over, which must live until its report has come or the instance has ended: the value is
/// sent from where it stands. RD_KAFKA_RESP_ERR__QUEUE_FULL: try again after rd_kafka_poll().
[[nodiscard]] inline rd_kafka_resp_err_t hand_over(rd_kafka_t* native, rd_kafka_topic_t* topic,
                                                   const outgoing_message& message, delivery_report& report,
                                                   traffic& count) {
  headers_pointer headers{message.headers.empty() ? nullptr : rd_kafka_headers_new(message.headers.size())};
  for (const header& each : message.headers)
    rd_kafka_header_add(headers.get(), each.name.data(), static_cast<ssize_t>(each.name.size()),
                        each.value.data(), static_cast<ssize_t>(each.value.size()));
  rd_kafka_vu_t fields[5] = {};
  std::size_t used = 0;
  fields[used].vtype = RD_KAFKA_VTYPE_RKT;
  fields[used++].u.rkt = topic;
  fields[used].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[used].u.mem = {const_cast<char*>(message.value.data()), message.value.size()};
  ++used;
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
