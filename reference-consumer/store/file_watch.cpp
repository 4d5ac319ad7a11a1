#include "file_watch.hpp"

#include <array>

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace kollect::consumer {

file_watch file_watch::open(const std::string& path) {
  program::descriptor events(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  // A missing file is no reason to fail: wait() then ends by time, and the reader looks again.
  if (events.is_open())
    (void)::inotify_add_watch(events.get(), path.c_str(), IN_MODIFY);
  return file_watch(std::move(events));
}

void file_watch::wait(std::chrono::milliseconds time) {
  pollfd waiting{events_.get(), POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(time.count())) != 1)
    return;
  std::array<char, 4096> read{};
  while (::read(events_.get(), read.data(), read.size()) > 0) {
  }
}

} // namespace kollect::consumer
