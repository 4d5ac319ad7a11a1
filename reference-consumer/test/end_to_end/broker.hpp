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
  std::function<std::string()> new_manifest;
  /// Words that make a consumer come back quickly after SIGKILL.
  std::vector<std::string> quick_recovery;
};

// Each does one whole scenario on a destination of its own and records what is wrong as test failures.

/// A simulated fleet with everything that can go wrong in it; the consumer is killed ten times on the way.
void check_killed_ten_times(const broker& system);
/// An operator's message of today and a bare array one are read by one consumer, without flags.
void check_both_forms(const broker& system);
/// A message that cannot be read is kept with its bytes and reason, and the stream goes on.
void check_dead_letter(const broker& system);
/// A consumer stopped in order and started anew goes on where it was, consuming nothing twice.
void check_resume(const broker& system);
/// The change feed, folded from empty, is the state.
void check_feed_folds(const broker& system);

} // namespace kollect::test

#endif
