#ifndef KOLLECT_KAFKA_DETAIL_ERROR_HPP
#define KOLLECT_KAFKA_DETAIL_ERROR_HPP

#include <kollect/error.hpp>
#include <kollect/version.hpp>

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// What a librdkafka error code means to us, and what a person should do about it.
struct error_advice {
  error reason;
  std::string_view advice; ///< completes a sentence after a semicolon
  std::string_view clause; ///< contract clause, or empty
};

/// The advice for a code. A code that is not listed is error::not_acknowledged: worth another try.
[[nodiscard]] constexpr error_advice describe(rd_kafka_resp_err_t code) noexcept {
  switch (code) {
  case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
  case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
  case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    return {error::message_exceeds_limit,
            "raise max.message.bytes of the topic or lower maxExportBytes of the inventory", "SIZE-01"};
  case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
  case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
  case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    return {error::topic_missing, "create the topic or correct spec.kafka.topic", "KAF-06"};
  case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    return {error::topic_missing, "Kafka allows no topic of this name: correct spec.kafka.topic", "KAF-06"};
  case RD_KAFKA_RESP_ERR__AUTHENTICATION:
  case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
  case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
  case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
    return {error::authentication_failed, "correct username and password in the secret", "KAF-07"};
  case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    return {error::authentication_failed, "have the user allowed to use the topic", ""};
  case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    return {error::authentication_failed, "have the user allowed to use the consumer group", ""};
  case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    return {error::authentication_failed, "have the user allowed to write idempotently", ""};
  case RD_KAFKA_RESP_ERR__SSL:
    return {error::tls_failed, "correct spec.tls or the broker's certificate", "KAF-08"};
  case RD_KAFKA_RESP_ERR__TRANSPORT:
  case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
  case RD_KAFKA_RESP_ERR__RESOLVE:
  case RD_KAFKA_RESP_ERR__WAIT_COORD:
  case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
  case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
  case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
  case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
  case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
  case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    return {error::broker_unavailable, "check the addresses and that the brokers run", ""};
  case RD_KAFKA_RESP_ERR__TIMED_OUT:
  case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
  case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    return {error::broker_timeout, "check the load of the brokers and the network", ""};
  case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
  case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
  case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
    return {error::fenced, "the group has moved the partitions on; poll again to rejoin it", ""};
  case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    return {error::instance_replaced,
            "another process uses the same instance id and goes on in this one's place: give each its own",
            ""};
  case RD_KAFKA_RESP_ERR__FATAL:
  case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
    return {error::transport_fatal, "start the program again", ""};
  case RD_KAFKA_RESP_ERR__BAD_MSG:
  case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
  case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
  case RD_KAFKA_RESP_ERR_INVALID_MSG:
    return {error::transport_fatal, "it is asked for again; if this goes on, check the broker's disk", ""};
  case RD_KAFKA_RESP_ERR__DESTROY:
    return {error::closed, "open another one", ""};
  case RD_KAFKA_RESP_ERR__INVALID_ARG:
    return {error::invalid_value, "correct the setting", ""};
  default:
    return {error::not_acknowledged, "try again", "KAF-03"};
  }
}

/// Whether a code says that what was fetched of one partition cannot be used: it is damaged, in an unknown
/// format or codec, or does not fit.
[[nodiscard]] constexpr bool is_damage(rd_kafka_resp_err_t code) noexcept {
  switch (code) {
  case RD_KAFKA_RESP_ERR__BAD_MSG:
  case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
  case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
  case RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE:
  case RD_KAFKA_RESP_ERR_INVALID_MSG:
  case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    return true;
  default:
    return false;
  }
}

/// A failure that says `WHAT: librdkafka's words (detail); advice`. `detail` must hold no secret.
[[nodiscard]] inline failure make_kafka_failure(rd_kafka_resp_err_t code, std::string_view what,
                                                std::string_view detail = {},
                                                boost::source_location location = BOOST_CURRENT_LOCATION) {
  const error_advice advice = describe(code);
  std::string message{what};
  message += ": ";
  message += rd_kafka_err2str(code);
  if (!detail.empty())
    message.append(" (").append(detail).append(")");
  message.append("; ").append(advice.advice);
  return make_failure(advice.reason, std::move(message), advice.clause, {}, location);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif
