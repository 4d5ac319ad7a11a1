#include "command_line.hpp"

#include <kollect/nearest_name.hpp>
#include <kollect/version.hpp>
#include <program/flags.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <string_view>

namespace kollect::conformance {

namespace {

/// Flags as they are written, before their values are looked at.
struct raw_flags {
  bool is_external = false;
  bool is_mock = false;
  int follow = 0;
  std::string known_failing;
  std::string report;
  std::vector<std::string> timeouts;
};

void add_flags(CLI::App& app, wish& out, raw_flags& raw) {
  program::add_sink_flags(app, out.sink);
  app.get_option("--manifest")->required(false); // --list needs none
  app.add_flag("--external", raw.is_external, "use the brokers that the manifest names, not own ones");
  app.add_flag("--mock", raw.is_mock, "use librdkafka's in-process Kafka: no JVM, no security, no outages")
      ->excludes("--external");
  app.add_option("--run", out.clauses.run, "only these clauses: an ID, or a pattern with * and ?")
      ->type_name("ID")
      ->delimiter(',');
  app.add_option("--skip", out.clauses.skip, "not these clauses")->type_name("ID")->delimiter(',');
  app.add_option("--known-failing", raw.known_failing, "list of clauses that must fail")->type_name("FILE");
  app.add_flag("--strict", out.clauses.is_strict, "clauses that say SHOULD count too");
  app.add_flag("--list", out.is_list, "print the clauses, one a line, and end");
  app.add_option(
         "--timeout", raw.timeouts,
         "how long a wait may take: seconds for the testee's answers, or NAME=SECONDS with hello, open, "
         "answer, close, read-back, connect or frozen")
      ->type_name("[NAME=]SECONDS")
      ->delimiter(',');
  app.add_option("--follow", raw.follow, "audit: also what comes within so many seconds")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 24 * 3600));
  app.add_option("--kafka-version", out.kafka_version, "which Apache Kafka to start")->type_name("VERSION");
  app.add_option("--report", raw.report, "folder for results.json, junit.xml, report.html and badge.svg")
      ->type_name("DIR");
  app.add_option("--state", out.state_url,
                 "audit: compare the newest snapshot of each scope with this database's state table")
      ->type_name("postgresql://…");
}

/// What is wrong with a pattern that stands for no clause; a pattern with wildcards may.
std::string fault_of(const std::vector<std::string>& patterns) {
  for (const auto& pattern : patterns)
    if (pattern.find_first_of("*?") == std::string::npos && find_requirement(pattern) == nullptr)
      return "there is no clause " + pattern + "; " + suggest_clause(pattern);
  return {};
}

std::string set_timeout(timeouts& bounds, std::string_view text) {
  const auto equals = text.find('=');
  const auto name = equals == std::string_view::npos ? std::string_view("answer") : text.substr(0, equals);
  const auto number = equals == std::string_view::npos ? text : text.substr(equals + 1);
  double seconds = 0;
  const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), seconds);
  if (code != std::errc{} || end != number.data() + number.size() || !(seconds > 0) || seconds > 24 * 3600)
    return "--timeout takes [NAME=]SECONDS, for example --timeout answer=90";
  const auto found = std::ranges::find(named_timeouts, name, &named_timeout::name);
  if (found == named_timeouts.end()) {
    std::vector<std::string_view> names;
    for (const auto& one : named_timeouts)
      names.push_back(one.name);
    return "there is no timeout " + std::string(name) + "; " + suggest_name(name, names);
  }
  bounds.*(found->value) = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  return {};
}

/// What is wrong with what was written; empty where nothing is.
std::string interpret(const raw_flags& raw, wish& out) {
  out.source = raw.is_external ? broker_source::external
               : raw.is_mock   ? broker_source::mock
                               : broker_source::own;
  out.follow = std::chrono::seconds(raw.follow);
  out.clauses.report = raw.report;
  for (const auto& text : raw.timeouts)
    if (auto fault = set_timeout(out.bounds, text); !fault.empty())
      return fault;
  for (const auto* patterns : {&out.clauses.run, &out.clauses.skip})
    if (auto fault = fault_of(*patterns); !fault.empty())
      return fault;
  if (!raw.known_failing.empty()) {
    auto list = read_known_failing(raw.known_failing);
    if (!list)
      return to_string(list.error());
    out.clauses.expected = std::move(*list);
  }
  if (out.is_list)
    return {};
  if (out.sink.manifest.empty())
    return "--manifest is required";
  if (!out.testee.empty() && (raw.follow != 0 || !out.state_url.empty()))
    return "--follow and --state are for audits, without a testee after --";
  return {};
}

/// CLI11 names what it does not know; this adds what is nearest.
std::string nearest_flag(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames())
      names.push_back("--" + name);
  const std::vector<std::string_view> views(names.begin(), names.end());
  return suggest_name(word.substr(0, word.find('=')), views);
}

int refuse(const std::string& what) {
  std::cerr << "kollect-conformance: " << what << '\n';
  return program::usage;
}

} // namespace

std::optional<wish> read_command_line(int count, const char* const* words, int& code) {
  const char* const* const end = words + count;
  const char* const* const dashes =
      std::find_if(words, end, [](const char* word) { return std::string_view(word) == "--"; });
  wish out;
  raw_flags raw;
  if (dashes != end)
    out.testee.assign(dashes + 1, end);
  CLI::App app(
      "Checks a Kafka or NATS sink against the kollect.dev/v1alpha1 contract: audits the messages that are "
      "there, or drives the sink that is started by the command after --.",
      "kollect-conformance");
  app.set_version_flag("--version", KOLLECT_VERSION_STRING);
  app.footer("Exit codes: 0 conforms, 1 does not, 2 nothing could be judged, 64 wrong command line.");
  app.allow_extras();
  add_flags(app, out, raw);
  program::allow_environment(app);
  bool ended = false;
  code = program::parse_command_line(app, static_cast<int>(dashes - words), words, ended);
  if (ended)
    return {};
  if (const auto extras = app.remaining(); !extras.empty()) {
    code = refuse("there is no flag " + extras.front() + "; " + nearest_flag(app, extras.front()) +
                  (extras.front().starts_with("-") ? "" : " (the testee's command comes after --)"));
    return {};
  }
  if (dashes != end && out.testee.empty()) {
    code = refuse("-- must be followed by the testee's command");
    return {};
  }
  if (const auto fault = interpret(raw, out); !fault.empty()) {
    code = refuse(fault);
    return {};
  }
  return out;
}

} // namespace kollect::conformance
