#include "fixture.hpp"

#include <utility>

namespace kollect::test {
namespace {

/// A durable that somebody else has made, or changes while it is read.
struct durable_settings : nats_test {
  void SetUp() override {
    nats_test::SetUp();
    ASSERT_TRUE(nats::ensure_stream(target_));
  }

  void configure(boost::json::object changes) {
    boost::json::object config{{"durable_name", "kollect-consumer"},
                               {"ack_policy", "explicit"},
                               {"deliver_policy", "all"},
                               {"replay_policy", "instant"},
                               {"ack_wait", 30'000'000'000},
                               {"filter_subject", target_.destination}};
    for (auto& [name, value] : changes)
      config[name] = value;
    administrator(target_).ask("CONSUMER.DURABLE.CREATE." + target_.stream + ".kollect-consumer",
                               {{"stream_name", target_.stream}, {"config", std::move(config)}});
  }

  nats::detail::consumer_info durable() { return administrator(target_).durable(target_.stream); }

  nats::subscriber_options watchful() const {
    nats::subscriber_options options;
    options.log_check_interval = 50ms;
    return options;
  }

  void expect_refused(boost::json::object changes, std::string_view named) {
    configure(std::move(changes));
    member reader;
    const auto joined = reader.join(target_);
    ASSERT_FALSE(joined);
    EXPECT_EQ(joined.error().reason(), error::invalid_value);
    EXPECT_NE(joined.error().message.find(named), std::string::npos) << joined.error();
    EXPECT_NE(joined.error().message.find("--group"), std::string::npos) << "says what to do";
    auto server = nats::jetstream::connect(target_);
    ASSERT_TRUE(server) << server.error();
    const auto stream = server->find_stream(target_.stream, 10s);
    ASSERT_TRUE(stream && *stream);
    const auto checked = server->check_durable(**stream, target_.destination, "kollect-consumer", 10s);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message, joined.error().message) << "known without joining";
    EXPECT_TRUE(server->check_durable(**stream, target_.destination, "another", 10s));
  }

  void expect_corrected(boost::json::object changes, std::string_view named) {
    configure(std::move(changes));
    publish(5);
    member reader;
    ASSERT_TRUE(reader.join(target_));
    EXPECT_TRUE(reader.has_logged(named));
    ASSERT_TRUE(reader.poll_until_has(5));
    EXPECT_EQ(reader.values(), numbered_values(5));
    const auto now = durable();
    EXPECT_FALSE(now.gives_up());
    EXPECT_FALSE(now.has_back_off);
    EXPECT_FALSE(now.has_headers_only);
    EXPECT_EQ(now.ack_wait, 30s);
  }

