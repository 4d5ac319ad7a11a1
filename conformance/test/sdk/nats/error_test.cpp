#include <kollect/nats/detail/error.hpp>

#include <gtest/gtest.h>

namespace kollect::nats::detail {
namespace {

TEST(nats_error, of_a_status) {
  EXPECT_EQ(to_error(NATS_CONNECTION_AUTH_FAILED), error::authentication_failed);
  EXPECT_EQ(to_error(NATS_NOT_PERMITTED), error::authentication_failed);
  EXPECT_EQ(to_error(NATS_SSL_ERROR), error::tls_failed);
  EXPECT_EQ(to_error(NATS_SECURE_CONNECTION_WANTED), error::tls_failed);
  EXPECT_EQ(to_error(NATS_NO_SERVER), error::broker_unavailable);
  EXPECT_EQ(to_error(NATS_CONNECTION_DISCONNECTED), error::broker_unavailable);
  EXPECT_EQ(to_error(NATS_TIMEOUT), error::broker_timeout);
  EXPECT_EQ(to_error(NATS_CONNECTION_CLOSED), error::closed);
  EXPECT_EQ(to_error(NATS_NO_RESPONDERS), error::topic_missing);
  EXPECT_EQ(to_error(NATS_MAX_PAYLOAD), error::message_exceeds_limit);
  EXPECT_EQ(to_error(NATS_INVALID_SUBJECT), error::invalid_value);
  EXPECT_EQ(to_error(NATS_PROTOCOL_ERROR), error::transport_fatal);
}

TEST(nats_error, of_jetstream) {
  EXPECT_EQ(to_error(JSStreamNotFoundErr, 404), error::topic_missing);
  EXPECT_EQ(to_error(JSConsumerNotFoundErr, 404), error::topic_missing);
  EXPECT_EQ(to_error(JSStreamMessageExceedsMaximumErr, 400), error::message_exceeds_limit);
  EXPECT_EQ(to_error(JSNotEnabledErr, 503), error::broker_unavailable);
  EXPECT_EQ(to_error(JSNotEnabledForAccountErr, 503), error::broker_unavailable);
  EXPECT_EQ(to_error(JSStorageResourcesExceededErr, 400), error::broker_unavailable);
  EXPECT_EQ(to_error(JSStreamSubjectOverlapErr, 400), error::invalid_value);
  EXPECT_EQ(to_error(JSStreamInvalidConfig, 500), error::invalid_value);
  EXPECT_EQ(to_error(99'999, 400), error::invalid_value);
  EXPECT_EQ(to_error(-1, 503), error::broker_unavailable);
}

TEST(nats_error, says_what_to_do) {
  const auto refused = detail::explain(NATS_CONNECTION_AUTH_FAILED, "connecting");
  EXPECT_EQ(refused.reason(), error::authentication_failed);
  EXPECT_EQ(refused.clause, "NAT-04");
  EXPECT_NE(refused.message.find("connecting failed"), std::string::npos);
  EXPECT_NE(refused.message.find("secret"), std::string::npos);
  EXPECT_EQ(detail::explain(error::message_exceeds_limit, "x").clause, "SIZE-01");
  for (int value = 0; value <= NATS_MISSED_HEARTBEAT; ++value)
    EXPECT_FALSE(detail::explain(static_cast<natsStatus>(value), "trying").message.empty());
}

} // namespace
} // namespace kollect::nats::detail
