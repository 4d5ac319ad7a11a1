#ifndef KOLLECT_CONSUMER_FEED_MESSAGE_HPP
#define KOLLECT_CONSUMER_FEED_MESSAGE_HPP

#include "feed/feed_format.hpp"

#include <kollect/message.hpp>

#include <cstdint>
#include <string>

namespace kollect::consumer {

/// Where entries of the change feed are published, and in what dress.
struct feed_target {
  broker_system system = broker_system::kafka;
  std::string destination; ///< Kafka topic or NATS subject
  std::string store_id;
  bool has_cloudevents = false; ///< with the headers of CloudEvents 1.0 in binary mode
};

/// The message of an entry: its JSON as the value; on Kafka with the scope's key, so that a scope's entries
/// stay in order; on NATS with the id as Nats-Msg-Id. The header `traceparent` is that of the message which
/// the entry comes from.
outgoing_message make_feed_message(const feed_target& target, const feed_entry& entry,
                                   feed_omission omitted = feed_omission::nothing);

/// The message that tells of missing entries. It has no key.
outgoing_message make_feed_gap_message(const feed_target& target, std::int64_t first, std::int64_t last,
                                       const timestamp& now);

} // namespace kollect::consumer

#endif
