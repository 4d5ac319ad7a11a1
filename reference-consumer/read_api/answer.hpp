#ifndef KOLLECT_CONSUMER_READ_API_ANSWER_HPP
#define KOLLECT_CONSUMER_READ_API_ANSWER_HPP

#include <kollect/error.hpp>

#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <utility>

namespace kollect::consumer {

/// Why a client does not get what it asked for: an HTTP status and one line of plain text.
struct refusal {
  refusal() = default;
  refusal(int http_status, std::string line, std::optional<failure> reason = {})
      : status(http_status), text(std::move(line)), cause(std::move(reason)) {}

  int status = 500;
  std::string text;
  std::optional<failure> cause; ///< for the log, where it is not the client's doing
};

/// What a client asked for, or why not.
template <class Value>
using answer_of = boost::system::result<Value, refusal>;

/// What answer_of<T>::value() throws when there is no value; found by argument-dependent look-up.
[[noreturn]] inline void throw_exception_from_error(const refusal& value, const boost::source_location& at) {
  boost::throw_exception(boost::system::system_error(make_error_code(error::internal), value.text), at);
}

inline refusal bad_request(std::string text) {
  return {400, std::move(text)};
}

/// The client learns no more than that.
inline refusal store_is_away(const failure& cause) {
  return {503, "store unavailable", cause};
}

} // namespace kollect::consumer

#endif
