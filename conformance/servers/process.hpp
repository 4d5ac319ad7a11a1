#ifndef KOLLECT_SERVERS_PROCESS_HPP
#define KOLLECT_SERVERS_PROCESS_HPP

#include <kollect/error.hpp>

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::servers {

/// How a process ended.
struct exit_status {
  int code = 0;   ///< what it returned, 0 to 255; -1 when a signal ended it
  int signal = 0; ///< the signal that ended it, or 0

  friend bool operator==(const exit_status&, const exit_status&) = default;
};

std::ostream& operator<<(std::ostream& out, const exit_status& status);

/// What to start, and where its input and output go.
struct process_options {
  std::vector<std::string> arguments;                             ///< the program, then its arguments
  std::vector<std::pair<std::string, std::string>> environment{}; ///< added to our own; wins over it
  std::filesystem::path working_directory{};                      ///< empty: ours
  std::string input{};                                            ///< all that it reads from standard input
  int input_descriptor = -1;   ///< set: standard input, such as a pipe's end, instead of `input`
  int output_descriptor = -1;  ///< set: standard output, instead of capturing it
  std::filesystem::path log{}; ///< both outputs are appended to this file; empty: they are captured
};

/// The path of a program, sought on PATH and then in the sbin folders, which many users' PATH lacks.
/// A name with a slash is taken as it is. error::file_unreadable when there is none.
result<std::filesystem::path> find_program(std::string_view name);

/// A child process that dies with this object, and with the thread that started it: start it from one
/// that lives as long (Linux binds a child's parent-death signal to the thread).
class process {
public:
  /// Starts it. A program that cannot be executed is a failure here, not an exit status.
  static result<process> start(const process_options& options);

  process(process&&) noexcept;
  process& operator=(process&&) noexcept;
  ~process(); ///< SIGKILL to the process and its own children, and no zombie left

  pid_t id() const noexcept;

  /// Whether it has not ended yet; a stopped process (SIGSTOP) has not.
  bool running();

  /// Waits for its end, or error::broker_timeout. The status stays available afterwards.
  result<exit_status> wait(std::chrono::milliseconds timeout);

  /// Sends a signal to this process alone: SIGTERM, SIGKILL, SIGSTOP, SIGCONT ….
  /// After SIGSTOP it returns when all of its threads stand still.
  result<void> send_signal(int signal);

  /// Asks it to end (SIGTERM) and waits. After `grace` it is killed, which is a failure; its children too.
  result<exit_status> stop(std::chrono::milliseconds grace = std::chrono::seconds(20));

  /// Ends it at once (SIGKILL), with its own children.
  void kill();

  std::string output() const; ///< standard output so far, or the whole log where there is one
  std::string errors() const; ///< standard error so far, of both at most 64 MiB; empty where there is a log

private:
  struct state;
  explicit process(std::unique_ptr<state> started) noexcept;

  std::unique_ptr<state> state_;
};

/// A program to run to its end.
struct command {
  std::vector<std::string> arguments;
  std::string input{};
  std::vector<std::pair<std::string, std::string>> environment{};
  std::filesystem::path working_directory{};
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

/// What a program left behind.
struct command_outcome {
  exit_status status;
  std::string output;
  std::string errors;
};

std::ostream& operator<<(std::ostream& out, const command_outcome& outcome);

/// Runs a program to its end and returns what it wrote, whatever its exit status.
/// One that is not done in time is killed: error::broker_timeout, with the last lines it wrote.
result<command_outcome> run_command(const command& what);

} // namespace kollect::servers

#endif
