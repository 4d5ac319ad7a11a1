#ifndef KOLLECT_CONFORMANCE_TEST_SAMPLE_HPP
#define KOLLECT_CONFORMANCE_TEST_SAMPLE_HPP

#include <suite/audit.hpp>
#include <suite/judge.hpp>
#include <suite/recording.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance::test {

using clauses = std::set<std::string>;

/// A row as JSON text in canonical form.
std::string row(const std::string& name, const std::string& attributes = "{}");

/// An array of rows.
std::string array(const std::vector<std::string>& rows);

/// An export envelope around items, its checksum and itemCount right; `marks` such as
/// `"partIndex":1,"partTotal":2,`.
std::string export_envelope(const std::string& items, std::size_t count, const std::string& marks = {},
                            const std::string& generation = "3");

/// A message that breaks nothing, on Kafka: key and headers as they should be.
recorded_message message(const std::string& payload, const std::string& namespace_ = "team-a");

/// An export of these rows that was asked for and answered, and the messages that came of it.
observed_export asked(const std::vector<std::string>& rows, std::vector<recorded_message> messages);

/// A recording of exports on Kafka.
recording record(std::vector<observed_export> exports);

/// Which clauses all judges together find broken.
clauses broken(const recording& record);

/// One row, as most samples have it.
extern const std::vector<std::string> api_row;

/// The text with another in the place of each `from`.
std::string with(std::string text, std::string_view from, std::string_view to);

/// One recorded message with another cluster, namespace and key, and its place.
recorded_message of_cluster(const std::string& cluster, std::int64_t offset = 0);

/// What an audit says of a clause.
verdict verdict_of(const audit& seen, std::string_view clause);

/// Which clauses an audit finds broken.
clauses failing(const audit& seen);

} // namespace kollect::conformance::test

#endif
