// Keeps the rows of a fleet in an SQLite database of its own:
//   sqlite_consumer localhost:9092 inventory.changes fleet.db [--until-end]
//
// Positions, dedup keys, rows, parts that wait and dead letters change in one transaction a batch, and the
// broker hears of it afterwards: killed anywhere, the process loses nothing and counts nothing twice.
#include "sqlite_store.hpp"

#include <kollect/kafka/subscriber.hpp>

#include <csignal>
#include <cstdlib>
#include <iostream>

namespace {

using kollect::result;
using namespace std::chrono_literals;

volatile std::sig_atomic_t stop_asked = 0;

/// A whole snapshot replaces the rows of its scope if it is newer (DED-03, DEL-01).
result<kollect::decision> apply(sqlite_store& store, std::int64_t scope,
                                const kollect::whole_snapshot& arrived) {
  auto held = store.held(scope);
  const auto found = kollect::decide_snapshot(held, arrived.order);
  if (found.ending != kollect::outcome::applied)
    return found;
  const auto changes = kollect::diff(store.rows(scope), arrived.rows());
  if (!changes)
    return changes.error();
  store.write(scope, *changes);
  kollect::hold(held, arrived);
  store.hold(scope, held);
  store.drop_older(scope, arrived.order);
  return found;
}

/// A part waits in the database until its set is whole (MP-04).
result<kollect::decision> take_part(sqlite_store& store, std::int64_t scope, const kollect::part_set& set,
                                    const kollect::kept_part& arrived) {
  const auto waiting = store.parts(scope, set);
  std::vector<kollect::held_part> held;
  std::vector<kollect::kept_part> all{arrived};
  for (const auto& [part, payload] : waiting)
    held.push_back(part), all.push_back({part, payload});
  const auto found = kollect::decide_part(store.held(scope), set, held, arrived.part);
  if (!found || found->ending != kollect::outcome::pending)
    return found;
  if (found->why != kollect::decision_reason::last_part) {
    store.keep(scope, set, arrived);
    return found;
  }
  const auto snapshot = kollect::whole_snapshot_of(set, all);
  if (!snapshot)
    return snapshot.error();
  store.drop(scope, set);
  return apply(store, scope, *snapshot);
}

/// A failure means that the message is refused, and that none of it was kept.
result<kollect::decision> decide(sqlite_store& store, const kollect::received_message& message) {
  const auto head = kollect::read_head(message.value, message.key);
  if (!head)
    return head.error();
  const auto scope = store.id_of(head->scope);
  if (store.has_seen(scope, head->key))
    return kollect::decision{kollect::outcome::duplicate, kollect::decision_reason::known_key};
  const auto snapshot = kollect::parse_snapshot(head->envelope);
  if (!snapshot)
    return snapshot.error();
  const auto now = kollect::from_system_clock(std::chrono::system_clock::now());
  if (auto dated = kollect::check_future(*head, *snapshot, message.appended_at, now); !dated)
    return dated.error();
  if (snapshot->form == kollect::payload_form::multipart) // a part is known by its set, not by its key
    return take_part(store, scope, kollect::part_set_of(*head, *snapshot),
                     {{snapshot->part_index, head->key.payload}, head->envelope.payload});
  store.remember(scope, head->key);
  return apply(store, scope, kollect::whole_snapshot_of(*head, *snapshot));
}

result<void> consume(sqlite_store& store, kollect::subscriber& log, bool until_end) {
  if (auto marked = log.mark_end(10s); !marked)
    return marked;
  while (stop_asked == 0) {
    auto messages = log.poll(100, 8 << 20, 500ms);
    if (!messages)
      return messages.error();
    store.begin();
    for (const auto& message : *messages) {
      if (const auto found = decide(store, message); !found)
        store.refuse(message, found.error());
      store.move_to(log.log().name, message.partition, message.offset + 1);
    }
    store.expire();
    store.commit();
    if (!messages->empty())
      std::cout << messages->size() << " messages" << std::endl;
    for (auto& message : *messages)
      message.acknowledge();
    if (auto told = log.commit(10s); !told) // loses nothing: the database knows where to go on
      std::cerr << told.error() << '\n';
    if (const auto done = until_end ? log.caught_up(10s) : result<bool>(false); !done || *done)
      return done ? result<void>() : done.error();
  }
  return {};
}

result<void> run(char** words, bool until_end) {
  sqlite_store store(words[3]);
  kollect::connection source;
  source.addresses = {words[1]};
  source.destination = words[2];
  kollect::kafka::subscriber_options options;
  options.group = "sqlite-example";
  options.instance_id = "sqlite-example-0"; // after a crash it resumes at once
  const auto assigned = [&](const kollect::log_identity& log, std::span<const std::int32_t> partitions) {
    std::vector<std::optional<kollect::read_position>> starts;
    for (const auto partition : partitions)
      starts.push_back(store.next_offset(log.name, partition));
    return result<std::vector<std::optional<kollect::read_position>>>(std::move(starts));
  };
  auto log =
      kollect::kafka::create_subscriber(source, options, {.assigned = assigned, .revoked = {}, .gap = {}});
  return log ? consume(store, **log, until_end) : log.error();
}

} // namespace

int main(int count, char** words) {
  if (count < 4) {
    std::cerr << "usage: sqlite_consumer BROKER TOPIC DATABASE [--until-end]\n";
    return 64;
  }
  std::signal(SIGTERM, [](int) { stop_asked = 1; });
  std::signal(SIGINT, [](int) { stop_asked = 1; });
  try {
    const auto done = run(words, count > 4 && std::string_view(words[4]) == "--until-end");
    if (!done)
      std::cerr << done.error() << '\n';
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& reason) { // of SQLite: the transaction is rolled back
    std::cerr << words[3] << ": " << reason.what() << '\n';
    return EXIT_FAILURE;
  }
}
