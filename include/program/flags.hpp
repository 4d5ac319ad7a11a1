#ifndef KOLLECT_PROGRAM_FLAGS_HPP
#define KOLLECT_PROGRAM_FLAGS_HPP

#include <program/exit_code.hpp>

#include <CLI/CLI.hpp>

#include <cctype>
#include <iostream>
#include <string>

namespace kollect::program {

/// Lets every flag of a command and its subcommands be given as KOLLECT_<FLAG> too:
/// `--max-export-bytes` is KOLLECT_MAX_EXPORT_BYTES. The command line wins. Call after adding all flags.
inline void allow_environment(CLI::App& command) {
  for (CLI::Option* const option : command.get_options()) {
    if (option->get_lnames().empty() || option->get_lnames().front() == "help" ||
        option->get_lnames().front() == "version")
      continue;
    std::string name = "KOLLECT_";
    for (const char letter : option->get_lnames().front())
      name += letter == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    option->envname(name);
  }
  for (CLI::App* const subcommand : command.get_subcommands({}))
    allow_environment(*subcommand);
}

/// Reads the command line. Answers success to go on, or the code to end the program with after
/// printing what was asked for (help, version) or what was wrong. `ended` tells which.
inline exit_code parse_command_line(CLI::App& command, int count, const char* const* words, bool& ended) {
  ended = false;
  try {
    command.parse(count, words);
    return success;
  } catch (const CLI::ParseError& reason) {
    ended = true;
    return command.exit(reason, std::cout, std::cerr) == 0 ? success : usage;
  }
}

} // namespace kollect::program

#endif
