#ifndef KOLLECT_CONSUMER_FEED_HPP
#define KOLLECT_CONSUMER_FEED_HPP

#include "command/open_store.hpp"
#include "feed/outbox.hpp"

#include <kollect/connection.hpp>
#include <program/connect.hpp>

#include <memory>
#include <string>

namespace kollect::consumer {

/// Where the change feed is published to, if anywhere.
struct feed_flags {
  program::sink_flags sink; ///< without a manifest it is not published
  bool has_cloudevents = false;
};

/// --feed-manifest, --feed-sink, --feed-secret-dir, --cloudevents.
void add_feed_flags(program::command& to, feed_flags& flags);

/// Makes the outbox that the flags ask for, after the connection test that its manifest asks for; nothing
/// where they ask for none. Asks its broker for 10 s at most. error::invalid_value when the feed would go
/// where the snapshots come from.
result<std::unique_ptr<outbox>> make_outbox(const feed_flags& flags, const store_flags& from,
                                            const connection& source, const std::string& owner,
                                            program::log& log, monitor& watch);

} // namespace kollect::consumer

#endif
