#include "command_line.hpp"

#include <kollect/nearest_name.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace kollect::conformance {

namespace {

/// What is wrong with a pattern that stands for no clause; a pattern with wildcards may.
std::string fault_of_pattern(std::string_view pattern) {
  if (pattern.find_first_of("*?") != std::string_view::npos || find_requirement(pattern) != nullptr)
    return {};
  return "names no clause: " + program::quote_value(pattern) + "; " + suggest_clause(pattern);
}

struct wanted_timeout {
  std::chrono::milliseconds timeouts::*which;
  std::chrono::milliseconds time;
};

/// Reads `[NAME=]SECONDS`; says what is wrong in `fault`.
std::optional<wanted_timeout> read_timeout(std::string_view text, std::string& fault) {
  constexpr std::int64_t longest = 24L * 3600 * 1000;
  const auto equals = text.find('=');
  const auto name = equals == std::string_view::npos ? std::string_view("answer") : text.substr(0, equals);
  const auto given = equals == std::string_view::npos ? text : text.substr(equals + 1);
  const auto found = std::ranges::find(named_timeouts, name, &named_timeout::name);
  if (found == named_timeouts.end()) {
    std::vector<std::string_view> names;
    for (const auto& one : named_timeouts)
      names.push_back(one.name);
    fault = "names no wait: " + program::quote_value(name) + "; " + suggest_name(name, names);
    return {};
  }
  // Seconds may have decimals here, or a unit.
  const auto seconds = program::read_decimal(given, {0, double{longest} / 1000});
  const auto time = seconds ? std::optional(static_cast<std::int64_t>(*seconds * 1000))
                            : program::read_number(given, program::milliseconds(1, longest));
  if (!time || *time == 0) {
    fault = "takes [NAME=]SECONDS, more than 0 and at most a day, such as 90 or answer=90, not " +
            program::quote_value(given);
    return {};
  }
  return wanted_timeout{found->value, std::chrono::milliseconds(*time)};
}

program::text_kind timeout_kind() {
  auto kind = program::text("[NAME=]SECONDS");
  kind.fault_of = [](std::string_view given) {
    std::string fault;
    (void)read_timeout(given, fault);
    return fault;
  };
  return kind;
}

program::text_kind clause_kind() {
  auto kind = program::text("ID");
  kind.fault_of = fault_of_pattern;
  return kind;
}

} // namespace

void add_flags(program::command& to, wish_flags& flags) {
  using namespace program;
  auto& asked = flags.asked;
  to.section("Sink");
  add_sink_flags(to, asked.sink).is_required = false; // --list needs none
  to.section("Brokers of a driven run");
  to.add("--external", flags.is_external,
         "use the brokers that the manifest names, not own ones; what takes stopping or securing a broker is "
         "not run");
  to.add("--mock", flags.is_mock,
         "Kafka: use librdkafka's in-process broker: no JVM, no security, no outages")
      .excludes("external");
  to.add("--kafka-version", asked.kafka_version, text("VERSION"),
         "which Apache Kafka to start; default: 4.1.0, or 3.9.1 where this librdkafka cannot log in to 4.x");
  to.add("--consumer", asked.is_consumer,
         "the testee is a consumer: messages are published to it, and it is asked what it holds");
  to.add("--timeout", flags.timeouts, timeout_kind(),
         "how long a wait may take: seconds for the testee's answers, or NAME=SECONDS with hello, open, "
         "answer, close, read-back, connect, frozen, late or in-vain")
      .separated_by(',');
  to.section("Audit: without a testee");
  to.add("--follow", flags.follow_seconds, seconds(0, 24 * 3600), "judge also what comes within that time");
  to.add("--settle", flags.settle_seconds, seconds(0, 24 * 3600),
         "how long after its newest part a set that lacks parts may still become complete");
  to.add(
      "--audit-memory", asked.audit_memory, bytes(1024L * 1024),
      "what may be remembered of keys, namespaces and sets of parts, besides the message that is looked at; "
      "beyond it clauses about them look at fewer");
  to.add("--cluster", asked.clusters, text("NAME"),
         "only the messages with this cluster label; may be given again");
  to.add("--state", asked.state_url, text("postgresql://…"),
         "compare the newest snapshot of each scope with this database's state table; the password is in "
         "PGPASSWORD "
         "or ~/.pgpass")
      .only_from_environment_if(shows_password);
  to.section("What is judged, and told");
  to.add("--run", asked.clauses.run, clause_kind(), "only these clauses: an ID, or a pattern with * and ?")
      .separated_by(',');
  to.add("--skip", asked.clauses.skip, clause_kind(), "not these clauses").separated_by(',');
  to.add("--known-failing", flags.known_failing, file(), "list of clauses that must fail");
  to.add("--strict", asked.clauses.is_strict, "clauses that say SHOULD count like those that say MUST");
  to.add("--list", asked.is_list, "print the clauses, one a line, and end");
  to.add("-o,--output", asked.list_output, one_of({"json", "text"}), "form of --list").needs("list");
  to.add("--progress", flags.progress, one_of({"auto", "json"}),
         "what is told on standard error meanwhile: a line on a terminal, or a JSON object for each step");
  to.add("--report", flags.report, folder(), "folder for results.json, junit.xml, report.html and badge.svg");
  to.passes_on(asked.testee, "TESTEE…");
}

result<wish> make_wish(const wish_flags& flags) {
  wish out = flags.asked;
  out.source = flags.is_external ? broker_source::external
               : flags.is_mock   ? broker_source::mock
                                 : broker_source::own;
  out.follow = std::chrono::seconds(flags.follow_seconds);
  out.settle = std::chrono::seconds(flags.settle_seconds);
  out.clauses.report = flags.report;
  out.is_json_progress = flags.progress == "json";
  std::string ignored; // the flag was checked when it was read
  for (const auto& text : flags.timeouts)
    if (const auto wanted = read_timeout(text, ignored))
      out.bounds.*(wanted->which) = wanted->time;
  if (!flags.known_failing.empty()) {
    auto list = read_known_failing(flags.known_failing);
    if (!list)
      return list.error();
    out.clauses.expected = std::move(*list);
  }
  if (out.is_list)
    return out;
  if (out.sink.manifest.empty())
    return make_failure(error::invalid_value, "--manifest FILE is required");
  if (out.testee.empty() && out.is_consumer)
    return make_failure(error::invalid_value, "--consumer takes the command of a testee after --");
  if (!out.testee.empty() && (flags.follow_seconds != 0 || !out.state_url.empty() || !out.clusters.empty()))
    return make_failure(error::invalid_value,
                        "--follow, --cluster and --state are for audits, without a testee after --");
  return out;
}

} // namespace kollect::conformance
