#include <kollect/kafka/publisher.hpp>
#include <kollect/kafka/subscriber.hpp>

#include <kafka/member.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <cctype>

namespace kollect::kafka {
namespace {

using test::failure_is;

struct refused_property : testing::TestWithParam<const char*> {};

TEST_P(refused_property, is_named_for_both_kinds_of_client) {
  for (const auto role : {client_role::publisher, client_role::subscriber}) {
    const auto checked = check_property(GetParam(), role);
    ASSERT_TRUE(failure_is(checked, error::invalid_value));
    EXPECT_NE(checked.error().message.find(GetParam()), std::string::npos) << checked.error();
  }
}

INSTANTIATE_TEST_SUITE_P(hostile, refused_property,
                         testing::Values("plugin.library.paths", "sasl.kerberos.kinit.cmd",
                                         "ssl.engine.location", "sasl.oauthbearer.config",
                                         "sasl.oauthbearer.token.endpoint.url", "sasl.password",
                                         "ssl.key.password", "ssl.keystore.password",
                                         "sasl.oauthbearer.client.secret", "ssl.key.location",
                                         "ssl.ca.location", "security.protocol",
                                         "enable.ssl.certificate.verification", "ssl.providers"),
                         [](const auto& named) {
                           std::string name = named.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

INSTANTIATE_TEST_SUITE_P(changing_delivery, refused_property,
                         testing::Values("auto.offset.reset", "enable.auto.commit",
                                         "enable.auto.offset.store", "group.id",
                                         "partition.assignment.strategy", "acks", "enable.idempotence",
                                         "bootstrap.servers", "test.mock.num.brokers",
                                         "allow.auto.create.topics", "isolation.level", "no.such.property"),
                         [](const auto& named) {
                           std::string name = named.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

TEST(kafka_properties, an_empty_name_is_refused) {
  EXPECT_TRUE(failure_is(check_property("", client_role::publisher), error::invalid_value));
}

TEST(kafka_properties, are_for_one_kind_of_client_or_both) {
  EXPECT_TRUE(check_property("session.timeout.ms", client_role::subscriber));
  EXPECT_TRUE(failure_is(check_property("session.timeout.ms", client_role::publisher), error::invalid_value));
  EXPECT_TRUE(check_property("linger.ms", client_role::publisher));
  EXPECT_TRUE(failure_is(check_property("linger.ms", client_role::subscriber), error::invalid_value));
  EXPECT_TRUE(check_property("debug", client_role::publisher));
  EXPECT_TRUE(check_property("debug", client_role::subscriber));
}

TEST(kafka_properties, a_refused_one_stops_both_factories_without_printing_its_value) {
  const auto target = test::connection_to("127.0.0.1:1", "topic");
  const client_options client{.properties = {{"ssl.key.password", "canary-1"}}};
  const auto publisher = create_publisher(target, {.client = client});
  const auto subscriber = create_subscriber(target, {.client = client}, {});
  ASSERT_TRUE(failure_is(publisher, error::invalid_value));
  ASSERT_TRUE(failure_is(subscriber, error::invalid_value));
  for (const auto& text : {to_string(publisher.error()), to_string(subscriber.error())}) {
    EXPECT_NE(text.find("ssl.key.password"), std::string::npos) << text;
    EXPECT_EQ(text.find("canary-1"), std::string::npos) << text;
  }
}

TEST(kafka_properties, librdkafka_knows_every_allowed_one) {
  for (const allowed_property& each : allowed_properties) {
    if (each.name == "fetch.queue.backoff.ms" && rd_kafka_version() < 0x020200ff)
      continue; // came with 2.2
    const std::string name(each.name);
    const detail::config_pointer config{rd_kafka_conf_new()};
    const std::unique_ptr<rd_kafka_topic_conf_t, releaser<rd_kafka_topic_conf_destroy>> of_topics{
        rd_kafka_topic_conf_new()};
    std::size_t size = 0; // 2.0.2 does not take a null pointer for it
    EXPECT_TRUE(rd_kafka_conf_get(config.get(), name.c_str(), nullptr, &size) == RD_KAFKA_CONF_OK ||
                rd_kafka_topic_conf_get(of_topics.get(), name.c_str(), nullptr, &size) == RD_KAFKA_CONF_OK)
        << name;
  }
}

TEST(kafka_properties, a_bad_value_is_refused_by_name) {
  const auto made = create_publisher(test::connection_to("127.0.0.1:1", "topic"),
                                     {.client = {.properties = {{"compression.type", "rot13"}}}});
  ASSERT_TRUE(failure_is(made, error::invalid_value));
  EXPECT_NE(made.error().message.find("compression.type"), std::string::npos) << made.error();
}

} // namespace
} // namespace kollect::kafka
