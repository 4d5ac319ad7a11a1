#ifndef KOLLECT_PRODUCER_PUBLISH_RUN_HPP
#define KOLLECT_PRODUCER_PUBLISH_RUN_HPP

#include <kollect/error.hpp>
#include <kollect/message.hpp>
#include <kollect/transport.hpp>
#include <program/log.hpp>
#include <program/stop_signal.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

namespace kollect::producer {

/// Gives one message after the other, then nothing. It may give the same one several times.
using message_source = std::function<result<std::shared_ptr<const outgoing_message>>()>;

struct run_settings {
  double rate = 0;                        ///< messages a second; 0: as fast as possible
  std::chrono::milliseconds timeout{};    ///< for each message, or each batch of a paced run
  std::size_t max_message_bytes = 0;      ///< see check_sizes()
  std::size_t window_messages = 10'000;   ///< on their way at once, at most, in a run without a rate
  std::size_t window_bytes = 32UL << 20U; ///< of their values, until exceeded: by one message at most
  std::size_t batch_messages = 10'000;    ///< at most, in one call of the publisher, in a paced run
  std::size_t batch_bytes = 16UL << 20U;  ///< about, of values
};

struct run_outcome {
  bool is_complete = false;                              ///< false: stopped before the source was empty
  std::uint64_t messages = 0;                            ///< confirmed
  std::uint64_t duplicates = 0;                          ///< NATS: those that the stream had already (NAT-05)
  std::map<std::int32_t, std::uint64_t> partition_bytes; ///< of values, by Kafka partition
};

/// Publishes what the source gives, paced or as fast as it goes, until it is empty or a signal comes.
/// Without a rate messages are always on their way, and the next are made meanwhile; when it ends, each has
/// been confirmed or has failed. What was not confirmed is published again, in order, before anything else
/// is, as publish_confirmed() does. The first message that cannot be published ends the run.
result<run_outcome> publish_run(const message_source& source, publisher& target, const run_settings& settings,
                                program::stop_signal& stop, program::log& log);

} // namespace kollect::producer

#endif
