#include <kollect/kafka/publisher.hpp>

#include <kafka/member.hpp>
#include <servers/kafka_server.hpp>
#include <servers/temporary_directory.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace kollect::test {
namespace {

using servers::kafka_listener;

/// A version that SCRAM works with whatever librdkafka's is, with every listener there is.
class kafka_server_security : public testing::Test {
protected:
  static constexpr const char* password = "canary pass-wörd ";

  static void SetUpTestSuite() {
    auto directory = servers::temporary_directory::create();
    ASSERT_TRUE(has_value(directory));
    directory_.emplace(std::move(*directory));
    auto files = servers::make_tls_files(directory_->path());
    ASSERT_TRUE(has_value(files));
    files_.emplace(std::move(*files));
    auto started = servers::kafka_server::start({.version = std::string(servers::kafka_for_old_scram),
                                                 .users = {{"canary-user", password}},
                                                 .tls = files_->server});
    ASSERT_TRUE(has_value(started));
    broker_.emplace(std::move(*started));
    ASSERT_TRUE(has_value(broker_->create_topic("topic")));
  }

  static void TearDownTestSuite() {
    broker_.reset();
    files_.reset();
    directory_.reset();
  }

  void SetUp() override { ASSERT_TRUE(broker_.has_value()) << "there is no broker"; }

  static connection through(kafka_listener listener, std::optional<std::string> with_password = {}) {
    auto target = connection_to(broker_->bootstrap(listener), "topic");
    if (with_password)
      target.secret = credentials{"canary-user", *with_password, ""};
    if (listener == kafka_listener::ssl || listener == kafka_listener::sasl_ssl)
      target.tls = tls_settings{files_->ca_pem, false};
    return target;
  }

  /// Publishes one message and reads it back.
  static void expect_to_work(const connection& target) {
    auto publisher = kafka::create_publisher(target);
    ASSERT_TRUE(has_value(publisher));
    EXPECT_TRUE(has_value((*publisher)->check(20s)));
    EXPECT_TRUE(has_value((*publisher)->publish(std::vector{message_to("topic", "k", "v")}, 20s).front()));
    member reader;
    ASSERT_TRUE(has_value(reader.join(target)));
    EXPECT_TRUE(reader.poll_until_has(1));
  }

  /// Both clients fail so, long before their time is up, and give no credentials away.
  static void expect_refusal(const connection& target, error reason) {
    std::string heard;
    kafka::client_options client{.connect_timeout = 60s, .properties = {{"debug", "security,broker"}}};
    client.log = [&](std::string_view line) { heard.append(line).append("\n"); };
    const auto began = std::chrono::steady_clock::now();
    auto publisher = kafka::create_publisher(target, {.client = client});
    ASSERT_TRUE(has_value(publisher));
    for (int round = 0; round < 2; ++round) {
      const auto results = (*publisher)->publish(std::vector{message_to("topic", "k", "v")}, 60s);
      ASSERT_TRUE(failure_is(results.front(), reason));
      heard += to_string(results.front().error()) + "\n";
      const auto checked = (*publisher)->check(60s);
      ASSERT_TRUE(failure_is(checked, reason));
      heard += to_string(checked.error()) + "\n";
    }
    const auto subscriber = kafka::create_subscriber(target, {.client = client}, {});
    ASSERT_TRUE(failure_is(subscriber, reason));
    heard += to_string(subscriber.error());
    EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
    EXPECT_EQ(heard.find("canary"), std::string::npos) << heard;
  }

