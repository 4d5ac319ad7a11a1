#include <kollect/kafka/message_limit.hpp>
#include <kollect/kafka/publisher.hpp>
#include <kollect/kafka/reader.hpp>
#include <kollect/kafka/subscriber.hpp>

#include <kafka/member.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

namespace kollect::kafka::detail {
namespace {

using test::connection_to;
using test::failure_is;
using test::has_value;

std::string value_of(const config_pointer& config, const char* name) {
  char value[4'096] = "";
  std::size_t size = sizeof value;
  return rd_kafka_conf_get(config.get(), name, value, &size) == RD_KAFKA_CONF_OK ? value : "(none)";
}

connection with_login(std::string address = "kafka.example:9092") {
  auto target = connection_to(std::move(address), "topic");
  target.secret = credentials{"user", "pa ss\twörd ", ""};
  return target;
}

TEST(kafka_config, is_none_for_nats) { // nothing is connected to
  connection target;
  target.system = broker_system::nats;
  target.addresses = {"127.0.0.1:1"};
  target.destination = "events";
  EXPECT_TRUE(failure_is(create_publisher(target), error::invalid_value));
  EXPECT_TRUE(failure_is(create_reader(target), error::invalid_value));
  EXPECT_TRUE(failure_is(create_subscriber(target, {}, {}), error::invalid_value));
  EXPECT_TRUE(failure_is(find_message_limit(target, {}, std::chrono::milliseconds(1)), error::invalid_value));
}

TEST(kafka_config, a_publisher_waits_for_all_replicas_and_partitions_like_java) {
  const auto config = make_config(connection_to("127.0.0.1:1", "topic"), publisher_options{});
  ASSERT_TRUE(has_value(config));
  EXPECT_EQ(value_of(*config, "acks"), "-1");
  EXPECT_EQ(value_of(*config, "enable.idempotence"), "true");
  EXPECT_EQ(value_of(*config, "partitioner"), "murmur2_random");
  EXPECT_EQ(value_of(*config, "allow.auto.create.topics"), "false");
}

TEST(kafka_config, a_subscriber_leaves_positions_to_us) {
  const auto config = make_config(connection_to("127.0.0.1:1", "topic"), subscriber_options{});
  ASSERT_TRUE(has_value(config));
  EXPECT_EQ(value_of(*config, "enable.auto.commit"), "false");
  EXPECT_EQ(value_of(*config, "enable.auto.offset.store"), "false");
  EXPECT_EQ(value_of(*config, "auto.offset.reset"), "error");
  EXPECT_EQ(value_of(*config, "check.crcs"), "true");
  EXPECT_EQ(value_of(*config, "enable.partition.eof"), "true");
  EXPECT_EQ(value_of(*config, "partition.assignment.strategy"), "range,roundrobin");
  EXPECT_EQ(value_of(*config, "isolation.level"), "read_committed");
}

TEST(kafka_config, names_all_brokers) {
  auto target = connection_to("one:1", "topic");
  target.addresses.emplace_back("two:2");
  const auto config = make_config(target, publisher_options{});
  ASSERT_TRUE(has_value(config));
  EXPECT_EQ(value_of(*config, "bootstrap.servers"), "one:1,two:2");
}

TEST(kafka_config, wants_brokers_topic_and_group) {
  EXPECT_TRUE(failure_is(make_config(connection{}, publisher_options{}), error::missing_key));
  EXPECT_TRUE(failure_is(make_config(connection_to("a:1", ""), publisher_options{}), error::missing_key));
  EXPECT_TRUE(failure_is(make_config(connection_to("a:1", "topic"), subscriber_options{.group = ""}),
                         error::invalid_value));
}

TEST(kafka_config, options_become_properties) {
  subscriber_options options{.group = "readers", .instance_id = "reader-1"};
  options.session_timeout = std::chrono::seconds(6);
  options.max_poll_interval = std::chrono::seconds(20);
  const auto config = make_config(connection_to("a:1", "topic"), options);
  ASSERT_TRUE(has_value(config));
  EXPECT_EQ(value_of(*config, "group.id"), "readers");
  EXPECT_EQ(value_of(*config, "group.instance.id"), "reader-1");
  EXPECT_EQ(value_of(*config, "session.timeout.ms"), "6000");
  EXPECT_EQ(value_of(*config, "heartbeat.interval.ms"), "300") << "who takes over is told soon";
  EXPECT_EQ(value_of(*config, "max.poll.interval.ms"), "20000");
}

TEST(kafka_config, properties_from_outside_win_over_ours) {
  const auto config =
      make_config(connection_to("a:1", "topic"),
                  subscriber_options{.client = {.properties = {{"session.timeout.ms", "7000"}}}});
  ASSERT_TRUE(has_value(config));
  EXPECT_EQ(value_of(*config, "session.timeout.ms"), "7000");
}

TEST(kafka_config, without_secret_and_tls_there_is_no_security) {
  const auto config = make_config(connection_to("a:1", "topic"), publisher_options{});
  ASSERT_TRUE(has_value(config));
  EXPECT_EQ(value_of(*config, "security.protocol"), "plaintext");
}

TEST(kafka_config, a_username_means_scram_with_the_values_verbatim) {
  const auto config = make_config(with_login(), publisher_options{});
  ASSERT_TRUE(has_value(config));
  EXPECT_EQ(value_of(*config, "security.protocol"), "sasl_plaintext");
  EXPECT_EQ(value_of(*config, "sasl.mechanisms"), "SCRAM-SHA-256");
  EXPECT_EQ(value_of(*config, "sasl.username"), "user");
  EXPECT_EQ(value_of(*config, "sasl.password"), "pa ss\twörd ");
}

TEST(kafka_config, a_token_without_username_means_no_sasl) {
  auto target = connection_to("a:1", "topic");
  target.secret = credentials{"", "token", ""};
  const auto config = make_config(target, publisher_options{});
  ASSERT_TRUE(has_value(config));
  EXPECT_EQ(value_of(*config, "security.protocol"), "plaintext");
}

TEST(kafka_config, tls_verifies_certificate_and_host) {
  auto target = with_login();
  target.tls = tls_settings{"pem", false};
  const auto config = make_config(target, publisher_options{});
  ASSERT_TRUE(has_value(config));
  EXPECT_EQ(value_of(*config, "security.protocol"), "sasl_ssl");
  EXPECT_EQ(value_of(*config, "enable.ssl.certificate.verification"), "true");
  EXPECT_EQ(value_of(*config, "ssl.endpoint.identification.algorithm"), "https");
  EXPECT_EQ(value_of(*config, "ssl.ca.pem"), "pem");
}

TEST(kafka_config, insecure_skip_verify_verifies_neither) {
  auto target = connection_to("a:1", "topic");
  target.tls = tls_settings{"", true};
  const auto config = make_config(target, publisher_options{});
  ASSERT_TRUE(has_value(config));
  EXPECT_EQ(value_of(*config, "security.protocol"), "ssl");
  EXPECT_EQ(value_of(*config, "enable.ssl.certificate.verification"), "false");
  EXPECT_EQ(value_of(*config, "ssl.endpoint.identification.algorithm"), "none");
}

bool warns_of(const connection& target, std::string_view what) {
  return std::ranges::any_of(start_warnings(target),
                             [&](const std::string& line) { return line.find(what) != std::string::npos; });
}

TEST(kafka_config, warns_of_credentials_without_tls_unless_on_loopback) {
  EXPECT_TRUE(warns_of(with_login(), "without TLS"));
  for (const char* local : {"127.0.0.1:9092", "localhost:9092", "[::1]:9092"})
    EXPECT_FALSE(warns_of(with_login(local), "without TLS")) << local;
  EXPECT_TRUE(warns_of(with_login("localhost.example:9092"), "without TLS"));
  auto target = with_login();
  target.tls = tls_settings{};
  EXPECT_FALSE(warns_of(target, "without TLS"));
}

TEST(kafka_config, warns_of_tls_that_verifies_nothing) {
  auto target = connection_to("a:1", "topic");
  target.tls = tls_settings{"", true};
  EXPECT_TRUE(warns_of(target, "insecureSkipVerify"));
}

TEST(kafka_config, warns_of_scram_that_new_brokers_refuse) {
  EXPECT_EQ(warns_of(with_login(), "librdkafka 2.6.1"), rd_kafka_version() < 0x020601ff);
}

TEST(kafka_config, nonsense_for_a_certificate_is_refused_at_once) {
  auto target = connection_to("127.0.0.1:1", "topic");
  target.tls = tls_settings{"not PEM", false};
  EXPECT_TRUE(failure_is(create_publisher(target), error::tls_failed));
  EXPECT_TRUE(failure_is(create_subscriber(target, {}, {}), error::tls_failed));
}

} // namespace
} // namespace kollect::kafka::detail
