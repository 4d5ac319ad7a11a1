#ifndef KOLLECT_PRODUCER_COMMANDS_HPP
#define KOLLECT_PRODUCER_COMMANDS_HPP

#include <kollect/error.hpp>
#include <program/exit_code.hpp>
#include <program/log.hpp>

#include <CLI/CLI.hpp>

#include <functional>

namespace kollect::producer {

/// What a command does: it ends with an exit code, or with a failure that main() logs and turns into one.
using command_action = std::function<result<program::exit_code>(program::log&)>;

/// Each adds one command with its flags to the program; when the command is chosen, `chosen` becomes
/// what it does.
void add_export(CLI::App& program, command_action& chosen);
void add_simulate(CLI::App& program, command_action& chosen);
void add_check(CLI::App& program, command_action& chosen);
void add_testee(CLI::App& program, command_action& chosen);

} // namespace kollect::producer

#endif
