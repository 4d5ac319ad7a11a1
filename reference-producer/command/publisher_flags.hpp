#ifndef KOLLECT_PRODUCER_PUBLISHER_FLAGS_HPP
#define KOLLECT_PRODUCER_PUBLISHER_FLAGS_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/transport.hpp>
#include <program/connect.hpp>
#include <program/log.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kollect::producer {

/// The flags that say where messages go and how; every command has them.
struct publisher_flags {
  program::sink_flags sink;
  int timeout_seconds = 30;
  std::vector<std::string> properties;
  std::optional<std::size_t> max_message_bytes; ///< absent: what the broker says

  std::chrono::milliseconds timeout() const noexcept { return std::chrono::seconds(timeout_seconds); }
};

void add_connection_flags(program::command& to, publisher_flags& flags);
void add_timeout_flag(program::command& to, publisher_flags& flags);
void add_size_flag(program::command& to, publisher_flags& flags);

/// A publisher that is known to reach its broker, if the sink's spec.connectionTest asks for that.
/// What it reports goes to the log, which must live longer.
result<std::unique_ptr<publisher>> open_publisher(const connection& target, const publisher_flags& flags,
                                                  program::log& log);

/// How large a message may be, for check_sizes(): what --max-message-bytes says, else what the Kafka
/// topic is configured for. 0: not known here; the broker will tell, NATS before anything is sent.
result<std::size_t> find_size_limit(const connection& target, const publisher_flags& flags,
                                    program::log& log);

} // namespace kollect::producer

#endif
