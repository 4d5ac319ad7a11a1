#ifndef KOLLECT_CONFORMANCE_CONSUMER_ORACLE_HPP
#define KOLLECT_CONFORMANCE_CONSUMER_ORACLE_HPP

#include "consumer_message.hpp"

#include <map>
#include <span>

namespace kollect::conformance {

/// What a consumer must hold of a scope.
struct expected_scope {
  timestamp exported_at{}; ///< of the snapshot that its rows are from
  std::vector<std::string> rows{};
};
using expected_state = std::map<scope, expected_scope>;

/// What must be held after these messages, whatever the order that they came in and however often: of each
/// scope the newest whole snapshot, or complete set, and nothing of others (DED-03, DEL-01, MP-04). It is
/// made from what the messages mean, so that no reader of messages is trusted with it.
expected_state expect_state(std::span<const sent_message> sent);

/// How many different messages must be set aside.
std::size_t expect_refused(std::span<const sent_message> sent);

} // namespace kollect::conformance

#endif
