#ifndef KOLLECT_CONFORMANCE_VERDICT_HPP
#define KOLLECT_CONFORMANCE_VERDICT_HPP

#include "judgement.hpp"
#include "recording.hpp"

#include <requirements.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// What came of a clause.
enum class verdict {
  pass,             ///< held against something, and it held
  fail,             ///< something broke it
  could_not_run,    ///< what would have shown it broke down: testee, broker or suite
  not_observed,     ///< nothing that was seen says anything about it
  not_applicable,   ///< the testee lacks a feature that it is about
  expected_failure, ///< fails, as a known-failing list says
};

constexpr std::string_view to_string(verdict value) noexcept {
  constexpr std::string_view names[] = {"pass",         "fail",           "could-not-run",
                                        "not-observed", "not-applicable", "expected-failure"};
  return names[static_cast<std::size_t>(value)];
}

/// One clause's verdict and what it rests on.
struct clause_result {
  const requirement* clause = nullptr;
  verdict result = verdict::not_observed;
  std::string reason{};      ///< why it could not be judged, or what else there is to say
  std::size_t looked_at = 0; ///< how many things it was held against
  std::vector<finding> findings{};
  std::size_t more_findings = 0;        ///< that were not kept
  std::vector<std::string> notes{};     ///< what else was seen, and breaks nothing
  std::vector<std::string> exercises{}; ///< those that it was judged by
  std::vector<verdict> clusters{};      ///< audit: of each cluster by itself, in the order of the report
  std::vector<std::string> skipped{};   ///< exercises for it that did not run, each with its reason
};

/// What a run asks about each clause; runs what it takes, once.
using judge_clause = std::function<clause_result(const requirement&)>;

/// Whether a verdict fails the run: MUST always, SHOULD if strict, INFO never.
constexpr bool counts(const clause_result& one, bool is_strict) noexcept {
  const bool binds = one.clause->how == level::must || (is_strict && one.clause->how == level::should);
  return binds && (one.result == verdict::fail || one.result == verdict::could_not_run);
}

/// Whether a verdict says that the clause was held against something.
constexpr bool is_executed(verdict value) noexcept {
  return value == verdict::pass || value == verdict::fail || value == verdict::expected_failure;
}

/// What a whole profile comes to: success only if nothing that is required was skipped.
enum class profile_result { success, partial, failure, nothing };

constexpr std::string_view to_string(profile_result value) noexcept {
  constexpr std::string_view names[] = {"success", "partial", "failure", "nothing"};
  return names[static_cast<std::size_t>(value)];
}

/// `nothing` where no clause was held against anything.
profile_result result_of(const std::vector<clause_result>& results, bool is_strict) noexcept;

} // namespace kollect::conformance

#endif
