// Exports the rows of one inventory to NATS JetStream: an array of items from a file or standard input.
//   nats_sink nats://localhost:4222 inventory.events prod-west team-a workloads items.json
#include <kollect/export.hpp>
#include <kollect/nats/end_process.hpp>
#include <kollect/nats/publisher.hpp>
#include <kollect/parse.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

std::string read_all(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Succeeds only once the stream has every message (NAT-05).
kollect::result<void> publish(const kollect::connection& sink, const kollect::snapshot& snapshot,
                              const kollect::timestamp& now) {
  const auto messages = kollect::make_messages(snapshot, sink, now);
  if (!messages)
    return messages.error();
  auto publisher = kollect::nats::create_publisher(sink);
  if (!publisher)
    return publisher.error();
  for (const auto& confirmed : (*publisher)->publish(*messages, std::chrono::seconds(30)))
    if (!confirmed)
      return confirmed.error();
  return {};
}

int export_rows(const std::string& text, char** words) {
  auto items = kollect::parse_items(text);
  if (!items) {
    std::cerr << words[6] << ": " << items.error() << '\n';
    return 65;
  }
  const auto now = kollect::now();
  kollect::connection sink;
  sink.system = kollect::broker_system::nats;
  sink.addresses = {words[1]};
  sink.destination = words[2];
  sink.stream = "kollect_events"; // made with the subject if it is missing (NAT-03)
  sink.cluster = words[3];
  kollect::snapshot snapshot;
  snapshot.scope = {sink.cluster, words[4], words[5]};
  snapshot.items = std::move(*items); // none at all is right as well: it clears the scope (DEL-02)
  const auto published = publish(sink, snapshot, now);
  if (published)
    return EXIT_SUCCESS;
  std::cerr << published.error() << '\n';
  return published.error().code == kollect::condition::unavailable ? 75 : EXIT_FAILURE; // 75: try again
}

} // namespace

int main(int count, char** words) {
  if (count != 7) {
    std::cerr << "usage: nats_sink URL SUBJECT CLUSTER NAMESPACE INVENTORY FILE|-\n";
    return 64;
  }
  const bool is_standard_input = std::string_view(words[6]) == "-";
  std::ifstream file(is_standard_input ? "/dev/null" : words[6], std::ios::binary);
  if (!file) {
    std::cerr << words[6] << ": cannot be read\n";
    return 66;
  }
  kollect::nats::end_process(export_rows(read_all(is_standard_input ? std::cin : file), words));
}
