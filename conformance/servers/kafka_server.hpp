#ifndef KOLLECT_SERVERS_KAFKA_SERVER_HPP
#define KOLLECT_SERVERS_KAFKA_SERVER_HPP

#include <servers/kafka_admin.hpp>
#include <servers/process.hpp>
#include <servers/tls_files.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::servers {

/// Apache Kafka as most tests want it.
inline constexpr std::string_view kafka_current = "4.1.0";

/// Apache Kafka that SCRAM works with when librdkafka is older than 2.6.1, as in Debian 12 (KAF-07).
inline constexpr std::string_view kafka_for_old_scram = "3.9.1";

/// A SCRAM-SHA-256 user. The password may hold any bytes; the name no comma, quote or bracket.
struct kafka_user {
  std::string name;
  std::string password;
};

/// What makes a node one of several: it answers when more than half of them live.
struct kafka_membership {
  int node_id = 1;
  std::uint16_t controller_port = 0;
  std::string voters;     ///< all nodes: `ID@HOST:CONTROLLER_PORT,…`
  std::string cluster_id; ///< the same for all
};

/// How a Kafka broker is to run.
struct kafka_options {
  std::string version{kafka_current};
  std::vector<kafka_user> users{};         ///< not empty: there is a listener for SCRAM-SHA-256
  std::optional<server_certificate> tls{}; ///< set: there is a listener for TLS
  std::map<std::string, std::string>
      properties{};                         ///< of the broker, such as message.max.bytes; win over ours
  std::optional<kafka_membership> member{}; ///< nothing: a cluster of one
  /// For each a further listener without security, whose clients are told that the broker is there instead
  /// of where it is: `host:port`.
  std::vector<std::string> false_addresses{};
  std::chrono::milliseconds start_timeout = std::chrono::seconds(120);
};

/// The ways into a broker, as Kafka calls them.
enum class kafka_listener {
  plaintext,      ///< always there: for tests without security, and to administrate
  sasl_plaintext, ///< with users
  ssl,            ///< with a certificate
  sasl_ssl        ///< with both
};

/// A new cluster's id.
std::string new_kafka_cluster_id();

/// A real Apache Kafka, one node in KRaft mode, on 127.0.0.1: a child process, ended with this object.
/// Topics are not made on demand. Needs Java 17; the first start of a version downloads its jars.
class kafka_server {
public:
  /// Starts one and waits until it answers a metadata request. When it does not within
  /// `start_timeout`, the failure has the last lines of the broker's log.
  static result<kafka_server> start(kafka_options options = {});

  /// Starts one and does not wait for it: a member of a cluster does not answer before others live too.
  static result<kafka_server> launch(kafka_options options);
  result<void> wait_until_it_answers();

  kafka_server(kafka_server&&) noexcept;
  kafka_server& operator=(kafka_server&&) noexcept;
  ~kafka_server();

  /// host:port of a listener; empty for one that this broker does not have.
  std::string bootstrap(kafka_listener listener = kafka_listener::plaintext) const;
  /// host:port of the listener whose clients are told one of options.false_addresses.
  std::string misleading_bootstrap(const std::string& false_address) const;
  process& child() noexcept;           ///< the running process, to signal it (SIGSTOP, SIGCONT)
  std::string log() const;             ///< all that the broker wrote, over restarts: warnings and errors
  kafka_admin& admin() noexcept;       ///< a client of the plaintext listener
  std::filesystem::path store() const; ///< the folder of all logs, to put a copy back while it is stopped

  /// As in kafka_admin.
  result<void> create_topic(const std::string& name, int partitions = 1,
                            const std::map<std::string, std::string>& configuration = {},
                            int replication_factor = 1);
  result<void> delete_topic(const std::string& name);

  result<void> stop();    ///< ends it in order; restart() brings it back
  void kill();            ///< ends it at once, as a crash would
  result<void> restart(); ///< starts it again with the same ports and store, ending it first if need be

private:
  struct state;
  explicit kafka_server(std::unique_ptr<state> started) noexcept;

  std::unique_ptr<state> state_;
};

} // namespace kollect::servers

#endif
