#include "support/command_line.hpp"

#include "command/commands.hpp"

#include <program/exit_code.hpp>
#include <program/flags.hpp>

#include <gtest/gtest.h>

#include <iostream>
#include <sstream>

namespace kollect::consumer::test {

int run_command_uncaptured(const std::vector<std::string>& words) {
  CLI::App app("The commands that need no broker.", "kollect-consumer");
  app.require_subcommand(1);
  command_action chosen;
  add_inspect(app, chosen);
  add_state(app, chosen);
  add_summary(app, chosen);
  add_changes(app, chosen);
  add_dead_letters(app, chosen);
  add_explain(app, chosen);
  add_doctor(app, chosen);
  add_tail(app, chosen);
  add_resync(app, chosen);
  program::allow_environment(app);

  std::vector<const char*> arguments{"kollect-consumer"};
  for (const auto& word : words)
    arguments.push_back(word.c_str());
  bool ended = false;
  if (const auto code =
          program::parse_command_line(app, static_cast<int>(arguments.size()), arguments.data(), ended);
      ended)
    return code;
  const auto done = chosen();
  if (done)
    return *done;
  std::cerr << "kollect-consumer: " << done.error() << '\n';
  return program::exit_code_of(done.error());
}

command_end run_command(const std::vector<std::string>& words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  command_end end;
  end.code = run_command_uncaptured(words);
  std::cout.flush();
  end.output = testing::internal::GetCapturedStdout();
  end.errors = testing::internal::GetCapturedStderr();
  return end;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

} // namespace kollect::consumer::test
