#ifndef KOLLECT_CONSUMER_FEED_FORMAT_HPP
#define KOLLECT_CONSUMER_FEED_FORMAT_HPP

#include "store/store.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// What is left out of an entry that would be too large for a broker.
enum class feed_omission { nothing, before, rows };

/// The id of the entry at a place, never used for another one: `STORE_ID-CURSOR`.
std::string feed_id(std::int64_t cursor, std::string_view store_id);

/// An entry of the change feed as JSON, in the manner of Debezium:
/// `{"cursor","id","op","kind","source":{"cluster","namespace","inventory","log","partition","offset",
/// "exportedAt"},"before","after","changedPaths","ts_ms"}`. `op` is c, u or d, and m for kind snapshot: a
/// message that all changes of a snapshot have been told. Rows are as they were sent, or null. Where
/// something is left out, `"omitted":["before"]` or `["before","after"]` says so; a message that carried a
/// W3C trace context has it in its source as `traceparent`.
std::string feed_json(const feed_entry& entry, std::string_view store_id,
                      feed_omission omitted = feed_omission::nothing);

/// What takes the place of the entries [first, last], which the store no longer had when they were to be
/// told: `{"cursor":LAST,"id","op":"m","kind":"gap","firstCursor":FIRST}`.
std::string feed_gap_json(std::int64_t first, std::int64_t last, std::string_view store_id);

/// The same for a person: `+ cluster/namespace Deployment team-a/api` with changed paths, no attributes.
std::string feed_text(const feed_entry& entry);

} // namespace kollect::consumer

#endif
