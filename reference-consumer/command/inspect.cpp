#include "command/commands.hpp"
#include "verdict.hpp"

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

result<int> inspect(const inspect_flags& flags) {
  std::ifstream file;
  if (flags.file != "-") {
    file.open(flags.file, std::ios::binary);
    if (!file) {
      std::cerr << "kollect-consumer: " << flags.file << ": cannot be read\n";
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
    std::cerr << "kollect-consumer: " << flags.file << ": cannot be read\n";
    return program::bad_data;
  }
  if (!std::cout.flush())
    return make_failure(error::store_full, "the output could not be written");
  return is_clean ? program::success : program::findings;
}

} // namespace

void add_inspect(CLI::App& program, command_action& chosen) {
  auto flags = std::make_shared<inspect_flags>();
  auto* const command =
      program.add_subcommand("inspect", "read messages, one a line, and say of each what a consumer would");
  command->add_option("FILE", flags->file, "file with one message a line, or - for standard input")
      ->capture_default_str();
  command->add_option("--max-depth", flags->bounds.max_depth, "deepest nesting of a message")
      ->check(CLI::Range(std::size_t{4}, max_depth_ceiling))
      ->capture_default_str();
  command->add_option("--max-message-bytes", flags->bounds.max_message_bytes, "longest message that is read")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--max-name-bytes", flags->bounds.max_name_bytes,
                   "longest name of a cluster, a namespace or an inventory")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([flags, &chosen] { chosen = [flags] { return inspect(*flags); }; });
}

} // namespace kollect::consumer
