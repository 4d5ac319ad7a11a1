#include <servers/files.hpp>
#include <servers/process.hpp>
#include <servers/wait_until.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <ostream>

namespace kollect::servers {
namespace {

class descriptor {
public:
  explicit descriptor(int handle = -1) noexcept : handle_(handle) {}
  descriptor(descriptor&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~descriptor() {
    if (handle_ >= 0)
      ::close(handle_);
  }
  int get() const noexcept { return handle_; }

private:
  int handle_;
};

failure system_failure(std::string what) {
  return make_failure(error::internal, std::move(what) + ": " + std::strerror(errno));
}

/// A file without a name, holding `content`. Unlike a pipe it never blocks the one who writes.
descriptor memory_file(std::string_view content) {
  descriptor file(::memfd_create("kollect", MFD_CLOEXEC));
  while (file.get() >= 0 && !content.empty()) {
    const auto written = ::write(file.get(), content.data(), content.size());
    if (written <= 0)
      return descriptor();
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (file.get() >= 0)
    ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

/// What is kept of each output of a child, in bytes: whatever it writes beyond that fails there.
constexpr off_t most_output = 64L * 1024 * 1024;

/// A file without a name that takes so much and no more. Where the child stands in it tells how much it holds:
/// the rest is a hole, which takes no memory.
descriptor bounded_file() {
  descriptor file(::memfd_create("kollect", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file.get() >= 0 && (::ftruncate(file.get(), most_output) != 0 ||
                          ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0))
    return descriptor();
  return file;
}

/// What was written to one. Who writes shares its position.
std::string read_bounded(int handle) {
  const auto size = ::lseek(handle, 0, SEEK_CUR);
  std::string content(static_cast<std::size_t>(size < 0 ? 0 : size), '\0');
  const auto count = content.empty() ? 0 : ::pread(handle, content.data(), content.size(), 0);
  content.resize(static_cast<std::size_t>(count < 0 ? 0 : count));
  return content;
}

std::string read_all(int handle) {
  std::string content;
  std::array<char, 65536> block{};
  for (;;) {
    // The child shares the file's position, so ours must be given each time.
    const auto count = ::pread(handle, block.data(), block.size(), static_cast<off_t>(content.size()));
    if (count <= 0)
      return content;
    content.append(block.data(), static_cast<std::size_t>(count));
  }
}

/// Our environment with the additions, as NAME=value.
std::vector<std::string> merged_environment(const process_options& options) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('='));
    if (std::ranges::none_of(options.environment, [&](const auto& added) { return added.first == name; }))
      merged.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment)
    merged.push_back(name + "=" + value);
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// All that the child needs between fork and exec, made before the fork.
struct launch {
  const char* program;
  char* const* arguments;
  char* const* environment;
  const char* working_directory; ///< null: ours
  int input;
  int output;
  int errors;
  int report; ///< errno goes here when exec does not happen
  pid_t parent;
};

/// Runs in the child of a process that may have many threads: only async-signal-safe calls.
[[noreturn]] void become(const launch& what) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != what.parent)
    ::_exit(127); // it died before prctl
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const bool ready = ::dup2(what.input, STDIN_FILENO) >= 0 && ::dup2(what.output, STDOUT_FILENO) >= 0 &&
                     ::dup2(what.errors, STDERR_FILENO) >= 0 &&
                     (what.working_directory == nullptr || ::chdir(what.working_directory) == 0) &&
                     ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  if (ready)
    ::execve(what.program, what.arguments, what.environment);
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(what.report, &reason, sizeof reason);
  ::_exit(127);
}

exit_status to_exit_status(int raw) noexcept {
  if (WIFSIGNALED(raw))
    return {-1, WTERMSIG(raw)};
  return {WEXITSTATUS(raw), 0};
}

} // namespace

std::ostream& operator<<(std::ostream& out, const exit_status& status) {
  if (status.signal != 0)
    return out << "signal " << status.signal;
  return out << "exit code " << status.code;
}

std::ostream& operator<<(std::ostream& out, const command_outcome& outcome) {
  return out << outcome.status << "\nstandard output:\n"
             << outcome.output << "\nstandard error:\n"
             << outcome.errors;
}

result<std::filesystem::path> find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos)
    return std::filesystem::path(name);
  const char* path = std::getenv("PATH");
  const std::string folders = std::string(path == nullptr ? "" : path) + ":/usr/local/sbin:/usr/sbin:/sbin";
  for (std::size_t at = 0; at <= folders.size();) {
    const auto end = std::min(folders.find(':', at), folders.size());
    const auto candidate = std::filesystem::path(folders.substr(at, end - at)) / name;
    if (end != at && ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
    at = end + 1;
  }
  return make_failure(error::file_unreadable,
                      "program " + std::string(name) + " was not found: run script/bootstrap test");
}

struct process::state {
  pid_t id = -1;
  std::optional<exit_status> status{};
  std::filesystem::path log{};
  descriptor output{};
  descriptor errors{};

  state() = default;
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() { kill(); }

  bool has_ended() {
    if (status)
      return true;
    int raw = 0;
    if (::waitpid(id, &raw, WNOHANG) == id)
      status = to_exit_status(raw);
    return status.has_value();
  }

