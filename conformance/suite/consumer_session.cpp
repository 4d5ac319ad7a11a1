#include "consumer_session.hpp"

#include <algorithm>
#include <utility>

namespace kollect::conformance {

result<consumer_process> consumer_process::start(std::vector<std::string> command, const timeouts& bounds) {
  auto running = testee::start(command, bounds);
  if (!running)
    return running.error();
  auto identity = running->hello();
  if (!identity)
    return identity.error();
  return consumer_process(std::move(command), bounds, std::move(*running), std::move(*identity));
}

result<void> consumer_process::restart() {
  running_.kill();
  auto started = testee::start(command_, bounds_);
  if (!started)
    return started.error();
  running_ = std::move(*started);
  if (auto identity = running_.hello(); !identity)
    return identity.error();
  return {};
}

result<void> consumer_session::open() {
  auto name = record_.exercise;
  std::ranges::replace(name, '_', '-');
  auto made = brokers_.make_place("consumer-" + name);
  if (!made)
    return made.error();
  where_ = std::move(*made);
  mark_ = where_->reach.stream.empty() ? where_->reach.destination : where_->reach.stream;
  mark_.erase(0, std::string_view("kollect-consumer-").size());
  where_->sink.cluster.clear(); // a reader has none
  if (auto connected = broker_came_back(); !connected)
    return connected;
  if (auto opened = open_consumer(); !opened)
    return opened;
  const auto before = consumer_.now().state_held();
  if (!before)
    return before.error();
  refused_before_ = before->refused.value_or(0);
  return {};
}

result<void> consumer_session::open_consumer() {
  const auto answer =
      consumer_.now().open_consumer(make_manifest(where_->sink), where_->sink.secret, "kollect-" + mark_);
  if (!answer)
    return answer.error();
  if (!answer->is_ok)
    return make_failure(error::not_acknowledged, "the consumer refused to open: " + answer->error);
  return {};
}

scope consumer_session::make_scope(std::string_view namespace_, std::string_view inventory,
                                   std::string_view cluster) const {
  return {std::string(cluster) + "-" + mark_, std::string(namespace_),
          system() == broker_system::kafka ? std::string(inventory) : std::string()};
}

timestamp consumer_session::at(std::int64_t seconds, std::uint32_t nanoseconds) const {
  return {begun_at_.seconds + seconds, nanoseconds};
}

result<void> consumer_session::publish(std::vector<sent_message> messages) {
  auto sent = publisher_->publish(messages);
  std::ranges::move(messages, std::back_inserter(sent_));
  return sent;
}

/// A consumer that ends where it should take messages in has lost them; anything else that hinders it is no
/// verdict on the clause.
failure consumer_session::note_end(std::string_view clause, std::string_view about, failure reason) {
  if (reason.reason() == error::closed)
    testify(clause, false, std::string(about) + ": the consumer has ended", "it goes on", to_string(reason));
  return reason;
}

result<bool> consumer_session::drain(std::string_view clause, std::string_view about) {
  const auto answer = consumer_.now().drain();
  if (!answer)
    return note_end(clause, about, answer.error());
  if (!answer->is_ok)
    testify(clause, false, std::string(about) + ": the consumer cannot take in what is on the log", {},
            answer->error);
  return answer->is_ok;
}

result<std::optional<consumer_state>> consumer_session::ask(std::string_view clause, std::string_view about) {
  const auto drained = drain(clause, about);
  if (!drained)
    return drained.error();
  if (!*drained)
    return std::optional<consumer_state>();
  auto held = consumer_.now().state_held();
  if (!held)
    return note_end(clause, about, held.error());
  refused_now_ = held->refused;
  return std::optional(std::move(*held));
}

void consumer_session::judge(std::string_view clause, std::string_view about, const expected_state& wanted,
                             const consumer_state& held) {
  const auto differences = compare_states(wanted, held, [this](const scope& one) { return is_ours(one); });
  if (differences.empty())
    testify(clause, true, std::string(about));
  for (const auto& one : differences)
    testify(clause, false, std::string(about) + ": " + one.what, one.expected, one.found);
}

result<void> consumer_session::expect(std::string_view clause, std::string_view about) {
  return expect_either(clause, about, {});
}

result<void> consumer_session::expect_rows(std::string_view clause, std::string_view about) {
  auto held = ask(clause, about);
  if (!held)
    return held.error();
  if (!*held)
    return {};
  const auto wanted = expected();
  for (auto& one : (*held)->scopes)
    for (const auto& [which, rows] : wanted)
      if (one.which.cluster == which.cluster && one.which.namespace_ == which.namespace_)
        one.which.inventory = which.inventory;
  judge(clause, about, wanted, **held);
  return {};
}

result<void> consumer_session::expect_either(std::string_view clause, std::string_view about,
                                             const expected_state& also) {
  const auto held = ask(clause, about);
  if (!held)
    return held.error();
  if (!*held)
    return {};
  auto wanted = expected();
  for (const auto& [which, other] : also) {
    const auto is_it = [&](const scope& one) { return one == which; };
    if (compare_states({{which, other}}, **held, is_it).empty())
      wanted[which] = other;
  }
  judge(clause, about, wanted, **held);
  return {};
}

void consumer_session::expect_set_aside(std::string_view clause, std::string_view about) {
  const auto wanted = static_cast<std::int64_t>(expect_refused(sent_));
  if (!refused_now_)
    return testify(clause, false, std::string(about) + ": the consumer does not tell what it has set aside",
                   std::to_string(wanted) + " as refused", "no refused in its state");
  const auto found = *refused_now_ - refused_before_;
  testify(clause, found >= wanted,
          std::string(about) + (found >= wanted ? "" : ": not all of it was set aside visibly"),
          std::to_string(wanted) + " messages", std::to_string(found));
}

result<void> consumer_session::kill() {
  consumer_.now().kill();
  return {};
}

result<void> consumer_session::kill_while_draining(std::chrono::milliseconds patience) {
  if (auto begun = consumer_.now().begin_drain(); !begun)
    return begun;
  if (const auto answer = consumer_.now().await_answer(patience); !answer)
    return answer.error();
  return kill();
}

result<void> consumer_session::reopen() {
  if (auto started = consumer_.restart(); !started)
    return started;
  return open_consumer();
}

result<void> consumer_session::broker_came_back() {
  auto connected = raw_publisher::connect(where_->reach, brokers_.bounds().read_back);
  if (!connected)
    return connected.error();
  publisher_ = std::move(*connected);
  return {};
}

void consumer_session::testify(std::string_view clause, bool holds, std::string what, std::string expected,
                               std::string found) {
  record_.testimonies.push_back(
      {std::string(clause), holds, std::move(what), std::move(expected), std::move(found)});
}

} // namespace kollect::conformance
