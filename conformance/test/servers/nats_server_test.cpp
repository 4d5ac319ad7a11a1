#include <servers/nats_server.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/tls_files.hpp>
#include <servers/wait_until.hpp>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>
#include <nats/nats.h>

#include <signal.h>

#include <memory>
#include <string>

namespace {

using namespace kollect::servers;

/// As it stands in JSON, since cnats does not escape credentials.
std::string escaped(const std::string& text) {
  const std::string quoted = boost::json::serialize(boost::json::string_view(text));
  return quoted.substr(1, quoted.size() - 2);
}

/// What a client brings to a connection.
struct client_options {
  std::string username{};
  std::string password{};
  std::string token{};
  std::string ca_pem{}; ///< not empty: TLS
};

/// A connection with JetStream, or the status that it failed with.
class client {
public:
  explicit client(const nats_server& server, const client_options& how = {}) {
    natsOptions* options = nullptr;
    status_ = natsOptions_Create(&options);
    if (status_ != NATS_OK)
      return;
    natsOptions_SetURL(options, server.url().c_str());
    natsOptions_SetTimeout(options, 2000);
    natsOptions_SetAllowReconnect(options, false);
    if (!how.username.empty())
      natsOptions_SetUserInfo(options, escaped(how.username).c_str(), escaped(how.password).c_str());
    if (!how.token.empty())
      natsOptions_SetToken(options, escaped(how.token).c_str());
    if (!how.ca_pem.empty()) {
      natsOptions_SetSecure(options, true);
      natsOptions_SetCATrustedCertificates(options, how.ca_pem.c_str());
      natsOptions_SetExpectedHostname(options, "127.0.0.1");
    }
    status_ = natsConnection_Connect(&connection_, options);
    natsOptions_Destroy(options);
    if (status_ == NATS_OK)
      status_ = natsConnection_JetStream(&context_, connection_, nullptr);
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() {
    jsCtx_Destroy(context_);
    natsConnection_Destroy(connection_);
  }

  natsStatus status() const { return status_; }
  std::int64_t max_payload() const { return natsConnection_GetMaxPayload(connection_); }

  natsStatus add_stream(const std::string& name) {
    jsStreamConfig configuration;
    jsStreamConfig_Init(&configuration);
    const char* subjects[] = {name.c_str()};
    configuration.Name = name.c_str();
    configuration.Subjects = subjects;
    configuration.SubjectsLen = 1;
    jsStreamInfo* made = nullptr;
    const auto status = js_AddStream(&made, context_, &configuration, nullptr, nullptr);
    jsStreamInfo_Destroy(made);
    return status;
  }

  natsStatus publish(const std::string& subject, const std::string& value) {
    return js_Publish(nullptr, context_, subject.c_str(), value.data(), static_cast<int>(value.size()),
                      nullptr, nullptr);
  }

  /// Messages in a stream; -1 when there is no such stream.
  long messages(const std::string& stream) {
    jsStreamInfo* seen = nullptr;
    if (js_GetStreamInfo(&seen, context_, stream.c_str(), nullptr, nullptr) != NATS_OK)
      return -1;
    const auto count = static_cast<long>(seen->State.Msgs);
    jsStreamInfo_Destroy(seen);
    return count;
  }

private:
  natsStatus status_ = NATS_OK;
  natsConnection* connection_ = nullptr;
  jsCtx* context_ = nullptr;
};

TEST(nats_server, keeps_its_data_over_restart_and_kill) {
  auto server = nats_server::start();
  ASSERT_TRUE(server) << server.error();
  const auto url = server->url();
  {
    client first(*server);
    ASSERT_EQ(first.add_stream("kept"), NATS_OK);
    ASSERT_EQ(first.publish("kept", "one"), NATS_OK);
  }
  const auto restarted = server->restart();
  ASSERT_TRUE(restarted) << restarted.error();
  EXPECT_EQ(server->url(), url);
  {
    client second(*server);
    EXPECT_EQ(second.messages("kept"), 1);
    ASSERT_EQ(second.publish("kept", "two"), NATS_OK);
  }
  server->kill();
  EXPECT_FALSE(server->child().running());
  EXPECT_NE(client(*server).status(), NATS_OK);
  const auto again = server->restart();
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(client(*server).messages("kept"), 2);
}

TEST(nats_server, stops_and_can_be_started_elsewhere_with_the_same_store) {
  const auto store = temporary_directory::create().value();
  {
    auto first = nats_server::start({.store = store.path() / "store"});
    ASSERT_TRUE(first) << first.error();
    client sender(*first);
    ASSERT_EQ(sender.add_stream("moved"), NATS_OK);
    ASSERT_EQ(sender.publish("moved", "one"), NATS_OK);
    ASSERT_TRUE(first->stop());
    EXPECT_FALSE(first->child().running());
  }
  auto second = nats_server::start({.store = store.path() / "store"});
  ASSERT_TRUE(second) << second.error();
  EXPECT_EQ(client(*second).messages("moved"), 1);
}

TEST(nats_server, asks_for_username_and_password) {
  const std::string password = "quote\" back\\slash $HOME";
  auto server = nats_server::start({.username = "alice", .password = password});
  ASSERT_TRUE(server) << server.error();
  EXPECT_EQ(client(*server, {.username = "alice", .password = password}).status(), NATS_OK);
  EXPECT_NE(client(*server, {.username = "alice", .password = "other"}).status(), NATS_OK);
  EXPECT_NE(client(*server).status(), NATS_OK);
  EXPECT_EQ(server->log().find(password), std::string::npos);
}

TEST(nats_server, asks_for_a_token) {
  auto server = nats_server::start({.token = "let \"me\" in"});
  ASSERT_TRUE(server) << server.error();
  EXPECT_EQ(client(*server, {.token = "let \"me\" in"}).status(), NATS_OK);
  EXPECT_NE(client(*server, {.token = "other"}).status(), NATS_OK);
  EXPECT_NE(client(*server).status(), NATS_OK);
}

TEST(nats_server, speaks_tls) {
  const auto folder = temporary_directory::create().value();
  const auto files = make_tls_files(folder.path()).value();
  auto server = nats_server::start({.tls = files.server});
  ASSERT_TRUE(server) << server.error();
  EXPECT_TRUE(server->url().starts_with("tls://127.0.0.1:"));
  EXPECT_EQ(client(*server, {.ca_pem = files.ca_pem}).status(), NATS_OK);
  EXPECT_EQ(client(*server, {.ca_pem = files.untrusted_ca_pem}).status(), NATS_SSL_ERROR);
}

TEST(nats_server, starts_with_certificates_that_clients_must_refuse) {
  const auto folder = temporary_directory::create().value();
  const auto files = make_tls_files(folder.path()).value();
  for (const auto* certificate : {&files.expired, &files.wrong_host}) {
    auto server = nats_server::start({.tls = *certificate});
    ASSERT_TRUE(server) << server.error();
    EXPECT_EQ(client(*server, {.ca_pem = files.ca_pem}).status(), NATS_SSL_ERROR);
  }
}

TEST(nats_server, limits_the_payload) {
  auto server = nats_server::start({.max_payload = 4096});
  ASSERT_TRUE(server) << server.error();
  client sender(*server);
  EXPECT_EQ(sender.max_payload(), 4096);
  ASSERT_EQ(sender.add_stream("limited"), NATS_OK);
  EXPECT_EQ(sender.publish("limited", std::string(4000, 'x')), NATS_OK);
  EXPECT_EQ(sender.publish("limited", std::string(5000, 'x')), NATS_MAX_PAYLOAD);
}

TEST(nats_server, can_be_paused) {
  auto server = nats_server::start();
  ASSERT_TRUE(server) << server.error();
  ASSERT_TRUE(server->child().send_signal(SIGSTOP));
  EXPECT_NE(client(*server).status(), NATS_OK);
  ASSERT_TRUE(server->child().send_signal(SIGCONT));
  EXPECT_TRUE(wait_until([&] { return client(*server).status() == NATS_OK; }));
}

TEST(nats_server, tells_its_log_when_it_does_not_start) {
  const auto folder = temporary_directory::create().value();
  auto certificate = make_tls_files(folder.path()).value().server;
  certificate.key_file = "/nowhere/server.key";
  const auto broken = nats_server::start({.tls = certificate});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().reason(), kollect::error::broker_unavailable);
  EXPECT_NE(broken.error().message.find("/nowhere/server.key"), std::string::npos) << broken.error();
}

TEST(nats_server, says_so_when_its_port_is_taken) {
  auto first = nats_server::start();
  ASSERT_TRUE(first) << first.error();
  const auto second = nats_server::start({.port = first->port()});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("is taken"), std::string::npos) << second.error();
}

TEST(nats_server, names_a_program_that_is_not_there) {
  const auto missing = nats_server::start({.program = "kollect-no-such-program"});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("kollect-no-such-program"), std::string::npos);
}

} // namespace
