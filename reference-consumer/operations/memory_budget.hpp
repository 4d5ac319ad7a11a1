#ifndef KOLLECT_CONSUMER_MEMORY_BUDGET_HPP
#define KOLLECT_CONSUMER_MEMORY_BUDGET_HPP

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

namespace kollect::consumer {

/// What each part of the program may hold of a memory budget, in bytes. Each can be set on its own as well.
struct memory_shares {
  std::size_t max_message;     ///< the longest message that is taken in: it costs up to four times its bytes
  std::size_t answer;          ///< one answer of a broker, and what librdkafka makes of it by decompressing
  std::size_t batch;           ///< messages of one transaction
  std::size_t queue;           ///< fetched ahead
  std::size_t fetch;           ///< asked for at once
  std::size_t partition_fetch; ///< and of one partition
  std::size_t row_cache;       ///< rows kept from batch to batch
  std::size_t untaken;         ///< answers that HTTP clients have not taken yet
  std::size_t page;            ///< rows of one page of the read API
  std::size_t merge;           ///< a snapshot and the rows held of its scope, compared in memory

  friend bool operator==(const memory_shares&, const memory_shares&) = default;
};

/// Divides a budget. From 8 GiB on all shares are as large as they are of use; at 1 GiB the longest message
/// is 204 MiB.
[[nodiscard]] constexpr memory_shares share_out(std::size_t budget) noexcept {
  constexpr std::size_t kib = 1024, mib = 1024 * kib;
  return {.max_message = std::clamp(budget / 5, mib, 256 * mib),
          .answer = std::clamp(budget / 4, 2 * mib, 1024 * mib),
          .batch = std::clamp(budget / 32, mib, 32 * mib),
          .queue = std::clamp(budget / 32, mib, 32 * mib),
          .fetch = std::clamp(budget / 32, mib, 50 * mib),
          .partition_fetch = std::clamp(budget / 256, 256 * kib, 4 * mib),
          .row_cache = std::min(budget / 8, 256 * mib),
          .untaken = std::clamp(budget / 16, mib, 64 * mib),
          .page = std::clamp(budget / 128, 256 * kib, 8 * mib),
          .merge = std::clamp(budget / 8, mib, 128 * mib)};
}

/// The limit that a cgroup's file holds: `max`, or so many bytes. Nothing where there is none, which version
/// 1 writes as a number near 2^63.
[[nodiscard]] std::optional<std::size_t> parse_memory_limit(std::string_view text) noexcept;

/// The least limit of the cgroups that a process is in, of version 1 or 2: `membership` is its
/// /proc/PID/cgroup, `root` where cgroups are mounted. Nothing where none limits it.
[[nodiscard]] std::optional<std::size_t> find_memory_limit(std::string_view membership,
                                                           const std::filesystem::path& root);

/// What this process may take: what its cgroup allows, or what the machine has.
[[nodiscard]] std::size_t available_memory();

/// From now on this process gets no more memory than this, so that want of it is an error that it deals with,
/// and not the end of it (std::bad_alloc, exit code 71). False where it has more already, as with sanitizers:
/// nothing was changed then.
bool limit_memory(std::size_t bytes) noexcept;

} // namespace kollect::consumer

#endif
