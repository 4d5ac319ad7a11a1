#include "program/sample.hpp"

#include <program/last_words.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace kollect::program::test {
namespace {

/// Runs the sample as main() does; `work` is what its command does.
[[noreturn]] void run_as_main(std::function<result<int>(log&)> work, const char* format = "json") {
  static sample got;
  got.work = std::move(work);
  const char* const arguments[] = {"sample", "work", "--log-format", format};
  run_main(make_sample(got), 4, arguments);
}

using testing::ExitedWithCode;

TEST(shell, memory_that_ran_out_is_a_shortage_with_a_sentence) {
  const auto lack = [](log&) -> result<int> { throw std::bad_alloc(); };
  EXPECT_EXIT(run_as_main(lack), ExitedWithCode(71),
              "^\\{\"time\":\"20[0-9-]+T[0-9:]+Z\",\"level\":\"error\",\"program\":\"sample\",\"message\":"
              "\"memory ran out,.*\"\\}\n$");
  EXPECT_EXIT(run_as_main(lack, "text"), ExitedWithCode(71), "^sample: error: memory ran out, .*\n$");
}

TEST(shell, so_it_is_on_another_thread_and_where_nothing_may_throw) {
  EXPECT_EXIT(run_as_main([](log&) -> result<int> {
                std::thread([] { throw std::bad_alloc(); }).join();
                return success;
              }),
              ExitedWithCode(71), "\"message\":\"memory ran out");
  EXPECT_EXIT(run_as_main([](log&) -> result<int> {
                const std::function<void()> lack = [] { throw std::bad_alloc(); };
                [&]() noexcept { lack(); }();
                return success;
              }),
              ExitedWithCode(71), "\"message\":\"memory ran out");
}

TEST(shell, threads_and_descriptors_that_ran_out_are_a_shortage) {
  for (const int code : {EAGAIN, EMFILE, ENFILE, ENOMEM})
    EXPECT_EXIT(
        run_as_main([code](log&) -> result<int> { throw std::system_error(code, std::generic_category()); }),
        ExitedWithCode(71), "no more threads, descriptors or memory")
        << code;
}

TEST(shell, any_other_exception_is_a_defect_that_is_told) {
  EXPECT_EXIT(run_as_main([](log&) -> result<int> { throw std::logic_error("odd \n thing"); }),
              ExitedWithCode(70), "please report it\",\"what\":\"odd \\\\n thing\"\\}\n$");
  EXPECT_EXIT(run_as_main([](log&) -> result<int> { throw 5; }), ExitedWithCode(70), "please report it");
  EXPECT_EXIT(run_as_main([](log&) -> result<int> {
                std::thread([] { throw std::logic_error("odd"); }).join();
                return success;
              }),
              ExitedWithCode(70), "\"message\":\"a defect ended the program");
}

TEST(shell, libraries_that_abort_are_told_of_too) {
  EXPECT_EXIT(run_as_main([](log&) -> result<int> { std::abort(); }), ExitedWithCode(70),
              "\"message\":\"a library found a defect");
}

#if !defined(__SANITIZE_ADDRESS__) // whose shadow takes more than any limit
TEST(shell, libraries_that_abort_for_want_of_memory_are_a_shortage) {
  EXPECT_EXIT(run_as_main([](log&) -> result<int> {
                const rlimit narrow{1, 1};
                ::setrlimit(RLIMIT_AS, &narrow);
                std::abort();
              }),
              ExitedWithCode(71), "\"message\":\"memory ran out");
}
#endif

TEST(shell, what_was_rolled_back_on_the_way_is_rolled_back) {
  EXPECT_EXIT(run_as_main([](log&) -> result<int> {
                struct transaction {
                  ~transaction() { std::cerr << "rolled back\n"; }
                } open;
                throw std::bad_alloc();
              }),
              ExitedWithCode(71), "^rolled back\n\\{");
}

TEST(shell, failures_and_codes_of_commands_are_the_programs) {
  EXPECT_EXIT(run_as_main([](log&) -> result<int> { return findings; }), ExitedWithCode(1), "^$");
  EXPECT_EXIT(
      run_as_main([](log&) -> result<int> { return make_failure(error::broker_unavailable, "it is away"); }),
      ExitedWithCode(69), "\"message\":\"it is away\",\"reason\":\"broker_unavailable\"");
}

TEST(shell, no_core_dump_is_written_while_a_command_runs) { // SEC-02
  EXPECT_EXIT(run_as_main([](log&) -> result<int> {
                rlimit limit{1, 1};
                ::getrlimit(RLIMIT_CORE, &limit);
                return static_cast<int>(limit.rlim_cur + limit.rlim_max) +
                       ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
              }),
              ExitedWithCode(0), "^$");
}

TEST(shell, last_words_are_one_line_whatever_they_hold) {
  testing::internal::CaptureStderr();
  write_last_words("sample", log::format::json, "a \"quoted\"\nline" + std::string(5000, 'x'));
  const auto line = testing::internal::GetCapturedStderr();
  EXPECT_NE(line.find("a ?quoted??line"), std::string::npos);
  EXPECT_LE(line.size(), 1024U);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

} // namespace
} // namespace kollect::program::test
