#include "simulation/publish_run.hpp"

#include "publish_confirmed.hpp"
#include "simulation/pacer.hpp"

#include <kollect/export.hpp>
#include <kollect/program/progress.hpp>

#include <algorithm>
#include <future>
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
    if (!message->has_value())
      break;
    bytes += (*message)->value.size();
    taken.push_back(std::move(**message));
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

result<void> publish(const batch& messages, publisher& target, const run_settings& settings,
                     run_outcome& outcome) {
  if (auto sized = check_sizes(messages, settings.max_message_bytes); !sized)
    return sized;
  const auto results = publish_confirmed(target, messages, settings.timeout);
  for (std::size_t index = 0; index < results.size(); ++index) {
    if (!results[index])
      return results[index].error();
    ++outcome.messages;
    outcome.duplicates += results[index]->duplicate ? 1 : 0;
    outcome.partition_bytes[results[index]->partition] += messages[index].value.size();
  }
  return {};
}

result<run_outcome> run_unpaced(const message_source& source, publisher& target, const run_settings& settings,
                                program::stop_signal& stop, program::log& log) {
  run_outcome outcome;
  run_reporter reporter(log);
  const auto prepare = [&] {
    return std::async(std::launch::async,
                      [&] { return take_batch(source, settings.batch_messages, settings.batch_bytes); });
  };
  for (auto upcoming = prepare();;) {
    const auto messages = upcoming.get();
    if (!messages)
      return messages.error();
    outcome.is_complete = messages->empty();
    if (messages->empty() || stop.is_requested())
      return outcome;
    upcoming = prepare();
    if (auto published = publish(*messages, target, settings, outcome); !published)
      return published.error();
    reporter.update(outcome);
  }
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
