#ifndef KOLLECT_POSITION_HPP
#define KOLLECT_POSITION_HPP

#include <kollect/version.hpp>

#include <compare>
#include <cstdint>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Where a message stands in its log.
struct message_position {
  std::int32_t partition = 0; ///< Kafka partition; 0 for NATS
  std::int64_t offset = 0;    ///< Kafka offset or stream sequence

  friend auto operator<=>(const message_position&, const message_position&) = default;
  friend bool operator==(const message_position&, const message_position&) = default;
};

/// How far one partition of a log was consumed. NATS streams have the one partition 0.
struct partition_position {
  std::int32_t partition = 0;   ///< Kafka partition; 0 for NATS
  std::int64_t next_offset = 0; ///< of the first message that was not consumed yet

  friend auto operator<=>(const partition_position&, const partition_position&) = default;
  friend bool operator==(const partition_position&, const partition_position&) = default;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
