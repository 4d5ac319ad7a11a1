#ifndef KOLLECT_CONFORMANCE_KNOWN_FAILING_HPP
#define KOLLECT_CONFORMANCE_KNOWN_FAILING_HPP

#include "verdict.hpp"

#include <kollect/error.hpp>

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace kollect::conformance {

/// Clauses that a sink is known to break.
using known_failing = std::set<std::string, std::less<>>;

/// Reads a list: one clause ID a line, the rest of a line from `#` on is a comment that says why.
/// error::invalid_value names the line of an unknown ID, with the nearest that exists.
result<known_failing> parse_known_failing(std::string_view text, const std::string& source);
result<known_failing> read_known_failing(const std::filesystem::path& path);

/// What a verdict becomes under the list: a failure of a listed clause is expected; one that passes, or in a
/// driven run was not observed although nothing stood in its way, is a failure, as its line is wrong. A
/// clause that the operator departs from in some configurations only may hold as well, and a sink may lack
/// the feature that a clause is about.
clause_result apply_known_failing(clause_result result, const known_failing& list, bool is_driven);

/// `; did you mean "ENV-05"?` for an ID that nearly is one, else empty.
std::string suggest_clause(std::string_view id);

} // namespace kollect::conformance

#endif
