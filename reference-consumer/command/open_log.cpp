#include "command/open_log.hpp"

#include <kollect/kafka/reader.hpp>
#include <kollect/nats/reader.hpp>

#include <utility>

namespace kollect::consumer {

result<read_from> parse_read_from(const std::string& text) {
  if (text == "earliest")
    return read_from(read_start::earliest);
  if (text == "latest")
    return read_from(read_start::latest);
  const auto instant = parse_timestamp(text);
  if (!instant)
    return make_failure(error::invalid_value,
                        "--from must be earliest, latest, or an instant such as 2026-01-15T12:00:00Z");
  return read_from(*instant);
}

result<std::unique_ptr<log_reader>> open_log(const connection& target, const read_from& start,
                                             std::function<void(std::string_view)> tell) {
  if (target.system == broker_system::nats) {
    nats::reader_options options;
    options.client.log = std::move(tell);
    options.start = start;
    return nats::create_reader(target, options);
  }
  kafka::reader_options options;
  options.client.log = std::move(tell);
  options.start = start;
  return kafka::create_reader(target, options);
}

} // namespace kollect::consumer
