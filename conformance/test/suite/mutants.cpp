#include "mutants.hpp"

#include <suite/drive.hpp>
#include <testees/broken/fault.hpp>

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace kollect::conformance::test {

namespace {

using names = std::initializer_list<std::string_view>;

/// Does without slow exercises, unless the fault is in what they are about, or there is none.
void leave_out(drive& driven, std::string_view clause, names faults, names exercises) {
  if (clause.empty() || std::ranges::find(faults, clause) != faults.end())
    return;
  for (const auto name : exercises)
    driven.leave_out(name);
}

} // namespace

std::ostream& operator<<(std::ostream& out, const mutant_outcome& outcome) {
  out << "failed:";
  for (const auto& id : outcome.failed)
    out << ' ' << id;
  out << "\nexpected:";
  for (const auto& id : outcome.expected)
    out << ' ' << id;
  for (const auto& text : outcome.details)
    out << '\n' << text;
  return out;
}

result<mutant_outcome> run_mutant(stage& brokers, const std::string& name) {
  std::vector<std::string> command{KOLLECT_BROKEN_TESTEE};
  if (!name.empty())
    command.push_back(name);
  const auto* const fault = testees::find_fault(name);
  const std::string clause(fault == nullptr ? std::string_view() : fault->clause);
  auto driven = drive::begin(brokers, command);
  if (!driven)
    return driven.error();
  // Those that breaks nothing are variations of one thing.
  const auto about = clause.empty() ? name : clause;
  leave_out(*driven, about, {"DED-01", "KAF-03", "NAT-05", "NAT-03"}, {"frozen", "restarted", "crashed"});
  leave_out(*driven, about, {"NAT-05", "NAT-03"}, {"unconfirmed"});
  leave_out(*driven, about, {"KAF-07", "KAF-08", "NAT-04", "SEC-02"},
            {"encryption", "kafka_logins", "kafka_wrong_login", "nats_logins", "nats_wrong_login"});
  mutant_outcome outcome;
  if (!clause.empty())
    outcome.expected.insert(clause);
  const unsigned system = brokers.system() == broker_system::kafka ? profile::kafka : profile::nats;
  for (const auto& one : requirements) {
    if ((one.profiles & system) == 0)
      continue;
    const auto judged = driven->judge(one);
    if (judged.result != verdict::fail && judged.result != verdict::could_not_run)
      continue;
    outcome.failed.emplace(one.id);
    outcome.details.push_back(std::string(to_string(judged.result)) + ": " + describe(judged));
  }
  return outcome;
}

} // namespace kollect::conformance::test
