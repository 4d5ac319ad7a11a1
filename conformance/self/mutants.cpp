#include "mutants.hpp"

#include <suite/drive.hpp>

#include <algorithm>
#include <iostream>

namespace kollect::conformance::self {

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

result<mutant_outcome> run_mutant(stage& brokers, const std::string& clause, bool is_thorough) {
  std::vector<std::string> command{KOLLECT_BROKEN_TESTEE};
  if (!clause.empty())
    command.push_back(clause);
  auto driven = drive::begin(brokers, command);
  if (!driven)
    return driven.error();
  if (!is_thorough)
    for (const auto* name : {"frozen", "restarted", "crashed", "encryption", "kafka_logins",
                             "kafka_wrong_login", "nats_logins", "nats_wrong_login"})
      driven->leave_out(name);
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

} // namespace kollect::conformance::self
