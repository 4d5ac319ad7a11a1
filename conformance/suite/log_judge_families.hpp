#ifndef KOLLECT_CONFORMANCE_LOG_JUDGE_FAMILIES_HPP
#define KOLLECT_CONFORMANCE_LOG_JUDGE_FAMILIES_HPP

#include "log_judges.hpp"

#include <kollect/checksum.hpp>

#include <initializer_list>
#include <string>

namespace kollect::conformance {

// The judges of a log, a clause or two a file; see make_log_judge().
std::unique_ptr<log_judge> judge_found_namespaces(const log_facts& log); ///< ENV-07
std::unique_ptr<log_judge> judge_found_partitions(const log_facts& log); ///< KAF-02
std::unique_ptr<log_judge> judge_found_sets(const log_facts& log);       ///< MP-04
std::unique_ptr<log_judge> judge_found_rows(const log_facts& log);       ///< ROW-03

/// Texts joined so that other texts give other results.
digest digest_of_all(std::initializer_list<std::string_view> texts);

/// What the parts of one set share (MP-05).
digest set_of(const message_facts& part);

/// Whether the key tells of which inventory it is. Without, several of a namespace may be exported at once.
bool names_inventory(const message_facts& part);

std::string note_of_limit(std::size_t count, std::string_view what);

} // namespace kollect::conformance

#endif
