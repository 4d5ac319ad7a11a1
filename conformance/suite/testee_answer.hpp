#ifndef KOLLECT_CONFORMANCE_TESTEE_ANSWER_HPP
#define KOLLECT_CONFORMANCE_TESTEE_ANSWER_HPP

#include <kollect/error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <optional>
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

/// A whole number, also one that is written as 1.0 or 1e0, as JSON Schema's integers may be; nothing for
/// another value, or one beyond 2^53 that is written so.
std::optional<std::int64_t> whole_number(const boost::json::value& value) noexcept;

/// Reads a line as the answer to request number `id`. Rows in it may be spelled with lone surrogates.
result<boost::json::object> read_answer_line(std::string_view line, std::int64_t id);

/// Reads how a request ended.
result<testee_answer> read_answer(const boost::json::object& answer);

/// Reads the answer to `hello`.
result<testee_identity> read_identity(const boost::json::object& answer);

} // namespace kollect::conformance

#endif
