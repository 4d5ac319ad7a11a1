#include "audit.hpp"

#include <kollect/checksum.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace kollect::conformance {

namespace {

/// What a clause comes to by what was seen of it.
verdict decide(std::size_t looked_at, std::size_t findings, bool is_open) noexcept {
  if (findings != 0)
    return verdict::fail;
  return looked_at != 0 && !is_open ? verdict::pass : verdict::not_observed;
}

std::size_t count_of(const judgement& judged) noexcept {
  return judged.findings.size() + judged.more_findings;
}

/// A name that is short enough to be kept, and another one for each label.
std::string name_of(const std::string& label) {
  constexpr std::size_t longest = 256, kept_of_long = 64;
  return label.size() <= longest
             ? label
             : label.substr(0, kept_of_long) + "… sha256:" + to_string(sha256(label)).substr(0, 16);
}

/// Adds what was seen of one cluster to what was seen of all.
void add_to(judgement& all, judgement judged, const std::string& prefix) {
  all.looked_at += judged.looked_at;
  all.is_open = all.is_open || judged.is_open;
  all.more_findings += judged.more_findings;
  for (auto& one : judged.findings)
    all.complain(std::move(one));
  for (const auto& note : judged.notes)
    if (all.notes.size() < most_findings)
      all.note(prefix + note);
}

} // namespace

audit::audit(audit_options options)
    : options_(std::move(options)), memory_(options_.memory),
      gaps_(options_.system, std::max(options_.settle, default_settle)), log_{&about_, &memory_},
      seen_(requirements.size()) {
  about_.exercise = "audit";
  about_.system = options_.system;
  about_.partitions = options_.partitions;
  about_.path_template = options_.path_template;
  about_.read_at = options_.read_at;
  about_.settle = options_.settle;
}

audit::audit(audit_options options, const std::vector<recorded_message>& messages)
    : audit(std::move(options)) {
  for (const auto& message : messages)
    add(message);
}

bool audit::is_wanted(const std::optional<std::string>& label) const {
  return options_.clusters.empty() ||
         (label && std::ranges::find(options_.clusters, *label) != options_.clusters.end());
}

void audit::pass_over(const std::optional<std::string>& label) {
  if (!label || passed_over_.size() > most_findings)
    return;
  const auto name = name_of(*label);
  if (std::ranges::find(passed_over_, name) == passed_over_.end())
    passed_over_.push_back(name);
}

audit::one_cluster& audit::find_cluster(const std::optional<std::string>& label) {
  auto name = label ? std::optional(name_of(*label)) : std::nullopt;
  auto found = clusters_.find(name);
  if (found == clusters_.end() && clusters_.size() >= most_clusters)
    found = clusters_.find(name = "all other clusters");
  if (found != clusters_.end())
    return found->second;
  auto& made = clusters_[name];
  for (const auto& clause : requirements)
    made.clauses.push_back({.sequence = make_log_judge(clause.id, log_)});
  return made;
}

void audit::add(const recorded_message& message) {
  observed_export unasked;
  dissection one{&about_, {}};
  one.exports.push_back({.source = &unasked});
  one.exports.front().messages.push_back(take_apart(message));
  const auto& facts = one.exports.front().messages.front();
  const auto missing_before = gaps_.pass(facts);
  take_earlier(log_.begins, message.partition, facts.arrived_at().value_or(timestamp{}));
  const auto label = facts.label("cluster");
  if (!is_wanted(label))
    return pass_over(label);
  auto& cluster = find_cluster(label);
  ++message_count_;
  ++cluster.messages;
  for (std::size_t index = 0; index < requirements.size(); ++index) {
    auto& here = cluster.clauses[index];
    judgement judged;
    if (here.sequence && facts.document.is_good && !facts.is_somebody_elses())
      here.sequence->see({&facts, missing_before}, judged);
    else if (const auto judge = here.sequence ? nullptr : find_judge(requirements[index].id))
      judge(one, judged);
    here.looked_at += judged.looked_at;
    here.findings += count_of(judged);
    add_to(seen_[index], std::move(judged), {});
  }
}

std::vector<cluster_traffic> audit::clusters() const {
  std::vector<cluster_traffic> out;
  for (const auto& [name, one] : clusters_)
    out.push_back({name, one.messages});
  return out;
}

clause_result audit::judge(const requirement& clause) const {
  clause_result out;
  out.clause = &clause;
  if (!clause.unseen.empty()) {
    out.reason = clause.unseen;
    return out;
  }
  const auto index = static_cast<std::size_t>(&clause - requirements.data());
  auto all = seen_[index];
  for (const auto& [name, one] : clusters_) {
    const auto& here = one.clauses[index];
    judgement ended;
    if (here.sequence)
      here.sequence->end(ended);
    out.clusters.push_back(
        decide(here.looked_at + ended.looked_at, here.findings + count_of(ended), ended.is_open));
    add_to(all, std::move(ended),
           clusters_.size() == 1 ? "" : printable_excerpt(name.value_or("no cluster"), 60) + ": ");
  }
  out.result = decide(all.looked_at, count_of(all), all.is_open);
  out.looked_at = all.looked_at;
  out.findings = std::move(all.findings);
  out.more_findings = all.more_findings;
  out.notes = std::move(all.notes);
  if (out.looked_at != 0)
    out.exercises = {"audit"};
  if (out.result != verdict::not_observed)
    return out;
  if (!out.notes.empty())
    out.reason = out.notes.front();
  else if (message_count_ == 0)
    out.reason = "there are no messages";
  else
    out.reason = find_judge(clause.id) == nullptr ? "messages alone do not show it: drive the sink"
                                                  : "no message says anything about it; driving the sink may";
  return out;
}

} // namespace kollect::conformance
