#include "audit.hpp"

#include <map>
#include <utility>

namespace kollect::conformance {

namespace {

/// What the parts of one set share (MP-05).
std::string set_of(const message_facts& part) {
  std::string key = part.source->key.value_or("");
  for (const auto* name : {"cluster", "namespace"})
    key.append(1, '\0').append(part.label(name).value_or(""));
  for (const auto* name : {"generation", "exportedAt", "partTotal"}) {
    const auto* const field = part.field(name);
    key.append(1, '\0').append(field == nullptr ? std::string_view() : field->raw);
  }
  return key;
}

} // namespace

std::vector<observed_export> group_snapshots(std::vector<recorded_message> messages,
                                             const std::string& cluster) {
  std::vector<observed_export> snapshots;
  std::map<std::string, std::size_t> sets;
  for (auto& message : messages) {
    std::size_t place = snapshots.size();
    if (const auto facts = take_apart(message); facts.is_part())
      place = sets.emplace(set_of(facts), place).first->second;
    if (place == snapshots.size()) {
      snapshots.emplace_back();
      snapshots.back().cluster = cluster;
    }
    snapshots[place].messages.push_back(std::move(message));
  }
  return snapshots;
}

audit::audit(broker_system system, std::string cluster, std::vector<recorded_message> messages)
    : record_(std::make_unique<recording>()), message_count_(messages.size()) {
  record_->exercise = "audit";
  record_->system = system;
  record_->exports = group_snapshots(std::move(messages), cluster);
  seen_ = dissect(*record_);
}

clause_result audit::judge(const requirement& clause) const {
  clause_result out;
  out.clause = &clause;
  if (!clause.unseen.empty()) {
    out.reason = clause.unseen;
    return out;
  }
  const auto judge = find_judge(clause.id);
  judgement judged;
  if (judge != nullptr)
    judge(seen_, judged);
  out.looked_at = judged.looked_at;
  out.findings = std::move(judged.findings);
  if (!out.findings.empty())
    out.result = verdict::fail;
  else if (out.looked_at != 0)
    out.result = verdict::pass;
  else if (message_count_ == 0)
    out.reason = "there are no messages";
  else
    out.reason = judge == nullptr ? "messages alone do not show it: drive the sink"
                                  : "no message says anything about it; driving the sink may";
  if (out.looked_at != 0)
    out.exercises = {"audit"};
  return out;
}

} // namespace kollect::conformance
