#ifndef KOLLECT_PRODUCER_PUBLISH_CONFIRMED_HPP
#define KOLLECT_PRODUCER_PUBLISH_CONFIRMED_HPP

#include <kollect/transport.hpp>

#include <chrono>
#include <span>
#include <vector>

namespace kollect::producer {

/// Publishes all messages, and those again that were not confirmed, until all are or `timeout` has
/// passed: delivery is at least once (DED-01). Where a message was refused for good, nothing is sent
/// again. One result a message. A message that is published again is no duplicate, whatever the stream says:
/// it may have stored the attempt before.
std::vector<result<receipt>> publish_confirmed(publisher& target, std::span<const outgoing_message> messages,
                                               std::chrono::milliseconds timeout);

/// The same for messages that were published already: goes on from those results, one a message, until `end`.
std::vector<result<receipt>> publish_until_confirmed(publisher& target,
                                                     std::span<const outgoing_message> messages,
                                                     std::vector<result<receipt>> results,
                                                     std::chrono::steady_clock::time_point end);

} // namespace kollect::producer

#endif
