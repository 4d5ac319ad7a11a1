#ifndef KOLLECT_CONSUMER_VERDICT_HPP
#define KOLLECT_CONSUMER_VERDICT_HPP

#include <kollect/dedup_window.hpp>
#include <kollect/limits.hpp>
#include <kollect/projection.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// What a consumer would say of one message, as one line of JSON; a value that is not known is null:
/// `{FIRST_FIELDS,"schemaVersion","timestamp","cluster","namespace","form","itemCount","partIndex","partTotal",
/// "payloadSha256","checksum":"ok|mismatch|absent","dedupKey","duplicate","error"}`.
struct verdict {
  std::string json;
  bool is_readable = true; ///< false: it would become a dead letter
};

/// Judges a message against what `window` has seen, which then has seen it too. `first_fields` stand before
/// all others, such as `"line":1`.
verdict describe_message(std::string_view first_fields, std::string_view message,
                         std::optional<std::string_view> key, dedup_window& window, const limits& bounds,
                         const arrival& how = {});

} // namespace kollect::consumer

#endif
