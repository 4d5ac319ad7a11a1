#include <suite/consumer_drive.hpp>
#include <suite/report.hpp>
#include <testees/consumer/fault.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kollect::conformance::test {
namespace {

/// What the suite said of a consumer: the clauses that fail or could not run.
struct outcome {
  std::set<std::string> failed{};
  std::vector<std::string> details{};
};

std::ostream& operator<<(std::ostream& out, const outcome& one) {
  for (const auto& text : one.details)
    out << text << '\n';
  return out;
}

/// Faults that show only when a consumer is restarted; others are spared these exercises.
bool is_about_restarts(std::string_view fault) {
  constexpr std::array names{"", "begins-at-end", "forgets-order", "forgets-parts"};
  return std::ranges::find(names, fault) != names.end();
}

result<outcome> judge_all(stage& brokers, const std::string& fault) {
  std::vector<std::string> command{KOLLECT_BROKEN_CONSUMER};
  if (!fault.empty())
    command.push_back(fault);
  auto driven = consumer_drive::begin(brokers, command);
  if (!driven)
    return driven.error();
  if (!fault.empty())
    driven->leave_out("broker_restarted");
  if (!is_about_restarts(fault))
    for (const auto* const name :
         {"killed_between", "killed_within", "older_after_restart", "set_over_restart"})
      driven->leave_out(name);
  outcome seen;
  for (const auto& clause : requirements) {
    if ((clause.profiles & profile::consumer) == 0)
      continue;
    const auto judged = driven->judge(clause);
    if (judged.result != verdict::fail && judged.result != verdict::could_not_run)
      continue;
    seen.failed.emplace(clause.id);
    seen.details.push_back(std::string(to_string(judged.result)) + ": " + describe(judged));
  }
  return seen;
}

/// A row of reports/broken-consumers.md, into the file that KOLLECT_CONSUMER_MUTANTS_REPORT names.
void write_down(const std::string& fault, const std::set<std::string>& failed) {
  const char* const path = std::getenv("KOLLECT_CONSUMER_MUTANTS_REPORT");
  if (path == nullptr)
    return;
  std::string clauses;
  for (const auto& id : failed)
    clauses.append(clauses.empty() ? "" : ", ").append(id);
  const auto* const known = testees::find_consumer_fault(fault);
  std::ofstream(path, std::ios::app) << "| " << (known == nullptr ? "none" : known->clause) << " | "
                                     << (known == nullptr ? "" : "`" + fault + "`") << " | "
                                     << (known == nullptr ? "keeps the contract" : known->what) << " | "
                                     << to_string(broker_system::KOLLECT_MUTANTS_SYSTEM) << " | "
                                     << (clauses.empty() ? "none" : clauses) << " |\n";
}

/// Those that this system shows, and the consumer without a fault. What both show is seen on NATS, by the
/// same exercises.
std::vector<std::string> faults_here() {
  std::vector<std::string> names{""};
  for (const auto& one : testees::consumer_faults())
    if (one.is_kafka_only == (broker_system::KOLLECT_MUTANTS_SYSTEM == broker_system::kafka))
      names.emplace_back(one.name);
  return names;
}

std::string name_of(const testing::TestParamInfo<std::string>& one) {
  auto name = one.param.empty() ? std::string("no_fault") : one.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

/// Each broken consumer, as a parameter; "" is the one without a fault.
class broken_consumers : public testing::TestWithParam<std::string> {
protected:
  static void SetUpTestSuite() {
    stage_options options;
    options.target.system = broker_system::KOLLECT_MUTANTS_SYSTEM;
    // A slow machine is no fault of theirs.
    options.bounds.hello = options.bounds.open = options.bounds.answer = std::chrono::seconds(180);
    brokers_.emplace(std::move(options));
  }
  static void TearDownTestSuite() { brokers_.reset(); }

  static inline std::optional<stage> brokers_;
};

TEST_P(broken_consumers, fail_their_own_clause_alone) {
  const auto seen = judge_all(*brokers_, GetParam());
  ASSERT_TRUE(seen) << seen.error();
  std::set<std::string> expected;
  if (const auto* const fault = testees::find_consumer_fault(GetParam()))
    expected.emplace(fault->clause);
  EXPECT_EQ(seen->failed, expected) << *seen;
  write_down(GetParam(), seen->failed);
}

INSTANTIATE_TEST_SUITE_P(each, broken_consumers, testing::ValuesIn(faults_here()), name_of);

} // namespace
} // namespace kollect::conformance::test
