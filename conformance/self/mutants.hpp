#ifndef KOLLECT_CONFORMANCE_SELF_MUTANTS_HPP
#define KOLLECT_CONFORMANCE_SELF_MUTANTS_HPP

#include <suite/report.hpp>
#include <suite/stage.hpp>

#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace kollect::conformance::self {

/// What the suite said of a broken sink.
struct mutant_outcome {
  std::set<std::string> failed;   ///< clauses that fail or could not run
  std::set<std::string> expected; ///< the one that is broken, or none
  std::vector<std::string> details;
};

std::ostream& operator<<(std::ostream& out, const mutant_outcome& outcome);

/// Drives the sink that breaks `clause` (empty: none) through every exercise that these brokers allow; unless
/// `is_thorough`, without those that log in or stop the broker, which faults in messages do not touch.
result<mutant_outcome> run_mutant(stage& brokers, const std::string& clause, bool is_thorough);

} // namespace kollect::conformance::self

#endif
