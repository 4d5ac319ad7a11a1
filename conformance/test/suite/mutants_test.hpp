#ifndef KOLLECT_CONFORMANCE_TEST_MUTANTS_TEST_HPP
#define KOLLECT_CONFORMANCE_TEST_MUTANTS_TEST_HPP

#include "mutants.hpp"

#include <requirements.hpp>
#include <testees/broken/fault.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace kollect::conformance::test {

/// Each broken sink of a test program, as a parameter; "" is the sink without a fault.
class mutants : public testing::TestWithParam<std::string> {
protected:
  /// Drives it, and expects that exactly its own clause fails.
  static void expect_caught(stage& brokers, const std::string& name) {
    const auto outcome = run_mutant(brokers, name);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(outcome->failed, outcome->expected) << *outcome;
    write_down(brokers.system(), name, *outcome);
  }

private:
  /// A row of reports/broken-testees.md, into the file that KOLLECT_MUTANTS_REPORT names.
  static void write_down(broker_system system, const std::string& name, const mutant_outcome& outcome) {
    const char* const path = std::getenv("KOLLECT_MUTANTS_REPORT");
    if (path == nullptr)
      return;
    std::string failed;
    for (const auto& id : outcome.failed)
      failed.append(failed.empty() ? "" : ", ").append(id);
    const auto* const fault = testees::find_fault(name);
    std::ofstream(path, std::ios::app)
        << "| " << (name.empty() ? "none" : name) << " | "
        << (fault == nullptr ? "keeps the contract" : fault->what) << " | " << to_string(system) << " | "
        << (failed.empty() ? "none" : failed) << " |\n";
  }
};

inline std::string name_of(const testing::TestParamInfo<std::string>& one) {
  auto name = one.param.empty() ? std::string("no_fault") : one.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

/// The variations of clauses that bind sinks for Kafka alone, or the others, by name.
inline std::vector<std::string> names_of_variations(bool are_kafkas) {
  std::vector<std::string> names;
  for (const auto& one : testees::variations()) {
    const auto* const clause = find_requirement(one.clause);
    if ((clause != nullptr && (clause->profiles & profile::every_sink) == profile::kafka) == are_kafkas)
      names.emplace_back(one.name);
  }
  return names;
}

/// The faults of clauses that bind these profiles and no other, and the sink without any.
inline std::vector<std::string> faults_of(unsigned profiles) {
  std::vector<std::string> clauses{""};
  for (const auto& one : testees::faults())
    if ((find_requirement(one.clause)->profiles & profile::every_sink) == profiles)
      clauses.emplace_back(one.clause);
  return clauses;
}

} // namespace kollect::conformance::test

#endif
