#ifndef KOLLECT_SDK_TEST_KAFKA_EMBEDDED_HPP
#define KOLLECT_SDK_TEST_KAFKA_EMBEDDED_HPP

#include <kollect/kafka/embedded_broker.hpp>
#include <kollect/kafka/publisher.hpp>

#include <kafka/member.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kollect::test {

/// Numbers of the Kafka protocol's requests, as fault injection takes them.
inline constexpr std::int16_t produce_request = 0;
inline constexpr std::int16_t offset_commit_request = 8;

/// A broker of its own for each test, with the topic "topic".
class embedded_broker_test : public testing::Test {
protected:
  static constexpr const char* topic = "topic";

  void start(int partitions = 1) {
    auto started = kafka::embedded_broker::start();
    ASSERT_TRUE(has_value(started));
    broker_ = std::make_unique<kafka::embedded_broker>(std::move(*started));
    ASSERT_TRUE(has_value(broker_->create_topic(topic, partitions)));
  }

  connection target() const { return connection_to(broker_->bootstrap(), topic); }

  /// The embedded broker answers a waiting fetch only when its wait is over: keep that short.
  static kafka::subscriber_options quick(std::string group = "group") {
    kafka::subscriber_options options{.group = std::move(group)};
    options.fetch_wait = 20ms;
    options.session_timeout = 6s;
    return options;
  }

  std::unique_ptr<publisher> open_publisher(kafka::publisher_options options = {}) {
    auto made = kafka::create_publisher(target(), options);
    EXPECT_TRUE(has_value(made));
    return made ? std::move(*made) : nullptr;
  }

  /// Publishes and expects success. The receipts, in order.
  std::vector<receipt> publish(const std::vector<outgoing_message>& messages) {
    std::vector<receipt> receipts;
    for (const auto& outcome : open_publisher()->publish(messages, 20s)) {
      EXPECT_TRUE(has_value(outcome));
      if (outcome)
        receipts.push_back(*outcome);
    }
    return receipts;
  }

  void inject(std::int16_t request, std::vector<rd_kafka_resp_err_t> errors) {
    rd_kafka_mock_push_request_errors_array(broker_->native(), request, errors.size(), errors.data());
  }

  /// The embedded broker of older librdkafka makes any topic it is asked for, unless told not to know it.
  void hide_topic(const char* name) {
    rd_kafka_mock_topic_set_error(broker_->native(), name, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  }

  void take_down() { rd_kafka_mock_broker_set_down(broker_->native(), -1); }
  void bring_up() { rd_kafka_mock_broker_set_up(broker_->native(), -1); }

  std::unique_ptr<kafka::embedded_broker> broker_;
};

} // namespace kollect::test

#endif
