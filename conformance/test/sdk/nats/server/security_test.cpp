#include "fixture.hpp"

#include "configured_server.hpp"

#include <servers/tls_files.hpp>

#include <chrono>
#include <cstdlib>

namespace kollect::test {
namespace {

using std::chrono::steady_clock;

/// Expects that neither a publisher nor a subscriber can be made, soon, and that nothing says the secret.
void expect_refused(const connection& target, error reason, const std::string& secret = "hunter2") {
  std::vector<std::string> lines;
  nats::publisher_options sending;
  nats::subscriber_options reading;
  sending.client.log = reading.client.log = [&](std::string_view line) { lines.emplace_back(line); };
  const auto begin = steady_clock::now();
  const auto sender = nats::create_publisher(target, sending);
  const auto reader = nats::create_subscriber(target, reading, {});
  EXPECT_LT(steady_clock::now() - begin, 15s);
  ASSERT_FALSE(sender);
  ASSERT_FALSE(reader);
  EXPECT_EQ(sender.error().reason(), reason) << sender.error();
  EXPECT_EQ(reader.error().reason(), reason) << reader.error();
  lines.push_back(to_string(sender.error()));
  lines.push_back(to_string(reader.error()));
  for (const std::string& line : lines)
    EXPECT_EQ(line.find(secret), std::string::npos) << line;
}

void expect_accepted(const connection& target) {
  const auto sender = nats::create_publisher(target);
  ASSERT_TRUE(sender) << sender.error();
  ASSERT_TRUE((*sender)->publish(numbered_messages(target, 1), 10s)[0]);
  member reader;
  ASSERT_TRUE(reader.join(target));
  EXPECT_TRUE(reader.poll_until_has(1));
}

class password_server : public nats_test {
protected:
  static void SetUpTestSuite() { start({.username = "me", .password = "correct"}); }
};

TEST_F(password_server, accepts_the_right_one) {
  target_.secret = credentials{"me", "correct", ""};
  expect_accepted(target_);
}

TEST_F(password_server, refuses_all_others) {
  target_.secret = credentials{"me", "hunter2", ""};
  expect_refused(target_, error::authentication_failed);
  target_.secret = credentials{"hunter2", "correct", ""};
  expect_refused(target_, error::authentication_failed);
  target_.secret = credentials{"me", "correct", "hunter2"}; // the token wins
  expect_refused(target_, error::authentication_failed);
  target_.secret = std::nullopt;
  expect_refused(target_, error::authentication_failed);
}

TEST_F(password_server, a_refusal_names_its_cause) {
  const auto words = [&] {
    const auto refused = nats::create_publisher(target_);
    EXPECT_FALSE(refused);
    return refused ? std::string() : to_string(refused.error());
  };
  target_.secret = credentials{"me", "correct\n", ""};
  EXPECT_NE(words().find("the password of the secret ends with a newline"), std::string::npos) << words();
  target_.secret = credentials{"me", "wrong", ""};
  EXPECT_EQ(words().find("newline"), std::string::npos) << words();
  for (const auto& none : {std::optional<credentials>(), std::optional(credentials{})}) {
    target_.secret = none;
    EXPECT_NE(words().find("set spec.secretRef"), std::string::npos) << words();
  }
}

class token_server : public nats_test {
protected:
  static void SetUpTestSuite() { start({.token = "correct"}); }
};

TEST_F(token_server, accepts_the_right_one_whatever_else_there_is) {
  target_.secret = credentials{"", "", "correct"};
  expect_accepted(target_);
  target_.secret = credentials{"nobody", "hunter2", "correct"};
  expect_accepted(target_);
}

TEST_F(token_server, refuses_all_others) {
  target_.secret = credentials{"", "", "hunter2"};
  expect_refused(target_, error::authentication_failed);
  target_.secret = credentials{"me", "correct", ""};
  expect_refused(target_, error::authentication_failed, "\"correct\"");
}

TEST(credentials_server, are_used_verbatim) {
  const std::string name = "us\"er\\", password = " \"}\\n\t/<>ü'$ ";
  configured_server server;
  // The configuration language has the same escapes as JSON.
  server.start(server.jetstream() +
               "authorization { user: \"us\\\"er\\\\\", password: \" \\\"}\\\\n\\t/<>ü'$ \" }\n");
  if (HasFatalFailure())
    return;
  auto target = connection_to(server.url(), "verbatim", "events.verbatim");
  target.secret = credentials{name, password, ""};
  expect_accepted(target);
  target.secret->password = password.substr(1);
  expect_refused(target, error::authentication_failed, "<>ü");
}

TEST(credentials_server, changed_under_way_are_reported) {
  configured_server server;
  server.start(server.jetstream() + "authorization { user: me, password: old }\n");
  if (HasFatalFailure())
    return;
  auto target = connection_to(server.url(), "changed", "events.changed");
  target.secret = credentials{"me", "old", ""};
  nats::subscriber_options options;
  options.client.reconnect_wait = 50ms;
  member reader;
  ASSERT_TRUE(reader.join(target, options));
  reader.poll();
  server.start(server.jetstream() + "authorization { user: me, password: new }\n");
  ASSERT_TRUE(reader.poll_until([&] { return !reader.failures.empty(); }));
  EXPECT_EQ(reader.failures[0].reason(), error::authentication_failed);
}

TEST(credentials_server, lacking_a_permission_is_reported_with_the_subject) {
  configured_server server;
  server.start(server.jetstream() +
               "authorization { users: [ { user: me, password: hunter2, permissions: { "
               "publish: [\"$JS.API.STREAM.INFO.>\", \"events.>\"], subscribe: [\"_INBOX.>\"] } } ] }\n");
  if (HasFatalFailure())
    return;
  auto target = connection_to(server.url(), "denied", "events.denied");
  target.secret = credentials{"me", "hunter2", ""};
  nats::publisher_options options;
  options.client.request_timeout = 1s;
  const auto sender = nats::create_publisher(target, options);
  ASSERT_TRUE(sender) << sender.error();
  const auto answer = (*sender)->publish(numbered_messages(target, 1), 2s)[0];
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), error::authentication_failed) << answer.error();
  EXPECT_NE(answer.error().message.find("$JS.API.STREAM.CREATE.denied"), std::string::npos);
  EXPECT_EQ(to_string(answer.error()).find("hunter2"), std::string::npos);
}

