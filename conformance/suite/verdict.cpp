#include "verdict.hpp"

#include <algorithm>

namespace kollect::conformance {

outcome outcome_of(const std::vector<clause_result>& results, bool is_strict) noexcept {
  if (std::ranges::any_of(results, [&](const auto& one) { return counts(one, is_strict); }))
    return std::ranges::any_of(results, [](const auto& one) { return is_executed(one.result); })
               ? outcome::failure
               : outcome::nothing;
  if (std::ranges::none_of(results, [](const auto& one) { return is_executed(one.result); }))
    return outcome::nothing;
  const auto is_skipped = [&](const clause_result& one) {
    const bool binds = one.clause->how == level::must || (is_strict && one.clause->how == level::should);
    return binds && one.clause->unseen.empty() && (!is_executed(one.result) || !one.skipped.empty());
  };
  return std::ranges::any_of(results, is_skipped) ? outcome::partial : outcome::success;
}

} // namespace kollect::conformance
