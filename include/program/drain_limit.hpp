#ifndef KOLLECT_PROGRAM_DRAIN_LIMIT_HPP
#define KOLLECT_PROGRAM_DRAIN_LIMIT_HPP

#include <program/descriptor.hpp>
#include <program/stop_signal.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace kollect::program {

/// Watches that a program ends in time after SIGINT or SIGTERM: calls `overrun`, on a thread of its own, when
/// it still lives `limit` after the signal. That function should end the program; what a program does in
/// transactions does not suffer from it.
class drain_limit {
public:
  drain_limit(const stop_signal& stop, std::chrono::milliseconds limit, std::function<void()> overrun)
      : ended_(::eventfd(0, EFD_CLOEXEC)) {
    if (ended_.is_open() && stop.descriptor() >= 0)
      watcher_ =
          std::thread([signal = stop.descriptor(), ended = ended_.get(), limit, act = std::move(overrun)] {
            pollfd waiting[] = {{signal, POLLIN, 0}, {ended, POLLIN, 0}};
            ::poll(waiting, 2, -1);
            if (waiting[1].revents == 0 && ::poll(&waiting[1], 1, static_cast<int>(limit.count())) == 0)
              act();
          });
  }

  /// From here on the program counts as ended.
  ~drain_limit() {
    const std::uint64_t one = 1;
    if (watcher_.joinable() && ::write(ended_.get(), &one, sizeof one) == sizeof one)
      watcher_.join();
  }
  drain_limit(const drain_limit&) = delete;
  drain_limit& operator=(const drain_limit&) = delete;

private:
  descriptor ended_;
  std::thread watcher_;
};

} // namespace kollect::program

#endif
