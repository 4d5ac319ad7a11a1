#ifndef KOLLECT_CONSUMER_INGEST_SETTINGS_HPP
#define KOLLECT_CONSUMER_INGEST_SETTINGS_HPP

#include "store/records.hpp"

#include <kollect/limits.hpp>
#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/transport.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace kollect::consumer {

/// Default of --max-merge-bytes.
inline constexpr std::int64_t default_max_merge_bytes = 128LL * 1024 * 1024;

/// What ingesting needs to know about the world.
struct ingest_settings {
  log_identity log;
  kollect::limits limits;
  consumer::retention retention;
  std::function<timestamp()> now; ///< the wall clock
  std::function<void(const scope&, std::string_view what)>
      notice;                          ///< something a person should know about a scope
  std::function<void()> on_progress{}; ///< called now and then while a large snapshot is written
  /// A snapshot that would remove more than so many per cent of its scope's rows is held back, as a dead
  /// letter, until the same rows come again in a newer snapshot or the letter is retried. Nothing: never.
  std::optional<std::int64_t> max_delete_percent{};
  /// Held rows and snapshot together, in bytes, that are compared in memory. Larger ones are compared in the
  /// store, which costs no memory and more time.
  std::int64_t max_merge_bytes = default_max_merge_bytes;
};

} // namespace kollect::consumer

#endif
