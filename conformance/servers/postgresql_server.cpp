#include <servers/files.hpp>
#include <servers/free_port.hpp>
#include <servers/postgresql_server.hpp>
#include <servers/wait_until.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace kollect::servers {
namespace {

/// The folder of the newest PostgreSQL that Debian has installed; empty where it has none.
std::filesystem::path program_folder() {
  std::vector<std::pair<int, std::filesystem::path>> found;
  std::error_code none;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none))
    if (std::filesystem::exists(version.path() / "bin" / "initdb"))
      found.emplace_back(std::atoi(version.path().filename().c_str()), version.path() / "bin");
  return found.empty() ? std::filesystem::path() : std::max_element(found.begin(), found.end())->second;
}

/// A command of PostgreSQL, as a user that it accepts.
std::vector<std::string> command_line(const std::string& program, std::vector<std::string> arguments) {
  std::vector<std::string> out;
  if (::geteuid() == 0)
    out = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"};
  const auto folder = program_folder();
  out.push_back(folder.empty() ? program : (folder / program).string());
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

result<void> run_to_success(const std::vector<std::string>& arguments) {
  auto done = run_command({.arguments = arguments});
  if (!done)
    return done.error();
  if (done->status == exit_status{})
    return {};
  return make_failure(error::store_unavailable, arguments.front() + " failed: " + done->errors);
}

} // namespace

struct postgresql_server::state {
  postgresql_options options;
  temporary_directory directory;
  std::optional<process> child{};

  std::filesystem::path data() const { return directory.path() / "data"; }
  std::filesystem::path log_file() const { return directory.path() / "postgresql.log"; }

  std::string log_text() const {
    auto text = read_file(log_file());
    return text ? *text : std::string();
  }

  failure not_ready(const std::string& why) const {
    return make_failure(error::store_unavailable, "PostgreSQL " + why + "; the last lines of its log:\n" +
                                                      std::string(last_lines(log_text())));
  }

  result<void> make_cluster() {
    std::vector<std::string> arguments{"-D",   data().string(), "-U",      user,       "--encoding",
                                       "UTF8", "--locale",      "C.UTF-8", "--no-sync"};
    const auto password_file = directory.path() / "password";
    if (options.password.empty()) {
      arguments.push_back("--auth=trust");
    } else {
      arguments.insert(arguments.end(), {"--auth=scram-sha-256", "--pwfile=" + password_file.string()});
      if (auto written = write_file(password_file, options.password + "\n"); !written)
        return written;
    }
    if (::geteuid() == 0)
      if (auto owned = run_to_success({"chown", "-R", "postgres:postgres", directory.path().string()});
          !owned)
        return owned;
    return run_to_success(command_line("initdb", arguments));
  }

  result<void> launch() {
    if (!is_free(options.port))
      return not_ready("cannot listen on port " + std::to_string(options.port) + ", which is taken");
    const auto log_start = log_text().size();
    std::vector<std::string> arguments{
        "-D", data().string(), "-h", "127.0.0.1", "-p", std::to_string(options.port)};
    for (const auto& setting : {"unix_socket_directories=", "fsync=off", "lc_messages=C"})
      arguments.insert(arguments.end(), {"-c", setting});
    for (const auto& setting : options.settings)
      arguments.insert(arguments.end(), {"-c", setting});
    auto started = process::start({.arguments = command_line("postgres", arguments), .log = log_file()});
    if (!started)
      return started.error();
    child = std::move(*started);
    bool ready = false;
    const auto listens = [&] {
      return log_text().find("ready to accept connections", log_start) != std::string::npos;
    };
    wait_until([&] { return (ready = listens()) || !child->running(); }, options.start_timeout,
               std::chrono::milliseconds(20));
    if (ready && child->running())
      return {};
    const bool ended = !child->running();
    child->kill();
    return not_ready(ended ? "has ended instead of starting" : "did not start in time");
  }
};

result<postgresql_server> postgresql_server::start(postgresql_options options) {
  if (options.port == 0) {
    const auto port = free_port();
    if (!port)
      return port.error();
    options.port = *port;
  }
  auto directory = temporary_directory::create("kollect-postgresql-");
  if (!directory)
    return directory.error();
  auto made = std::make_unique<state>(state{std::move(options), std::move(*directory)});
  if (auto cluster = made->make_cluster(); !cluster)
    return cluster.error();
  if (auto launched = made->launch(); !launched)
    return launched.error();
  return postgresql_server(std::move(made));
}

postgresql_server::postgresql_server(std::unique_ptr<state> started) noexcept : state_(std::move(started)) {}
postgresql_server::postgresql_server(postgresql_server&&) noexcept = default;
postgresql_server& postgresql_server::operator=(postgresql_server&&) noexcept = default;
postgresql_server::~postgresql_server() = default;

std::string postgresql_server::url(const std::string& database) const {
  return std::string("postgresql://") + user + "@127.0.0.1:" + std::to_string(port()) + "/" + database;
}

std::uint16_t postgresql_server::port() const noexcept {
  return state_->options.port;
}

process& postgresql_server::child() noexcept {
  return *state_->child;
}

std::string postgresql_server::log() const {
  return state_->log_text();
}

result<void> postgresql_server::stop() {
  if (!state_->child->running())
    return {};
  if (auto told = state_->child->send_signal(SIGINT); !told) // "fast": does not wait for its clients
    return told;
  const auto ended = state_->child->wait(std::chrono::seconds(20));
  if (!ended)
    return ended.error();
  return {};
}

void postgresql_server::kill() {
  state_->child->kill();
}

/// The sessions of a server that was killed outlive it for a moment, and hold its memory: a new one refuses
/// to start until they are gone.
result<void> postgresql_server::restart() {
  if (auto stopped = stop(); !stopped)
    return stopped;
  result<void> launched;
  wait_until(
      [&] {
        const auto log_start = state_->log_text().size();
        launched = state_->launch();
        return launched ||
               state_->log_text().find("pre-existing shared memory block", log_start) == std::string::npos;
      },
      state_->options.start_timeout, std::chrono::milliseconds(100));
  return launched;
}

} // namespace kollect::servers
