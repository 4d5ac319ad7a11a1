#include "command/commands.hpp"

#include <kollect/nats/end_process.hpp>
#include <kollect/version.hpp>
#include <program/exit_code.hpp>
#include <program/flags.hpp>

#include <iostream>

namespace {

int run(int count, char** words) {
  namespace consumer = kollect::consumer;
  namespace program = kollect::program;

  CLI::App app("Consumes Kollect inventory snapshots from Kafka or NATS JetStream into current state and a "
               "change feed.",
               "kollect-consumer");
  app.set_version_flag("--version", KOLLECT_VERSION_STRING);
  app.require_subcommand(1);
  consumer::command_action chosen;
  consumer::add_run(app, chosen);
  consumer::add_inspect(app, chosen);
  consumer::add_state(app, chosen);
  consumer::add_summary(app, chosen);
  consumer::add_changes(app, chosen);
  consumer::add_dead_letters(app, chosen);
  consumer::add_explain(app, chosen);
  consumer::add_doctor(app, chosen);
  consumer::add_tail(app, chosen);
  consumer::add_resync(app, chosen);
  program::allow_environment(app);

  bool ended = false;
  if (const auto code = program::parse_command_line(app, count, words, ended); ended)
    return code;
  const auto done = chosen();
  if (done)
    return *done;
  std::cerr << "kollect-consumer: " << done.error() << '\n';
  return program::exit_code_of(done.error());
}

} // namespace

/// kollect-consumer: snapshots from Kafka or NATS into current state and a change feed, each effect
/// exactly once. This file only puts the commands together.
int main(int count, char** words) {
  kollect::nats::end_process(run(count, words));
}
