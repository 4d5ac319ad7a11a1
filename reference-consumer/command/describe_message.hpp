#ifndef KOLLECT_CONSUMER_DESCRIBE_MESSAGE_HPP
#define KOLLECT_CONSUMER_DESCRIBE_MESSAGE_HPP

#include <kollect/dedup_window.hpp>
#include <kollect/json_writer.hpp>
#include <kollect/limits.hpp>
#include <kollect/projection.hpp>

#include <optional>
#include <string_view>

namespace kollect::consumer {

/// Judges a message against what `window` has seen, which then has seen it too, and adds to the JSON object
/// that is being written what a consumer would say of it:
/// `"schemaVersion","timestamp","cluster","namespace","form",
/// "itemCount","partIndex","partTotal","payloadSha256","checksum":"ok|mismatch|absent","dedupKey","duplicate",
/// "error"`; a value that is not known is null. False: it would become a dead letter.
bool describe_message(json_writer& out, std::string_view message, std::optional<std::string_view> key,
                      dedup_window& window, const limits& bounds, const arrival& how = {});

} // namespace kollect::consumer

#endif
