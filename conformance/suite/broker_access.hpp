#ifndef KOLLECT_CONFORMANCE_BROKER_ACCESS_HPP
#define KOLLECT_CONFORMANCE_BROKER_ACCESS_HPP

#include "log_judges.hpp"
#include "recording.hpp"

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/log_reader.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kollect::conformance {

/// The offset after the last message of each partition; for NATS of partition 0, the last sequence and one.
using log_ends = std::map<std::int32_t, std::int64_t>;

/// A reader of all messages from the first on. error::topic_missing where there is no such topic or stream.
result<std::unique_ptr<log_reader>> open_reader(const connection& target, std::chrono::milliseconds timeout);

/// Something to ask again and again where a log ends now; keeps its connection.
using ends_question = std::function<result<log_ends>(std::chrono::milliseconds timeout)>;
result<ends_question> ask_for_ends(const connection& target, std::chrono::milliseconds timeout);

/// What was removed from a log until now; nothing where the broker does not tell all of it.
result<std::optional<removed_offsets>> find_removed(const connection& target,
                                                    std::chrono::milliseconds timeout);

/// A copy that needs no broker client any more.
recorded_message to_recorded(const received_message& message);

/// JetStream's own interface, to make streams and look at them.
class jetstream {
public:
  static result<jetstream> connect(const connection& target, std::chrono::milliseconds timeout);

  /// A stream as its configuration says, name and subjects among it.
  result<void> create_stream(const boost::json::object& configuration);
  /// Changes some of its settings and leaves the others.
  result<void> change_stream(const std::string& name, const boost::json::object& settings);
  /// Its configuration, or nothing if there is none of that name.
  result<std::optional<boost::json::object>> stream_configuration(const std::string& name);
  /// Removes it if it is there.
  result<void> delete_stream(const std::string& name);

private:
  using question =
      std::function<result<boost::json::object>(const std::string& subject, const boost::json::object&)>;
  explicit jetstream(question ask) : ask_(std::move(ask)) {}

  question ask_;
};

/// A Kafka broker within this process; other processes can use it. Runs as long as a copy of this lives.
struct embedded_kafka {
  std::shared_ptr<void> owner;
  std::string bootstrap;
  std::function<result<void>(const std::string& topic, int partitions)> create_topic;
};
result<embedded_kafka> start_embedded_kafka();

/// librdkafka properties for a connection, as an administrator's client wants them.
std::map<std::string, std::string> security_properties(const connection& target);

/// Whether this librdkafka can do SCRAM with Apache Kafka 4.
bool has_recent_scram() noexcept;

} // namespace kollect::conformance

#endif
