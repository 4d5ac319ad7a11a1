#ifndef KOLLECT_KAFKA_TOPIC_ENDS_HPP
#define KOLLECT_KAFKA_TOPIC_ENDS_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/kafka/config.hpp>
#include <kollect/kafka/detail/client.hpp>
#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/kafka/detail/topic.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka {

/// A connection to ask again and again where the partitions of a topic end, beside those who publish and
/// consume. Fetches no message. Not thread-safe: every call from one thread.
class topic_ends {
public:
  /// Connects in the background: find() tells whether it worked. Errors: as of create_publisher().
  [[nodiscard]] static result<topic_ends> create(const connection& target,
                                                 const client_options& options = {}) {
    auto made = detail::create_asking_client(target, options);
    if (!made)
      return made.error();
    return topic_ends(std::move(*made), target);
  }

  /// The offset after the last message of each partition, in the order of partitions. Waits up to `timeout`,
  /// also for the leaders of a topic that was made just now. Errors: error::topic_missing [KAF-06],
  /// error::authentication_failed, error::tls_failed, error::broker_unavailable.
  [[nodiscard]] result<std::vector<partition_position>> find(std::chrono::milliseconds timeout) {
    const auto held = detail::await_extents(*client_, target_, timeout);
    if (!held)
      return held.error();
    std::vector<partition_position> ends;
    for (const auto& [partition, extent] : *held)
      ends.push_back({partition, extent.end});
    return ends;
  }

private:
  topic_ends(std::shared_ptr<detail::client> client, connection target)
      : client_(std::move(client)), target_(std::move(target)) {}

  std::shared_ptr<detail::client> client_;
  connection target_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka

#endif
