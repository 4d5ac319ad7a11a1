#include "exercises.hpp"

#include <suite/wiretap.hpp>

namespace kollect::conformance::exercises::sink {

namespace {

std::string confirmation_clause(const session& now) {
  return now.system() == broker_system::kafka ? "KAF-03" : "NAT-05";
}

export_request small_export(int number) {
  return make_request("team-" + std::to_string(number), "all", make_rows({make_row("api")}));
}

result<void> open_somewhere(session& now, const place_options& options = {}) {
  const auto where = now.make_place(options);
  if (!where)
    return where.error();
  return now.open(*where);
}

/// Waits for the answer to what was begun, and records it.
result<void> conclude(session& now) {
  now.broker_came_back();
  const auto answer = now.await(now.brokers().bounds().answer);
  if (!answer)
    return answer.error();
  if (!*answer) {
    now.sink().kill();
    return make_failure(error::broker_timeout, "the testee has not answered export within " +
                                                   std::to_string(now.brokers().bounds().answer.count()) +
                                                   " ms, although the broker is back");
  }
  if (const auto done = now.finish(**answer); !done)
    return done.error();
  return {};
}

} // namespace

/// What a sink asks for stands in its requests; with one broker nothing else tells all replicas from one.
result<void> acks(session& now) {
  auto where = now.make_place();
  if (!where)
    return where.error();
  const auto tap = wiretap::start(where->sink.addresses.front());
  if (!tap)
    return tap.error();
  where->sink.addresses = {tap->address()};
  if (auto open = now.open(*where); !open)
    return open;
  if (const auto asked = now.publish(small_export(0)); !asked)
    return asked.error();
  const auto seen = tap->acks();
  if (seen.empty() && !now.record().exports.back().answer.is_ok)
    return {}; // it refused
  if (seen.empty())
    return make_failure(error::internal, "the sink's messages went past the tap on its connection");
  for (const auto one : seen)
    now.testify("KAF-03", one == -1, "a message was produced without asking for all in-sync replicas",
                "acks -1 (all)", "acks " + std::to_string(one));
  return {};
}

/// A stream that is full takes messages and answers with an error. It is made so when the sink is open: one
/// that changes a stream's settings when it opens (NAT-03) has had its turn. If it does so at each export the
/// message is stored, and its success is the truth.
result<void> unconfirmed(session& now) {
  const auto where = now.make_place();
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  if (const auto first = now.publish(small_export(0)); !first)
    return first.error();
  auto streams = now.brokers().streams();
  if (!streams)
    return streams.error();
  if (auto full = (*streams)->change_stream(where->reach.stream, {{"max_msgs", 1}, {"discard", "new"}});
      !full)
    return full;
  const auto asked = now.try_publish(small_export(1));
  if (!asked)
    return asked.error();
  if ((*asked)->messages.empty())
    now.testify("NAT-05", !(*asked)->answer.is_ok,
                "a message that JetStream refused to store was reported as a success", "an error", "ok");
  return {};
}

result<void> frozen(session& now) {
  if (auto open = open_somewhere(now); !open)
    return open;
  if (const auto first = now.publish(small_export(0)); !first)
    return first.error();
  if (auto stopped = now.brokers().freeze(); !stopped)
    return stopped;
  const auto begun = now.begin(small_export(1));
  const auto early = begun ? now.await(now.brokers().bounds().frozen) : begun.error();
  if (auto thawed = now.brokers().thaw(); !thawed)
    return thawed;
  if (!early)
    return early.error();
  const bool claims_success = *early && (**early).is_ok;
  now.testify(confirmation_clause(now), !claims_success,
              "a success was reported while the broker answered nothing", "no answer yet, or an error", "ok");
  if (!*early)
    return conclude(now);
  if (const auto done = now.finish(**early); !done)
    return done.error();
  return {};
}

result<void> restarted(session& now) {
  if (auto open = open_somewhere(now); !open)
    return open;
  if (const auto first = now.publish(small_export(0)); !first)
    return first.error();
  if (auto back = now.brokers().restart(); !back)
    return back;
  now.broker_came_back();
  // An error tells the truth too; after it the sink is asked once more.
  for (int number = 1; number <= 2; ++number)
    if (const auto asked = now.try_publish(small_export(number)); !asked)
      return asked.error();
  return {};
}

result<void> crashed(session& now) {
  if (auto open = open_somewhere(now); !open)
    return open;
  if (const auto first = now.publish(small_export(0)); !first)
    return first.error();
  if (auto stopped = now.brokers().freeze(); !stopped)
    return stopped;
  const auto begun = now.begin(small_export(1));
  if (auto killed = now.brokers().kill(); !killed)
    return killed;
  if (auto back = now.brokers().restart(); !back)
    return back;
  if (!begun)
    return begun.error();
  if (auto done = conclude(now); !done)
    return done;
  if (const auto asked = now.try_publish(small_export(2)); !asked)
    return asked.error();
  return {};
}

} // namespace kollect::conformance::exercises::sink
