#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

#include <sys/resource.h>
#include <unistd.h>

namespace kollect::program::test {
namespace {

using namespace std::chrono_literals;
using servers::exit_status;

/// Each of the programs that people start.
class programs : public testing::TestWithParam<const char*> {
protected:
  static std::string path() { return std::string(KOLLECT_PROGRAMS_FOLDER) + "/" + GetParam(); }

  static servers::command_outcome run_in_shell(const std::string& line) {
    const auto end = servers::run_command({.arguments = {"bash", "-c", line, path()}});
    EXPECT_TRUE(end) << end.error();
    return end ? *end : servers::command_outcome{};
  }
};

INSTANTIATE_TEST_SUITE_P(each, programs,
                         testing::Values("kollect-consumer", "kollect-producer", "kollect-conformance"),
                         [](const auto& one) { return std::string(one.param).substr(8); });

TEST_P(programs, tell_their_version_and_those_of_their_libraries) {
  const auto end = run_in_shell("exec \"$0\" --version");
  EXPECT_EQ(end.status.code, 0);
  EXPECT_TRUE(end.output.starts_with(std::string(GetParam()) + " ")) << end;
  for (const auto* const library : {"librdkafka", "cnats", "OpenSSL", "Boost"})
    EXPECT_NE(end.output.find(std::string("\n  ") + library + " "), std::string::npos) << end;
}

TEST_P(programs, say_that_a_full_disk_took_nothing) {
  const auto end = run_in_shell("exec \"$0\" --help >/dev/full");
  EXPECT_EQ(end.status.code, 73);
  EXPECT_NE(end.errors.find("the output could not be written: No space left on device"), std::string::npos)
      << end;
  EXPECT_TRUE(end.errors.starts_with("{\"time\":")) << end;
}

TEST_P(programs, say_that_a_closed_output_took_nothing) {
  const auto end = run_in_shell("exec \"$0\" --help >&-");
  EXPECT_EQ(end.status.code, 73);
  EXPECT_NE(end.errors.find("Bad file descriptor"), std::string::npos) << end;
}

TEST_P(programs, end_quietly_when_their_reader_has_gone) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  auto started = servers::process::start({.arguments = {path(), "--help"}, .output_descriptor = ends[1]});
  ::close(ends[1]);
  ASSERT_TRUE(started) << started.error();
  const auto end = started->wait(60s);
  ASSERT_TRUE(end) << end.error();
  EXPECT_EQ(*end, (exit_status{0, 0}));
  EXPECT_EQ(started->errors(), "");
}

TEST_P(programs, tell_a_wrong_command_line_in_the_form_of_the_log) {
  const auto json = run_in_shell("exec \"$0\" --log-format json --nonsense");
  EXPECT_EQ(json.status.code, 64);
  EXPECT_TRUE(json.errors.starts_with("{\"time\":") && json.errors.ends_with("}\n")) << json;
  const auto text = run_in_shell("KOLLECT_LOG_FORMAT=text exec \"$0\" --log-fromat");
  EXPECT_EQ(text.errors.rfind(std::string(GetParam()) + ": error: ", 0), 0U) << text;
  EXPECT_NE(text.errors.find("did you mean"), std::string::npos) << text;
}

TEST_P(programs, write_no_core_dump_with_secrets) { // SEC-02
  const auto folder = servers::temporary_directory::create("kollect-core-").value();
  const auto manifest = (folder.path() / "sink.yaml").string();
  std::ofstream(manifest)
      << "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: sink}\n"
         "spec: {type: kafka, kafka: {brokers: [\"127.0.0.1:1\"], topic: t}}\n";
  const std::string name = GetParam();
  std::vector<std::string> arguments{"bash", "-c", "ulimit -c unlimited 2>/dev/null; exec \"$0\" \"$@\"",
                                     path()};
  // Each waits for something that does not come.
  if (name == "kollect-consumer")
    arguments.insert(arguments.end(), {"inspect", "-"});
  else if (name == "kollect-producer")
    arguments.insert(arguments.end(), {"testee"});
  else
    arguments.insert(arguments.end(),
                     {"--manifest", manifest, "--mock", "--run", "KAF-01", "--", "sleep", "60"});
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto started = servers::process::start(
      {.arguments = arguments, .working_directory = folder.path(), .input_descriptor = ends[0]});
  ::close(ends[0]);
  ASSERT_TRUE(started) << started.error();
  const auto limits = [&] {
    std::ifstream file("/proc/" + std::to_string(started->id()) + "/limits");
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  // The program alone forbids itself to raise it again: the sanitizer's own start, within which a signal
  // would hang it, lowers the limit only.
  const auto has_forbidden = [&] {
    constexpr std::string_view which = "Max core file size";
    const auto text = limits();
    const auto line = text.find(which);
    std::istringstream values(line == std::string::npos ? "" : text.substr(line + which.size()));
    std::string now, most;
    return values >> now >> most && now == "0" && most == "0";
  };
  EXPECT_TRUE(servers::wait_until(has_forbidden, 60s)) << limits() << started->errors();
  ASSERT_TRUE(started->send_signal(SIGSEGV));
  const auto end = started->wait(60s);
  ::close(ends[1]);
  ASSERT_TRUE(end) << end.error();
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_FALSE(entry.path().filename().string().starts_with("core")) << entry.path();
}

} // namespace
} // namespace kollect::program::test
