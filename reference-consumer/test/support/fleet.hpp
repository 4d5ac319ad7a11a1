#ifndef KOLLECT_CONSUMER_TEST_FLEET_HPP
#define KOLLECT_CONSUMER_TEST_FLEET_HPP

#include <kollect/message.hpp>
#include <program/state.hpp>
#include <test/sdk/support/seeded_random.hpp>

#include <vector>

namespace kollect::consumer::test {

using kollect::test::seeded_random;

/// A message of a fleet.
struct fleet_message {
  outgoing_message message;
  bool is_tombstone = false;
  bool is_poison = false; ///< nobody can apply it: it has to end as a dead letter
};

/// What a whole fleet has published, and the state that any consumer must arrive at. The state is
/// worked out from the snapshots themselves, not from their bytes.
struct fleet {
  std::vector<fleet_message> messages;
  fleet_state expected;
  std::vector<scope> scopes;
};

/// Publishes rounds of snapshots of several clusters, namespaces and inventories: as arrays, export
/// envelopes and multipart sets, some unchanged, empty, dated alike, exported again or torn, and poison
/// among them. Without message keys for NATS.
fleet make_fleet(seeded_random& random, broker_system system);

} // namespace kollect::consumer::test

#endif
