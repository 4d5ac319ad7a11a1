#ifndef KOLLECT_CONFORMANCE_REPORT_HPP
#define KOLLECT_CONFORMANCE_REPORT_HPP

#include "audit.hpp"
#include "verdict.hpp"

#include <kollect/error.hpp>

#include <filesystem>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace kollect::conformance {

/// The version of results.json (schema/results.schema.json).
inline constexpr int results_version = 1;

/// A run and what came of it: all that reports are made from.
struct run_report {
  std::string implementation; ///< of the sink or consumer: its name; empty in an audit
  std::string version;        ///< of the same
  std::set<std::string, std::less<>> features;
  std::string suite_version;
  std::string date;    ///< RFC 3339
  std::string mode;    ///< drive, consumer or audit
  std::string profile; ///< kafka or nats
  std::string brokers; ///< own, mock or external
  bool is_strict = false;
  bool is_narrowed = false; ///< clauses of the profile were left out
  std::vector<clause_result> results;
  std::vector<cluster_traffic> clusters; ///< of an audit
  bool is_unpaired = false;              ///< the state table that --state names differs from the stream
  std::string hindrance;                 ///< why nothing could be judged; empty where something was

  profile_result verdict_of_all() const noexcept {
    auto judged = result_of(results, is_strict);
    if (judged == profile_result::success && is_narrowed)
      judged = profile_result::partial;
    return is_unpaired && judged != profile_result::nothing ? profile_result::failure : judged;
  }
};

/// results.json: versioned, one case a clause.
std::string to_json(const run_report& report);

/// One page of its own, without anything to load.
std::string to_html(const run_report& report);

/// A badge as SVG: the profile and its outcome.
std::string to_badge(const run_report& report);

/// A failure as a person reads it: the clause's sentence, then what was expected and found, and where.
std::string describe(const clause_result& result);

/// What else was seen of a clause; empty where nothing was.
std::string describe_notes(const clause_result& result);

/// The last lines of a run: how many of each verdict, and what the profile comes to.
void print_summary(std::ostream& out, const run_report& report);

/// Writes results.json, report.html and badge.svg into a folder that is made if need be (junit.xml is the
/// test runner's). error::store_read_only where that is not possible.
result<void> write_reports(const run_report& report, const std::filesystem::path& folder);

} // namespace kollect::conformance

#endif
