#ifndef KOLLECT_CONFORMANCE_JUDGE_FAMILIES_HPP
#define KOLLECT_CONFORMANCE_JUDGE_FAMILIES_HPP

#include "judge.hpp"

namespace kollect::conformance {

// The judges, a family a file; see judges() for the table.
std::span<const clause_judge> envelope_judges() noexcept;
std::span<const clause_judge> payload_judges() noexcept;
std::span<const clause_judge> row_judges() noexcept;
std::span<const clause_judge> byte_judges() noexcept;
std::span<const clause_judge> set_judges() noexcept;
std::span<const clause_judge> delivery_judges() noexcept;

} // namespace kollect::conformance

#endif