  void expect_harmless(boost::json::object changes) {
    configure(std::move(changes));
    const auto before = durable().config;
    publish(5);
    member reader;
    ASSERT_TRUE(reader.join(target_));
    ASSERT_TRUE(reader->mark_end(10s));
    ASSERT_TRUE(reader.poll_until([&] {
      EXPECT_TRUE(reader.settle());
      return reader.is_caught_up();
    }));
    EXPECT_EQ(reader.values(), numbered_values(5));
    EXPECT_EQ(durable().config, before) << "what loses nothing stays as it was made";
  }
};

TEST_F(durable_settings, deliver_policy_new_is_refused) {
  expect_refused({{"deliver_policy", "new"}}, "deliver policy is new");
}

TEST_F(durable_settings, deliver_policy_last_is_refused) {
  expect_refused({{"deliver_policy", "last"}}, "deliver policy is last");
}

TEST_F(durable_settings, deliver_policy_by_start_sequence_is_refused) {
  expect_refused({{"deliver_policy", "by_start_sequence"}, {"opt_start_seq", 3}}, "by_start_sequence");
}

TEST_F(durable_settings, replay_policy_original_is_refused) {
  expect_refused({{"replay_policy", "original"}}, "replay policy original");
}

TEST_F(durable_settings, ack_policy_none_is_refused) {
  expect_refused({{"ack_policy", "none"}, {"deliver_subject", "push.here"}, {"ack_wait", 0}}, "push");
}

TEST_F(durable_settings, max_deliver_is_corrected) {
  expect_corrected({{"max_deliver", 3}}, "max_deliver 3 becomes -1");
}

TEST_F(durable_settings, back_off_is_corrected) {
  expect_corrected({{"backoff", {1'000'000'000, 2'000'000'000}}, {"max_deliver", 5}}, "backoff");
}

TEST_F(durable_settings, headers_only_is_corrected) {
  expect_corrected({{"headers_only", true}}, "headers_only");
}

TEST_F(durable_settings, ack_wait_is_corrected) {
  expect_corrected({{"ack_wait", 7'000'000'000}}, "ack_wait 7000 ms becomes 30000 ms");
}

TEST_F(durable_settings, max_ack_pending_of_one_is_slow_and_loses_nothing) {
  expect_harmless({{"max_ack_pending", 1}});
}

TEST_F(durable_settings, an_inactive_threshold_loses_nothing) {
  expect_harmless({{"inactive_threshold", 600'000'000'000}});
}

TEST_F(durable_settings, one_waiting_request_loses_nothing) {
  expect_harmless({{"max_waiting", 1}});
}

TEST_F(durable_settings, small_requests_lose_nothing) {
  expect_harmless({{"max_batch", 2}, {"max_expires", 2'000'000'000}});
}

TEST_F(durable_settings, ack_wait_of_another_value_is_the_one_that_counts) {
  member reader;
  ASSERT_TRUE(reader.join(target_, watchful()));
  EXPECT_EQ(reader->ack_wait(), 30s);
  configure({{"ack_wait", 9'000'000'000}});
  EXPECT_TRUE(reader.poll_until([&] { return reader->ack_wait() == 9s; }));
}

/// Delivered once, not acknowledged, and never to be delivered again.
TEST_F(durable_settings, what_a_durable_has_given_up_comes_again) {
  configure({{"max_deliver", 1}, {"ack_wait", 100'000'000}});
  publish(6);
  auto client = nats::detail::client::connect(target_, {}).value();
  auto inbox = client->subscribe_inbox().value();
  client->publish("$JS.API.CONSUMER.MSG.NEXT." + target_.stream + ".kollect-consumer", inbox.prefix + ".1",
                  R"({"batch":3})");
  for (int count = 0; count < 3; ++count) {
    const auto came = client->next(inbox, nats::detail::deadline_after(10s), client->events().losses());
    ASSERT_EQ(came.event, nats::detail::inbox_event::message);
  }
  member reader;
  ASSERT_TRUE(reader.join(target_));
  EXPECT_TRUE(reader.has_logged("gave a message up after 1 deliveries"));
  ASSERT_TRUE(reader.poll_until_has(6));
  EXPECT_EQ(reader.values(), numbered_values(6));
  EXPECT_FALSE(durable().gives_up());
}

TEST_F(durable_settings, max_deliver_set_under_a_running_reader_loses_nothing) {
  publish(5);
  member reader;
  ASSERT_TRUE(reader.join(target_, watchful()));
  ASSERT_TRUE(reader->mark_end(10s));
  ASSERT_TRUE(reader.poll_until_has(5)); // and holds them
  configure({{"max_deliver", 1}});
  EXPECT_TRUE(reader.poll_until([&] { return reader.has_logged("recreated with max_deliver -1"); }));
  EXPECT_FALSE(reader.is_caught_up()) << "none is acknowledged";
  ASSERT_TRUE(reader.poll_until_has(10)) << "all come again";
  EXPECT_FALSE(durable().gives_up());
  reader.messages.erase(reader.messages.begin(), reader.messages.begin() + 5);
  ASSERT_TRUE(reader.settle());
  EXPECT_TRUE(reader.is_caught_up());
}

TEST_F(durable_settings, another_filter_under_a_running_reader_is_said) {
  member reader;
  ASSERT_TRUE(reader.join(target_, watchful()));
  reader.poll();
  auto other = target_;
  other.destination += ".other";
  ASSERT_TRUE(nats::ensure_stream(other));
  configure({{"filter_subject", other.destination}});
  ASSERT_TRUE(reader.poll_until([&] { return !reader.failures.empty(); }));
  EXPECT_EQ(reader.failures[0].reason(), error::invalid_value);
  EXPECT_NE(reader.failures[0].message.find("does not deliver just the subject"), std::string::npos);
}

} // namespace
} // namespace kollect::test
