#ifndef KOLLECT_SERVERS_KAFKA_ADMIN_HPP
#define KOLLECT_SERVERS_KAFKA_ADMIN_HPP

#include <kollect/error.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace kollect::servers {

/// How a Kafka client reaches a cluster. Usable with any cluster, not only with kafka_server.
struct kafka_access {
  std::string bootstrap;                           ///< host:port[,host:port…]
  std::map<std::string, std::string> properties{}; ///< further librdkafka properties: sasl.*, ssl.* …
  std::chrono::milliseconds timeout = std::chrono::seconds(30); ///< for each call
};

/// A client that makes and removes topics, through librdkafka's admin API. Calls block; one thread at a time.
class kafka_admin {
public:
  /// Makes the client; nothing is sent yet. error::invalid_value names a property librdkafka refuses.
  static result<kafka_admin> create(const kafka_access& access);

  kafka_admin(kafka_admin&&) noexcept;
  kafka_admin& operator=(kafka_admin&&) noexcept;
  ~kafka_admin();

  /// Whether the cluster answers, right now, and every partition it has is led by somebody.
  bool answers();

  /// Whether every copy of every partition is in sync with its leader, as far as the cluster says right now.
  bool is_in_sync();

  /// The cluster's id, as it told at the first answer; empty when there was none yet.
  std::string cluster_id();

  /// Makes a topic and waits until all its partitions are led.
  /// `configuration` is as Kafka names it: cleanup.policy, max.message.bytes ….
  result<void> create_topic(const std::string& name, int partitions,
                            const std::map<std::string, std::string>& configuration = {},
                            int replication_factor = 1);

  /// Removes a topic and waits until the cluster does not know it any more.
  result<void> delete_topic(const std::string& name);

private:
  struct state;
  explicit kafka_admin(std::unique_ptr<state> made) noexcept;

  std::unique_ptr<state> state_;
};

} // namespace kollect::servers

#endif
