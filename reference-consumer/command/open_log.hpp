#ifndef KOLLECT_CONSUMER_OPEN_LOG_HPP
#define KOLLECT_CONSUMER_OPEN_LOG_HPP

#include <kollect/connection.hpp>
#include <kollect/log_reader.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// Reads `earliest`, `latest` or an RFC 3339 instant in UTC. error::invalid_value for anything else.
result<read_from> parse_read_from(const std::string& text);

/// Opens the topic or subject of a connection for reading beside its consumers. `tell` takes lines for the
/// log.
result<std::unique_ptr<log_reader>> open_log(const connection& target, const read_from& start,
                                             std::function<void(std::string_view)> tell);

} // namespace kollect::consumer

#endif
