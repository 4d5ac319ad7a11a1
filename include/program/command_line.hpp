#ifndef KOLLECT_PROGRAM_COMMAND_LINE_HPP
#define KOLLECT_PROGRAM_COMMAND_LINE_HPP

#include <program/command.hpp>
#include <program/exit_code.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kollect::program {

/// The environment of a process: the value of a variable.
using environment = std::function<std::optional<std::string>(const std::string&)>;

/// That of this process.
[[nodiscard]] environment process_environment();

/// What a command line asks for.
struct command_line {
  const command* chosen = nullptr; ///< the command that it names, as far as it was read
  bool wants_help = false;
  bool wants_version = false;
  exit_code code = success; ///< another one: why nothing is done is in `fault`
  std::string fault{};
};

/// Reads the words after the program's name into the variables that the commands' flags were declared with.
/// A flag is looked up in the words, then in the environment as KOLLECT_<FLAG>, then in the file that
/// --config names, and keeps its default where it is in none of them. An empty variable counts as none.
[[nodiscard]] command_line read_command_line(command& program, const std::vector<std::string>& words,
                                             const environment& variables);

} // namespace kollect::program

#endif
