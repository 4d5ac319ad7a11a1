#ifndef KOLLECT_PROGRAM_STOP_SIGNAL_HPP
#define KOLLECT_PROGRAM_STOP_SIGNAL_HPP

#include <program/descriptor.hpp>

#include <chrono>
#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>

namespace kollect::program {

/// SIGINT and SIGTERM as something to ask about, without a handler. Make it before any thread starts,
/// as the signals have to be blocked in all of them.
class stop_signal {
public:
  stop_signal() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    // Without a descriptor the signals keep their default action and simply end the program.
    signals_ = program::descriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    if (signals_.is_open())
      pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  }
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;

  /// True from the first signal on.
  bool is_requested() { return wait(std::chrono::milliseconds(0)); }

  /// Waits until a signal comes or the time is over; true if a signal has come, now or before.
  bool wait(std::chrono::milliseconds time) {
    if (is_requested_)
      return true;
    pollfd waiting{signals_.get(), POLLIN, 0};
    is_requested_ = ::poll(&waiting, 1, static_cast<int>(time.count())) == 1;
    return is_requested_;
  }

  /// Readable from the first signal on; -1 where there is none.
  int descriptor() const noexcept { return signals_.get(); }

private:
  program::descriptor signals_;
  bool is_requested_ = false;
};

} // namespace kollect::program

#endif
