#ifndef KOLLECT_CONFORMANCE_LOG_JUDGES_HPP
#define KOLLECT_CONFORMANCE_LOG_JUDGES_HPP

#include "judge.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// What an audit may remember of messages that must be seen together, in bytes, unless --audit-memory says
/// otherwise: a key, a namespace or a part takes about a hundred, a row of an incomplete set sixteen.
inline constexpr std::size_t default_audit_memory = 32UL * 1024 * 1024;

/// How much of that is left.
class audit_memory {
public:
  explicit audit_memory(std::size_t bytes) noexcept : left_(bytes) {}

  bool take(std::size_t bytes) noexcept {
    if (bytes > left_)
      return false;
    left_ -= bytes;
    return true;
  }
  void give_back(std::size_t bytes) noexcept { left_ += bytes; }

private:
  std::size_t left_;
};

/// Offsets of one partition: `from` up to, not including, `to`.
struct offset_range {
  std::int64_t from = 0, to = 0;
};

/// What a broker says of the messages that were in a log and are not there any more: cut off with its
/// beginning, or taken out of it by compaction or a limit of the stream.
struct removed_offsets {
  std::map<std::int32_t, std::int64_t> first_left; ///< of each partition; NATS: of partition 0
  bool is_compacted = false;                       ///< Kafka: any may have been taken out
  std::vector<std::int64_t> deleted;               ///< NATS: those after the first that is left, in order

  /// Whether one of these offsets may have been removed. Logarithmic.
  bool may_be_in(std::int32_t partition, const offset_range& range) const;
};

/// Offsets that hold none of the messages that are read: something was removed, or is another subject's, or
/// ends a transaction.
class log_gaps {
public:
  /// `near`: how long before a message one may have come that belongs with it.
  log_gaps(broker_system system, std::chrono::seconds near) noexcept;

  /// Takes the next message of its partition. The offsets before it among which the gaps are where one that
  /// belongs with it may have been.
  std::optional<offset_range> pass(const message_facts& message);

private:
  struct gap {
    offset_range offsets;
    std::optional<timestamp> begin, end; ///< when the first and the last message after a gap came
  };
  struct partition_end {
    std::int64_t next = 0;
    std::optional<gap> before{}, last{};
  };

  std::int64_t first_ever_;
  std::chrono::seconds near_;
  std::map<std::int32_t, partition_end> partitions_;
};

/// What is known of a log beyond the messages of one cluster.
struct log_facts {
  const recording* about;                     ///< without exports
  audit_memory* memory;                       ///< of all judges together
  std::map<std::int32_t, timestamp> begins{}; ///< when the oldest message of each partition came
  std::optional<removed_offsets> removed{};   ///< known once it was read to its end; nothing: it is not told

  bool may_be_removed(std::int32_t partition, const offset_range& range) const {
    return !removed || removed->may_be_in(partition, range);
  }
};

/// Of messages that are added in any order: notes the oldest of each partition.
inline void take_earlier(std::map<std::int32_t, timestamp>& begins, std::int32_t partition,
                         const timestamp& instant) {
  const auto [known, is_first] = begins.emplace(partition, instant);
  if (!is_first)
    known->second = std::min(known->second, instant);
}

/// One message of a log that is audited.
struct seen_message {
  const message_facts* facts;
  std::optional<offset_range> missing_before; ///< see log_gaps
};

/// Holds a clause against the messages of one cluster as they are read, where messages must be seen together.
/// Remembers of each what it needs, and no message.
class log_judge {
public:
  virtual ~log_judge() = default;

  /// To be given the messages that are JSON and not somebody else's, in the order of their partitions.
  virtual void see(const seen_message& message, judgement& out) = 0;
  /// What all of them show.
  virtual void end(judgement&) const {}
};

/// For ENV-07, KAF-02, MP-04 and ROW-03; nullptr for a clause that each message shows by itself. `log` must
/// live longer; what it tells may still come.
std::unique_ptr<log_judge> make_log_judge(std::string_view id, const log_facts& log);

} // namespace kollect::conformance

#endif
