#include "simulation/publish_run.hpp"

#include "publish_confirmed.hpp"
#include "simulation/pacer.hpp"

#include <kollect/export.hpp>
#include <program/progress.hpp>

#include <algorithm>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kollect::producer {

namespace {

using clock = std::chrono::steady_clock;
using batch = std::vector<outgoing_message>;

result<batch> take_batch(const message_source& source, std::size_t most_messages, std::size_t most_bytes) {
  batch taken;
  for (std::size_t bytes = 0; taken.size() < most_messages && bytes < most_bytes;) {
    auto message = source();
    if (!message)
      return message.error();
    if (*message == nullptr)
      break;
    bytes += (*message)->value.size();
    taken.push_back(**message);
  }
  return taken;
}

/// Tells how far a run is: on a terminal all the time, in the log every ten seconds.
class run_reporter {
public:
  explicit run_reporter(program::log& log) : log_(log) {}

  void update(const run_outcome& outcome) {
    const auto now = clock::now();
    const auto seconds = std::chrono::duration<double>(now - begin_).count();
    shown_.update([&] {
      const auto rate = seconds > 0 ? static_cast<double>(outcome.messages) / seconds : 0;
      return std::to_string(outcome.messages) + " messages, " +
             std::to_string(static_cast<std::uint64_t>(rate)) + " a second";
    });
    if (program::stderr_is_terminal() || now - logged_ < std::chrono::seconds(10))
      return;
    logged_ = now;
    log_.info("publishing",
              {{"messages", outcome.messages}, {"seconds", static_cast<std::int64_t>(seconds)}});
  }

private:
  program::log& log_;
  program::progress shown_;
  clock::time_point begin_ = clock::now();
  clock::time_point logged_ = begin_;
};

void count(const receipt& stored, std::size_t bytes, run_outcome& outcome) {
  ++outcome.messages;
  outcome.duplicates += stored.duplicate ? 1 : 0;
  outcome.partition_bytes[stored.partition] += bytes;
}

result<void> publish(const batch& messages, publisher& target, const run_settings& settings,
                     run_outcome& outcome) {
  if (auto sized = check_sizes(messages, settings.max_message_bytes); !sized)
    return sized;
  const auto results = publish_confirmed(target, messages, settings.timeout);
  for (std::size_t index = 0; index < results.size(); ++index) {
    if (!results[index])
      return results[index].error();
    count(*results[index], messages[index].value.size(), outcome);
  }
  return {};
}

/// Messages on their way to a publisher, as many as the settings allow, each accounted for.
class publishing_window {
public:
  publishing_window(publisher& target, const run_settings& settings, run_outcome& outcome)
      : target_(target), settings_(settings), outcome_(outcome) {}

  bool has_room() const noexcept {
    return posted_.empty() || (posted_.size() < settings_.window_messages && bytes_ < settings_.window_bytes);
  }

  void post(std::shared_ptr<const outgoing_message> message) {
    posted_.push_back(clock::now());
    bytes_ += message->value.size();
    target_.post(std::move(message), settings_.timeout);
  }

  /// Takes in what has settled; waits up to `time` for it. A failure is one that no other try can help.
  result<void> settle(std::chrono::milliseconds time) {
    take(target_.take_settled(time));
    return failed_.empty() ? result<void>() : publish_again();
  }

  /// Waits until nothing is on its way any more.
  result<void> finish() {
    while (!posted_.empty())
      if (auto settled = settle(longest_wait); !settled)
        return settled;
    return {};
  }

private:
  static constexpr std::chrono::milliseconds longest_wait = std::chrono::seconds(1);

  void take(std::vector<settled_message> settled) {
    for (auto& one : settled) {
      const auto bytes = one.message->value.size();
      if (one.outcome)
        count(*one.outcome, bytes, outcome_);
      else if (failed_.empty())
        failed_since_ = posted_.front();
      if (!one.outcome)
        failed_.push_back(std::move(one));
      bytes_ -= bytes;
      posted_.pop_front();
    }
  }

