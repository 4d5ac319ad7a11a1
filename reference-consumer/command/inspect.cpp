#include "command/bounds.hpp"
#include "command/commands.hpp"
#include "command/describe_message.hpp"
#include "command/flush_output.hpp"

#include <kollect/json_writer.hpp>
#include <program/exit_code.hpp>
#include <program/printable.hpp>

#include <fstream>
#include <iostream>
#include <memory>
#include <string>

namespace kollect::consumer {
namespace {

struct inspect_flags {
  std::string file = "-";
  limits bounds;
};

result<int> inspect(const inspect_flags& flags, program::log& log) {
  std::ifstream file;
  if (flags.file != "-") {
    file.open(flags.file, std::ios::binary);
    if (!file) {
      log.error(flags.file + ": cannot be read");
      return program::bad_data;
    }
  }
  std::istream& input = flags.file == "-" ? std::cin : file;
  dedup_window window;
  std::size_t line = 0;
  bool is_clean = true;
  for (std::string message; std::getline(input, message);) {
    std::string verdict;
    json_writer out(verdict);
    out.begin_object().member("line", ++line);
    is_clean &= describe_message(out, message, {}, window, flags.bounds);
    out.end_object();
    std::cout << program::printable_json(verdict) << '\n';
  }
  if (input.bad()) { // such as a folder
    log.error(flags.file + ": cannot be read");
    return program::bad_data;
  }
  return flush_output(is_clean ? program::success : program::findings);
}

} // namespace

void add_inspect(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<inspect_flags>();
  auto& added = to.add_command("inspect", "read messages, one a line, and say of each what a consumer would");
  added.section("Messages");
  added.add("FILE", flags->file, file(), "file with one message a line, or - for standard input");
  add_limits_flags(added, flags->bounds);
  added.shows("kcat -C -e -b localhost:9092 -t inventory.changes | kollect-consumer inspect",
              "Look at what is in a topic");
  added.does([flags](log& log) { return inspect(*flags, log); });
}

} // namespace kollect::consumer
