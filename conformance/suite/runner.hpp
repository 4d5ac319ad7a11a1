#ifndef KOLLECT_CONFORMANCE_RUNNER_HPP
#define KOLLECT_CONFORMANCE_RUNNER_HPP

#include "known_failing.hpp"
#include "report.hpp"
#include "verdict.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace kollect::conformance {

/// Which clauses to judge, and how strictly.
struct selection {
  std::vector<std::string> run;  ///< clause IDs or patterns with * and ?; empty: all
  std::vector<std::string> skip; ///< the same, and wins
  known_failing expected;
  bool is_strict = false;
  std::filesystem::path report{}; ///< folder for reports; empty: none
};

/// The clauses of a profile that a selection leaves; in the order of the table.
std::vector<const requirement*> select(const selection& wanted, broker_system system);

/// The same of those that bind consumers.
std::vector<const requirement*> select_for_consumers(const selection& wanted);

/// Told what a run is at.
class run_watcher {
public:
  virtual ~run_watcher() = default;
  virtual void begins(const requirement& clause) = 0;
  virtual void ends(const clause_result& result) = 0; ///< before the verdict is printed
};

/// Registers one test a clause with GoogleTest, named `kafka.ENV_05`, runs them, and fills `report.results`.
/// Prints one line a verdict as it comes, and a failure in full. To be called once in a process.
void run_clauses(const std::vector<const requirement*>& clauses, const selection& wanted,
                 const judge_clause& judge, run_report& report, run_watcher& watcher);

/// What the process ends with: 0, 1 for anything that counts, 2 where nothing was judged.
int exit_code_of(const run_report& report) noexcept;

} // namespace kollect::conformance

#endif
