#include "command/bounds.hpp"
#include "command/commands.hpp"
#include "command/describe_message.hpp"
#include "command/flush_output.hpp"
#include "command/open_log.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/nats/end_process.hpp>
#include <program/connect.hpp>
#include <program/drain_limit.hpp>
#include <program/exit_code.hpp>
#include <program/printable.hpp>
#include <program/stop_signal.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace kollect::consumer {
namespace {

struct tail_flags {
  program::sink_flags sink;
  std::string from = "latest";
  std::optional<std::int64_t> limit; ///< absent: no end
  bool is_until_end = false;
  limits bounds;
};

constexpr std::chrono::milliseconds poll_time{250};

/// Where a message stood, and what a consumer would say of it. `is_readable` becomes false where it would be
/// a dead letter.
std::string describe(const received_message& message, dedup_window& window, const limits& bounds,
                     bool& is_readable) {
  std::string line;
  json_writer out(line);
  out.begin_object()
      .member("partition", message.partition)
      .member("offset", message.offset)
      .name("appendedAt");
  if (message.appended_at)
    out.value(to_string(*message.appended_at));
  else
    out.value(nullptr);
  out.member("key", message.key);
  if (message.unreadable) {
    out.member("error", to_string(*message.unreadable)).end_object();
    is_readable = false;
    return line;
  }
  const auto key = message.key ? std::optional<std::string_view>(*message.key) : std::nullopt;
  arrival how;
  how.appended_at = message.appended_at;
  is_readable &= describe_message(out, message.value, key, window, bounds, how);
  out.end_object();
  return line;
}

result<int> tail(const tail_flags& flags, program::log& log) {
  program::stop_signal stop; // before any thread
  // A broker that does not answer must not keep us from ending.
  const program::drain_limit drain(stop, std::chrono::milliseconds(500),
                                   [] { nats::end_process(program::success); });
  auto start = parse_read_from(flags.from);
  if (!start)
    return start.error();
  auto target = program::load_connection(flags.sink);
  if (!target)
    return target.error();
  auto reader = open_log(*target, *start, [&log](std::string_view line) { log.warning(line); });
  if (!reader)
    return reader.error();
  dedup_window window;
  bool is_clean = true;
  for (std::int64_t left = flags.limit.value_or(std::numeric_limits<std::int64_t>::max());
       left > 0 && !stop.is_requested();) {
    if (flags.is_until_end && (*reader)->at_end())
      break;
    auto messages =
        (*reader)->poll(static_cast<std::size_t>(std::min<std::int64_t>(left, 500)), 8U << 20U, poll_time);
    if (!messages)
      return messages.error();
    for (const auto& message : *messages)
      std::cout << program::printable_json(describe(message, window, flags.bounds, is_clean)) << '\n';
    left -= static_cast<std::int64_t>(messages->size());
    if (auto written = flush_output(program::success); !written)
      return written;
  }
  return is_clean ? program::success : program::findings;
}

} // namespace

void add_tail(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<tail_flags>();
  auto& added = to.add_command(
      "tail", "watch the messages of a topic or subject without disturbing its consumers, and judge each");
  added.section("Log");
  add_sink_flags(added, flags->sink);
  added.add("--from", flags->from, text("START"),
            "earliest, latest, or an instant such as 2026-01-15T12:00:00Z");
  added.add("--limit", flags->limit, count(1), "exit after this many messages");
  added.add("--until-end", flags->is_until_end, "exit at the end that the log had at the start");
  add_limits_flags(added, flags->bounds);
  added.shows("kollect-consumer tail --manifest sink.yaml --from earliest --until-end",
              "Read everything in the log");
  added.does([flags](log& log) { return tail(*flags, log); });
}

} // namespace kollect::consumer
