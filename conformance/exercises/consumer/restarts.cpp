#include "exercises.hpp"

namespace kollect::conformance::exercises::consumer {

namespace {

using namespace std::chrono_literals;

sent_message make_snapshot(const consumer_session& now, const std::string& namespace_, std::int64_t second) {
  return make_sent_message({.which = now.make_scope(namespace_),
                            .instant = now.at(second),
                            .rows = {consumer_row(namespace_, "row-" + std::to_string(second)),
                                     consumer_row(namespace_, "same")}});
}

} // namespace

result<void> killed_between(consumer_session& now) {
  if (auto sent = now.publish({make_snapshot(now, "team-a", 1), make_snapshot(now, "team-b", 1)}); !sent)
    return sent;
  if (auto seen = now.expect("DED-01", "two snapshots"); !seen)
    return seen;
  if (auto killed = now.kill(); !killed)
    return killed;
  if (auto sent = now.publish({make_snapshot(now, "team-a", 2), make_snapshot(now, "team-c", 1)}); !sent)
    return sent;
  if (auto opened = now.reopen(); !opened)
    return opened;
  if (auto seen = now.expect("DED-01", "what came while the consumer was dead, and what it had before");
      !seen)
    return seen;
  if (auto sent = now.publish({make_snapshot(now, "team-b", 2)}); !sent)
    return sent;
  return now.expect("DED-01", "a snapshot after the consumer was restarted");
}

result<void> older_after_restart(consumer_session& now) {
  if (auto sent = now.publish({make_snapshot(now, "team-a", 2)}); !sent)
    return sent;
  if (auto seen = now.expect("DED-03", "a snapshot"); !seen)
    return seen;
  if (auto killed = now.kill(); !killed)
    return killed;
  if (auto opened = now.reopen(); !opened)
    return opened;
  if (auto sent = now.publish({make_snapshot(now, "team-a", 1)}); !sent)
    return sent;
  return now.expect("DED-03",
                    "a snapshot that is older than what was applied before the consumer was killed");
}

result<void> set_over_restart(consumer_session& now) {
  const auto make_part = [&now](std::int64_t index) {
    return make_sent_message({.which = now.make_scope("team-a"),
                              .instant = now.at(1),
                              .rows = {consumer_row("team-a", "part-" + std::to_string(index))},
                              .part_index = index,
                              .part_total = 2});
  };
  if (auto sent = now.publish({make_part(1)}); !sent)
    return sent;
  if (auto seen = now.expect("MP-04", "the first part of a set"); !seen)
    return seen;
  if (auto killed = now.kill(); !killed)
    return killed;
  if (auto opened = now.reopen(); !opened)
    return opened;
  if (auto sent = now.publish({make_part(2)}); !sent)
    return sent;
  return now.expect("MP-04", "a set whose first part came before the consumer was killed");
}

result<void> killed_within(consumer_session& now) {
  std::int64_t second = 0;
  for (const auto patience : {0ms, 10ms, 40ms}) {
    std::vector<sent_message> messages;
    for (int round = 0; round < 5; ++round) {
      ++second;
      for (int team = 0; team < 12; ++team) {
        auto message = make_snapshot(now, "team-" + std::to_string(team), second);
        message.partition = (team + round) % 6;
        messages.push_back(std::move(message));
      }
    }
    if (auto sent = now.publish(std::move(messages)); !sent)
      return sent;
    if (auto killed = now.kill_while_draining(patience); !killed)
      return killed;
    if (auto opened = now.reopen(); !opened)
      return opened;
  }
  return now.expect("DED-01", "snapshots that were on their way when the consumer was killed");
}

result<void> broker_restarted(consumer_session& now) {
  if (auto sent = now.publish({make_snapshot(now, "team-a", 1)}); !sent)
    return sent;
  if (auto seen = now.expect("DED-01", "a snapshot"); !seen)
    return seen;
  if (auto restarted = now.brokers().restart(); !restarted)
    return restarted;
  if (auto connected = now.broker_came_back(); !connected)
    return connected;
  if (auto sent = now.publish({make_snapshot(now, "team-a", 2), make_snapshot(now, "team-b", 2)}); !sent)
    return sent;
  return now.expect("DED-01", "snapshots after the broker was restarted");
}

} // namespace kollect::conformance::exercises::consumer
