#ifndef KOLLECT_CONSUMER_OUTBOX_HPP
#define KOLLECT_CONSUMER_OUTBOX_HPP

#include "feed/feed_message.hpp"
#include "operations/monitor.hpp"

#include <kollect/transport.hpp>
#include <program/log.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace kollect::consumer {

/// How the change feed is published.
struct outbox_settings {
  feed_target target; ///< its store_id is filled in by the outbox
  std::string name;   ///< of the destination in the store, such as `kafka/inventory.feed`
  std::string owner;  ///< who publishes
  /// Largest message that the broker takes, if it is known.
  std::optional<std::size_t> max_message_bytes{};
  /// For how long a process that stands still keeps others from publishing.
  std::chrono::milliseconds lease{20'000};
  std::chrono::milliseconds publish_timeout{10'000}; ///< under the lease
  std::chrono::milliseconds longest_back_off{10'000};
};

/// Publishes the change feed: the store's own history of changes is the outbox, and a cursor in the same
/// store says how far it was published. At least once and in order: after a failure or a takeover, all after
/// the cursor comes again, with the same ids. One process at a time publishes to a destination.
///
/// Reading and publishing happen on a thread of its own, with a reader of its own, so that a slow broker
/// holds nothing up. The cursor is written by whoever owns the store, in serve().
class outbox {
public:
  using open_reader = std::function<result<std::unique_ptr<feed_reader>>()>;
  using open_publisher = std::function<result<std::unique_ptr<publisher>>()>;

  outbox(outbox_settings settings, open_reader make_reader, open_publisher make_publisher, program::log& log,
         monitor& watch);
  /// Ends the thread: what is being published is waited for.
  ~outbox();

  /// Writes the cursor down and renews the lease. To be called often; does something once a second.
  result<void> serve(store& target);

  /// Whether nothing is left to do for this process: all that the store has is published and noted, or
  /// another process publishes. That it does is believed when it has held the lease for as long as one lasts,
  /// as the lease of a process that was killed goes on for a while.
  result<bool> is_done(store& target);

  std::int64_t published() const; ///< the cursor up to which this process has published

  /// Ends the thread, notes what it has published, and gives the lease up.
  result<void> finish(store& target);

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Sends one entry's message, leaving rows out where the broker says that it is too large.
/// The failure is that of the smallest form.
result<void> publish_entry(publisher& broker, const outbox_settings& settings, const feed_entry& entry,
                           std::chrono::milliseconds timeout);

} // namespace kollect::consumer

#endif
