#include <kollect/nats/jetstream.hpp>

#include <servers/kafka_server.hpp>
#include <servers/nats_server.hpp>
#include <suite/broker_access.hpp>
#include <suite/raw_publisher.hpp>

#include <gtest/gtest.h>

// What brokers tell of the messages that are gone from a log, on which an audit's MP-04 rests.
namespace kollect::conformance {
namespace {

using namespace std::chrono_literals;

TEST(removed_from, kafka_are_the_beginning_and_whatever_compaction_takes) {
  auto server = servers::kafka_server::start();
  ASSERT_TRUE(server) << server.error();
  connection target;
  target.system = broker_system::kafka;
  target.addresses = {server->bootstrap()};
  for (const auto& [policy, is_compacted] : std::vector<std::pair<std::string, bool>>{
           {"delete", false}, {"compact", true}, {"compact,delete", true}}) {
    target.destination = "topic." + policy.substr(policy.size() - 3) + std::to_string(is_compacted) +
                         std::to_string(policy.size());
    ASSERT_TRUE(server->create_topic(target.destination, 2, {{"cleanup.policy", policy}}));
    const auto removed = find_removed(target, 20s);
    ASSERT_TRUE(removed && *removed) << policy;
    EXPECT_EQ((*removed)->is_compacted, is_compacted) << policy;
    EXPECT_EQ((*removed)->first_left, (std::map<std::int32_t, std::int64_t>{{0, 0}, {1, 0}}));
  }
}

TEST(removed_from, nats_are_the_beginning_and_single_messages_but_no_other_subjects) {
  auto server = servers::nats_server::start();
  ASSERT_TRUE(server) << server.error();
  connection target;
  target.system = broker_system::nats;
  target.addresses = {server->url()};
  target.destination = "inventory.a";
  target.stream = "STREAM";
  auto admin = nats::jetstream::connect(target);
  ASSERT_TRUE(admin) << admin.error();
  ASSERT_TRUE(admin->request("STREAM.CREATE.STREAM",
                             {{"name", "STREAM"}, {"subjects", boost::json::array{"inventory.*"}}}, 10s));
  auto other = target;
  other.destination = "inventory.b";
  const std::vector<sent_message> one(1);
  for (const auto* to : {&target, &other, &other, &target, &other, &target}) {
    auto publisher = raw_publisher::connect(*to, 10s);
    ASSERT_TRUE(publisher) << publisher.error();
    ASSERT_TRUE(publisher->publish(one));
  }
  const auto may_be_removed = [&](std::int64_t from, std::int64_t to) {
    const auto removed = find_removed(target, 10s);
    EXPECT_TRUE(removed && *removed);
    return (*removed)->may_be_in(0, {from, to});
  };
  EXPECT_FALSE(may_be_removed(2, 4));
  EXPECT_FALSE(may_be_removed(1, 7));
  ASSERT_TRUE(admin->request("STREAM.MSG.DELETE.STREAM", {{"seq", 3}}, 10s));
  EXPECT_TRUE(may_be_removed(2, 4));
  EXPECT_FALSE(may_be_removed(4, 7));
  ASSERT_TRUE(admin->request("STREAM.MSG.DELETE.STREAM", {{"seq", 1}}, 10s));
  EXPECT_TRUE(may_be_removed(1, 2));
  EXPECT_FALSE(may_be_removed(2, 3));
}

} // namespace
} // namespace kollect::conformance
