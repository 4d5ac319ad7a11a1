#include "verdict.hpp"

#include <algorithm>

namespace kollect::conformance {

profile_result result_of(const std::vector<clause_result>& results, bool is_strict) noexcept {
  if (std::ranges::any_of(results, [&](const auto& one) { return counts(one, is_strict); }))
    return std::ranges::any_of(results, [](const auto& one) { return is_executed(one.result); })
               ? profile_result::failure
               : profile_result::nothing;
  if (std::ranges::none_of(results, [](const auto& one) { return is_executed(one.result); }))
    return profile_result::nothing;
  const auto is_skipped = [&](const clause_result& one) {
    const bool binds = one.clause->how == level::must || (is_strict && one.clause->how == level::should);
    return binds && one.clause->unseen.empty() && (!is_executed(one.result) || !one.skipped.empty());
  };
  return std::ranges::any_of(results, is_skipped) ? profile_result::partial : profile_result::success;
}

} // namespace kollect::conformance
