#include <servers/kafka_server.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/tls_files.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <signal.h>

#include <array>
#include <map>
#include <optional>
#include <string>

namespace {

using namespace kollect::servers;

using property_map = std::map<std::string, std::string>;

/// What became of one message.
struct delivery {
  rd_kafka_resp_err_t status = RD_KAFKA_RESP_ERR__NOOP; ///< of the message, once it is known
  std::string complaints{};                             ///< what the client had to say meanwhile
};

rd_kafka_t* make_client(rd_kafka_type_t kind, const property_map& properties, delivery* seen) {
  rd_kafka_conf_t* configuration = rd_kafka_conf_new();
  std::array<char, 512> reason{};
  for (const auto& [name, value] : properties)
    EXPECT_EQ(rd_kafka_conf_set(configuration, name.c_str(), value.c_str(), reason.data(), reason.size()),
              RD_KAFKA_CONF_OK)
        << reason.data();
  rd_kafka_conf_set_log_cb(configuration, nullptr);
  rd_kafka_conf_set_opaque(configuration, seen);
  rd_kafka_conf_set_error_cb(configuration, [](rd_kafka_t*, int, const char* text, void* opaque) {
    static_cast<delivery*>(opaque)->complaints += std::string(text) + "\n";
  });
  rd_kafka_conf_set_dr_msg_cb(configuration,
                              [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
                                static_cast<delivery*>(opaque)->status = message->err;
                              });
  rd_kafka_t* client = rd_kafka_new(kind, configuration, reason.data(), reason.size());
  EXPECT_NE(client, nullptr) << reason.data();
  return client;
}

/// Sends one message to partition 0 and waits until it is acknowledged or given up.
delivery send(property_map properties, const std::string& topic, std::string value) {
  delivery seen;
  properties.try_emplace("message.timeout.ms", "30000");
  rd_kafka_t* producer = make_client(RD_KAFKA_PRODUCER, properties, &seen);
  rd_kafka_topic_t* handle = rd_kafka_topic_new(producer, topic.c_str(), nullptr);
  rd_kafka_produce(handle, 0, RD_KAFKA_MSG_F_COPY, value.data(), value.size(), nullptr, 0, nullptr);
  rd_kafka_topic_destroy(handle);
  rd_kafka_flush(producer, 60'000);
  rd_kafka_destroy(producer);
  return seen;
}

/// What a client that must be refused says about it, at first.
std::string complaint(const property_map& properties) {
  delivery seen;
  rd_kafka_t* client = make_client(RD_KAFKA_PRODUCER, properties, &seen);
  wait_until([&] { return rd_kafka_poll(client, 10), !seen.complaints.empty(); }, std::chrono::seconds(30));
  rd_kafka_destroy(client);
  return seen.complaints;
}

/// Number of messages in partition 0; -1 when the topic does not answer.
std::int64_t messages(const kafka_server& server, const std::string& topic) {
  delivery unused;
  rd_kafka_t* client = make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", server.bootstrap()}}, &unused);
  std::int64_t low = 0;
  std::int64_t high = 0;
  const auto status = rd_kafka_query_watermark_offsets(client, topic.c_str(), 0, &low, &high, 20'000);
  rd_kafka_destroy(client);
  return status == RD_KAFKA_RESP_ERR_NO_ERROR ? high - low : -1;
}

/// One broker for all tests of a suite; each test has topics of its own.
struct shared_broker {
  explicit shared_broker(kafka_options options) {
    options.tls = files.server;
    server = kafka_server::start(std::move(options));
  }

  temporary_directory folder = temporary_directory::create().value();
  tls_files files = make_tls_files(folder.path()).value();
  kollect::result<kafka_server> server = kollect::make_failure(kollect::error::closed, "not started yet");
};

class kafka_server_test : public testing::Test {
protected:
  static void SetUpTestSuite() {
    shared_.emplace(kafka_options{.properties = {{"message.max.bytes", "2000"}}});
  }
  static void TearDownTestSuite() { shared_.reset(); }

  void SetUp() override { ASSERT_TRUE(shared_->server) << shared_->server.error(); }
  kafka_server& server() { return *shared_->server; }
  property_map plain() { return {{"bootstrap.servers", server().bootstrap()}}; }
  property_map tls(const std::string& ca_pem) {
    return {{"bootstrap.servers", server().bootstrap(kafka_listener::ssl)},
            {"security.protocol", "ssl"},
            {"ssl.ca.pem", ca_pem}};
  }
  const tls_files& files() { return shared_->files; }

private:
  static inline std::optional<shared_broker> shared_;
};

TEST_F(kafka_server_test, keeps_its_data_over_restart_and_kill) {
  ASSERT_TRUE(server().create_topic("kept", 2));
  const auto address = server().bootstrap();
  ASSERT_EQ(send(plain(), "kept", "one").status, RD_KAFKA_RESP_ERR_NO_ERROR);
  const auto restarted = server().restart();
  ASSERT_TRUE(restarted) << restarted.error();
  EXPECT_EQ(server().bootstrap(), address);
  EXPECT_EQ(messages(server(), "kept"), 1);
  ASSERT_EQ(send(plain(), "kept", "two").status, RD_KAFKA_RESP_ERR_NO_ERROR);

  server().kill();
  EXPECT_FALSE(server().child().running());
  EXPECT_FALSE(server().admin().answers());
  const auto again = server().restart();
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(messages(server(), "kept"), 2);
  ASSERT_TRUE(server().delete_topic("kept"));
}

TEST_F(kafka_server_test, makes_and_removes_topics) {
  const auto made = server().create_topic("made", 3, {{"max.message.bytes", "500"}});
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(send(plain(), "made", "small").status, RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(send(plain(), "made", std::string(1000, 'x')).status, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  const auto twice = server().create_topic("made", 3);
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("already exists"), std::string::npos) << twice.error();

  ASSERT_TRUE(server().delete_topic("made"));
  EXPECT_FALSE(server().delete_topic("made"));
  auto impatient = plain();
  impatient["message.timeout.ms"] = "2000";
  EXPECT_NE(send(impatient, "made", "never").status, RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_TRUE(server().create_topic("made")) << "sending made it";
  ASSERT_TRUE(server().delete_topic("made"));
}

TEST_F(kafka_server_test, refuses_bad_topics) {
  EXPECT_FALSE(server().create_topic("no spaces, please", 1));
  EXPECT_FALSE(server().create_topic("no-such-property", 1, {{"no.such.property", "1"}}));
  EXPECT_FALSE(server().create_topic("no-partitions", 0));
}

TEST_F(kafka_server_test, takes_further_properties) {
  ASSERT_TRUE(server().create_topic("limited"));
  EXPECT_EQ(send(plain(), "limited", std::string(1000, 'x')).status, RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(send(plain(), "limited", std::string(3000, 'x')).status, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  ASSERT_TRUE(server().delete_topic("limited"));
}

TEST_F(kafka_server_test, speaks_tls) {
  ASSERT_TRUE(server().create_topic("encrypted"));
  const auto trusted = send(tls(files().ca_pem), "encrypted", "one");
  EXPECT_EQ(trusted.status, RD_KAFKA_RESP_ERR_NO_ERROR) << trusted.complaints;
  EXPECT_NE(complaint(tls(files().untrusted_ca_pem)).find("certificate verify failed"), std::string::npos);
  EXPECT_EQ(messages(server(), "encrypted"), 1);
  ASSERT_TRUE(server().delete_topic("encrypted"));
}

TEST_F(kafka_server_test, can_be_paused) {
  ASSERT_TRUE(server().child().send_signal(SIGSTOP));
  EXPECT_FALSE(server().admin().answers());
  ASSERT_TRUE(server().child().send_signal(SIGCONT));
  EXPECT_TRUE(wait_until([&] { return server().admin().answers(); }, std::chrono::seconds(30)));
}

TEST_F(kafka_server_test, has_no_listener_that_was_not_asked_for) {
  EXPECT_EQ(server().bootstrap(kafka_listener::sasl_plaintext), "");
  EXPECT_EQ(server().bootstrap(kafka_listener::sasl_ssl), "");
}

// librdkafka cuts white space off the start of a property, so there is none.
const std::string password_with_everything = "comma, \"quote\" [bracket] = \\ \xc3\xa9\n";

class kafka_server_users_test : public testing::Test {
protected:
  static void SetUpTestSuite() {
    shared_.emplace(kafka_options{.version = std::string(kafka_for_old_scram),
                                  .users = {{"alice", "secret"}, {"bob", password_with_everything}}});
  }
  static void TearDownTestSuite() { shared_.reset(); }

  void SetUp() override { ASSERT_TRUE(shared_->server) << shared_->server.error(); }
  kafka_server& server() { return *shared_->server; }
  property_map user(kafka_listener listener, const std::string& name, const std::string& password) {
    property_map properties{{"bootstrap.servers", server().bootstrap(listener)},
                            {"security.protocol", "sasl_plaintext"},
                            {"sasl.mechanism", "SCRAM-SHA-256"},
                            {"sasl.username", name},
                            {"sasl.password", password}};
    if (listener == kafka_listener::sasl_ssl) {
      properties["security.protocol"] = "sasl_ssl";
      properties["ssl.ca.pem"] = shared_->files.ca_pem;
    }
    return properties;
  }

private:
  static inline std::optional<shared_broker> shared_;
};

TEST_F(kafka_server_users_test, know_their_passwords) {
  using enum kafka_listener;
  ASSERT_TRUE(server().create_topic("theirs"));
  for (const auto listener : {sasl_plaintext, sasl_ssl}) {
    const auto alice = send(user(listener, "alice", "secret"), "theirs", "one");
    EXPECT_EQ(alice.status, RD_KAFKA_RESP_ERR_NO_ERROR) << alice.complaints;
    const auto bob = send(user(listener, "bob", password_with_everything), "theirs", "two");
    EXPECT_EQ(bob.status, RD_KAFKA_RESP_ERR_NO_ERROR) << bob.complaints;
  }
  for (const auto& [name, password] :
       property_map{{"alice", "other"}, {"bob", "secret"}, {"carol", "secret"}}) {
    const auto refused = complaint(user(sasl_plaintext, name, password));
    EXPECT_NE(refused.find("Authentication failed"), std::string::npos) << name << ": " << refused;
  }
  EXPECT_EQ(messages(server(), "theirs"), 4);
  ASSERT_TRUE(server().delete_topic("theirs"));
}

TEST_F(kafka_server_users_test, are_still_known_after_a_restart) {
  ASSERT_TRUE(server().create_topic("again"));
  ASSERT_TRUE(server().restart());
  const auto alice = send(user(kafka_listener::sasl_plaintext, "alice", "secret"), "again", "one");
  EXPECT_EQ(alice.status, RD_KAFKA_RESP_ERR_NO_ERROR) << alice.complaints;
  ASSERT_TRUE(server().delete_topic("again"));
}

TEST(kafka_server_start, tells_its_log_when_it_does_not_start) {
  const auto broken = kafka_server::start({.properties = {{"num.network.threads", "0"}}});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().reason(), kollect::error::broker_unavailable);
  EXPECT_NE(broken.error().message.find("num.network.threads"), std::string::npos) << broken.error();
}

TEST(kafka_server_start, refuses_what_cannot_be) {
  EXPECT_FALSE(kafka_server::start({.version = "no-version"}));
  EXPECT_FALSE(kafka_server::start({.users = {{"", "secret"}}}));
  EXPECT_FALSE(kafka_server::start({.users = {{"a,b", "secret"}}}));
}

TEST(kafka_admin, names_a_property_that_librdkafka_refuses) {
  const auto refused =
      kafka_admin::create({.bootstrap = "127.0.0.1:1", .properties = {{"no.such", "secret value"}}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no.such"), std::string::npos);
  EXPECT_EQ(refused.error().message.find("secret value"), std::string::npos);
}

} // namespace
