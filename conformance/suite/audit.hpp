#ifndef KOLLECT_CONFORMANCE_AUDIT_HPP
#define KOLLECT_CONFORMANCE_AUDIT_HPP

#include "judge.hpp"
#include "verdict.hpp"

#include <kollect/connection.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kollect::conformance {

/// How long after its newest part a torn set may still become complete, unless --settle says otherwise.
inline constexpr std::chrono::seconds default_settle{60};

/// What an audit has to know besides the messages.
struct audit_options {
  broker_system system = broker_system::kafka;
  std::vector<std::string> clusters{}; ///< only these; empty: all
  int partitions = 0;                  ///< of the topic; 0: not known
  std::string path_template{};         ///< of the manifest; empty: none
  timestamp read_at{};                 ///< when the log was read to its end
  std::chrono::seconds settle = default_settle;
};

/// The messages of one cluster.
struct cluster_traffic {
  std::optional<std::string> name; ///< their label; nothing: messages that have none
  std::size_t messages = 0;
};

/// Judges messages that are there already, each cluster of a fleet by itself: each message, and the sequence
/// as a whole.
class audit {
public:
  /// `messages` in the order of partition and offset.
  audit(audit_options options, std::vector<recorded_message> messages);

  clause_result judge(const requirement& clause) const;

  /// The clusters that are judged, by name; the messages without one come last.
  std::vector<cluster_traffic> clusters() const;
  std::size_t message_count() const noexcept;

private:
  /// Apart from the dissection, which has views into it.
  struct one_cluster {
    std::optional<std::string> name;
    std::unique_ptr<recording> record = std::make_unique<recording>();
    dissection seen{};
    std::size_t messages = 0;
  };

  std::vector<one_cluster> clusters_;
};

/// The label of a message, if it has one.
std::optional<std::string> cluster_of(const recorded_message& message);

/// Groups messages into snapshots: each whole message is one, and the parts of one scope, key, generation,
/// exportedAt and partTotal are one.
std::vector<observed_export> group_snapshots(std::vector<recorded_message> messages);

} // namespace kollect::conformance

#endif