  void kill() noexcept {
    if (id <= 0 || status)
      return;
    // The group first: until the process is waited for, its id, and so the group's, stays ours.
    ::kill(-id, SIGKILL);
    ::kill(id, SIGKILL);
    int raw = 0;
    while (::waitpid(id, &raw, 0) < 0 && errno == EINTR) {
    }
    status = to_exit_status(raw);
  }
};

process::process(std::unique_ptr<state> started) noexcept : state_(std::move(started)) {}
process::process(process&&) noexcept = default;
process& process::operator=(process&&) noexcept = default;
process::~process() = default;

result<process> process::start(const process_options& options) {
  if (options.arguments.empty())
    return make_failure(error::invalid_value, "there is no program to start");
  const auto program = find_program(options.arguments.front());
  if (!program)
    return program.error();

  auto child = std::make_unique<state>();
  child->log = options.log;
  const auto input = memory_file(options.input);
  if (options.log.empty()) {
    child->output = bounded_file();
    child->errors = bounded_file();
  } else {
    child->output = descriptor(::open(options.log.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    child->errors = descriptor(::dup(child->output.get()));
  }
  if (input.get() < 0 || child->output.get() < 0 || child->errors.get() < 0)
    return system_failure("the input and output of " + options.arguments.front() + " cannot be opened");

  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0)
    return system_failure("no pipe could be made");
  const descriptor report_read(report[0]);
  descriptor report_write(report[1]);

  auto arguments = options.arguments;
  auto environment = merged_environment(options);
  const auto argument_pointers = pointers(arguments);
  const auto environment_pointers = pointers(environment);
  const launch what{
      .program = program->c_str(),
      .arguments = argument_pointers.data(),
      .environment = environment_pointers.data(),
      .working_directory = options.working_directory.empty() ? nullptr : options.working_directory.c_str(),
      .input = options.input_descriptor >= 0 ? options.input_descriptor : input.get(),
      .output = options.output_descriptor >= 0 ? options.output_descriptor : child->output.get(),
      .errors = child->errors.get(),
      .report = report_write.get(),
      .parent = ::getpid()};
  child->id = ::fork();
  if (child->id < 0)
    return system_failure("no process could be made");
  if (child->id == 0)
    become(what);

  report_write = descriptor();
  int reason = 0;
  if (::read(report_read.get(), &reason, sizeof reason) == static_cast<ssize_t>(sizeof reason)) {
    errno = reason;
    return system_failure(program->string() + " cannot be started");
  }
  return process(std::move(child));
}

pid_t process::id() const noexcept {
  return state_->id;
}

bool process::running() {
  return !state_->has_ended();
}

result<exit_status> process::wait(std::chrono::milliseconds timeout) {
  if (!wait_until([this] { return state_->has_ended(); }, timeout, std::chrono::milliseconds(2)))
    return make_failure(error::broker_timeout, "process " + std::to_string(id()) + " has not ended after " +
                                                   std::to_string(timeout.count()) + " ms");
  return *state_->status;
}

result<void> process::send_signal(int signal) {
  if (!running() || ::kill(id(), signal) != 0)
    return make_failure(error::closed, "process " + std::to_string(id()) + " has ended already");
  if (signal != SIGSTOP)
    return {};
  const auto stands_still = [this] {
    siginfo_t seen{};
    // WNOWAIT: it stays known, so that stopping a stopped process is no failure.
    const int options = WSTOPPED | WNOHANG | WNOWAIT;
    return ::waitid(P_PID, static_cast<id_t>(id()), &seen, options) == 0 && seen.si_pid == id();
  };
  if (!wait_until(stands_still))
    return make_failure(error::broker_timeout, "process " + std::to_string(id()) + " does not stop");
  return {};
}

result<exit_status> process::stop(std::chrono::milliseconds grace) {
  if (!running())
    return *state_->status;
  ::kill(id(), SIGTERM);
  ::kill(id(), SIGCONT); // a stopped process sees no other signal
  auto ended = wait(grace);
  if (!ended)
    kill();
  return ended;
}

void process::kill() {
  state_->kill();
}

std::string process::output() const {
  return state_->log.empty() ? read_bounded(state_->output.get()) : read_all(state_->output.get());
}

std::string process::errors() const {
  return state_->log.empty() ? read_bounded(state_->errors.get()) : std::string();
}

result<command_outcome> run_command(const command& what) {
  auto child = process::start({.arguments = what.arguments,
                               .environment = what.environment,
                               .working_directory = what.working_directory,
                               .input = what.input});
  if (!child)
    return child.error();
  const auto status = child->wait(what.timeout);
  if (!status) {
    child->kill();
    return make_failure(error::broker_timeout, what.arguments.front() + " was not done after " +
                                                   std::to_string(what.timeout.count()) +
                                                   " ms; its last lines:\n" +
                                                   std::string(last_lines(child->output())) + "\n" +
                                                   std::string(last_lines(child->errors())));
  }
  return command_outcome{*status, child->output(), child->errors()};
}

} // namespace kollect::servers
