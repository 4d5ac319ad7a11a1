#include "command_line.hpp"
#include "comparison.hpp"
#include "progress.hpp"
#include "schemas.hpp"
#include "suite/audit.hpp"
#include "suite/consumer_drive.hpp"
#include "suite/drive.hpp"
#include "suite/exercise.hpp"
#include "suite/log_watch.hpp"
#include "suite/state_pairing.hpp"

#include <kollect/version.hpp>
#include <program/exit_code.hpp>
#include <program/libraries.hpp>
#include <program/log.hpp>
#include <program/schema.hpp>
#include <program/shell.hpp>
#include <program/stop_signal.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>

namespace {

using namespace kollect;
using namespace kollect::conformance;

boost::json::object to_object(const requirement& clause) {
  boost::json::array profiles, exercised;
  for (const auto& [bit, name] :
       {std::pair{profile::kafka, "kafka"}, {profile::nats, "nats"}, {profile::consumer, "consumer"}})
    if ((clause.profiles & bit) != 0)
      profiles.emplace_back(name);
  for (const auto& one : sink_exercises())
    if (std::ranges::find(one.shows, clause.id) != one.shows.end())
      exercised.emplace_back(one.name);
  return {{"id", clause.id},
          {"level", to_string(clause.how)},
          {"profiles", std::move(profiles)},
          {"source", clause.source},
          {"sentence", clause.sentence},
          {"notJudged", clause.unseen},
          {"departure", clause.departure},
          {"exercises", std::move(exercised)}};
}

int list_clauses(const std::string& output) {
  if (output == "json") {
    boost::json::array all;
    for (const auto& clause : requirements)
      all.push_back(to_object(clause));
    std::cout << boost::json::serialize(all) << '\n';
    return 0;
  }
  for (const auto& clause : requirements)
    std::cout << clause.id << '\t' << to_string(clause.how) << '\t' << clause.sentence
              << (clause.unseen.empty() ? "" : " (not judged: " + std::string(clause.unseen) + ")") << '\n';
  return 0;
}

run_report begin_report(const wish& wanted, const connection& target) {
  run_report report;
  report.suite_version = KOLLECT_VERSION_STRING;
  report.date = to_string(timestamp{kollect::now().seconds, 0});
  report.mode = wanted.testee.empty() ? "audit" : wanted.is_consumer ? "consumer" : "drive";
  report.profile = to_string(target.system);
  report.brokers = wanted.testee.empty() || wanted.source == broker_source::external ? "external"
                   : wanted.source == broker_source::mock                            ? "mock"
                                                                                     : "own";
  report.is_strict = wanted.clauses.is_strict;
  return report;
}

std::vector<const requirement*> select_for(const wish& wanted, const selection& among, broker_system system) {
  return wanted.is_consumer ? select_for_consumers(among) : select(among, system);
}

/// What was left out makes the verdict of all a partial one.
void end_run(const wish& wanted, const connection& target, run_report& report, run_progress& progress) {
  report.is_narrowed = report.results.size() < select_for(wanted, {}, target.system).size();
  progress.run_ends(report.verdict_of_all());
}

/// Starts the testee and the brokers, and judges clause by clause. The answer is why nothing could be judged.
template <class Drive>
result<void> drive_testee(const wish& wanted, const connection& target,
                          const std::vector<const requirement*>& clauses, program::stop_signal& stop,
                          run_report& report) {
  const auto sink = program::load_sink(wanted.sink);
  if (!sink)
    return sink.error();
  auto bounds = wanted.bounds;
  bounds.is_stopped = [&stop] { return stop.is_requested(); };
  stage brokers({.source = wanted.source,
                 .target = target,
                 .path_template = sink->path_template,
                 .kafka_version = wanted.kafka_version,
                 .bounds = std::move(bounds)});
  auto driven = Drive::begin(brokers, wanted.testee);
  if (!driven)
    return driven.error();
  report.implementation = driven->identity().name;
  report.version = driven->identity().version;
  report.features = driven->identity().features;
  // After a signal what is left is told to be so, and the brokers are ended in order.
  run_progress progress(wanted.is_json_progress, clauses.size());
  driven->tell_exercises([&](std::string_view name) { progress.exercise_begins(name); });
  const auto judge = [&](const requirement& clause) {
    return stop.is_requested()
               ? clause_result{&clause, verdict::could_not_run, "the run was stopped by a signal"}
               : driven->judge(clause);
  };
  run_clauses(clauses, wanted.clauses, judge, report, progress);
  end_run(wanted, target, report, progress);
  return {};
}

/// The pairing check; the answer is whether stream and table agree.
result<bool> pair_with_state(const wish& wanted, const projection& newest) {
  const auto table = read_state_table(wanted.state_url);
  if (!table)
    return table.error();
  const auto compared = compare_state(newest, *table);
  std::cout << describe(compared);
  return compared.differences.empty();
}

result<audit_options> make_audit_options(const wish& wanted, const connection& target) {
  audit_options options;
  options.system = target.system;
  options.clusters = wanted.clusters;
  options.settle = wanted.settle;
  options.memory = wanted.audit_memory;
  const auto sink = program::load_sink(wanted.sink);
  if (!sink)
    return sink.error();
  options.path_template = sink->path_template;
  if (target.system == broker_system::kafka) {
    const auto ask = ask_for_ends(target, wanted.bounds.connect);
    if (!ask)
      return ask.error();
    const auto ends = (*ask)(wanted.bounds.connect);
    if (!ends)
      return ends.error();
    options.partitions = static_cast<int>(ends->size());
  }
  return options;
}

/// Some of the clusters that --cluster leaves out, for people.
std::string names_of(const std::vector<std::string>& clusters) {
  constexpr std::size_t most_names = 20;
  std::string out;
  for (std::size_t index = 0; index < std::min(clusters.size(), most_names); ++index)
    out.append(out.empty() ? "" : ", ").append("\"" + printable_excerpt(clusters[index], 60) + "\"");
  return out.empty() ? "none" : out + (clusters.size() > most_names ? " and more" : "");
}

result<void> audit_log(const wish& wanted, const connection& target,
                       const std::vector<const requirement*>& clauses, program::stop_signal& stop,
                       run_report& report) {
  const auto options = make_audit_options(wanted, target);
  if (!options)
    return options.error();
  audit seen(*options);
  newest_snapshots newest;
  bool is_any = false;
  const auto look = [&](const recorded_message& message) {
    is_any = true;
    seen.add(message);
    if (!wanted.state_url.empty())
      newest.add(message);
  };
  const auto read = read_log(
      target, wanted.bounds.read_back, wanted.follow, [&] { return stop.is_requested(); }, look);
  if (!read)
    return read.error();
  if (!is_any)
    return make_failure(error::empty_message, "there are no messages at " + target.destination);
  const auto read_at = kollect::now();
  auto removed = find_removed(target, wanted.bounds.connect);
  if (!removed)
    return removed.error();
  seen.end(read_at, std::move(*removed));
  if (!wanted.state_url.empty()) {
    const auto paired = pair_with_state(wanted, newest.fleet());
    if (!paired)
      return paired.error();
    report.is_unpaired = !*paired;
  }
  if (seen.message_count() == 0)
    return make_failure(error::empty_message, "no message at " + target.destination +
                                                  " is of the clusters that --cluster names; there are " +
                                                  names_of(seen.passed_over()));
  report.clusters = seen.clusters();
  run_progress progress(wanted.is_json_progress, clauses.size());
  run_clauses(
      clauses, wanted.clauses, [&](const requirement& clause) { return seen.judge(clause); }, report,
      progress);
  end_run(wanted, target, report, progress);
  return {};
}

/// Why nothing was judged; empty where something was.
std::string hindrance_of(const result<void>& done, const run_report& report) {
  if (!done)
    return "nothing could be judged: " + to_string(done.error());
  if (report.results.empty())
    return "nothing was judged: GTEST_FILTER leaves no clause";
  if (report.verdict_of_all() == profile_result::nothing)
    return "nothing was judged: see the clauses above for the reasons";
  return {};
}

result<int> judge_sink(const wish_flags& flags, program::log& log) {
  program::stop_signal stop; // before any thread starts
  const auto wanted = make_wish(flags);
  if (!wanted) {
    log.error(wanted.error());
    return program::usage;
  }
  if (wanted->is_list)
    return list_clauses(wanted->list_output);
  const bool needs_secrets = wanted->testee.empty() || wanted->source == broker_source::external;
  const auto target = program::load_connection(wanted->sink, needs_secrets ? program::secrets::needed
                                                                           : program::secrets::not_needed);
  if (!target)
    return target.error();
  auto report = begin_report(*wanted, *target);
  const auto clauses = select_for(*wanted, wanted->clauses, target->system);
  const auto done =
      clauses.empty()
          ? result<void>(make_failure(error::invalid_value,
                                      "--run and --skip leave no clause of the profile " + report.profile))
      : wanted->testee.empty() ? audit_log(*wanted, *target, clauses, stop, report)
      : wanted->is_consumer    ? drive_testee<consumer_drive>(*wanted, *target, clauses, stop, report)
                               : drive_testee<drive>(*wanted, *target, clauses, stop, report);
  report.hindrance = hindrance_of(done, report);
  print_summary(std::cout, report);
  if (!wanted->clauses.report.empty())
    if (const auto written = write_reports(report, wanted->clauses.report); !written)
      return written.error();
  return exit_code_of(report);
}

struct diff_flags {
  std::string before, after, output = "text";
};

/// Ends with 1 where a clause fails that did not before.
result<int> show_difference(const diff_flags& flags) {
  const auto before = read_results(flags.before), after = read_results(flags.after);
  for (const auto* run : {&before, &after})
    if (!*run)
      return run->error();
  const auto compared = compare(*before, *after);
  std::cout << (flags.output == "json" ? to_json(compared) : to_text(compared));
  return compared.broken.empty() ? 0 : 1;
}

void declare_diff(program::command& to) {
  auto flags = std::make_shared<diff_flags>();
  auto& added =
      to.add_command("diff", "compare the results of two runs: what fails newly, is mended, is gone");
  added.add("BEFORE", flags->before, program::file(), "results.json, or the folder of a report").required();
  added.add("AFTER", flags->after, program::file(), "that of the later run").required();
  added.add("-o,--output", flags->output, program::one_of({"json", "text"}),
            "json for programs, text for people");
  added.shows("kollect-conformance diff old-report new-report", "What changed between two runs");
  added.does([flags](program::log&) { return show_difference(*flags); });
}

void declare(program::command& to) {
  auto flags = std::make_shared<wish_flags>();
  add_flags(to, *flags);
  to.shows("kollect-conformance --manifest sink.yaml -- ./my-sink testee",
           "Start a sink and put it through everything");
  to.shows("kollect-conformance --manifest sink.yaml --consumer -- ./my-consumer testee",
           "Start a consumer, publish to it, and compare what it holds");
  to.shows("kollect-conformance --manifest sink.yaml", "Audit the messages of a topic or stream");
  to.does([flags](program::log& log) { return judge_sink(*flags, log); });
  declare_diff(to);
  program::add_schema(to, {{"strict-event", "a message, as a producer owes it", schemas::strict_event()},
                           {"protocol", "lines between the suite and a testee", schemas::protocol()},
                           {"results", "results.json", schemas::results()}});
}

} // namespace

/// kollect-conformance: the suite as a program. This file only puts the parts together.
int main(int count, char** words) {
  program::run_main(
      {"kollect-conformance",
       "checks a Kafka or NATS sink, or a consumer, against the kollect.dev/v1alpha1 contract: audits the "
       "messages that are there, or drives what the command after -- starts",
       declare, program::common_libraries},
      count, words);
}
