#include <kollect/kafka/publisher.hpp>
#include <kollect/kafka/reader.hpp>
#include <kollect/kafka/topic_ends.hpp>

#include <kafka/member.hpp>
#include <servers/kafka_server.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;

/// A broker that answers its clients, and tells them that their partitions' leader is somewhere else.
class kafka_unreachable_leader : public testing::TestWithParam<std::string> {
protected:
  static void SetUpTestSuite() {
    auto started = servers::kafka_server::start(
        {.false_addresses = {nobody_listens, no_name, metadata_service, translated_metadata_service}});
    ASSERT_TRUE(has_value(started));
    broker_.emplace(std::move(*started));
    ASSERT_TRUE(has_value(broker_->create_topic("t", 2)));
  }
  static void TearDownTestSuite() { broker_.reset(); }

  /// All of it passes. The broker's part of it, to tell who the leader is, was more than 1 s on a busy
  /// machine.
  static constexpr auto timeout = 3s;

  connection target() const { return connection_to(broker_->misleading_bootstrap(GetParam()), "t"); }

  /// Asks, and expects a failure in time that names the partitions, their leader and why it is none.
  template <class Question>
  static void expect_named(Question&& ask) {
    const auto begun = std::chrono::steady_clock::now();
    const auto answer = ask();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, timeout + 3s);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().reason(), error::broker_unavailable) << answer.error();
    for (const std::string& words : {std::string("partitions 0, 1 of Kafka topic t"), leader(), why()})
      EXPECT_NE(answer.error().message.find(words), std::string::npos) << words << '\n' << answer.error();
  }

  /// As the broker's metadata has it: an IPv6 address without brackets.
  static std::string leader() {
    auto text = GetParam();
    std::erase_if(text, [](char letter) { return letter == '[' || letter == ']'; });
    return text;
  }

  static std::string why() {
    if (GetParam() == no_name)
      return "cannot resolve";
    return GetParam() == nobody_listens ? "has not answered" : "link-local";
  }

public:
  static inline const std::string nobody_listens = "127.0.0.1:9";
  static inline const std::string no_name = "kafka-0.internal.invalid:9092";
  static inline const std::string metadata_service = "169.254.169.254:80";
  static inline const std::string translated_metadata_service = "[64:ff9b::a9fe:a9fe]:80";

private:
  static inline std::optional<servers::kafka_server> broker_;
};

TEST_P(kafka_unreachable_leader, is_named_by_a_reader) {
  expect_named([this] { return kafka::create_reader(target(), {.client = {.connect_timeout = timeout}}); });
}

TEST_P(kafka_unreachable_leader, is_named_by_the_ends_of_a_topic) {
  auto ends = kafka::topic_ends::create(target());
  ASSERT_TRUE(has_value(ends));
  expect_named([&] { return ends->find(timeout); });
}

TEST_P(kafka_unreachable_leader, is_named_by_the_mark_of_a_subscriber) {
  kafka::subscriber_options options{.group = "g"};
  options.close_timeout = 100ms;
  member reader;
  ASSERT_TRUE(has_value(reader.join(target(), options)));
  expect_named([&] { return reader->mark_end(timeout); });
}

TEST_P(kafka_unreachable_leader, is_named_by_the_connection_test) {
  auto publisher = kafka::create_publisher(target());
  ASSERT_TRUE(has_value(publisher));
  expect_named([&] { return (*publisher)->check(timeout); });
}

INSTANTIATE_TEST_SUITE_P(address, kafka_unreachable_leader,
                         testing::Values(kafka_unreachable_leader::nobody_listens,
                                         kafka_unreachable_leader::no_name,
                                         kafka_unreachable_leader::metadata_service,
                                         kafka_unreachable_leader::translated_metadata_service));

} // namespace
} // namespace kollect::test
