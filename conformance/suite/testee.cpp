#include "testee.hpp"
#include "judgement.hpp"

#include <servers/files.hpp>
#include <servers/process.hpp>

#include <kollect/json_writer.hpp>
#include <kollect/parse.hpp>
#include <program/descriptor.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace kollect::conformance {

namespace {

using clock = std::chrono::steady_clock;

using pipe_end = program::descriptor;

struct pipe_ends {
  pipe_end read, write;
};

result<pipe_ends> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return make_failure(error::internal, "no pipe to the testee could be made");
  return pipe_ends{pipe_end(ends[0]), pipe_end(ends[1])};
}

/// How soon a signal is heard, in milliseconds.
constexpr int longest_sleep = 100;

int milliseconds_until(clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()).count();
  return static_cast<int>(left < 0 ? 0 : left);
}

/// Adds the fields of a request to the object that is being written.
using write_fields = std::function<void(json_writer& out)>;

write_fields no_fields() {
  return [](json_writer&) {};
}

write_fields fields_of(const export_request& request) {
  return [&request](json_writer& out) {
    out.member("namespace", request.namespace_)
        .member("inventory", request.inventory)
        .member("generation", request.generation)
        .member("exportedAt", request.exported_at)
        .member("maxExportBytes", request.max_export_bytes)
        .name("items")
        .raw(request.items);
  };
}

/// Of open.
write_fields fields_of(const boost::json::object& manifest, const std::optional<secret_values>& secret) {
  return [&](json_writer& out) {
    out.name("manifest").raw(boost::json::serialize(manifest));
    if (!secret)
      return;
    out.name("secret").begin_object();
    for (const auto& [name, value] : *secret)
      out.member(name, value);
    out.end_object();
  };
}

/// How a request ended, where there is an answer to it.
result<testee_answer> read_ending(const result<boost::json::object>& answer) {
  if (!answer)
    return answer.error();
  return read_answer(*answer);
}

/// What a testee started and did not end, wherever it went: processes that have its mark in their
/// environment. Those that leave its process group stay when the group is killed.
class stray_processes {
public:
  static constexpr const char* variable = "KOLLECT_TESTEE_MARK";

  explicit stray_processes(std::string mark) : mark_(std::move(mark)) {}
  stray_processes(stray_processes&& other) noexcept : mark_(std::exchange(other.mark_, {})) {}
  stray_processes& operator=(stray_processes&& other) noexcept {
    std::swap(mark_, other.mark_);
    return *this;
  }
  ~stray_processes() { end(); }

  /// To be called when the testee itself has ended. What it started may have started more meanwhile.
  void end() noexcept {
    constexpr int most_rounds = 50;
    for (int round = 0; !mark_.empty() && round < most_rounds && end_some(); ++round) {
    }
  }

private:
  /// Whether there were any.
  bool end_some() const noexcept {
    bool is_any = false;
    std::error_code problem;
    const std::filesystem::directory_iterator last;
    for (std::filesystem::directory_iterator at("/proc", problem); !problem && at != last;
         at.increment(problem)) {
      const auto name = at->path().filename().string();
      const auto id = static_cast<pid_t>(std::strtol(name.c_str(), nullptr, 10));
      if (id <= 1 || id == ::getpid())
        continue;
      std::ifstream file(at->path() / "environ", std::ios::binary);
      const std::string variables{std::istreambuf_iterator<char>(file), {}};
      const auto wanted = std::string(variable) + "=" + mark_ + '\0';
      if (variables.find(wanted) == std::string::npos || ::kill(id, SIGKILL) != 0)
        continue;
      is_any = true;
    }
    return is_any;
  }

  std::string mark_;
};

std::string make_mark() {
  static std::atomic<unsigned> count = 0;
  return std::to_string(::getpid()) + "-" +
         std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) + "-" +
         std::to_string(++count);
}

} // namespace

