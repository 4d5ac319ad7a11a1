#ifndef KOLLECT_CONSUMER_FEED_FORMAT_HPP
#define KOLLECT_CONSUMER_FEED_FORMAT_HPP

#include "store/store.hpp"

#include <string>

namespace kollect::consumer {

/// An entry of the change feed as JSON, in the manner of Debezium:
/// `{"cursor","op","kind","source":{"cluster","namespace","inventory","log","partition","offset","exportedAt"},
/// "before","after","changedPaths","ts_ms"}`. `op` is c, u or d, and m for kind snapshot: a message that
/// all changes of a snapshot have been told. Rows are as they were sent, or null.
std::string feed_json(const feed_entry& entry);

/// The same for a person: `+ cluster/namespace Deployment team-a/api` with changed paths, no attributes.
std::string feed_text(const feed_entry& entry);

} // namespace kollect::consumer

#endif
