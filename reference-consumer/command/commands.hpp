#ifndef KOLLECT_CONSUMER_COMMANDS_HPP
#define KOLLECT_CONSUMER_COMMANDS_HPP

#include <kollect/error.hpp>

#include <CLI/CLI.hpp>

#include <functional>

namespace kollect::consumer {

/// What a command ends with: an exit code, or a failure that main() prints and turns into one.
using command_action = std::function<result<int>()>;

/// Each adds one command with its flags to the program; when the command is chosen, `chosen` becomes
/// what it does.
void add_run(CLI::App& program, command_action& chosen);
void add_inspect(CLI::App& program, command_action& chosen);
void add_state(CLI::App& program, command_action& chosen);
void add_summary(CLI::App& program, command_action& chosen);
void add_changes(CLI::App& program, command_action& chosen);
void add_dead_letters(CLI::App& program, command_action& chosen);
void add_explain(CLI::App& program, command_action& chosen);
void add_doctor(CLI::App& program, command_action& chosen);
void add_tail(CLI::App& program, command_action& chosen);
void add_resync(CLI::App& program, command_action& chosen);

} // namespace kollect::consumer

#endif
