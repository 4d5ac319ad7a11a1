#include "command/bounds.hpp"
#include "command/commands.hpp"
#include "command/examine_durable.hpp"
#include "command/flush_output.hpp"
#include "command/open_log.hpp"
#include "command/open_store.hpp"
#include "command/outcome_json.hpp"
#include "operations/decompression.hpp"
#include "operations/memory_budget.hpp"

#include <kollect/checksum.hpp>
#include <kollect/json_writer.hpp>
#include <kollect/kafka/find_unreadable.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/timestamp.hpp>
#include <program/connect.hpp>
#include <program/exit_code.hpp>
#include <program/printable.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kollect::consumer {
namespace {

struct doctor_flags {
  store_flags store;
  program::sink_flags sink; ///< without a manifest the broker is not asked
  std::optional<std::size_t> memory_budget;
  std::string group = "kollect-consumer";
};

void write(json_writer& out, const stored_position& position) {
  out.begin_object()
      .member("log", position.log)
      .member("partition", position.partition)
      .member("nextOffset", position.next_offset)
      .member("ownerEpoch", position.owner_epoch)
      .member("owner", position.owner)
      .end_object();
}

/// How far the store is behind the end of one partition.
struct store_lag {
  std::int32_t partition = 0;
  std::int64_t end_offset = 0;
  std::int64_t next_offset = -1; ///< -1: nothing of it was ever consumed
  std::int64_t waiting = 0;      ///< from the next message on that there is
};

void write(json_writer& out, const store_lag& lag) {
  out.begin_object()
      .member("partition", lag.partition)
      .member("endOffset", lag.end_offset)
      .member("nextOffset", lag.next_offset)
      .member("lag", lag.waiting)
      .end_object();
}

void write(json_writer& out, const std::string& text) {
  out.value(text);
}

template <class Value>
void write_array(json_writer& out, std::string_view name, const std::vector<Value>& values) {
  out.name(name).begin_array();
  for (const auto& value : values)
    write(out, value);
  out.end_array();
}

/// What the broker says beside what the store says.
struct log_report {
  std::vector<store_lag> lag;
  std::vector<std::string> wrong;
  std::vector<std::string> warnings;
};

constexpr std::chrono::seconds find_timeout{10};
constexpr std::int64_t clock_tolerance_seconds = 60;

/// Whether the message before a position is the one that was consumed; nothing where nobody can tell.
result<std::optional<std::string>> compare_position(log_reader& log, const stored_position& position,
                                                    std::int64_t end_offset) {
  const std::string where = position.log + ", partition " + std::to_string(position.partition) +
                            ": position " + std::to_string(position.next_offset);
  constexpr std::string_view advice =
      "; a running consumer reads it again from its beginning, and skips what it has "
      "consumed";
  if (position.next_offset > end_offset)
    return std::optional(where + " is beyond the log's end " + std::to_string(end_offset) +
                         ": the log was recreated, or has lost its tail" + std::string(advice));
  if (!position.last_message)
    return std::optional<std::string>{};
  auto found = log.find(position.partition, position.next_offset - 1, find_timeout);
  if (!found)
    return found.error();
  if (!*found || fingerprint_of((*found)->value) == *position.last_message)
    return std::optional<std::string>{};
  return std::optional(where +
                       ": the message before it is not the one that was consumed: the log was "
                       "recreated, or has lost its tail and was filled again" +
                       std::string(advice));
}

/// How many places from the next message on there are: what retention has removed, transactions' markers and
/// aborted messages are nothing to wait for.
result<std::int64_t> count_waiting(log_reader& log, const store_lag& lag, std::int64_t begin) {
  const auto next = std::max({lag.next_offset, begin, std::int64_t{0}});
  if (next >= lag.end_offset)
    return 0;
  auto found = log.find_next(lag.partition, next, find_timeout);
  if (!found && found.error().reason() == error::unreadable_batch)
    return lag.end_offset - next;
  if (!found)
    return found.error();
  return *found ? std::max<std::int64_t>(lag.end_offset - (*found)->offset, 0) : 0;
}

/// Says so where retention was quicker than the consumer.
std::optional<std::string> find_missed(const log_reader& log, const store_lag& lag, std::int64_t begin) {
  // Of a NATS stream others' subjects may have stood there.
  if (log.log().system != broker_system::kafka || lag.next_offset < 0 || lag.next_offset >= begin)
    return {};
  return "retention has removed offsets " + std::to_string(lag.next_offset) + " to " +
         std::to_string(begin - 1) + " of partition " + std::to_string(lag.partition) +
         " before they were consumed: it is too short, or the consumer was down too long; each scope is "
         "correct again with its next snapshot";
}

/// Says so if the newest message was appended later than it is here: then this machine's clock is behind.
result<std::optional<std::string>> compare_clocks(log_reader& log, const partition_position& end) {
  auto newest = log.find(end.partition, end.next_offset - 1, find_timeout);
  if (!newest)
    return newest.error();
  if (!*newest || !(*newest)->appended_at)
    return std::optional<std::string>{};
  const auto ahead =
      (*newest)->appended_at->seconds - from_system_clock(std::chrono::system_clock::now()).seconds;
  if (ahead <= clock_tolerance_seconds)
    return std::optional<std::string>{};
  return std::optional("this machine's clock is " + std::to_string(ahead) +
                       " s behind the broker's: synchronize it with NTP");
}

/// Asks the broker where the log of a manifest ends, and compares.
result<log_report> compare_log(const program::sink_flags& flags, const std::string& group,
                               const std::vector<stored_position>& positions, program::log& log) {
  log_report out;
  if (flags.manifest.empty())
    return out;
  auto target = program::load_connection(flags);
  if (!target)
    return target.error();
  const auto tell = [&log](std::string_view line) { log.warning(line); };
  if (auto durable = examine_durable(*target, group, tell); !durable)
    return durable.error();
  else
    out.wrong = std::move(*durable);
  auto reader = open_log(*target, read_start::latest, tell);
  if (!reader)
    return reader.error();
  const auto begins = (*reader)->begins();
  bool is_clock_told = false;
  for (const auto& end : (*reader)->ends()) {
    store_lag lag{end.partition, end.next_offset, -1, 0};
    for (const auto& position : positions) {
      if (position.log != (*reader)->log().name || position.partition != end.partition)
        continue;
      lag.next_offset = position.next_offset;
      auto compared = compare_position(**reader, position, end.next_offset);
      if (!compared)
        return compared.error();
      if (*compared)
        out.wrong.push_back(std::move(**compared));
    }
    const auto begin = std::ranges::find(begins, end.partition, &partition_position::partition);
    const auto begin_offset = begin == begins.end() ? 0 : begin->next_offset;
    if (auto missed = find_missed(**reader, lag, begin_offset))
      out.warnings.push_back(std::move(*missed));
    auto waiting = count_waiting(**reader, lag, begin_offset);
    if (!waiting)
      return waiting.error();
    lag.waiting = *waiting;
    out.lag.push_back(lag);
    auto clocks = compare_clocks(**reader, end);
    if (!clocks)
      return clocks.error();
    if (*clocks && !std::exchange(is_clock_told, true))
      out.warnings.push_back(std::move(**clocks));
  }
  return out;
}

/// Where the broker holds something next that cannot be read, as far as the store is behind.
result<std::vector<std::string>> find_unreadable(const program::sink_flags& flags,
                                                 const std::vector<store_lag>& lag,
                                                 const memory_shares& shares) {
  std::vector<partition_position> behind;
  for (const auto& one : lag)
    if (one.next_offset >= 0 && one.next_offset < one.end_offset)
      behind.push_back({one.partition, one.next_offset});
  std::vector<std::string> out;
  if (flags.manifest.empty() || behind.empty())
    return out;
  auto target = program::load_connection(flags);
  if (!target)
    return target.error();
  if (target->system != broker_system::kafka)
    return out;
  kafka::subscriber_options options;
  options.max_message_bytes = shares.answer;
  options.fetch_bytes = shares.fetch;
  auto found = kafka::find_unreadable(*target, options, behind, std::chrono::seconds(10));
  if (!found)
    return found.error();
  for (const auto& one : *found)
    out.push_back(to_string(one.reason));
  return out;
}

/// Whether a message is dated so little ahead that a clock may be the reason: one of the year 9999 is poison.
bool is_dated_soon(const stored_dead_letter& stored) {
  constexpr std::int64_t a_day = 86'400;
  const auto head = read_unhashed_head(std::string_view(stored.value));
  return head && head->envelope.timestamp.seconds <= now().seconds + a_day;
}

/// Messages that wait for the clock.
result<std::vector<std::string>> future_letters(store_reader& source) {
  constexpr std::int64_t most = 1000;
  auto ids = source.dead_letter_ids(error_name(error::future_timestamp), 0, most);
  if (!ids)
    return ids.error();
  std::int64_t waiting = 0;
  for (const auto id : *ids) {
    auto stored = source.dead_letters(id - 1, 1);
    if (!stored)
      return stored.error();
    waiting += !stored->empty() && is_dated_soon(stored->front()) ? 1 : 0;
  }
  if (waiting == 0)
    return std::vector<std::string>{};
  return std::vector{
      std::to_string(waiting) + (waiting == most ? " or more" : "") +
      " dead letters are dated after this machine's clock (future_timestamp): it is behind, or their "
      "producers' is ahead; they are applied by themselves once the clock reaches their date"};
}

/// Scopes that several inventories seem to share: not wrong in the store, but somebody should know.
std::vector<std::string> shared_scopes(const std::vector<scope_summary>& scopes) {
  std::vector<std::string> out;
  for (const auto& one : scopes)
    if (one.target_conflicts > 0)
      out.push_back("several inventories share the scope " + one.scope.cluster + "/" + one.scope.namespace_ +
                    "/" + one.scope.inventory + ": snapshots with disjoint targets took turns " +
                    std::to_string(one.target_conflicts) +
                    " times; give them ADR-0405 message keys (KAF-01)");
  return out;
}

result<int> doctor(const doctor_flags& flags, program::log& log) {
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  auto counts = (*opened)->counts();
  if (!counts)
    return counts.error();
  auto positions = (*opened)->positions();
  if (!positions)
    return positions.error();
  auto wrong = (*opened)->contradictions();
  if (!wrong)
    return wrong.error();
  auto scopes = (*opened)->scopes();
  if (!scopes)
    return scopes.error();
  auto waiting = future_letters(**opened);
  if (!waiting)
    return waiting.error();
  const auto shares = share_out(flags.memory_budget.value_or(available_memory()));
  decompression::bound(shares.answer);
  // What the store says is told in any case.
  auto compared = compare_log(flags.sink, flags.group, *positions, log);
  const auto beside = compared ? std::move(*compared) : log_report{};
  auto unreadable = compared ? find_unreadable(flags.sink, beside.lag, shares)
                             : result<std::vector<std::string>>(std::vector<std::string>());
  auto warnings = shared_scopes(*scopes);
  warnings.insert(warnings.end(), waiting->begin(), waiting->end());
  warnings.insert(warnings.end(), beside.warnings.begin(), beside.warnings.end());
  if (unreadable)
    warnings.insert(warnings.end(), unreadable->begin(), unreadable->end());
  wrong->insert(wrong->end(), beside.wrong.begin(), beside.wrong.end());
  std::string report;
  json_writer out(report);
  out.begin_object();
  write_array(out, "positions", *positions);
  if (!flags.sink.manifest.empty())
    write_array(out, "lag", beside.lag);
  out.name("counters");
  write_counts(out, *counts);
  write_array(out, "contradictions", *wrong);
  write_array(out, "warnings", warnings);
  out.end_object();
  std::cout << program::printable_json(report) << '\n';
  if (auto written = flush_output(program::success); !written)
    return written;
  if (!compared)
    return compared.error();
  if (!unreadable)
    return unreadable.error();
  return wrong->empty() && warnings.empty() ? program::success : program::findings;
}

} // namespace

void add_doctor(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<doctor_flags>();
  auto& added =
      to.add_command("doctor", "check that a store does not contradict itself, and print its positions");
  add_store_flags(added, flags->store);
  added.section("Broker, to tell how far the store is behind");
  add_sink_flags(added, flags->sink).is_required = false;
  added.add("--group", flags->group, text("ID"), "NATS: the durable that is examined too, as of run --group");
  add_memory_budget_flag(added, flags->memory_budget);
  added.shows("kollect-consumer doctor --store sqlite:state.db --manifest sink.yaml",
              "Check a store, and how far it is behind");
  added.does([flags](log& log) { return doctor(*flags, log); });
}

} // namespace kollect::consumer
