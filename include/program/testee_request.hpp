#ifndef KOLLECT_PROGRAM_TESTEE_REQUEST_HPP
#define KOLLECT_PROGRAM_TESTEE_REQUEST_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kollect::program {

/// One line of the conformance suite's testee protocol (docs/conformance.md, "Protocol"). The fields are the
/// raw JSON texts, so that numbers in rows keep their spelling; empty where absent.
struct testee_request {
  std::string id = "null"; ///< as it came, for the answer
  std::string op;
  std::string manifest, secret; ///< of open
  std::string role, group;      ///< of open: a consumer
  std::string namespace_, inventory, generation, exported_at, max_export_bytes, items; ///< of export
};

result<testee_request> parse_testee_request(std::string_view line);

/// A field that has to be a string.
result<std::string> decode_testee_text(const std::string& raw, std::string_view name);

/// The sink or topic to open. Values of the secret come from the request and from nowhere else.
result<connection> decode_testee_open(const testee_request& request);

/// The answer to hello.
std::string answer_hello(const testee_request& request, std::string_view name, std::string_view version,
                         const std::vector<std::string_view>& features);

/// The answer to an op that says no more than how it went.
std::string answer_testee(const testee_request& request, const result<void>& done);

} // namespace kollect::program

#endif
