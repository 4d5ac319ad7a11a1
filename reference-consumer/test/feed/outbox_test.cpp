#include "feed/outbox.hpp"

#include "support/assertions.hpp"
#include "support/consumer.hpp"

#include <servers/wait_until.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <mutex>

namespace kollect::consumer::test {
namespace {

using namespace std::chrono_literals;

/// A broker in memory that takes messages up to a size, and fails when it is told to.
struct memory_broker {
  std::mutex mutex;
  std::vector<outgoing_message> stored;
  std::deque<std::size_t> fail_after; ///< each fails one call after so many of its messages
  std::size_t max_bytes = 1U << 20U;
  std::size_t largest_call = 0;

  std::vector<outgoing_message> messages() {
    const std::scoped_lock lock(mutex);
    return stored;
  }

  class connection final : public publisher {
  public:
    explicit connection(memory_broker& to) : to_(to) {}
    std::vector<result<receipt>> publish(std::span<const outgoing_message> messages,
                                         std::chrono::milliseconds) override {
      const std::scoped_lock lock(to_.mutex);
      to_.largest_call = std::max(to_.largest_call, messages.size());
      auto healthy = messages.size();
      if (!to_.fail_after.empty()) {
        healthy = std::min(healthy, to_.fail_after.front());
        to_.fail_after.pop_front();
      }
      std::vector<result<receipt>> answers;
      for (std::size_t index = 0; index < messages.size(); ++index)
        if (index >= healthy)
          answers.emplace_back(make_failure(error::not_acknowledged, "as the test wants it"));
        else if (messages[index].value.size() > to_.max_bytes)
          answers.emplace_back(make_failure(error::message_exceeds_limit, "too large"));
        else {
          to_.stored.push_back(messages[index]);
          answers.emplace_back(receipt{});
        }
      return answers;
    }
    void post(std::shared_ptr<const outgoing_message> message, std::chrono::milliseconds timeout) override {
      auto outcome = publish(std::span(message.get(), 1), timeout).front();
      settled_.push_back({std::move(message), std::move(outcome)});
    }
    std::vector<settled_message> take_settled(std::chrono::milliseconds) override {
      return std::exchange(settled_, {});
    }
    result<void> check(std::chrono::milliseconds) override { return {}; }
    void close() noexcept override {}

  private:
    std::vector<settled_message> settled_;
    memory_broker& to_;
  };
};

class outbox_to : public testing::Test {
protected:
  std::unique_ptr<outbox> open(const std::string& owner = "first") {
    outbox_settings settings;
    settings.target = {broker_system::kafka, "inventory.feed", {}, false};
    settings.name = "kafka/inventory.feed";
    settings.owner = owner;
    settings.longest_back_off = 5ms;
    settings.max_message_bytes = known_limit_;
    settings.lease = lease_;
    settings.publish_timeout = lease_ / 2;
    return std::make_unique<outbox>(
        settings, [this] { return consumer_.place().open_reader(); },
        [this]() -> result<std::unique_ptr<publisher>> {
          return std::unique_ptr<publisher>(std::make_unique<memory_broker::connection>(broker_));
        },
        log_, monitor_);
  }

  void apply(const std::vector<item>& rows) {
    ++second_;
    consumer_.take(deliver(make_array(rows, noon(second_)), second_ - 1));
  }

  /// Serves until all is published.
  void publish_all(outbox& feed) {
    EXPECT_TRUE(servers::wait_until(
        [&] {
          const auto done = feed.is_done(*consumer_);
          EXPECT_TRUE(succeeds(done));
          return !done || *done;
        },
        30s));
  }

  std::vector<std::int64_t> cursors() {
    std::vector<std::int64_t> out;
    for (const auto& message : broker_.messages())
      out.push_back(boost::json::parse(message.value).at("cursor").as_int64());
    return out;
  }

  static std::vector<std::int64_t> from_one_to(std::int64_t last) {
    std::vector<std::int64_t> out(static_cast<std::size_t>(last));
    std::iota(out.begin(), out.end(), 1);
    return out;
  }

