#include <kollect/kafka/detail/error.hpp>

#include <gtest/gtest.h>

#include <cctype>

namespace kollect::kafka::detail {
namespace {

TEST(kafka_error, says_what_happened_and_what_to_do) {
  const auto made = make_kafka_failure(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "Kafka topic a");
  EXPECT_EQ(to_string(made), "Kafka topic a: Broker: Unknown topic or partition; create the topic or correct "
                             "spec.kafka.topic [KAF-06]");
  EXPECT_EQ(made.reason(), error::topic_missing);
}

TEST(kafka_error, appends_details) {
  EXPECT_NE(make_kafka_failure(RD_KAFKA_RESP_ERR__SSL, "x", "certificate expired")
                .message.find("(certificate expired)"),
            std::string::npos);
}

TEST(kafka_error, every_code_has_an_advice) {
  const rd_kafka_err_desc* codes = nullptr;
  std::size_t count = 0;
  rd_kafka_get_err_descs(&codes, &count);
  ASSERT_GT(count, 100U);
  for (std::size_t index = 0; index < count; ++index)
    EXPECT_FALSE(describe(codes[index].code).advice.empty()) << codes[index].code;
}

TEST(kafka_error, sorts_codes_by_what_to_do_about_them) {
  const auto kind = [](rd_kafka_resp_err_t code) { return make_kafka_failure(code, "x").code; };
  EXPECT_EQ(kind(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), condition::bad_data);
  EXPECT_EQ(kind(RD_KAFKA_RESP_ERR__AUTHENTICATION), condition::authentication);
  EXPECT_EQ(kind(RD_KAFKA_RESP_ERR__SSL), condition::authentication);
  EXPECT_EQ(kind(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN), condition::unavailable);
  EXPECT_EQ(kind(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS), condition::unavailable);
  EXPECT_EQ(kind(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION), condition::lost_ownership);
}

} // namespace
} // namespace kollect::kafka::detail
