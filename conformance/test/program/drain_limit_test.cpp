#include <program/drain_limit.hpp>

#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <ctime>

#include <unistd.h>

namespace kollect::program::test {
namespace {

using namespace std::chrono_literals;

class drain_limit : public testing::Test {
protected:
  ~drain_limit() override {
    // A signal that was sent stays pending, and would stop the next test's loop.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    const timespec at_once{0, 0};
    while (sigtimedwait(&signals, nullptr, &at_once) == SIGTERM) {
    }
  }

  program::stop_signal stop_;
  std::atomic<int> overruns_{0};
};

TEST_F(drain_limit, is_overrun_when_the_program_lives_on_after_the_signal) {
  const program::drain_limit limit(stop_, 10ms, [this] { ++overruns_; });
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(servers::wait_until([this] { return overruns_ == 1; }, 30s));
}

TEST_F(drain_limit, is_not_when_it_ends_in_time) {
  {
    const program::drain_limit limit(stop_, 1h, [this] { ++overruns_; });
    ::kill(::getpid(), SIGTERM);
    EXPECT_TRUE(stop_.wait(30s));
  }
  EXPECT_EQ(overruns_, 0);
}

TEST_F(drain_limit, is_no_concern_without_a_signal) {
  {
    const program::drain_limit limit(stop_, 0ms, [this] { ++overruns_; });
  }
  EXPECT_EQ(overruns_, 0);
}

} // namespace
} // namespace kollect::program::test
