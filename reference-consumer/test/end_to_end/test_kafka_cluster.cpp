#include "programs.hpp"

#include <servers/kafka_cluster.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <random>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;

/// Producer and consumer on three brokers, of which one after the other is killed and comes back. Whoever
/// leads some of six partitions and coordinates the group is among them.
TEST(kafka_cluster_end_to_end, a_leader_is_killed) {
  auto cluster = servers::kafka_cluster::start(3).value();
  ASSERT_TRUE(cluster.create_topic("inventory.changes", 6));
  const workplace place;
  place.write(
      "sink.yaml",
      "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: demo}\nspec:\n  type: "
      "kafka\n  kafka:\n    brokers: [" +
          cluster.bootstrap() + "]\n    topic: inventory.changes\n");
  const auto expected = place.file("expected.json");
  auto producer = servers::process::start({.arguments = {KOLLECT_PRODUCER,
                                                         "simulate",
                                                         "--manifest",
                                                         place.file("sink.yaml").string(),
                                                         "--clusters",
                                                         "3",
                                                         "--namespaces",
                                                         "4",
                                                         "--items",
                                                         "20",
                                                         "--rounds",
                                                         "100",
                                                         "--churn",
                                                         "0.1",
                                                         "--duplicates",
                                                         "0.1",
                                                         "--shuffle",
                                                         "--multipart-bytes",
                                                         "4000",
                                                         "--poison",
                                                         "0.01",
                                                         "--rate",
                                                         "150",
                                                         "--expect",
                                                         expected.string()},
                                           .log = place.file("producer.log")})
                      .value();
  auto consumer = place.start_consumer({"--instance-id", "consumer-0"});
  const auto consumed = [&] { return place.has_store() ? place.counts().at("consumed").as_int64() : 0; };
  for (std::size_t node = 0; node + 1 < cluster.size(); ++node) {
    // A partition whose last copy in sync goes with this node would wait for it.
    ASSERT_TRUE(servers::wait_until([&] { return cluster.node(node).admin().is_in_sync(); }, 60s));
    auto before = consumed();
    ASSERT_TRUE(servers::wait_until([&] { return consumed() > before; }, 60s)) << place.log();
    cluster.node(node).kill();
    // The others carry on without it.
    before = consumed();
    EXPECT_TRUE(servers::wait_until([&] { return consumed() > before + 50 || !producer.running(); }, 90s))
        << "node " << node << place.log() << place.log("producer.log");
    ASSERT_TRUE(cluster.node(node).restart()) << cluster.node(node).log();
  }
  const auto produced = producer.wait(5min);
  ASSERT_TRUE(produced) << produced.error();
  EXPECT_EQ(produced->code, 0) << place.log("producer.log");
  EXPECT_TRUE(servers::wait_until([&] { return place.state() == read_file(expected); }, 60s)) << place.log();
  EXPECT_EQ(consumer.stop().value().code, 0) << place.log();
  place.run_until_end({"--instance-id", "consumer-0"});
  expect_conserved(place.counts());
  EXPECT_EQ(place.counts().at("pending").as_int64(), 0);
  EXPECT_EQ(place.state(), read_file(expected));
}

} // namespace
} // namespace kollect::test
