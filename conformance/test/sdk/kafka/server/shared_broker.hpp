#ifndef KOLLECT_SDK_TEST_KAFKA_SHARED_BROKER_HPP
#define KOLLECT_SDK_TEST_KAFKA_SHARED_BROKER_HPP

#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/kafka/publisher.hpp>

#include <kafka/member.hpp>
#include <servers/kafka_server.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kollect::test {

/// Has the broker forget everything of partition 0 before `offset`, as retention does.
inline void delete_records(const std::string& bootstrap, const std::string& topic, std::int64_t offset) {
  using namespace kafka::detail;
  auto config = make_config(connection_to(bootstrap, topic), kafka::publisher_options{});
  auto client = client::create(RD_KAFKA_PRODUCER, std::move(config).value(), {}, {}).value();
  const partitions_pointer list{rd_kafka_topic_partition_list_new(1)};
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), 0)->offset = offset;
  auto* request = rd_kafka_DeleteRecords_new(list.get());
  const queue_pointer queue{rd_kafka_queue_new(client->native())};
  rd_kafka_DeleteRecords(client->native(), &request, 1, nullptr, queue.get());
  const event_pointer event{rd_kafka_queue_poll(queue.get(), 30'000)};
  rd_kafka_DeleteRecords_destroy(request);
  ASSERT_NE(event, nullptr);
  ASSERT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_EQ(measure(*client, topic, 0, 10s).value().first, offset);
}

/// Apache Kafka without security, one for all tests of the program; each has a topic of its own.
/// It would make topics on demand, so that tests see that we never ask it to.
class shared_broker_test : public testing::Test {
protected:
  static void SetUpTestSuite() {
    if (broker_)
      return;
    auto started = servers::kafka_server::start({.properties = {{"auto.create.topics.enable", "true"}}});
    ASSERT_TRUE(has_value(started));
    broker_.emplace(std::move(*started));
  }

  void SetUp() override {
    ASSERT_TRUE(broker_.has_value()) << "there is no broker";
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    topic_ = std::string(info->test_suite_name()) + "." + info->name();
  }

  void make_topic(int partitions = 1, const std::map<std::string, std::string>& configuration = {}) {
    ASSERT_TRUE(has_value(broker_->create_topic(topic_, partitions, configuration)));
  }

  connection target() const { return connection_to(broker_->bootstrap(), topic_); }

  kafka::subscriber_options grouped() const {
    kafka::subscriber_options options{.group = topic_};
    options.session_timeout = 6s; // the broker's least
    return options;
  }

  std::unique_ptr<publisher> open_publisher(kafka::publisher_options options = {}) const {
    auto made = kafka::create_publisher(target(), options);
    EXPECT_TRUE(has_value(made));
    return made ? std::move(*made) : nullptr;
  }

  std::vector<receipt> publish(const std::vector<outgoing_message>& messages) const {
    std::vector<receipt> receipts;
    for (const auto& outcome : open_publisher()->publish(messages, 30s)) {
      EXPECT_TRUE(has_value(outcome));
      if (outcome)
        receipts.push_back(*outcome);
    }
    return receipts;
  }

  static inline std::optional<servers::kafka_server> broker_;
  std::string topic_;
};

} // namespace kollect::test

#endif
