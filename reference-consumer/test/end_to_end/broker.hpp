#ifndef KOLLECT_TEST_BROKER_HPP
#define KOLLECT_TEST_BROKER_HPP

#include "programs.hpp"

#include <functional>
#include <string>
#include <vector>

namespace kollect::test {

/// A real broker of either kind, as the tests of both see it.
struct broker {
  std::string name;
  /// A new destination that nothing was ever sent to, and the manifest of a sink for it.
  std::function<std::string(int partitions)> new_manifest;
  /// Words that make a consumer come back quickly after SIGKILL.
  std::vector<std::string> quick_recovery;
  /// The same for members of a group that have no name.
  std::vector<std::string> quick_replacement;
};

/// The rows that the change feed leads to from nothing, as `kollect-consumer state` prints them.
std::string fold_feed(const workplace& place);

/// The same from the feed's entries, one JSON object a line.
std::string fold_feed_lines(const std::string& lines);

// Each does one whole scenario on a destination of its own and records what is wrong as test failures.

/// A simulated fleet with everything that can go wrong in it; the consumer is killed ten times on the way.
void check_killed_ten_times(const broker& system);
/// An operator's message of today and a bare array one are read by one consumer, without flags.
void check_both_forms(const broker& system);
/// A message that cannot be read is kept with its bytes and reason, and the stream goes on.
void check_dead_letter(const broker& system);
/// A consumer stopped in order and started again goes on where it was, consuming nothing twice.
void check_resume(const broker& system);
/// The change feed, folded from empty, is the state.
void check_feed_folds(const broker& system);

/// The feed, published to a topic or subject by a consumer that is killed four times, is whole, in order and
/// folds to the state.
void check_feed_published(const broker& system);
/// A log is watched beside its consumer; rows that went wrong in the store are found and mended.
void check_tail_and_resync(const broker& system);

/// The probes of a running consumer, and its metrics, which agree with the store.
void check_operations(const broker& system);

// On PostgreSQL, at a database of their own.

/// One, two and four consumers at a time, members added, stopped and killed while messages come.
void check_scale_out(const broker& system);
/// The database is away at the start, and is killed again and again later.
void check_database_outages(const broker& system);
/// Of two processes that could publish the feed one does, and the other when that one is killed.
void check_feed_taken_over(const broker& system);
/// A process that is stopped in the middle of a batch and replaced changes nothing when it goes on.
void check_stopped_one_is_fenced(const broker& system);

} // namespace kollect::test

#endif
