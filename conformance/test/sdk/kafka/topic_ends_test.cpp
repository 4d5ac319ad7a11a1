#include <kafka/embedded.hpp>

#include <kollect/kafka/topic_ends.hpp>

namespace kollect::test {
namespace {

using kafka_topic_ends = embedded_broker_test;

TEST_F(kafka_topic_ends, are_those_of_each_partition_whenever_they_are_asked_for) {
  start(3);
  auto ends = kafka::topic_ends::create(target());
  ASSERT_TRUE(has_value(ends));
  auto found = ends->find(10s);
  ASSERT_TRUE(has_value(found));
  EXPECT_EQ(*found, (std::vector<partition_position>{{0, 0}, {1, 0}, {2, 0}}));
  std::vector<partition_position> wanted = *found;
  for (int round = 0; round < 2; ++round) {
    for (const auto& stored :
         publish({{topic, "a", {}, "1"}, {topic, "b", {}, "2"}, {topic, "a", {}, "3"}})) {
      auto& end = wanted.at(static_cast<std::size_t>(stored.partition)).next_offset;
      end = std::max(end, stored.offset + 1);
    }
    found = ends->find(10s);
    ASSERT_TRUE(has_value(found));
    EXPECT_EQ(*found, wanted);
  }
}

TEST_F(kafka_topic_ends, of_a_topic_that_is_not_there_are_a_failure) {
  start();
  hide_topic("absent");
  auto ends = kafka::topic_ends::create(connection_to(broker_->bootstrap(), "absent"));
  ASSERT_TRUE(has_value(ends));
  EXPECT_TRUE(failure_is(ends->find(10s), error::topic_missing));
}

TEST(kafka_topic_ends_of, nobody_are_unavailable_in_time) {
  auto ends = kafka::topic_ends::create(connection_to("127.0.0.1:1", "topic"));
  ASSERT_TRUE(has_value(ends));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(failure_is(ends->find(300ms), error::broker_unavailable));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_TRUE(failure_is(kafka::topic_ends::create(connection_to("127.0.0.1:1", "")), error::missing_key));
}

} // namespace
} // namespace kollect::test
