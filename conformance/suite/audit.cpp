#include "audit.hpp"

#include <algorithm>
#include <iterator>
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

/// What a clause comes to by what was seen of it.
verdict decide(const judgement& judged) noexcept {
  if (!judged.findings.empty())
    return verdict::fail;
  return judged.looked_at != 0 && !judged.is_open ? verdict::pass : verdict::not_observed;
}

} // namespace

std::optional<std::string> cluster_of(const recorded_message& message) {
  const auto facts = take_apart(message);
  return facts.document.is_good && facts.document.root.kind == json_kind::object ? facts.label("cluster")
                                                                                 : std::nullopt;
}

std::vector<observed_export> group_snapshots(std::vector<recorded_message> messages) {
  std::vector<observed_export> snapshots;
  std::map<std::string, std::size_t> sets;
  for (auto& message : messages) {
    std::size_t place = snapshots.size();
    if (const auto facts = take_apart(message); facts.is_part() && !facts.is_foreign())
      place = sets.emplace(set_of(facts), place).first->second;
    if (place == snapshots.size())
      snapshots.emplace_back();
    snapshots[place].messages.push_back(std::move(message));
  }
  return snapshots;
}

audit::audit(audit_options options, std::vector<recorded_message> messages) {
  std::map<std::optional<std::string>, std::vector<recorded_message>> by_cluster;
  for (auto& message : messages) {
    const auto name = cluster_of(message);
    const bool is_wanted = options.clusters.empty() ||
                           (name && std::ranges::find(options.clusters, *name) != options.clusters.end());
    if (is_wanted)
      by_cluster[name].push_back(std::move(message));
  }
  for (auto& [name, own] : by_cluster) {
    one_cluster made;
    made.name = name;
    made.messages = own.size();
    made.record->exercise = "audit";
    made.record->system = options.system;
    made.record->partitions = options.partitions;
    made.record->path_template = options.path_template;
    made.record->read_at = options.read_at;
    made.record->settle = options.settle;
    made.record->exports = group_snapshots(std::move(own));
    made.seen = dissect(*made.record);
    clusters_.push_back(std::move(made));
  }
  // Nothing sorts before any name, and is told last.
  if (!clusters_.empty() && !clusters_.front().name)
    std::ranges::rotate(clusters_, clusters_.begin() + 1);
}

std::vector<cluster_traffic> audit::clusters() const {
  std::vector<cluster_traffic> out;
  for (const auto& one : clusters_)
    out.push_back({one.name, one.messages});
  return out;
}

std::size_t audit::message_count() const noexcept {
  std::size_t count = 0;
  for (const auto& one : clusters_)
    count += one.messages;
  return count;
}

clause_result audit::judge(const requirement& clause) const {
  clause_result out;
  out.clause = &clause;
  if (!clause.unseen.empty()) {
    out.reason = clause.unseen;
    return out;
  }
  const auto judge = find_judge(clause.id);
  judgement all;
  for (const auto& one : clusters_) {
    judgement judged;
    if (judge != nullptr)
      judge(one.seen, judged);
    out.clusters.push_back({one.name, decide(judged)});
    all.looked_at += judged.looked_at;
    all.is_open = all.is_open || judged.is_open;
    std::ranges::move(judged.findings, std::back_inserter(all.findings));
    for (auto& note : judged.notes)
      all.note(clusters_.size() == 1 ? std::move(note)
                                     : printable_excerpt(one.name.value_or("no cluster"), 60) + ": " + note);
  }
  out.result = decide(all);
  out.looked_at = all.looked_at;
  out.findings = std::move(all.findings);
  out.notes = std::move(all.notes);
  if (out.looked_at != 0)
    out.exercises = {"audit"};
  if (out.result != verdict::not_observed)
    return out;
  if (!out.notes.empty())
    out.reason = out.notes.front();
  else if (message_count() == 0)
    out.reason = "there are no messages";
  else
    out.reason = judge == nullptr ? "messages alone do not show it: drive the sink"
                                  : "no message says anything about it; driving the sink may";
  return out;
}

} // namespace kollect::conformance
