#include <servers/files.hpp>
#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace {

using namespace kollect::servers;
using namespace std::chrono_literals;

bool is_gone(pid_t id) {
  return ::kill(id, 0) != 0 && errno == ESRCH;
}

/// The state letter of a process as /proc tells it: R, S, T (stopped) …
char state_of(pid_t id) {
  const auto text = read_file("/proc/" + std::to_string(id) + "/stat");
  const auto end = text ? text->rfind(')') : std::string::npos;
  return end == std::string::npos ? '?' : text->at(end + 2);
}

TEST(run_command, returns_what_the_program_wrote) {
  const auto outcome =
      run_command({.arguments = {"sh", "-c", "cat; echo oops >&2; exit 3"}, .input = "hello"});
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(outcome->status, (exit_status{.code = 3}));
  EXPECT_EQ(outcome->output, "hello");
  EXPECT_EQ(outcome->errors, "oops\n");
}

TEST(run_command, carries_more_than_a_pipe_holds) {
  const std::string text(3'000'000, 'x');
  const auto outcome =
      run_command({.arguments = {"sh", "-c", "cat; cat /proc/self/fd/0 >&2"}, .input = text});
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(outcome->output.size(), text.size());
}

TEST(run_command, without_input_reads_nothing) {
  const auto outcome = run_command({.arguments = {"cat"}});
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(outcome->status, exit_status{});
  EXPECT_EQ(outcome->output, "");
}

TEST(run_command, adds_to_the_environment_and_changes_folder) {
  const auto directory = temporary_directory::create().value();
  const auto outcome = run_command({.arguments = {"sh", "-c", "echo \"$KOLLECT_TEST $HOME\"; pwd -P"},
                                    .environment = {{"KOLLECT_TEST", "a b"}, {"HOME", "/elsewhere"}},
                                    .working_directory = directory.path()});
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(outcome->output,
            "a b /elsewhere\n" + std::filesystem::canonical(directory.path()).string() + "\n");
}

TEST(run_command, kills_what_takes_too_long) {
  const auto outcome = run_command({.arguments = {"sh", "-c", "echo started; sleep 600"}, .timeout = 500ms});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().reason(), kollect::error::broker_timeout);
  EXPECT_NE(outcome.error().message.find("started"), std::string::npos);
}

TEST(run_command, names_a_program_that_is_not_there) {
  const auto outcome = run_command({.arguments = {"kollect-no-such-program"}});
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("kollect-no-such-program"), std::string::npos);
  EXPECT_FALSE(run_command({.arguments = {"/etc/passwd"}}));
  EXPECT_FALSE(run_command({.arguments = {}}));
  EXPECT_FALSE(run_command({.arguments = {"true"}, .working_directory = "/nowhere"}));
}

TEST(process, tells_which_signal_ended_it) {
  auto child = process::start({.arguments = {"sleep", "600"}}).value();
  EXPECT_TRUE(child.running());
  EXPECT_FALSE(child.wait(20ms));
  ASSERT_TRUE(child.send_signal(SIGTERM));
  EXPECT_EQ(child.wait(10s).value(), (exit_status{-1, SIGTERM}));
  EXPECT_FALSE(child.running());
  EXPECT_FALSE(child.send_signal(SIGTERM));
}

TEST(process, can_be_stopped_and_continued) {
  auto child = process::start({.arguments = {"sleep", "600"}}).value();
  ASSERT_TRUE(child.send_signal(SIGSTOP));
  EXPECT_EQ(state_of(child.id()), 'T');
  EXPECT_TRUE(child.send_signal(SIGSTOP));
  EXPECT_TRUE(child.running());
  ASSERT_TRUE(child.send_signal(SIGCONT));
  EXPECT_TRUE(wait_until([&] { return state_of(child.id()) == 'S'; }));
}

TEST(process, stop_ends_a_stopped_one_too) {
  auto child = process::start({.arguments = {"sleep", "600"}}).value();
  ASSERT_TRUE(child.send_signal(SIGSTOP));
  EXPECT_EQ(child.stop(10s).value(), (exit_status{-1, SIGTERM}));
}

TEST(process, stop_kills_what_does_not_listen) {
  auto child =
      process::start({.arguments = {"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 600; done"}})
          .value();
  ASSERT_TRUE(wait_until([&] { return child.output() == "ready\n"; }));
  EXPECT_FALSE(child.stop(200ms));
  EXPECT_FALSE(child.running());
}

TEST(process, ends_with_its_children_when_the_object_does) {
  pid_t parent = 0;
  pid_t grandchild = 0;
  {
    auto child = process::start({.arguments = {"sh", "-c", "sleep 600 & echo $!; wait"}}).value();
    ASSERT_TRUE(wait_until([&] { return child.output().ends_with('\n'); }));
    parent = child.id();
    grandchild = static_cast<pid_t>(std::stol(child.output()));
    EXPECT_FALSE(is_gone(grandchild));
  }
  EXPECT_TRUE(is_gone(parent));
  // Its new parent, init, may take a while to collect it; until then it is a zombie.
  EXPECT_TRUE(wait_until([&] { return is_gone(grandchild) || state_of(grandchild) == 'Z'; }));
}

TEST(process, dies_when_its_parent_is_killed) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    auto child = process::start({.arguments = {"sleep", "600"}});
    const pid_t id = child ? child->id() : 0;
    if (::write(ends[1], &id, sizeof id) != static_cast<ssize_t>(sizeof id))
      ::_exit(1);
    for (;;)
      ::pause();
  }
  pid_t child = 0;
  EXPECT_EQ(::read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  EXPECT_GT(child, 0);
  EXPECT_FALSE(is_gone(child));
  ::kill(parent, SIGKILL);
  EXPECT_TRUE(wait_until([&] { return is_gone(child) || state_of(child) == 'Z'; }));
  EXPECT_EQ(::waitpid(parent, nullptr, 0), parent);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(process, appends_both_outputs_to_its_log) {
  const auto directory = temporary_directory::create().value();
  const auto log = directory.path() / "log";
  ASSERT_TRUE(write_file(log, "before\n"));
  auto child = process::start({.arguments = {"sh", "-c", "echo one; echo two >&2"}, .log = log}).value();
  ASSERT_EQ(child.wait(10s).value(), exit_status{});
  EXPECT_EQ(read_file(log).value(), "before\none\ntwo\n");
  EXPECT_EQ(child.output(), "before\none\ntwo\n");
  EXPECT_EQ(child.errors(), "");
}

TEST(process, inherits_no_open_files) {
  const auto outcome = run_command({.arguments = {"ls", "/proc/self/fd"}});
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(outcome->output, "0\n1\n2\n3\n"); // 3 is what ls lists with
}

TEST(process, can_be_moved) {
  auto first = process::start({.arguments = {"sleep", "600"}}).value();
  const auto id = first.id();
  auto second = process::start({.arguments = {"sleep", "600"}}).value();
  const auto other = second.id();
  second = std::move(first);
  EXPECT_TRUE(is_gone(other));
  EXPECT_EQ(second.id(), id);
  EXPECT_TRUE(second.running());
}

TEST(wait_until, gives_up_at_its_deadline) {
  int asked = 0;
  EXPECT_FALSE(wait_until([&] { return ++asked, false; }, 20ms));
  EXPECT_GE(asked, 2);
  EXPECT_TRUE(wait_until([&] { return true; }, 0ms));
}

} // namespace
