#include "file_watch.hpp"

#include <array>

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace kollect::consumer {

file_watch file_watch::open(const std::string& path) {
  file_watch watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  // A missing file is no reason to fail: wait() then ends by time, and the reader looks again.
  if (watch.descriptor_ >= 0)
    (void)::inotify_add_watch(watch.descriptor_, path.c_str(), IN_MODIFY);
  return watch;
}

file_watch::~file_watch() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

void file_watch::wait(std::chrono::milliseconds time) {
  pollfd waiting{descriptor_, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(time.count())) != 1)
    return;
  std::array<char, 4096> events{};
  while (::read(descriptor_, events.data(), events.size()) > 0) {
  }
}

} // namespace kollect::consumer
