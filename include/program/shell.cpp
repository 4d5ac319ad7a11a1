#include <program/shell.hpp>

#include <program/completion.hpp>
#include <program/help.hpp>
#include <program/last_words.hpp>
#include <program/manual.hpp>
#include <program/standard_output.hpp>
#include <program/terminal.hpp>

#include <kollect/nats/end_process.hpp>
#include <kollect/version.hpp>

#include <csignal>
#include <cstring>
#include <exception>
#include <iostream>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace kollect::program {
namespace {

/// Secrets must not end up in a core dump (SEC-02). The limit alone does not bind a core_pattern that is a
/// pipe.
void forbid_core_dumps() noexcept {
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/// A descriptor below 3 that is closed would be given to the next file, and output would go there. Reading
/// from the stand-ins gives nothing; writing to that of standard output fails, as it does on a closed one.
void occupy_standard_descriptors() noexcept {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) == -1)
      (void)::open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

/// A reader that goes away, and a file that grows to its limit, are errors of a write and not the end.
void ignore_signals_of_writes() noexcept {
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
}

void print_version(const application& self) {
  std::cout << self.name << ' ' << KOLLECT_VERSION_STRING << '\n';
  for (const auto& one : self.libraries())
    std::cout << "  " << one.name << ' ' << one.version << '\n';
}

/// Why standard output cannot be written; empty where its reader went away.
std::string output_fault() {
  const auto* const output = dynamic_cast<const standard_output*>(std::cout.rdbuf());
  if (output == nullptr)
    return "the output could not be written";
  if (output->has_no_reader())
    return {};
  return std::string("the output could not be written: ") + std::strerror(output->error());
}

/// The code to end with when all is printed. A reader that went away is no failure: it has what it wanted.
int finish_output(const result<int>& done, log& log) {
  const int code = done ? *done : exit_code_of(done.error());
  const bool is_written = static_cast<bool>(std::cout.flush());
  if (!done && (is_written || done.error().code != condition::cannot_store))
    log.error(done.error());
  if (is_written)
    return code;
  const auto fault = output_fault();
  if (fault.empty())
    return !done && done.error().code == condition::cannot_store ? success : code;
  log.error(fault);
  return code == success ? cannot_create_output : code;
}

result<int> act(const application& self, const command_line& line, log& log) {
  if (line.wants_version)
    print_version(self);
  else if (line.wants_help)
    std::cout << help_text(*line.chosen, {line_width(STDOUT_FILENO), has_color(STDOUT_FILENO)});
  else
    return line.chosen->act()(log);
  return success;
}

int run(const application& self, declared_program& program, const std::vector<std::string>& words,
        const environment& variables) {
  const auto line = read_command_line(program.root(), words, variables);
  auto log = program.make_log();
  if (line.code != success) {
    log.error(line.fault, {{"reason", line.code == usage ? "wrong_command_line" : "invalid_value"}});
    return line.code;
  }
  return finish_output(act(self, line, log), log);
}

/// What() of the exception that is being handled, for a report of a defect; empty where it has none.
std::string what_happened() {
  try {
    throw;
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return {};
  }
}

} // namespace

declared_program::declared_program(const application& self) : root_(self.name, self.description) {
  self.declare(root_);
  add_printing_commands(self);
  root_.section("Configuration, log and help");
  add_common_flags(root_);
  root_.add("--version", unused_, "print the versions of this program and its libraries");
}

void declared_program::add_common_flags(command& to) {
  for (const auto& below : to.commands())
    add_common_flags(*below);
  to.section("Configuration, log and help");
  if (to.act() || to.parent() == nullptr) {
    to.add("--config", config_, file(), "YAML file with values for flags, one per line");
    to.add("--log-format", log_format_, one_of({"auto", "json", "text"}),
           "form of the log on standard error; auto: text on a terminal, else JSON");
    to.add("--log-level", log_level_, one_of({"debug", "info", "warning", "error"}),
           "lowest level that is logged");
    to.add("-v,--verbose", is_verbose_, "same as --log-level debug");
    to.add("-q,--quiet", is_quiet_, "same as --log-level error, and show no progress");
  }
  to.add("-h,--help", unused_, "print this help and exit");
}

void declared_program::add_printing_commands(const application& self) {
  auto& completion = root_.add_command("completion", "print what a shell completes the program's words with");
  completion.add("SHELL", shell_name_, one_of({"bash", "zsh", "fish"}), "the shell").required();
  completion.shows("source <(" + self.name + " completion bash)", "For the bash that runs");
  completion.does([this](log&) -> result<int> {
    std::cout << completion_script(root_, shell_name_);
    return success;
  });
  auto& manual = root_.add_command("manual", "print the program's manual");
  manual.add("FORMAT", manual_format_, one_of({"man", "markdown"}), "for man(1), or as it stands in docs")
      .required();
  manual.shows(self.name + " manual man | man -l -", "Read it");
  manual.does([this](log&) -> result<int> {
    std::cout << (manual_format_ == "man" ? man_page(root_) : markdown_page(root_));
    return success;
  });
}

log::format declared_program::log_format() const {
  const bool is_text = log_format_ == "text" || (log_format_ == "auto" && stderr_is_terminal());
  return is_text ? log::format::text : log::format::json;
}

log declared_program::make_log() const {
  const auto level = is_quiet_                 ? log::level::err
                     : is_verbose_             ? log::level::debug
                     : log_level_ == "debug"   ? log::level::debug
                     : log_level_ == "warning" ? log::level::warn
                     : log_level_ == "error"   ? log::level::err
                                               : log::level::info;
  return log(root_.name(), log_format(), level, has_color(STDERR_FILENO));
}

void declared_program::guess_log_format(const std::vector<std::string>& words, const environment& variables) {
  const auto take = [this](const std::string& value) {
    if (value == "json" || value == "text")
      log_format_ = value;
  };
  take(variables("KOLLECT_LOG_FORMAT").value_or(""));
  for (std::size_t index = 0; index < words.size() && words[index] != "--"; ++index)
    if (words[index].starts_with("--log-format="))
      take(words[index].substr(words[index].find('=') + 1));
    else if (words[index] == "--log-format" && index + 1 < words.size())
      take(words[index + 1]);
}

int run(const application& self, const std::vector<std::string>& words, const environment& variables) {
  declared_program program(self);
  program.guess_log_format(words, variables);
  return run(self, program, words, variables);
}

void run_main(const application& self, int count, const char* const* words) {
  forbid_core_dumps();
  occupy_standard_descriptors();
  ignore_signals_of_writes();
  end_with_last_words(self.name, log::format::json);
  standard_output output;
  std::cout.rdbuf(&output);
  if (is_terminal(STDOUT_FILENO))
    std::cout << std::unitbuf;
  int code = internal_error;
  log::format how = log::format::json;
  try {
    const std::vector<std::string> given(words + (count > 0 ? 1 : 0), words + count);
    declared_program program(self);
    program.guess_log_format(given, process_environment());
    how = program.log_format();
    end_with_last_words(self.name, how);
    code = run(self, program, given, process_environment());
  } catch (...) {
    std::string_view sentence;
    code = explain_exception(sentence);
    if (code == internal_error)
      log(self.name, how).error(sentence, {{"what", what_happened()}});
    else
      write_last_words(self.name, how, sentence);
  }
  nats::end_process(code);
}

} // namespace kollect::program
