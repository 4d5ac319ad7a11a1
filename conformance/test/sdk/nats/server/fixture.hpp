#ifndef KOLLECT_SDK_TEST_NATS_FIXTURE_HPP
#define KOLLECT_SDK_TEST_NATS_FIXTURE_HPP

#include <kollect/nats/jetstream.hpp>
#include <kollect/nats/publisher.hpp>
#include <kollect/nats/subscriber.hpp>

#include <servers/nats_server.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../member.hpp"

namespace kollect::test {

/// A manifest's connection to a server, without security.
inline connection connection_to(const std::string& url, std::string stream, std::string subject) {
  connection target;
  target.system = broker_system::nats;
  target.addresses = {url};
  target.stream = std::move(stream);
  target.destination = std::move(subject);
  return target;
}

/// Messages "0", "1" …, each with an id of its own.
inline std::vector<outgoing_message> numbered_messages(const connection& target, int count, int first = 0) {
  std::vector<outgoing_message> messages;
  for (int number = first; number < first + count; ++number) {
    const std::string text = std::to_string(number);
    messages.push_back({target.destination, {}, {{"Nats-Msg-Id", target.stream + "-" + text}}, text});
  }
  return messages;
}

inline std::vector<std::string> numbered_values(int count, int first = 0) {
  std::vector<std::string> values;
  for (int number = first; number < first + count; ++number)
    values.push_back(std::to_string(number));
  return values;
}

/// A connection for what tests do to streams and durables behind the transport's back.
class administrator {
public:
  explicit administrator(const connection& target) {
    auto made = nats::detail::client::connect(target, {});
    EXPECT_TRUE(made) << made.error();
    if (made)
      client_ = std::move(*made);
  }

  /// JetStream's answer; an error in it fails the test.
  boost::json::object ask(const std::string& subject, const boost::json::object& body = {}) {
    auto reply = client_->request("$JS.API." + subject, body, 10s);
    EXPECT_TRUE(reply) << reply.error();
    if (!reply)
      return {};
    EXPECT_EQ(reply->error_code, 0) << subject << ": " << reply->description;
    return reply->body;
  }

  boost::json::object config_of(const std::string& stream) {
    return nats::detail::child(ask("STREAM.INFO." + stream), "config");
  }

  nats::stream_info stream(const std::string& name) {
    auto info = nats::detail::read_stream(ask("STREAM.INFO." + name));
    EXPECT_TRUE(info) << info.error();
    return info ? *info : nats::stream_info{};
  }

  nats::detail::consumer_info durable(const std::string& stream,
                                      const std::string& name = "kollect-consumer") {
    return nats::detail::read_consumer(ask("CONSUMER.INFO." + stream + "." + name));
  }

  void remove_before(const std::string& stream, std::int64_t sequence) {
    ask("STREAM.PURGE." + stream, {{"seq", sequence}});
  }

private:
  std::unique_ptr<nats::detail::client> client_;
};

/// One server for all tests of a suite; each test has a stream of its own.
class nats_test : public testing::Test {
protected:
  static void SetUpTestSuite() { start({}); }
  static void TearDownTestSuite() { server_.reset(); }

  static void start(servers::nats_options options) {
    auto started = servers::nats_server::start(std::move(options));
    ASSERT_TRUE(started) << started.error();
    server_.emplace(std::move(*started));
  }

  void SetUp() override {
    ASSERT_TRUE(server_);
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    target_ = connection_to(server_->url(), name, "events." + name);
  }

  /// A publisher; it fails the test where there is none.
  std::unique_ptr<publisher> make_publisher(nats::publisher_options options = {}) const {
    auto made = nats::create_publisher(target_, options);
    EXPECT_TRUE(made) << made.error();
    return made ? std::move(*made) : nullptr;
  }

  /// A publisher that has stored one message, "ready": it has seen to the stream, and asks for it no more.
  std::unique_ptr<publisher> make_ready_publisher(nats::publisher_options options = {}) const {
    auto sender = make_publisher(std::move(options));
    const std::vector<outgoing_message> ready{
        {target_.destination, {}, {{"Nats-Msg-Id", target_.stream + "-ready"}}, "ready"}};
    EXPECT_TRUE(sender && sender->publish(ready, 10s)[0]);
    return sender;
  }

  /// Whether the server has the stream of the test.
  bool has_stream() const {
    auto found = nats::jetstream::connect(target_).value().find_stream(target_.stream, 10s);
    EXPECT_TRUE(found) << found.error();
    return found && *found;
  }

  /// Publishes "first" … and expects each to be stored.
  void publish(int count, int first = 0) const {
    const auto sender = make_publisher();
    ASSERT_TRUE(sender);
    for (const auto& answer : sender->publish(numbered_messages(target_, count, first), 30s))
      ASSERT_TRUE(answer) << answer.error();
  }

  static inline std::optional<servers::nats_server> server_;
  connection target_;
};

} // namespace kollect::test

#endif
