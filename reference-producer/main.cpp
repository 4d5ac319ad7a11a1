#include "command/commands.hpp"

#include <kollect/nats/end_process.hpp>
#include <kollect/version.hpp>
#include <program/exit_code.hpp>
#include <program/flags.hpp>
#include <program/log.hpp>
#include <program/progress.hpp>

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

#include <sys/resource.h>

namespace {

using namespace kollect;

program::log make_log() {
  using format = program::log::format;
  return program::log("kollect-producer", program::stderr_is_terminal() ? format::text : format::json);
}

/// Secrets must not end up in a core dump (SEC-02).
void forbid_core_dumps() noexcept {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

program::exit_code act(const producer::command_action& chosen, program::log& log) {
  const auto done = chosen(log);
  if (!done)
    log.error(done.error());
  const auto code = done ? *done : program::exit_code_of(done.error());
  if (std::cout.flush())
    return code;
  log.error("standard output cannot be written");
  return code == program::success ? program::cannot_create_output : code;
}

int run(int count, const char* const* words) {
  CLI::App app("Publishes inventory snapshots to the sink of a KollectEventSink manifest, or simulates a "
               "fleet that does.",
               "kollect-producer");
  app.set_version_flag("--version", KOLLECT_VERSION_STRING);
  app.require_subcommand(1);
  producer::command_action chosen;
  producer::add_export(app, chosen);
  producer::add_simulate(app, chosen);
  producer::add_check(app, chosen);
  producer::add_testee(app, chosen);
  program::allow_environment(app);

  bool ended = false;
  if (const auto code = program::parse_command_line(app, count, words, ended); ended)
    return code;
  auto log = make_log();
  return act(chosen, log);
}

} // namespace

/// kollect-producer: the reference sink as a program. This file only puts the commands together.
int main(int count, char** words) {
  forbid_core_dumps();
  try {
    nats::end_process(run(count, words));
  } catch (const std::exception& defect) {
    make_log().error("this is a defect, please report it", {{"what", defect.what()}});
    nats::end_process(program::internal_error);
  }
}
