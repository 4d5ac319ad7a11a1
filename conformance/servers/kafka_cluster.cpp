#include <servers/kafka_cluster.hpp>

#include <servers/free_port.hpp>

#include <utility>

namespace kollect::servers {
namespace {

/// What each node has to know of all.
result<std::vector<kafka_membership>> make_memberships(std::size_t nodes) {
  std::vector<kafka_membership> members;
  std::string voters;
  for (std::size_t index = 0; index < nodes; ++index) {
    const auto port = free_port();
    if (!port)
      return port.error();
    const int id = static_cast<int>(index) + 1;
    voters += (index == 0 ? "" : ",") + std::to_string(id) + "@127.0.0.1:" + std::to_string(*port);
    members.push_back({id, *port, {}, {}});
  }
  const auto cluster_id = new_kafka_cluster_id();
  for (auto& member : members) {
    member.voters = voters;
    member.cluster_id = cluster_id;
  }
  return members;
}

} // namespace

result<kafka_cluster> kafka_cluster::start(std::size_t nodes) {
  auto members = make_memberships(nodes);
  if (!members)
    return members.error();
  kafka_cluster cluster;
  for (const auto& member : *members) {
    kafka_options options;
    options.member = member;
    auto launched = kafka_server::launch(std::move(options));
    if (!launched)
      return launched.error();
    cluster.nodes_.push_back(std::move(*launched));
  }
  // None answers before most of them live.
  for (auto& node : cluster.nodes_)
    if (auto ready = node.wait_until_it_answers(); !ready)
      return ready.error();
  return cluster;
}

std::string kafka_cluster::bootstrap() const {
  std::string addresses;
  for (const auto& node : nodes_)
    addresses += (addresses.empty() ? "" : ",") + node.bootstrap();
  return addresses;
}

result<void> kafka_cluster::create_topic(const std::string& name, int partitions) {
  const auto copies = static_cast<int>(nodes_.size());
  return nodes_.front().create_topic(name, partitions, {{"min.insync.replicas", std::to_string(copies - 1)}},
                                     copies);
}

} // namespace kollect::servers
