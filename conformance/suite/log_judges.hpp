#ifndef KOLLECT_CONFORMANCE_LOG_JUDGES_HPP
#define KOLLECT_CONFORMANCE_LOG_JUDGES_HPP

#include "judge.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

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

/// Messages that were in a log and are not there any more: cut off with its beginning, or taken out of it by
/// compaction or a limit of the stream.
class log_removals {
public:
  log_removals(broker_system system, std::chrono::seconds settle) noexcept;

  /// Takes the next message of its partition. Answers whether a message that belongs with this one may have
  /// been removed before it: some were, and not long before it by the broker's time.
  bool pass(const recorded_message& message);

private:
  struct partition_end {
    std::int64_t next = 0;
    bool is_any = false;
    std::optional<timestamp> at{}; ///< when the first message after what was removed came
  };

  std::int64_t first_ever_;
  std::chrono::seconds near_;
  std::map<std::int32_t, partition_end> partitions_;
};

/// One message of a log that is audited.
struct seen_message {
  const message_facts* facts;
  bool may_lack_earlier; ///< see log_removals
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

/// For ENV-07, KAF-02, MP-04 and ROW-03; nullptr for a clause that each message shows by itself. `about` and
/// `memory` must live longer.
std::unique_ptr<log_judge> make_log_judge(std::string_view id, const recording& about, audit_memory& memory);

} // namespace kollect::conformance

#endif