  static inline std::optional<servers::temporary_directory> directory_;
  static inline std::optional<servers::tls_files> files_;
  static inline std::optional<servers::kafka_server> broker_;
};

TEST_F(kafka_server_security, logs_in_with_scram) {
  expect_to_work(through(kafka_listener::sasl_plaintext, password));
}

TEST_F(kafka_server_security, logs_in_with_scram_over_tls) {
  expect_to_work(through(kafka_listener::sasl_ssl, password));
}

// Waking librdkafka goes by way of its credentials; they have to be the same afterwards.
TEST_F(kafka_server_security, logs_in_again_after_reading_with_a_short_queue) {
  const auto target = through(kafka_listener::sasl_plaintext, password);
  const auto publish = [&] {
    auto publisher = kafka::create_publisher(target);
    ASSERT_TRUE(has_value(publisher));
    const std::vector<outgoing_message> messages(20, message_to("topic", "k", std::string(512, 'v')));
    for (const auto& outcome : (*publisher)->publish(messages, 20s))
      ASSERT_TRUE(has_value(outcome));
  };
  publish();
  member reader;
  ASSERT_TRUE(has_value(reader.join(target, {.queue_bytes = 1024, .close_timeout = 20s})));
  ASSERT_TRUE(reader.poll_until([&] { return reader.owned.size() == 1 && reader.messages.size() >= 20; }));
  const auto before = reader.messages.size();
  broker_->kill();
  ASSERT_TRUE(has_value(broker_->restart()));
  publish();
  EXPECT_TRUE(reader.poll_until_has(before + 20, 60s));
}

TEST_F(kafka_server_security, a_wrong_password_is_refused_soon_and_secretly) {
  expect_refusal(through(kafka_listener::sasl_plaintext, "canary-wrong"), error::authentication_failed);
  expect_refusal(through(kafka_listener::sasl_ssl, "canary-wrong"), error::authentication_failed);
}

TEST_F(kafka_server_security, a_login_where_the_broker_wants_none_is_refused) {
  auto target = through(kafka_listener::plaintext, password);
  expect_refusal(target, error::authentication_failed);
}

/// What a person reads is the cause, not what librdkafka would have them do.
TEST_F(kafka_server_security, a_refusal_names_its_cause) {
  const auto words_for = [](const connection& target, std::chrono::milliseconds timeout = 20s) {
    auto publisher = kafka::create_publisher(target);
    EXPECT_TRUE(has_value(publisher));
    const auto checked = (*publisher)->check(timeout);
    EXPECT_FALSE(checked);
    return checked ? std::string() : to_string(checked.error());
  };
  const auto has = [](const std::string& text, std::string_view words) {
    EXPECT_NE(text.find(words), std::string::npos) << text;
  };
  has(words_for(through(kafka_listener::plaintext, password)), "asks for no login");
  has(words_for(through(kafka_listener::sasl_plaintext, std::string(password) + "\n")),
      "the password of the secret ends with a newline");
  EXPECT_EQ(words_for(through(kafka_listener::sasl_plaintext, "wrong")).find("white space"),
            std::string::npos);
  has(words_for(through(kafka_listener::sasl_plaintext), 3s), "name its secret in spec.secretRef");
  auto without_tls = through(kafka_listener::ssl);
  without_tls.tls.reset();
  has(words_for(without_tls, 3s), "set spec.tls");
  auto without_authority = through(kafka_listener::ssl);
  without_authority.tls->ca_pem.clear();
  const auto untrusted = words_for(without_authority);
  has(untrusted, "spec.tls.caBundle");
  EXPECT_EQ(untrusted.find("ssl.ca.location"), std::string::npos) << untrusted;
}

TEST_F(kafka_server_security, trusts_the_authority_it_is_given) {
  expect_to_work(through(kafka_listener::ssl));
}

TEST_F(kafka_server_security, trusts_no_other_authority) {
  auto target = through(kafka_listener::ssl);
  target.tls->ca_pem = files_->untrusted_ca_pem;
  expect_refusal(target, error::tls_failed);
  target.tls->ca_pem.clear(); // the system's
  expect_refusal(target, error::tls_failed);
}

TEST_F(kafka_server_security, trusts_one_of_several_authorities) {
  auto target = through(kafka_listener::ssl);
  target.tls->ca_pem = files_->untrusted_ca_pem + files_->ca_pem;
  expect_to_work(target);
}

TEST_F(kafka_server_security, trusts_anything_when_told_so) {
  auto target = through(kafka_listener::ssl);
  target.tls = tls_settings{files_->untrusted_ca_pem, true};
  expect_to_work(target);
}

TEST_F(kafka_server_security, tls_to_a_listener_without_it_fails) {
  auto target = through(kafka_listener::plaintext);
  target.tls = tls_settings{files_->ca_pem, false};
  expect_refusal(target, error::tls_failed);
}

TEST_F(kafka_server_security, no_tls_to_a_listener_with_it_is_explained) {
  auto target = through(kafka_listener::ssl);
  target.tls.reset();
  auto publisher = kafka::create_publisher(target);
  ASSERT_TRUE(has_value(publisher));
  const auto checked = (*publisher)->check(3s);
  ASSERT_TRUE(failure_is(checked, error::broker_unavailable));
  EXPECT_NE(checked.error().message.find("SSL listener"), std::string::npos) << checked.error();
}

TEST_F(kafka_server_security, refuses_certificates_that_are_expired_or_of_another_host) {
  for (const auto* certificate : {&files_->expired, &files_->wrong_host}) {
    auto other = servers::kafka_server::start({.tls = *certificate});
    ASSERT_TRUE(has_value(other));
    ASSERT_TRUE(has_value(other->create_topic("topic")));
    auto target = connection_to(other->bootstrap(kafka_listener::ssl), "topic");
    target.tls = tls_settings{files_->ca_pem, false};
    expect_refusal(target, error::tls_failed);
    target.tls->insecure_skip_verify = true;
    expect_to_work(target);
  }
}

} // namespace
} // namespace kollect::test
