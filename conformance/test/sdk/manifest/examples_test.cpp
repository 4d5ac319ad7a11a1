#include "certificate.hpp"
#include "manifest_text.hpp"

#include <kollect/manifest/resolve.hpp>
#include <kollect/yaml/read.hpp>

#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using list = std::vector<std::string>;

manifest_file read_example(const std::string& name) {
  auto file = yaml::read_manifest(fs::path(KOLLECT_EXAMPLES) / name);
  EXPECT_TRUE(file) << file.error();
  return file ? *file : manifest_file{};
}

connection resolve_example(const manifest_file& file) {
  EXPECT_EQ(file.sinks.size(), 1U);
  auto resolved = file.sinks.empty() ? result<connection>(connection{}) : resolve(file, file.sinks.front());
  EXPECT_TRUE(resolved) << resolved.error();
  return resolved ? *resolved : connection{};
}

/// The keys at every path of a document.
void collect_paths(const node& value, const std::string& path, std::set<std::string>& paths) {
  for (const auto& entry : value.entries) {
    paths.insert(path + entry.key);
    collect_paths(entry.value, path + entry.key + ".", paths);
  }
}

std::set<std::string> paths_of_example(const std::string& name) {
  const auto text = kollect::read_file(fs::path(KOLLECT_EXAMPLES) / name, 1 << 20);
  EXPECT_TRUE(text) << text.error();
  const auto documents = yaml::read(*text, name);
  EXPECT_TRUE(documents) << documents.error();
  std::set<std::string> paths;
  collect_paths(documents->front().root, "", paths);
  return paths;
}

TEST(examples, are_all_read) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(KOLLECT_EXAMPLES)) {
    if (entry.path().extension() != ".yaml")
      continue;
    const auto file = yaml::read_manifest(entry.path());
    EXPECT_TRUE(file) << file.error();
    if (!file)
      continue;
    EXPECT_EQ(file->source, entry.path().string());
    EXPECT_FALSE(file->sinks.empty() && file->secrets.empty() && file->inventories.empty()) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 6U);
}

TEST(examples, have_the_least_kafka_sink) {
  const std::set<std::string> least{"apiVersion",         "kind",
                                    "metadata",           "metadata.name",
                                    "metadata.namespace", "spec",
                                    "spec.type",          "spec.connectionTest",
                                    "spec.kafka",         "spec.kafka.brokers",
                                    "spec.kafka.topic"};
  EXPECT_EQ(paths_of_example("kafka-sink.yaml"), least);
  const auto file = read_example("kafka-sink.yaml");
  const auto resolved = resolve_example(file);
  EXPECT_EQ(to_string(file.sinks.front().metadata), "default/kafka-inventory-demo");
  EXPECT_EQ(resolved.addresses, list{"kafka.kollect-system.svc:9092"});
  EXPECT_EQ(resolved.destination, "inventory.changes");
  EXPECT_FALSE(resolved.connection_test);
  EXPECT_FALSE(resolved.secret);
}

TEST(examples, have_the_least_nats_sink) {
  const std::set<std::string> least{
      "apiVersion",         "kind",          "metadata",         "metadata.name",
      "metadata.namespace", "spec",          "spec.type",        "spec.connectionTest",
      "spec.nats",          "spec.nats.url", "spec.nats.subject"};
  EXPECT_EQ(paths_of_example("nats-sink.yaml"), least);
  const auto resolved = resolve_example(read_example("nats-sink.yaml"));
  EXPECT_EQ(resolved.system, broker_system::nats);
  EXPECT_EQ(resolved.addresses, list{"nats://nats.kollect-system.svc:4222"});
  EXPECT_EQ(resolved.destination, "inventory.events");
  EXPECT_EQ(resolved.stream, "kollect_events");
}

TEST(examples, have_a_secret_that_fits_the_kafka_sinks) {
  const auto file = read_example("secret.yaml");
  ASSERT_EQ(file.secrets.size(), 1U);
  EXPECT_EQ(to_string(file.secrets.front().metadata), "default/kafka-credentials");
  EXPECT_EQ(file.secrets.front().values.size(), 2U);
}

TEST(examples, have_an_inventory_that_pairs_an_event_and_a_database_sink) {
  const auto file = read_example("inventory.yaml");
  ASSERT_EQ(file.inventories.size(), 1U);
  const auto& pairing = file.inventories.front();
  ASSERT_EQ(pairing.event_sinks.size(), 1U);
  EXPECT_EQ(pairing.event_sinks.front().name, read_example("kafka-sink.yaml").sinks.front().metadata.name);
  ASSERT_EQ(pairing.database_sinks.size(), 1U);
  EXPECT_EQ(pairing.database_sinks.front().export_min_interval, 30s);
  EXPECT_EQ(pairing.database_sinks.front().max_export_bytes, default_max_export_bytes);
}

TEST(examples, show_every_field) {
  const list common{"apiVersion",
                    "kind",
                    "metadata.name",
                    "metadata.namespace",
                    "spec.type",
                    "spec.connectionTest",
                    "spec.cluster",
                    "spec.endpoint",
                    "spec.secretRef.name",
                    "spec.tls.insecureSkipVerify",
                    "spec.tls.caSecretRef.name",
                    "spec.pathTemplate",
                    "spec.exportMinInterval",
                    "spec.serialization.format",
                    "spec.serialization.compression",
                    "spec.provisioning",
                    "spec.options"};
  const auto kafka = paths_of_example("kafka-sink-full.yaml");
  const auto nats = paths_of_example("nats-sink-full.yaml");
  for (const auto& path : common) {
    EXPECT_TRUE(kafka.contains(path)) << path;
    EXPECT_TRUE(nats.contains(path)) << path;
  }
  for (const auto* path : {"spec.kafka.brokers", "spec.kafka.topic", "spec.kafka.secretRef.name"})
    EXPECT_TRUE(kafka.contains(path)) << path;
  for (const auto* path : {"spec.nats.url", "spec.nats.subject", "spec.nats.stream",
                           "spec.nats.secretRef.name", "spec.tls.caBundle"})
    EXPECT_TRUE(nats.contains(path)) << path;
}

TEST(examples, with_every_field_become_connections) {
  const auto kafka = resolve_example(read_example("kafka-sink-full.yaml"));
  EXPECT_EQ(kafka.addresses.size(), 2U);
  EXPECT_EQ(kafka.cluster, "prod-west");
  EXPECT_TRUE(kafka.secret && kafka.secret->username == "kollect" && kafka.secret->password == "change-me");
  ASSERT_TRUE(kafka.tls);
  EXPECT_EQ(kafka.tls->ca_pem, certificate);
  const auto nats = resolve_example(read_example("nats-sink-full.yaml"));
  EXPECT_EQ(nats.addresses,
            (list{"tls://nats-0.kollect-system.svc:4222", "tls://nats-1.kollect-system.svc:4222"}));
  EXPECT_EQ(nats.stream, "kollect_events");
  EXPECT_TRUE(nats.secret && nats.secret->username == "kollect" && nats.secret->password == "change-me");
  ASSERT_TRUE(nats.tls);
  EXPECT_EQ(nats.tls->ca_pem, certificate);
}

} // namespace
} // namespace kollect::test
