#ifndef KOLLECT_PRODUCER_COMMANDS_HPP
#define KOLLECT_PRODUCER_COMMANDS_HPP

#include <program/command.hpp>

namespace kollect::producer {

/// Each adds one command with its flags and what it does.
void add_export(program::command& to);
void add_simulate(program::command& to);
void add_check(program::command& to);
void add_testee(program::command& to);

} // namespace kollect::producer

#endif
