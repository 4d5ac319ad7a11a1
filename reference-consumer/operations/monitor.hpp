#ifndef KOLLECT_CONSUMER_MONITOR_HPP
#define KOLLECT_CONSUMER_MONITOR_HPP

#include "ingest/ingest.hpp"

#include <kollect/outcome.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/transport.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// Whether all is well, and if not, what is wrong: one line for a person.
struct health_answer {
  bool is_well = true;
  std::string text;
};

/// One cluster as metrics show it.
struct cluster_state {
  std::string cluster;
  timestamp last_seen; ///< when its newest snapshot was exported
  std::int64_t row_count = 0;
};

/// What the loop tells about itself, and what probes and Prometheus ask. Thread-safe: the loop tells, an
/// HTTP server asks.
class monitor {
public:
  /// `stuck_after`: the loop counts as stuck when it has not come round for so long.
  explicit monitor(std::string_view version,
                   std::chrono::milliseconds stuck_after = std::chrono::seconds(120));
  ~monitor();

  // The loop tells.
  void came_round(); ///< at least once a second while all is well, and while it waits to try again
  void opening_store(bool begins); ///< or is done; to change its schema takes as long as it takes
  void store_is(bool reachable);
  /// The partitions that stand still as of now, as their next messages cannot be read.
  void unreadable_are(std::span<const unreadable_batch> places);
  void caught_up(); ///< what was there at the start is consumed
  void draining();  ///< it was told to end
  void fenced();
  /// The broker has removed messages before they were consumed.
  void missed(std::int64_t messages);
  /// A partition's log was replaced, and is read again from its beginning.
  void rewound();
  void tried_again(std::string_view component); ///< store, broker or feed
  void stored(const batch_report& done, std::chrono::duration<double> took);
  /// The newest message of a batch: when the broker took it in, or else when it was made.
  void arrived(const timestamp& at, const timestamp& now);
  void clock_differs(std::chrono::seconds difference); ///< ours from the broker's; negative: ours is behind
  void gave_up_parts(const outcome_counts& change);
  void totals_are(const outcome_counts& totals); ///< of the whole store
  void lag_is(std::span<const partition_lag> lag);
  void feed_published(std::int64_t cursor, std::size_t messages);
  void feed_lag_is(std::int64_t entries);
  void clusters_are(std::span<const cluster_state> clusters); ///< of the whole store

  // The server tells.
  void http_answered(int status, std::chrono::duration<double> took);
  void http_open(std::size_t connections, std::size_t streams);
  void http_refused(); ///< a connection, as there were too many
  void stream_dropped(std::string_view reason);

  // Probes ask.
  health_answer health() const;    ///< not well when the loop is stuck; whoever is away, is no reason
  health_answer readiness() const; ///< well when caught up once, not draining, and the store is reachable
  std::int64_t waiting_messages() const; ///< behind the position, in all owned partitions
  std::string metrics() const;           ///< Prometheus' text format

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace kollect::consumer

#endif
