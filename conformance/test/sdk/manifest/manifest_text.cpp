#include "manifest_text.hpp"

#include <kollect/yaml/read.hpp>

namespace kollect::test {

std::string kafka_sink(std::string_view more) {
  return std::string(sink_head) +
         "  type: kafka\n"
         "  kafka: {brokers: ['kafka:9092'], topic: inventory.changes}\n"
         "  endpoint: other:9092\n" +
         std::string(more);
}

std::string kafka_sink_with(std::string_view settings) {
  return std::string(sink_head) + "  type: kafka\n  kafka:\n" + std::string(settings);
}

std::string nats_sink_with(std::string_view settings) {
  return std::string(sink_head) + "  type: nats\n  nats:\n" + std::string(settings);
}

std::string secret_document(std::string_view more) {
  return "---\n"
         "apiVersion: v1\n"
         "kind: Secret\n"
         "metadata: {name: credentials, namespace: team-a}\n" +
         std::string(more);
}

result<manifest_file> read(std::string_view text) {
  return yaml::read_manifest_text(text, "file.yaml");
}

event_sink read_sink(std::string_view text) {
  auto file = read(text);
  EXPECT_TRUE(file) << file.error();
  return file && !file->sinks.empty() ? file->sinks.front() : event_sink{};
}

std::string refusal(std::string_view text) {
  const auto file = read(text);
  return file ? "accepted" : to_string(file.error());
}

} // namespace kollect::test
