#ifndef KOLLECT_CONFORMANCE_AUDIT_HPP
#define KOLLECT_CONFORMANCE_AUDIT_HPP

#include "judge.hpp"
#include "verdict.hpp"

#include <kollect/connection.hpp>

#include <memory>
#include <string>
#include <vector>

namespace kollect::conformance {

/// Judges messages that are there already, each by itself and the sequence as a whole.
class audit {
public:
  /// `messages` in the order of partition and offset; `cluster` is the manifest's, trimmed.
  audit(broker_system system, std::string cluster, std::vector<recorded_message> messages);

  clause_result judge(const requirement& clause) const;
  std::size_t message_count() const noexcept { return message_count_; }

private:
  std::unique_ptr<recording> record_;
  dissection seen_;
  std::size_t message_count_;
};

/// Groups messages into snapshots: each whole message is one, and the parts of one scope, key, generation,
/// exportedAt and partTotal are one.
std::vector<observed_export> group_snapshots(std::vector<recorded_message> messages,
                                             const std::string& cluster);

} // namespace kollect::conformance

#endif
