#include "support/command_line.hpp"

#include "command/application.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <sstream>

namespace kollect::consumer::test {

int run_command_uncaptured(const std::vector<std::string>& words) {
  return program::run(application(), words, program::process_environment());
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
