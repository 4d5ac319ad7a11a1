#ifndef KOLLECT_CONFORMANCE_TESTEE_ANSWER_HPP
#define KOLLECT_CONFORMANCE_TESTEE_ANSWER_HPP

#include <kollect/error.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace kollect::conformance {

// What testees answer (docs/conformance.md, "Protocol"). error::syntax says what is not as described there.

/// What a testee says of itself.
struct testee_identity {
  std::string name;
  std::string version;
  std::set<std::string, std::less<>> features; ///< such as kafka, nats-tls, scram, redaction
};

/// A testee's answer to a request.
struct testee_answer {
  bool is_ok = false;
  std::string error; ///< why not
};

/// Reads a line as the answer to request number `id`. Rows in it may be spelled with lone surrogates.
result<boost::json::object> read_answer_line(std::string_view line, std::int64_t id);

/// Reads how a request ended.
result<testee_answer> read_answer(const boost::json::object& answer);

/// Reads the answer to `hello`.
result<testee_identity> read_identity(const boost::json::object& answer);

} // namespace kollect::conformance

#endif
