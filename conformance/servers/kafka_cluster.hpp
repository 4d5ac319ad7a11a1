#ifndef KOLLECT_SERVERS_KAFKA_CLUSTER_HPP
#define KOLLECT_SERVERS_KAFKA_CLUSTER_HPP

#include <servers/kafka_server.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace kollect::servers {

/// Several nodes of Apache Kafka that are one cluster, each broker and controller. It serves as long as more
/// than half of them live; each can be killed and restarted on its own.
class kafka_cluster {
public:
  /// Starts them all and waits until each answers.
  static result<kafka_cluster> start(std::size_t nodes);

  std::string bootstrap() const; ///< of all nodes: host:port,host:port…
  std::size_t size() const noexcept { return nodes_.size(); }
  kafka_server& node(std::size_t index) { return nodes_.at(index); }

  /// Makes a topic that every node has a copy of, and whose messages are stored by all but one at least.
  result<void> create_topic(const std::string& name, int partitions);

private:
  std::vector<kafka_server> nodes_;
};

} // namespace kollect::servers

#endif
