#ifndef KOLLECT_PRODUCER_TEST_KAFKA_BROKER_HPP
#define KOLLECT_PRODUCER_TEST_KAFKA_BROKER_HPP

#include "test/support/producer.hpp"

#include <kafka/member.hpp>
#include <servers/kafka_server.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kollect::test {

/// Apache Kafka without security, one for all tests of the program; each has a topic of its own. It would
/// make topics on demand, so that tests see that it is never asked to.
class kafka_broker : public testing::Test {
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
    topic_ = std::string("producer.") + info->name();
    manifest_ = place_.write("sink.yaml", kafka_manifest(broker_->bootstrap(), topic_));
  }

  void make_topic(int partitions = 1, const std::map<std::string, std::string>& configuration = {}) {
    ASSERT_TRUE(has_value(broker_->create_topic(topic_, partitions, configuration)));
  }

  servers::command_outcome export_rows(const std::string& rows, const std::vector<std::string>& more = {}) {
    return run_export(manifest_, rows, more);
  }

  /// The first `count` messages of the topic.
  void read_into(member& reader, std::size_t count) {
    const kafka::subscriber_options options{.group = topic_, .session_timeout = 6s};
    ASSERT_TRUE(has_value(reader.join(connection_to(broker_->bootstrap(), topic_), options)));
    ASSERT_TRUE(reader.poll_until_has(count, 60s)) << reader.messages.size() << " of " << count;
  }

  static inline std::optional<servers::kafka_server> broker_;
  workspace place_;
  std::string topic_;
  std::string manifest_;
};

} // namespace kollect::test

#endif
