#ifndef KOLLECT_CONFORMANCE_TEST_MUTANTS_HPP
#define KOLLECT_CONFORMANCE_TEST_MUTANTS_HPP

#include <suite/report.hpp>
#include <suite/stage.hpp>

#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace kollect::conformance::test {

/// What the suite said of a broken sink.
struct mutant_outcome {
  std::set<std::string> failed;   ///< clauses that fail or could not run
  std::set<std::string> expected; ///< the one that is broken, or none
  std::vector<std::string> details;
};

std::ostream& operator<<(std::ostream& out, const mutant_outcome& outcome);

/// Drives the sink with that fault (a clause or the name of a variation; empty: none) through the exercises
/// that these brokers allow; those that log in or stop the broker only for faults in what they are about.
result<mutant_outcome> run_mutant(stage& brokers, const std::string& name);

} // namespace kollect::conformance::test

#endif
