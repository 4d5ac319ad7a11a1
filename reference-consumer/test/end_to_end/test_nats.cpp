#include "broker.hpp"

#include <servers/nats_server.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace kollect::test {
namespace {

/// One nats-server for all tests here; each has its own stream and subject.
class nats_end_to_end : public testing::Test {
protected:
  static void SetUpTestSuite() {
    server_.emplace(servers::nats_server::start({.max_payload = 4U * 1024 * 1024}).value());
  }
  static void TearDownTestSuite() { server_.reset(); }

  static std::string manifest(const std::string& url, const std::string& subject, const std::string& stream) {
    return "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: nats-inventory-demo, "
           "namespace: default}\n"
           "spec:\n  type: nats\n  connectionTest: false\n  nats: {url: \"" +
           url + "\", subject: " + subject + ", stream: " + stream + "}\n";
  }

  broker system() {
    return {.name = "nats",
            .new_manifest =
                [](int) {
                  const auto number = std::to_string(++count_);
                  return manifest(server_->url(), "inventory.events." + number, "events_" + number);
                },
            .quick_recovery = {"--ack-wait", "2000"},
            .quick_replacement = {"--ack-wait", "4000"}};
  }

  static std::optional<servers::nats_server> server_;
  static int count_;
};

std::optional<servers::nats_server> nats_end_to_end::server_;
int nats_end_to_end::count_ = 0;

TEST_F(nats_end_to_end, killed_ten_times) {
  check_killed_ten_times(system());
}
TEST_F(nats_end_to_end, both_forms) {
  check_both_forms(system());
}
TEST_F(nats_end_to_end, dead_letter) {
  check_dead_letter(system());
}
TEST_F(nats_end_to_end, resume) {
  check_resume(system());
}
TEST_F(nats_end_to_end, feed_folds) {
  check_feed_folds(system());
}

TEST_F(nats_end_to_end, scale_out) {
  check_scale_out(system());
}
TEST_F(nats_end_to_end, database_outages) {
  check_database_outages(system());
}
TEST_F(nats_end_to_end, stopped_one_is_fenced) {
  check_stopped_one_is_fenced(system());
}

TEST_F(nats_end_to_end, feed_published) {
  check_feed_published(system());
}
TEST_F(nats_end_to_end, tail_and_resync) {
  check_tail_and_resync(system());
}

TEST_F(nats_end_to_end, operations) {
  check_operations(system());
}

TEST_F(nats_end_to_end, nobody_listens) {
  const workplace place;
  place.write("sink.yaml", manifest("nats://127.0.0.1:1", "inventory.events", "events"));
  const auto outcome = place.consume(
      {"run", "--manifest", place.file("sink.yaml").string(), "--store", place.store(), "--until-end"});
  EXPECT_EQ(outcome.status.code, 69) << outcome;
  EXPECT_NE(outcome.errors.find("127.0.0.1:1"), std::string::npos) << outcome;
}

TEST_F(nats_end_to_end, wrong_password_is_refused_and_not_printed) {
  auto secured = servers::nats_server::start({.username = "portal", .password = "right"}).value();
  const workplace place;
  auto text = manifest(secured.url(), "inventory.events", "events");
  text.insert(text.find("  nats:"), "  secretRef: {name: nats-credentials}\n");
  text += "---\napiVersion: v1\nkind: Secret\nmetadata: {name: nats-credentials, namespace: default}\n"
          "stringData: {username: portal, password: canary-8731}\n";
  place.write("sink.yaml", text);
  const auto outcome = place.consume(
      {"run", "--manifest", place.file("sink.yaml").string(), "--store", place.store(), "--until-end"});
  EXPECT_EQ(outcome.status.code, 77) << outcome;
  EXPECT_EQ((outcome.output + outcome.errors).find("canary-8731"), std::string::npos) << outcome;
}

TEST_F(nats_end_to_end, lost_store_is_rebuilt_from_the_stream) {
  const workplace place;
  place.write("sink.yaml", system().new_manifest(1));
  const auto simulated = place.produce({"simulate", "--manifest", place.file("sink.yaml").string(),
                                        "--clusters", "1", "--namespaces", "2", "--items", "5", "--rounds",
                                        "4", "--expect", place.file("expected.json").string()});
  ASSERT_EQ(simulated.status.code, 0) << simulated;
  const auto first = place.run_until_end();
  for (const auto* name : {"state.db", "state.db-wal", "state.db-shm"})
    std::filesystem::remove(place.file(name));
  const auto again = place.run_until_end();
  EXPECT_EQ(again, first);
  EXPECT_EQ(place.state(), read_file(place.file("expected.json")));
}

} // namespace
} // namespace kollect::test
