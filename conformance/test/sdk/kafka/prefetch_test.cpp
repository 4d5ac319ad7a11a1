#include <kollect/kafka/detail/prefetch.hpp>
#include <kollect/kafka/reader.hpp>

#include <kafka/embedded.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kollect::kafka::detail {
namespace {

TEST(kafka_prefetch, wakes_when_a_quarter_of_the_bytes_is_taken) {
  prefetch_meter meter(400, 1'000);
  EXPECT_FALSE(meter.take(99));
  EXPECT_TRUE(meter.take(1));
  EXPECT_FALSE(meter.take(99)) << "counted from the last time on";
  EXPECT_TRUE(meter.take(200));
}

TEST(kafka_prefetch, wakes_when_a_quarter_of_the_messages_is_taken) {
  prefetch_meter meter(1'000'000, 8);
  EXPECT_FALSE(meter.take(0));
  EXPECT_TRUE(meter.take(0));
  EXPECT_FALSE(meter.take(0));
  EXPECT_TRUE(meter.take(0));
}

TEST(kafka_prefetch, a_queue_for_nothing_is_full_at_once) {
  prefetch_meter meter(0, 1);
  EXPECT_TRUE(meter.take(0));
  EXPECT_TRUE(meter.take(0));
}

TEST(kafka_prefetch, takes_the_limits_that_hold_in_the_end) {
  auto options = subscriber_options{.queue_bytes = 8 * 1024};
  auto config = make_config(test::connection_to("127.0.0.1:1", "topic"), options);
  ASSERT_TRUE(test::has_value(config));
  auto meter = make_prefetch_meter(config->get());
  EXPECT_EQ(meter.has_value(), rd_kafka_version() < 0x020200ff) << "later ones have a property for it";
  if (meter) {
    EXPECT_FALSE(meter->take(2 * 1024 - 1));
    EXPECT_TRUE(meter->take(1));
  }
  options.client.properties = {{"queued.max.messages.kbytes", "16"}};
  config = make_config(test::connection_to("127.0.0.1:1", "topic"), options);
  ASSERT_TRUE(test::has_value(config));
  meter = make_prefetch_meter(config->get());
  if (meter) {
    EXPECT_FALSE(meter->take(4 * 1024 - 1));
    EXPECT_TRUE(meter->take(1));
  }
}

/// Many times as much as the queue holds.
struct kafka_short_queue : test::embedded_broker_test {
  static constexpr std::size_t count = 600, message_bytes = 4U * 1024;

  void start_with_messages() {
    start();
    const auto publisher = open_publisher();
    const std::vector<outgoing_message> one{test::message_to(topic, "k", std::string(message_bytes, 'x'))};
    for (std::size_t request = 0; request < count; ++request)
      for (const auto& outcome : publisher->publish(one, std::chrono::seconds(20)))
        ASSERT_TRUE(test::has_value(outcome));
  }

  /// How often a poll ends with nothing although more is to come. librdkafka left alone sleeps for up to a
  /// second each time that it finds the queue full.
  static std::size_t polls_in_vain(const std::function<std::size_t(std::chrono::milliseconds)>& poll) {
    const deadline end{std::chrono::seconds(60)};
    std::size_t taken = 0, in_vain = 0;
    while (taken < count && !end.passed()) {
      const auto more = poll(std::chrono::milliseconds(500));
      in_vain += taken > 0 && more == 0 ? 1 : 0;
      taken += more;
    }
    EXPECT_GE(taken, count);
    return in_vain;
  }
};

TEST_F(kafka_short_queue, is_filled_while_a_subscriber_reads) {
  start_with_messages();
  auto options = quick();
  options.queue_bytes = 2 * message_bytes;
  options.partition_fetch_bytes = message_bytes;
  test::member reader;
  ASSERT_TRUE(test::has_value(reader.join(target(), options)));
  EXPECT_LE(polls_in_vain([&](std::chrono::milliseconds timeout) {
              const auto before = reader.messages.size();
              reader.poll(timeout);
              return reader.messages.size() - before;
            }),
            3U);
}

TEST_F(kafka_short_queue, is_filled_while_a_reader_reads) {
  start_with_messages();
  const auto made = create_reader(
      target(), {.client = {.properties = {{"queued.max.messages.kbytes", "8"},
                                           {"max.partition.fetch.bytes", std::to_string(message_bytes)}}}});
  ASSERT_TRUE(test::has_value(made));
  EXPECT_LE(polls_in_vain([&](std::chrono::milliseconds timeout) {
              const auto taken = (*made)->poll(1'000, 64U * 1024 * 1024, timeout);
              return taken ? taken->size() : 0;
            }),
            3U);
}

} // namespace
} // namespace kollect::kafka::detail
