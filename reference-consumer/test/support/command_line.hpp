#ifndef KOLLECT_CONSUMER_TEST_COMMAND_LINE_HPP
#define KOLLECT_CONSUMER_TEST_COMMAND_LINE_HPP

#include <string>
#include <vector>

namespace kollect::consumer::test {

/// How a command of kollect-consumer ended, and what it printed.
struct command_end {
  int code = 0;
  std::string output;
  std::string errors;
};

/// Runs a command that needs no broker as the program does, in this process.
command_end run_command(const std::vector<std::string>& words);

/// The same without looking at what it prints, for tests that do so themselves.
int run_command_uncaptured(const std::vector<std::string>& words);

/// The lines of a text, each without its end.
std::vector<std::string> lines_of(const std::string& text);

} // namespace kollect::consumer::test

#endif
