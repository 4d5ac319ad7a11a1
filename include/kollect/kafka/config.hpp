#ifndef KOLLECT_KAFKA_CONFIG_HPP
#define KOLLECT_KAFKA_CONFIG_HPP

#include <kollect/kafka/properties.hpp>
#include <kollect/log_reader.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka {

/// What publishers and subscribers have in common.
struct client_options {
  std::string client_id = "kollect"; ///< how the broker names us in its logs and quotas
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10); ///< for the first answer of a broker
  std::vector<property> properties{}; ///< further librdkafka properties; see check_property()
  /// Takes what librdkafka reports, one line each, without credentials (SEC-02). Called from within
  /// our functions only, never from another thread. Unset: nothing is reported.
  std::function<void(std::string_view)> log{};
};

/// Settings of kafka::create_publisher.
struct publisher_options {
  client_options client{};             ///< what all clients have
  std::chrono::milliseconds linger{5}; ///< how long a message waits for others to share its request
  std::size_t max_message_bytes =
      64U * 1024 * 1024; ///< largest message offered to the broker, which may take less
  std::size_t queue_bytes = 256U * 1024 * 1024; ///< messages on their way, at most
};

/// Settings of kafka::create_subscriber.
struct subscriber_options {
  client_options client{};                ///< what all clients have
  std::string group = "kollect-consumer"; ///< group.id
  std::string instance_id{}; ///< static membership: a restarted process resumes at once; empty: none
  std::chrono::milliseconds session_timeout =
      std::chrono::seconds(45); ///< a silent member is replaced after it
  std::chrono::milliseconds max_poll_interval =
      std::chrono::minutes(5);                 ///< longest pause between poll() or keep_alive()
  std::chrono::milliseconds fetch_wait{500};   ///< how long the broker may wait for new messages
  std::size_t fetch_bytes = 50U * 1024 * 1024; ///< in one answer of the broker
  std::size_t partition_fetch_bytes =
      4U * 1024 * 1024; ///< of one partition in one answer; a larger message comes alone
  std::size_t queue_bytes = 32U * 1024 * 1024; ///< fetched ahead until it is exceeded, by one answer at most
  std::size_t max_message_bytes = 256U * 1024 * 1024; ///< largest answer that is read; keep over fetch_bytes
  std::chrono::milliseconds close_timeout =
      std::chrono::seconds(5); ///< for leaving the group; up to half of it waits for a coordinator
  /// Whether messages that cannot be read (a batch over max_message_bytes, damaged, or that decompresses to
  /// nothing) are passed over: poll() then gives one message in their place, with
  /// received_message::unreadable set. Otherwise their partition stands still, and subscriber::unreadable()
  /// says so.
  bool skip_unreadable = false;
  /// Whether a batch was refused since the last question for want of memory that will be given back, so that
  /// it is no fault of the batch: it is asked for again. Unset: never.
  std::function<bool()> take_lack_of_room{};
  std::chrono::milliseconds unreadable_retry =
      std::chrono::minutes(1); ///< how often a partition that stands still is tried again
  /// How long no message may come before the log is looked at, whether it still is the one that was read.
  std::chrono::milliseconds log_check_interval = std::chrono::seconds(5);
};

/// Settings of kafka::create_reader.
struct reader_options {
  client_options client{};                            ///< what all clients have
  read_from start = read_start::earliest;             ///< where to begin
  std::size_t max_message_bytes = 256U * 1024 * 1024; ///< largest answer that is read
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka

#endif
