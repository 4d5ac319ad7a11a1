#ifndef KOLLECT_CONFORMANCE_CONSUMER_STATE_HPP
#define KOLLECT_CONFORMANCE_CONSUMER_STATE_HPP

#include "consumer_oracle.hpp"

#include <kollect/error.hpp>

#include <boost/json/object.hpp>

#include <functional>

namespace kollect::conformance {

/// What a consumer says that it holds of a scope.
struct held_scope {
  scope which{};
  std::string exported_at{};       ///< as it is spelled
  std::vector<std::string> rows{}; ///< in their normal form
};

/// A consumer's answer to `state`.
struct consumer_state {
  std::optional<std::int64_t> refused{}; ///< messages that were set aside; nothing: it does not say
  std::vector<held_scope> scopes{};
};

/// Reads the answer of a testee. error::syntax says what is missing or of another type.
result<consumer_state> read_consumer_state(const boost::json::object& answer);

/// A row so that two spellings of one row are one text: fields in order, absent ones empty, attributes with
/// sorted keys, numbers that are equal as int64 or double alike, absent and empty attributes as null.
/// error::syntax for what is no JSON object.
result<std::string> normal_row(std::string_view row);

/// A place where what is held is not what must be.
struct state_difference {
  std::string what; ///< one sentence
  std::string expected{};
  std::string found{};
};

/// Compares the scopes that `is_ours` says; the others are somebody else's.
std::vector<state_difference> compare_states(const expected_state& expected, const consumer_state& held,
                                             const std::function<bool(const scope&)>& is_ours);

} // namespace kollect::conformance

#endif
