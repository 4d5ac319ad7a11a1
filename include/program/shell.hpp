#ifndef KOLLECT_PROGRAM_SHELL_HPP
#define KOLLECT_PROGRAM_SHELL_HPP

#include <program/command.hpp>
#include <program/command_line.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::program {

/// A library that a program runs with, and its version as the library itself tells it.
struct library {
  std::string_view name;
  std::string version;
};

/// What the shell has to know of a program.
struct application {
  std::string name;
  std::string description;               ///< one sentence, without its full stop
  std::function<void(command&)> declare; ///< adds commands and flags
  std::function<std::vector<library>()> libraries;
};

/// main() of a program. Lets no core dump be written before anything secret is read; reads the command line;
/// runs the command that it names; logs what went wrong, exceptions included; and ends the process with the
/// exit code.
[[noreturn]] void run_main(const application& self, int count, const char* const* words);

/// The part of it that works within a process that goes on: for tests. Prints to std::cout and standard
/// error, and answers the exit code.
[[nodiscard]] int run(const application& self, const std::vector<std::string>& words,
                      const environment& variables);

/// All commands and flags of a program, those that every program has included, for documents that are made of
/// them. The variables that flags go into live within it.
class declared_program {
public:
  explicit declared_program(const application& self);

  [[nodiscard]] command& root() noexcept { return root_; }

  /// Makes the log that the flags ask for.
  [[nodiscard]] log make_log() const;
  /// Takes --log-format ahead of all other flags, so that a wrong command line is told in it too.
  void guess_log_format(const std::vector<std::string>& words, const environment& variables);
  [[nodiscard]] log::format log_format() const;

private:
  void add_common_flags(command& to);
  void add_printing_commands(const application& self);

  command root_;
  bool unused_ = false; ///< --help and --version, which are acted upon before they have a value
  std::string config_;
  std::string log_format_ = "auto";
  std::string log_level_ = "info";
  bool is_verbose_ = false;
  bool is_quiet_ = false;
  std::string shell_name_;
  std::string manual_format_;
};

} // namespace kollect::program

#endif
