#include <kafka/embedded.hpp>

namespace kollect::test {
namespace {

using kafka::embedded_broker;

TEST(kafka_embedded_broker, listens_on_loopback) {
  const auto broker = embedded_broker::start();
  ASSERT_TRUE(has_value(broker));
  EXPECT_TRUE(broker->bootstrap().starts_with("127.0.0.1:")) << broker->bootstrap();
}

TEST(kafka_embedded_broker, can_be_several_brokers) {
  const auto broker = embedded_broker::start(3);
  ASSERT_TRUE(has_value(broker));
  const std::string addresses = broker->bootstrap();
  EXPECT_EQ(std::ranges::count(addresses, ','), 2) << addresses;
}

TEST(kafka_embedded_broker, refuses_to_make_a_topic_twice) {
  auto broker = embedded_broker::start();
  ASSERT_TRUE(has_value(broker));
  EXPECT_TRUE(has_value(broker->create_topic("topic", 2)));
  EXPECT_TRUE(failure_is(broker->create_topic("topic", 2), error::invalid_value));
}

TEST(kafka_embedded_broker, can_be_moved_while_it_serves) {
  auto started = embedded_broker::start();
  ASSERT_TRUE(has_value(started));
  ASSERT_TRUE(has_value(started->create_topic("topic")));
  const embedded_broker broker = std::move(*started);
  auto publisher = kafka::create_publisher(connection_to(broker.bootstrap(), "topic"));
  ASSERT_TRUE(has_value(publisher));
  EXPECT_TRUE(has_value((*publisher)->check(10s)));
}

} // namespace
} // namespace kollect::test
