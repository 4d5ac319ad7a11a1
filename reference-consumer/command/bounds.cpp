#include "command/bounds.hpp"

#include <chrono>

namespace kollect::consumer {

void add_memory_budget_flag(CLI::App& command, std::size_t& budget) {
  constexpr std::size_t least = 64U << 20U, most = std::size_t{1} << 50U;
  command
      .add_option(
          "--memory-budget", budget,
          "bytes of memory that the process may take, which other limits follow from; default: what its "
          "cgroup allows, or what the machine has")
      ->check(CLI::Range(least, most));
}

void add_bounds_flags(CLI::App& command, bounds_flags& flags) {
  command.add_option("--max-message-bytes", flags.accepted.max_message_bytes, "longest message that is read")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--max-depth", flags.accepted.max_depth, "deepest nesting of a message")
      ->check(CLI::Range(std::size_t{4}, max_depth_ceiling))
      ->capture_default_str();
  command
      .add_option("--max-name-bytes", flags.accepted.max_name_bytes,
                  "longest name of a cluster, a namespace or an inventory")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--max-part-total", flags.accepted.max_part_total, "largest partTotal of a multipart set")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--max-future", flags.max_future_seconds,
                  "seconds that a snapshot may be dated ahead of both clocks")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--keep-dedup-keys", flags.kept.dedup_keys_per_scope, "dedup keys kept for each scope")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--keep-changes", flags.kept.changes, "entries of the change feed that are kept")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--max-pending-bytes", flags.kept.pending_bytes, "bytes of parts waiting for their sets")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--max-pending-age", flags.kept.pending_seconds,
                  "seconds after which an unfinished set is given up")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--max-delete-percent", flags.max_delete_percent,
                  "hold a snapshot back that would remove more of its scope's rows; 100: none")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command
      .add_option("--max-dead-letter-bytes", flags.kept.dead_letter_bytes,
                  "bytes of dead letters' bodies that are kept")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

ingest_settings make_ingest_settings(const bounds_flags& flags) {
  ingest_settings settings;
  settings.limits = flags.accepted;
  settings.limits.max_future = std::chrono::seconds(flags.max_future_seconds);
  settings.retention = flags.kept;
  if (flags.max_delete_percent < 100)
    settings.max_delete_percent = flags.max_delete_percent;
  settings.now = [] { return from_system_clock(std::chrono::system_clock::now()); };
  settings.notice = [](const scope&, std::string_view) {};
  return settings;
}

} // namespace kollect::consumer