  /// Nothing is posted meanwhile, so that all that has failed is sent again in its order.
  result<void> publish_again() {
    while (!posted_.empty())
      take(target_.take_settled(longest_wait));
    std::vector<outgoing_message> messages;
    std::vector<result<receipt>> results;
    for (auto& one : std::exchange(failed_, {})) {
      messages.push_back(*one.message);
      results.push_back(std::move(one.outcome));
    }
    results =
        publish_until_confirmed(target_, messages, std::move(results), failed_since_ + settings_.timeout);
    for (std::size_t index = 0; index < results.size(); ++index) {
      if (!results[index])
        return results[index].error();
      count(*results[index], messages[index].value.size(), outcome_);
    }
    return {};
  }

  publisher& target_;
  const run_settings& settings_;
  run_outcome& outcome_;
  std::deque<clock::time_point> posted_; ///< when each was that has not settled yet
  std::size_t bytes_ = 0;                ///< of those
  std::vector<settled_message> failed_;
  clock::time_point failed_since_; ///< when the first of them was posted
};

/// Posts until the source is empty, a signal comes or something fails.
result<void> feed(publishing_window& window, const message_source& source, const run_settings& settings,
                  program::stop_signal& stop, run_outcome& outcome, run_reporter& reporter) {
  constexpr std::chrono::milliseconds at_once{0}, moment{100}; // a signal is noticed after a moment
  while (!stop.is_requested()) {
    const bool has_room = window.has_room();
    if (auto settled = window.settle(has_room ? at_once : moment); !settled)
      return settled;
    reporter.update(outcome);
    if (!has_room)
      continue;
    auto message = source();
    if (!message)
      return message.error();
    outcome.is_complete = *message == nullptr;
    if (outcome.is_complete)
      return {};
    if (auto sized = check_sizes(std::span(message->get(), 1), settings.max_message_bytes); !sized)
      return sized;
    window.post(std::move(*message));
  }
  return {};
}

result<run_outcome> run_unpaced(const message_source& source, publisher& target, const run_settings& settings,
                                program::stop_signal& stop, program::log& log) {
  run_outcome outcome;
  run_reporter reporter(log);
  publishing_window window(target, settings, outcome);
  const auto fed = feed(window, source, settings, stop, outcome, reporter);
  const auto settled = window.finish();
  if (!fed || !settled)
    return !settled ? settled.error() : fed.error();
  return outcome;
}

result<run_outcome> run_paced(const message_source& source, publisher& target, const run_settings& settings,
                              program::stop_signal& stop, program::log& log) {
  run_outcome outcome;
  run_reporter reporter(log);
  const pacer pace(settings.rate, clock::now());
  while (!stop.is_requested()) {
    const auto now = clock::now();
    const auto due = pace.due_by(now);
    if (due <= outcome.messages) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(pace.due_at(outcome.messages) - now);
      stop.wait(std::clamp(left, std::chrono::milliseconds(1), std::chrono::milliseconds(60'000)));
      continue;
    }
    const auto count = std::min<std::uint64_t>(due - outcome.messages, settings.batch_messages);
    const auto messages = take_batch(source, static_cast<std::size_t>(count), settings.batch_bytes);
    if (!messages)
      return messages.error();
    outcome.is_complete = messages->empty();
    if (messages->empty())
      break;
    if (auto published = publish(*messages, target, settings, outcome); !published)
      return published.error();
    reporter.update(outcome);
  }
  return outcome;
}

} // namespace

result<run_outcome> publish_run(const message_source& source, publisher& target, const run_settings& settings,
                                program::stop_signal& stop, program::log& log) {
  return settings.rate > 0 ? run_paced(source, target, settings, stop, log)
                           : run_unpaced(source, target, settings, stop, log);
}

} // namespace kollect::producer
