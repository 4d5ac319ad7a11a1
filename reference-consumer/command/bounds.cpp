#include "command/bounds.hpp"

#include <chrono>

namespace kollect::consumer {

void add_memory_budget_flag(program::command& to, std::optional<std::size_t>& budget) {
  constexpr std::int64_t least = 64LL << 20U, most = 1LL << 50U;
  to.add("--memory-budget", budget, program::bytes(least, most),
         "memory that the process may use; other limits derive from it")
      .with_default("what the cgroup allows, or what the machine has");
}

void add_limits_flags(program::command& to, limits& bounds) {
  using namespace program;
  to.section("Limits on messages");
  to.add("--max-depth", bounds.max_depth, count(4, max_depth_ceiling), "deepest nesting of a message");
  to.add("--max-message-bytes", bounds.max_message_bytes, bytes(1), "largest message that is accepted");
  to.add("--max-name-bytes", bounds.max_name_bytes, bytes(1),
         "longest name of a cluster, namespace or inventory");
}

void add_bounds_flags(program::command& to, bounds_flags& flags) {
  using namespace program;
  to.section("Limits on messages");
  to.add("--max-message-bytes", flags.max_message_bytes, bytes(1), "largest message that is accepted")
      .with_default("256MiB; run: 1/5 of the memory budget, up to that");
  to.add("--max-depth", flags.accepted.max_depth, count(4, max_depth_ceiling),
         "deepest nesting of a message, which itself is level 1");
  to.add(
      "--max-name-bytes", flags.accepted.max_name_bytes, bytes(1),
      "longest name of a cluster, namespace or inventory; a message with a longer one becomes a dead letter");
  to.add("--max-part-total", flags.accepted.max_part_total, count(1), "largest partTotal of a multipart set");
  to.add("--max-future", flags.max_future_seconds, seconds(0),
         "how far a snapshot may be dated ahead of the broker's clock and ours");
  to.add("--max-delete-percent", flags.max_delete_percent, count(0, 100),
         "hold back a snapshot that would remove more of its scope's rows; 100: hold back none");
  to.section("Retention");
  to.add("--keep-dedup-keys", flags.kept.dedup_keys_per_scope, count(1),
         "dedup keys kept for each scope; older redeliveries are still recognised as stale");
  to.add("--keep-changes", flags.kept.changes, count(1), "entries of the change feed that are kept");
  to.add("--max-pending-bytes", flags.kept.pending_bytes, bytes(1),
         "parts that wait for the rest of their sets");
  to.add("--max-pending-age", flags.kept.pending_seconds, seconds(1), "how long an incomplete set is kept");
  to.add("--max-dead-letter-bytes", flags.kept.dead_letter_bytes, bytes(1),
         "bodies of dead letters that are kept; beyond it the oldest bodies are dropped, but not reason and "
         "digest");
}

ingest_settings make_ingest_settings(const bounds_flags& flags) {
  ingest_settings settings;
  settings.limits = flags.accepted;
  settings.limits.max_message_bytes = flags.max_message_bytes.value_or(flags.accepted.max_message_bytes);
  settings.limits.max_future = std::chrono::seconds(flags.max_future_seconds);
  settings.retention = flags.kept;
  if (flags.max_delete_percent < 100)
    settings.max_delete_percent = flags.max_delete_percent;
  settings.now = [] { return from_system_clock(std::chrono::system_clock::now()); };
  settings.notice = [](const scope&, std::string_view) {};
  return settings;
}

} // namespace kollect::consumer