// S17: a server tells its clients where its cluster's others are, and may tell them anything.
TEST(misleading_server, leads_nobody_anywhere) {
  const auto route = std::to_string(servers::free_port().value());
  configured_server asked, named;
  asked.start("cluster { name: c, listen: \"127.0.0.1:" + route + "\" }\n");
  named.start("client_advertise: \"169.254.169.254:4222\"\n"
              "cluster { name: c, listen: \"127.0.0.1:-1\", routes: [\"nats://127.0.0.1:" +
              route + "\"] }\n");
  ASSERT_TRUE(servers::wait_until(
      [&] { return asked.log().find("Route connection created") != std::string::npos; }, 30s))
      << asked.log();
  const auto made = nats::detail::client::connect(connection_to(asked.url(), "s", "events"), {});
  ASSERT_TRUE(made) << made.error();
  char** names = nullptr;
  int count = 0;
  ASSERT_EQ(natsConnection_GetDiscoveredServers((*made)->handle(), &names, &count), NATS_OK);
  for (int index = 0; index < count; ++index) {
    ADD_FAILURE() << names[index] << " would be connected to";
    std::free(names[index]);
  }
  std::free(names);
}

TEST(server_without_jetstream, is_unavailable) {
  configured_server server;
  server.start("");
  if (HasFatalFailure())
    return;
  const auto target = connection_to(server.url(), "none", "events.none");
  const auto sender = nats::create_publisher(target);
  ASSERT_TRUE(sender) << sender.error();
  EXPECT_EQ((*sender)->check(10s).error().reason(), error::broker_unavailable);
  EXPECT_EQ((*sender)->publish(numbered_messages(target, 1), 10s)[0].error().reason(),
            error::broker_unavailable);
  const auto reader = nats::create_subscriber(target, {}, {});
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().reason(), error::broker_unavailable);
}

class tls_server : public testing::Test {
protected:
  void SetUp() override {
    auto directory = servers::temporary_directory::create();
    ASSERT_TRUE(directory);
    directory_.emplace(std::move(*directory));
    auto files = servers::make_tls_files(directory_->path());
    ASSERT_TRUE(files) << files.error();
    files_.emplace(std::move(*files));
  }

  void start(const servers::server_certificate& certificate) {
    server_.reset();
    auto started = servers::nats_server::start({.tls = certificate});
    ASSERT_TRUE(started) << started.error();
    server_.emplace(std::move(*started));
    target_ = connection_to(server_->url(), "secure", "events.secure");
  }

  connection trusting(const std::string& ca_pem, bool insecure = false) const {
    auto target = target_;
    target.tls = tls_settings{ca_pem, insecure};
    return target;
  }

  std::optional<servers::temporary_directory> directory_;
  std::optional<servers::tls_files> files_;
  std::optional<servers::nats_server> server_;
  connection target_;
};

TEST_F(tls_server, is_trusted_through_its_authority) {
  start(files_->server);
  if (HasFatalFailure())
    return;
  expect_accepted(trusting(files_->ca_pem));
  auto several = trusting(files_->untrusted_ca_pem + files_->ca_pem); // of hosts and authorities
  several.addresses.insert(several.addresses.begin(), "tls://localhost:1");
  expect_accepted(several);
}

TEST_F(tls_server, is_not_trusted_otherwise) {
  start(files_->server);
  if (HasFatalFailure())
    return;
  expect_refused(trusting(files_->untrusted_ca_pem), error::tls_failed);
  expect_refused(trusting(""), error::tls_failed); // the system's authorities
  expect_refused(target_, error::tls_failed);      // by the scheme alone
  target_.addresses = {"nats://127.0.0.1:" + std::to_string(server_->port())};
  expect_refused(target_, error::tls_failed); // the server insists
}

TEST_F(tls_server, is_taken_unseen_only_when_told_to) {
  start(files_->wrong_host);
  if (HasFatalFailure())
    return;
  expect_refused(trusting(files_->ca_pem), error::tls_failed);
  auto several = trusting(files_->ca_pem);
  several.addresses.insert(several.addresses.begin(), "tls://localhost:1");
  EXPECT_FALSE(nats::create_publisher(several)); // whichever of the two failures it is

  std::vector<std::string> lines;
  nats::publisher_options options;
  options.client.log = [&](std::string_view line) { lines.emplace_back(line); };
  EXPECT_TRUE(nats::create_publisher(trusting("", true), options));
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines[0].find("insecureSkipVerify"), std::string::npos);
  expect_accepted(trusting(files_->ca_pem, true));
}

TEST_F(tls_server, with_an_expired_certificate_is_refused) {
  start(files_->expired);
  if (HasFatalFailure())
    return;
  expect_refused(trusting(files_->ca_pem), error::tls_failed);
}

TEST(plain_server, is_refused_where_tls_is_wanted) {
  auto server = servers::nats_server::start();
  ASSERT_TRUE(server) << server.error();
  auto target = connection_to(server->url(), "plain", "events.plain");
  target.tls = tls_settings{};
  target.secret = credentials{"me", "hunter2", ""};
  expect_refused(target, error::tls_failed);
}

} // namespace
} // namespace kollect::test
