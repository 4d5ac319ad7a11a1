#ifndef KOLLECT_CONFORMANCE_COMPARISON_HPP
#define KOLLECT_CONFORMANCE_COMPARISON_HPP

#include <kollect/error.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace kollect::conformance {

/// What a results.json says: the verdict of each clause by its ID.
using verdicts_by_id = std::map<std::string, std::string>;

/// Reads a results.json, or that of a report's folder. error::file_unreadable, error::syntax, and
/// error::invalid_value for a version of the file that this program does not know.
result<verdicts_by_id> read_results(std::filesystem::path path);

/// What is another in the second of two runs. A verdict that counts as broken is fail or could-not-run.
struct comparison {
  std::vector<std::string> broken;   ///< IDs that fail now and did not before
  std::vector<std::string> mended;   ///< failed before, and pass now
  std::vector<std::string> gone;     ///< judged before, and not any more
  std::vector<std::string> appeared; ///< judged now, and not before; those that fail are in `broken`
  std::vector<std::string> still;    ///< fail in both
};

comparison compare(const verdicts_by_id& before, const verdicts_by_id& after);

/// A line for each group that is not empty, or that nothing changed.
std::string to_text(const comparison& compared);
std::string to_json(const comparison& compared);

} // namespace kollect::conformance

#endif
