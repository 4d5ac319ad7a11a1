#ifndef KOLLECT_CONSUMER_BOUNDS_HPP
#define KOLLECT_CONSUMER_BOUNDS_HPP

#include "ingest/ingest.hpp"

#include <program/command.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace kollect::consumer {

/// What a message may be, and how much of everything is kept.
struct bounds_flags {
  limits accepted{};
  std::optional<std::size_t> max_message_bytes; ///< that of `accepted` where it was not given
  std::int64_t max_future_seconds = 300;
  retention kept{};
  std::int64_t max_delete_percent = 100;
};

/// --max-message-bytes to --max-dead-letter-bytes.
void add_bounds_flags(program::command& to, bounds_flags& flags);

/// --max-depth, --max-message-bytes and --max-name-bytes, for commands that only look at messages.
void add_limits_flags(program::command& to, limits& bounds);

/// --memory-budget; nothing where it was not given: see available_memory().
void add_memory_budget_flag(program::command& to, std::optional<std::size_t>& budget);

/// The settings that follow, with the real clock; the log is filled in later.
ingest_settings make_ingest_settings(const bounds_flags& flags);

} // namespace kollect::consumer

#endif