  test_consumer consumer_;
  memory_broker broker_;
  monitor monitor_{"the test"};
  program::log log_{"the test", program::log::format::json, program::log::level::off};
  std::optional<std::size_t> known_limit_;
  std::chrono::milliseconds lease_ = 20s;
  std::int64_t second_ = 0;
};

TEST_F(outbox_to, the_lease_of_a_process_that_was_killed_is_waited_for) {
  apply(make_rows(5));
  consumer_.faults.lease_refusals = 3;
  lease_ = 60s;
  const auto feed = open();
  for (int time = 0; time < 3; ++time)
    EXPECT_EQ(feed->is_done(*consumer_).value(), false);
  publish_all(*feed);
  EXPECT_EQ(cursors(), from_one_to(6));
}

TEST_F(outbox_to, a_process_that_keeps_the_lease_publishes_the_rest) {
  apply(make_rows(5));
  consumer_.faults.lease_refusals = 1'000'000;
  lease_ = 300ms;
  const auto feed = open();
  EXPECT_EQ(feed->is_done(*consumer_).value(), false);
  publish_all(*feed);
  EXPECT_TRUE(cursors().empty());
}

TEST_F(outbox_to, a_broker_gets_every_change_once_in_order) {
  apply(make_rows(500));
  apply(make_rows(400, 2));
  const auto feed = open();
  publish_all(*feed);
  EXPECT_EQ(cursors(), from_one_to(1002));
  apply(make_rows(1));
  publish_all(*feed);
  EXPECT_EQ(cursors(), from_one_to(1403));
  const auto first = broker_.messages().front();
  EXPECT_EQ(first.key, "prod-west:team-a/web");
  EXPECT_EQ(first.destination, "inventory.feed");
}

TEST_F(outbox_to, a_broker_goes_on_after_a_restart) {
  apply(make_rows(10));
  {
    const auto feed = open();
    publish_all(*feed);
    EXPECT_TRUE(succeeds(feed->finish(*consumer_)));
  }
  apply(make_rows(20));
  const auto feed = open();
  publish_all(*feed);
  EXPECT_EQ(cursors(), from_one_to(22));
}

TEST_F(outbox_to, a_failing_broker_gets_again_what_it_did_not_confirm) {
  broker_.fail_after = {3, 0, 0, 7};
  apply(make_rows(30));
  const auto feed = open();
  publish_all(*feed);
  EXPECT_EQ(cursors(), from_one_to(31));
}

TEST_F(outbox_to, a_lost_broker_gets_the_same_ids_again) {
  apply(make_rows(5));
  {
    const auto feed = open();
    publish_all(*feed);
  }
  // As if the process had been killed before the cursor was written.
  const auto before = broker_.messages();
  const auto feed = [&] {
    outbox_settings settings;
    settings.target = {broker_system::kafka, "inventory.feed", {}, false};
    settings.name = "kafka/another name for it";
    settings.owner = "second";
    return std::make_unique<outbox>(
        settings, [this] { return consumer_.place().open_reader(); },
        [this]() -> result<std::unique_ptr<publisher>> {
          return std::unique_ptr<publisher>(std::make_unique<memory_broker::connection>(broker_));
        },
        log_, monitor_);
  }();
  publish_all(*feed);
  const auto all = broker_.messages();
  ASSERT_EQ(all.size(), 2 * before.size());
  for (std::size_t index = 0; index < before.size(); ++index)
    EXPECT_EQ(all[before.size() + index].value, before[index].value);
}

TEST_F(outbox_to, a_broker_that_takes_less_gets_the_row_without_what_it_was) {
  auto large = make_row("large"), larger = make_row("large");
  large.attributes = boost::json::object{{"text", std::string(40'000, 'x')}};
  larger.attributes = boost::json::object{{"text", std::string(40'000, 'y')}};
  broker_.max_bytes = 60'000;
  apply({large});
  apply({larger});
  apply({});
  const auto feed = open();
  publish_all(*feed);
  EXPECT_EQ(cursors(), from_one_to(6));
  const auto changed = boost::json::parse(broker_.messages()[2].value);
  EXPECT_EQ(changed.at("kind"), "changed");
  EXPECT_TRUE(changed.at("before").is_null());
  EXPECT_TRUE(changed.at("after").is_object());
  EXPECT_EQ(boost::json::serialize(changed.at("omitted")), R"(["before"])");
}

TEST_F(outbox_to, a_broker_that_takes_little_is_told_that_the_rows_are_left_out) {
  auto large = make_row("large");
  large.attributes = boost::json::object{{"text", std::string(9'000, 'x')}};
  broker_.max_bytes = 5'000;
  known_limit_ = 5'000;
  apply({make_row("a"), large, make_row("z")});
  const auto feed = open();
  publish_all(*feed);
  EXPECT_EQ(cursors(), from_one_to(4));
  const auto added = boost::json::parse(broker_.messages()[1].value);
  EXPECT_EQ(boost::json::serialize(added.at("omitted")), R"(["before","after"])");
  EXPECT_EQ(added.at("kind"), "added");
}

TEST_F(outbox_to, a_broker_is_told_what_was_removed_before_it_was_published) {
  consumer_.settings.retention.changes = 3;
  apply(make_rows(10));
  const auto feed = open();
  publish_all(*feed);
  const auto messages = broker_.messages();
  ASSERT_EQ(messages.size(), 4U);
  const auto gap = boost::json::parse(messages.front().value).as_object();
  EXPECT_EQ(gap.at("kind"), "gap");
  EXPECT_EQ(gap.at("firstCursor"), 1);
  EXPECT_EQ(gap.at("cursor"), 8);
  EXPECT_EQ(cursors(), (std::vector<std::int64_t>{8, 9, 10, 11}));
}

TEST(feed_message, for_kafka_has_the_scopes_key_and_cloudevents_headers) {
  feed_entry entry;
  entry.cursor = 7;
  entry.kind = "added";
  entry.scope = {"prod west", "team-a", "web"};
  entry.origin.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  entry.applied_at = noon();
  entry.after = "{}";
  const auto message = make_feed_message({broker_system::kafka, "feed", "abc", true}, entry);
  EXPECT_EQ(message.key, "prod west:team-a/web");
  const std::vector<header> expected{{"ce_specversion", "1.0"},
                                     {"ce_id", "abc-7"},
                                     {"ce_source", "/kollect/prod%20west/team-a/web"},
                                     {"ce_type", "dev.kollect.inventory.item.added"},
                                     {"ce_time", "2026-01-15T12:00:00Z"},
                                     {"content-type", "application/json"},
                                     {"traceparent", entry.origin.traceparent}};
  EXPECT_EQ(message.headers, expected);
  const auto value = boost::json::parse(message.value);
  EXPECT_EQ(value.at("id"), "abc-7");
  EXPECT_EQ(value.at("source").at("traceparent").as_string(), entry.origin.traceparent);
}

TEST(feed_message, for_nats_has_the_id_as_message_id) {
  feed_entry entry;
  entry.cursor = 8;
  entry.kind = "snapshot";
  entry.applied_at = noon();
  const auto plain = make_feed_message({broker_system::nats, "feed", "abc", false}, entry);
  EXPECT_EQ(plain.headers, (std::vector<header>{{"Nats-Msg-Id", "abc-8"}}));
  EXPECT_FALSE(plain.key);
  const auto event = make_feed_message({broker_system::nats, "feed", "abc", true}, entry);
  const std::vector<header> expected{{"Nats-Msg-Id", "abc-8"},
                                     {"ce-specversion", "1.0"},
                                     {"ce-id", "abc-8"},
                                     {"ce-source", "/kollect///"},
                                     {"ce-type", "dev.kollect.inventory.snapshot"},
                                     {"ce-time", "2026-01-15T12:00:00Z"},
                                     {"ce-datacontenttype", "application/json"}};
  EXPECT_EQ(event.headers, expected);
}

} // namespace
} // namespace kollect::consumer::test
