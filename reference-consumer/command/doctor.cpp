#include "command/bounds.hpp"
#include "command/commands.hpp"
#include "command/open_log.hpp"
#include "command/open_store.hpp"
#include "operations/decompression.hpp"
#include "operations/memory_budget.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/kafka/find_unreadable.hpp>
#include <program/connect.hpp>
#include <program/exit_code.hpp>
#include <program/printable.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace kollect::consumer {
namespace {

struct doctor_flags {
  store_flags store;
  program::sink_flags sink; ///< without a manifest the broker is not asked
  std::size_t memory_budget = 0;
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
};

void write(json_writer& out, const store_lag& lag) {
  const auto behind = lag.end_offset - std::max<std::int64_t>(lag.next_offset, 0);
  out.begin_object()
      .member("partition", lag.partition)
      .member("endOffset", lag.end_offset)
      .member("nextOffset", lag.next_offset)
      .member("lag", std::max<std::int64_t>(behind, 0))
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

/// Asks the broker where the log of a manifest ends, and compares.
result<std::vector<store_lag>> find_lag(const program::sink_flags& flags,
                                        const std::vector<stored_position>& positions) {
  std::vector<store_lag> out;
  if (flags.manifest.empty())
    return out;
  auto target = program::load_connection(flags);
  if (!target)
    return target.error();
  auto log = open_log(*target, read_start::latest,
                      [](std::string_view line) { std::cerr << "kollect-consumer: " << line << '\n'; });
  if (!log)
    return log.error();
  for (const auto& end : (*log)->ends()) {
    store_lag lag{end.partition, end.next_offset, -1};
    for (const auto& position : positions)
      if (position.log == (*log)->log().name && position.partition == end.partition)
        lag.next_offset = position.next_offset;
    out.push_back(lag);
  }
  return out;
}

/// Where the broker holds something next that cannot be read, as far as the store is behind.
result<std::vector<std::string>> find_unreadable(const program::sink_flags& flags,
                                                 const std::vector<store_lag>& lag,
                                                 std::size_t memory_budget) {
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
  const auto shares = share_out(memory_budget == 0 ? available_memory() : memory_budget);
  decompression::bound(shares.answer);
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

result<int> doctor(const doctor_flags& flags) {
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
  auto lag = find_lag(flags.sink, *positions);
  if (!lag)
    return lag.error();
  auto unreadable = find_unreadable(flags.sink, *lag, flags.memory_budget);
  if (!unreadable)
    return unreadable.error();
  auto warnings = shared_scopes(*scopes);
  warnings.insert(warnings.end(), unreadable->begin(), unreadable->end());
  std::string report;
  json_writer out(report);
  out.begin_object();
  write_array(out, "positions", *positions);
  if (!flags.sink.manifest.empty())
    write_array(out, "lag", *lag);
  out.name("counters");
  write(out, *counts);
  write_array(out, "contradictions", *wrong);
  write_array(out, "warnings", warnings);
  out.end_object();
  std::cout << program::printable_json(report) << '\n';
  if (!std::cout.flush())
    return make_failure(error::store_full, "the output could not be written");
  return wrong->empty() && warnings.empty() ? program::success : program::findings;
}

} // namespace

void add_doctor(CLI::App& program, command_action& chosen) {
  auto flags = std::make_shared<doctor_flags>();
  auto* const command =
      program.add_subcommand("doctor", "check that a store does not contradict itself; print its positions");
  add_store_flags(*command, flags->store);
  command
      ->add_option("--manifest", flags->sink.manifest,
                   "ask the broker of this KollectEventSink manifest too how far behind its log the store is")
      ->type_name("FILE");
  command->add_option("--sink", flags->sink.sink, "name of the sink, where the manifest has several")
      ->type_name("NAME");
  command
      ->add_option("--secret-dir", flags->sink.secret_dir,
                   "mounted Secret: one file a key, or a folder a Secret")
      ->type_name("DIR");
  add_memory_budget_flag(*command, flags->memory_budget);
  command->callback([flags, &chosen] { chosen = [flags] { return doctor(*flags); }; });
}

} // namespace kollect::consumer
