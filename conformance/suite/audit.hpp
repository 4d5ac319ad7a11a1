#ifndef KOLLECT_CONFORMANCE_AUDIT_HPP
#define KOLLECT_CONFORMANCE_AUDIT_HPP

#include "log_judges.hpp"
#include "verdict.hpp"

#include <kollect/connection.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kollect::conformance {

/// How long after its newest part a torn set may still become complete, unless --settle says otherwise.
inline constexpr std::chrono::seconds default_settle{60};

/// How many clusters are told apart; those beyond are judged as one.
inline constexpr std::size_t most_clusters = 5000;

/// What an audit has to know besides the messages.
struct audit_options {
  broker_system system = broker_system::kafka;
  std::vector<std::string> clusters{}; ///< only these; empty: all
  int partitions = 0;                  ///< of the topic; 0: not known
  std::string path_template{};         ///< of the manifest; empty: none
  timestamp read_at{};                 ///< when the log was read to its end
  std::chrono::seconds settle = default_settle;
  std::size_t memory = default_audit_memory;
};

/// The messages of one cluster.
struct cluster_traffic {
  std::optional<std::string> name; ///< their label, the end of a long one cut off; nothing: they have none
  std::size_t messages = 0;
};

/// Audits the messages of a log, each cluster of a fleet by itself: each message as it is read, and
/// the sequence as a whole. Keeps no message, so that its memory does not grow with the log.
class audit {
public:
  explicit audit(audit_options options);
  /// The same of all these.
  audit(audit_options options, const std::vector<recorded_message>& messages);
  audit(audit&&) = delete; // judges refer to it
  audit& operator=(audit&&) = delete;
  ~audit() = default;

  /// Looks at the next message; those of one partition in their order.
  void add(const recorded_message& message);
  /// Once all were added: when the log had been read to its end, and what was removed from it until then.
  void end(timestamp read_at, std::optional<removed_offsets> removed) {
    about_.read_at = read_at;
    log_.removed = std::move(removed);
  }

  clause_result judge(const requirement& clause) const;

  /// The clusters that are judged, by name; the messages without one come last.
  std::vector<cluster_traffic> clusters() const;
  std::size_t message_count() const noexcept { return message_count_; }
  /// Clusters of the log that --cluster does not name: some of them, for people.
  const std::vector<std::string>& passed_over() const noexcept { return passed_over_; }

private:
  /// What was seen of one clause in one cluster.
  struct tally {
    std::size_t looked_at = 0, findings = 0;
    std::unique_ptr<log_judge> sequence{};
  };
  struct one_cluster {
    std::size_t messages = 0;
    std::vector<tally> clauses{}; ///< as in `requirements`
  };
  /// Nothing sorts last.
  struct by_name {
    bool operator()(const std::optional<std::string>& left, const std::optional<std::string>& right) const {
      return left && right ? *left < *right : left.has_value() && !right.has_value();
    }
  };

  one_cluster& find_cluster(const std::optional<std::string>& label);
  void pass_over(const std::optional<std::string>& label);
  bool is_wanted(const std::optional<std::string>& label) const;

  audit_options options_;
  recording about_; ///< without exports
  audit_memory memory_;
  log_gaps gaps_;
  log_facts log_;
  std::map<std::optional<std::string>, one_cluster, by_name> clusters_;
  std::vector<judgement> seen_; ///< by clause, of all clusters: the first findings, and notes
  std::vector<std::string> passed_over_;
  std::size_t message_count_ = 0;
};

} // namespace kollect::conformance

#endif