struct testee::state {
  stray_processes stray; ///< ended after the child
  servers::process child;
  pipe_end requests, answers;
  timeouts bounds;
  std::int64_t last_id = 0;
  std::string received{}; ///< of the line that is coming
  std::string said{};     ///< everything on its standard output
  bool has_failed = false;

  failure fail(error reason, std::string what) {
    has_failed = true;
    const auto lines = child.errors();
    if (!lines.empty())
      what +=
          "; the last lines of its standard error: " + printable_excerpt(servers::last_lines(lines, 5), 1000);
    return make_failure(reason, std::move(what));
  }

  failure ended() {
    std::string how = "has closed its standard output";
    if (const auto status = child.wait(std::chrono::seconds(1)))
      how = status->signal != 0 ? "was ended by signal " + std::to_string(status->signal)
                                : "has ended with exit code " + std::to_string(status->code);
    return fail(error::closed, "the testee " + how + " instead of answering");
  }

  result<void> send(std::string_view op, const write_fields& write, clock::time_point end) {
    if (has_failed)
      return make_failure(error::closed, "the testee failed before and is asked nothing more");
    std::string line;
    json_writer out(line);
    out.begin_object().member("id", ++last_id).member("op", op);
    write(out);
    out.end_object();
    line += '\n';
    for (std::string_view rest = line; !rest.empty();) {
      pollfd ready{requests.get(), POLLOUT, 0};
      if (::poll(&ready, 1, milliseconds_until(end)) != 1)
        return fail(error::broker_timeout, "the testee does not read its standard input");
      const auto written = ::write(requests.get(), rest.data(), rest.size());
      if (written < 0 && errno != EAGAIN && errno != EINTR)
        return ended();
      rest.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return {};
  }

  /// The next line, or nothing when there is none by then.
  result<std::optional<std::string>> receive(clock::time_point end) {
    for (;;) {
      if (const auto newline = received.find('\n'); newline != std::string::npos) {
        auto line = received.substr(0, newline);
        received.erase(0, newline + 1);
        return std::optional(std::move(line));
      }
      if (received.size() > max_answer_bytes)
        return fail(error::too_large, "the testee answered with a line of more than " +
                                          std::to_string(max_answer_bytes) + " bytes, which begins with " +
                                          printable_excerpt(received, 60));
      if (bounds.is_stopped())
        return fail(error::closed, "the run was stopped by a signal");
      pollfd ready{answers.get(), POLLIN, 0};
      if (::poll(&ready, 1, std::min(milliseconds_until(end), longest_sleep)) != 1) {
        if (milliseconds_until(end) == 0)
          return std::optional<std::string>();
        continue;
      }
      std::array<char, 65536> block{};
      const auto count = ::read(answers.get(), block.data(), block.size());
      // The last answer of one that ends may lack its newline.
      if (count == 0 && parse_value(received))
        return std::optional(std::exchange(received, {}));
      if (count == 0 || (count < 0 && errno != EINTR))
        return ended();
      const std::string_view part(block.data(), static_cast<std::size_t>(count < 0 ? 0 : count));
      received += part;
      said += part;
    }
  }

  /// An answer to the last request, or nothing when there is none by then.
  result<std::optional<boost::json::object>> answer_by(clock::time_point end) {
    auto line = receive(end);
    if (!line)
      return line.error();
    if (!*line)
      return std::optional<boost::json::object>();
    auto answer = read_answer_line(**line, last_id);
    if (!answer)
      return fail(error::syntax, answer.error().message);
    return std::optional(std::move(*answer));
  }

  result<boost::json::object> ask(std::string_view op, const write_fields& write,
                                  std::chrono::milliseconds timeout) {
    const auto end = clock::now() + timeout;
    if (auto sent = send(op, write, end); !sent)
      return sent.error();
    auto answer = answer_by(end);
    if (!answer)
      return answer.error();
    if (!*answer)
      return fail(error::broker_timeout, "the testee has not answered " + std::string(op) + " within " +
                                             std::to_string(timeout.count()) + " ms");
    return std::move(**answer);
  }
};

testee::testee(std::unique_ptr<state> started) noexcept : state_(std::move(started)) {}
testee::testee(testee&&) noexcept = default;
testee& testee::operator=(testee&&) noexcept = default;
testee::~testee() = default;

result<testee> testee::start(std::vector<std::string> command, const timeouts& bounds) {
  // A testee that has died is noticed by the failing write, which would otherwise end this process.
  std::signal(SIGPIPE, SIG_IGN);
  auto input = make_pipe(), output = make_pipe();
  if (!input || !output)
    return input ? output.error() : input.error();
  auto mark = make_mark();
  auto child = servers::process::start({.arguments = std::move(command),
                                        .environment = {{stray_processes::variable, mark}},
                                        .input_descriptor = input->read.get(),
                                        .output_descriptor = output->write.get()});
  if (!child)
    return child.error();
  ::fcntl(input->write.get(), F_SETFL, O_NONBLOCK);
  return testee(std::make_unique<state>(state{stray_processes(std::move(mark)), std::move(*child),
                                              std::move(input->write), std::move(output->read), bounds}));
}

result<testee_identity> testee::hello() {
  const auto answer = state_->ask("hello", no_fields(), state_->bounds.hello);
  if (!answer)
    return answer.error();
  auto identity = read_identity(*answer);
  if (!identity)
    return state_->fail(error::syntax, identity.error().message);
  return identity;
}

result<testee_answer> testee::open(const boost::json::object& manifest,
                                   const std::optional<secret_values>& secret) {
  return read_ending(state_->ask("open", fields_of(manifest, secret), state_->bounds.open));
}

result<testee_answer> testee::open_consumer(const boost::json::object& manifest,
                                            const std::optional<secret_values>& secret,
                                            const std::string& group) {
  const auto fields = [&](json_writer& out) {
    out.member("role", "consumer").member("group", group);
    fields_of(manifest, secret)(out);
  };
  return read_ending(state_->ask("open", fields, state_->bounds.open));
}

result<testee_answer> testee::drain() {
  return read_ending(state_->ask("drain", no_fields(), state_->bounds.answer));
}

result<void> testee::begin_drain() {
  return state_->send("drain", no_fields(), clock::now() + state_->bounds.answer);
}

result<consumer_state> testee::state_held() {
  const auto answer = state_->ask("state", no_fields(), state_->bounds.answer);
  const auto read = read_ending(answer);
  if (!read)
    return read.error();
  if (!read->is_ok)
    return make_failure(error::not_acknowledged, "the testee does not tell what it holds: " + read->error);
  return read_consumer_state(*answer);
}

result<testee_answer> testee::export_snapshot(const export_request& request) {
  return read_ending(state_->ask("export", fields_of(request), state_->bounds.answer));
}

result<testee_answer> testee::close() {
  return read_ending(state_->ask("close", no_fields(), state_->bounds.close));
}

result<void> testee::begin_export(const export_request& request) {
  return state_->send("export", fields_of(request), clock::now() + state_->bounds.answer);
}

result<std::optional<testee_answer>> testee::await_answer(std::chrono::milliseconds patience) {
  auto answer = state_->answer_by(clock::now() + patience);
  if (!answer)
    return answer.error();
  if (!*answer)
    return std::optional<testee_answer>();
  auto read = read_answer(**answer);
  if (!read)
    return read.error();
  return std::optional(std::move(*read));
}

bool testee::is_usable() {
  return !state_->has_failed && state_->child.running();
}

void testee::kill() {
  state_->has_failed = true;
  state_->child.kill();
  state_->stray.end();
}

std::string testee::transcript() const {
  return state_->said + state_->child.errors();
}

} // namespace kollect::conformance
