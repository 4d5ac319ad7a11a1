#include "test/support/producer.hpp"

#include <servers/free_port.hpp>

#include <gtest/gtest.h>

namespace kollect::test {
namespace {

TEST(check, says_that_nobody_answers) {
  const workspace place;
  const auto port = std::to_string(servers::free_port().value());
  const auto kafka = run_producer({"check", "--timeout", "1", "--manifest",
                                   place.write("kafka.yaml", kafka_manifest("127.0.0.1:" + port, "t"))});
  EXPECT_EQ(kafka.status.code, 69) << kafka;
  EXPECT_EQ(kafka.output, "");
  EXPECT_NE(kafka.errors.find("127.0.0.1:" + port), std::string::npos) << kafka;
  const auto nats = run_producer({"check", "--timeout", "1", "--manifest",
                                  place.write("nats.yaml", nats_manifest("nats://127.0.0.1:" + port, "s"))});
  EXPECT_EQ(nats.status.code, 69) << nats;
  EXPECT_EQ(nats.output, "");
}

TEST(check, refuses_properties_that_do_more_than_tune) {
  const workspace place;
  const auto manifest = place.write("kafka.yaml", kafka_manifest("127.0.0.1:1", "t"));
  for (const auto* property : {"plugin.library.paths=x", "sasl.password=x", "nonsense", "=x", "acks=0"}) {
    const auto outcome = run_producer({"check", "--manifest", manifest, "-X", property});
    EXPECT_EQ(outcome.status.code, 78) << property << outcome;
  }
  const auto nats = run_producer({"check", "-X", "linger.ms=1", "--manifest",
                                  place.write("nats.yaml", nats_manifest("nats://127.0.0.1:1", "s"))});
  EXPECT_EQ(nats.status.code, 78) << nats;
}

} // namespace
} // namespace kollect::test
