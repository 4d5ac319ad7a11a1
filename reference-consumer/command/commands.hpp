#ifndef KOLLECT_CONSUMER_COMMANDS_HPP
#define KOLLECT_CONSUMER_COMMANDS_HPP

#include <program/command.hpp>

namespace kollect::consumer {

/// Each adds one command with its flags and what it does.
void add_run(program::command& to);
void add_inspect(program::command& to);
void add_state(program::command& to);
void add_summary(program::command& to);
void add_clusters(program::command& to);
void add_items(program::command& to);
void add_facets(program::command& to);
void add_history(program::command& to);
void add_diff(program::command& to);
void add_changes(program::command& to);
void add_dead_letters(program::command& to);
void add_explain(program::command& to);
void add_forget(program::command& to);
void add_doctor(program::command& to);
void add_tail(program::command& to);
void add_resync(program::command& to);
void add_schema(program::command& to);
void add_testee(program::command& to);

} // namespace kollect::consumer

#endif
