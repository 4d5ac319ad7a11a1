#include "operations/file_reload.hpp"

#include <array>
#include <csignal>
#include <cstdint>
#include <tuple>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kollect::consumer {
namespace {

/// What changes when a file does; all zero where there is none.
using file_state = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;

file_state state_of(const std::filesystem::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0)
    return {};
  return {found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

std::vector<file_state> states_of(const std::vector<std::filesystem::path>& files) {
  std::vector<file_state> out;
  for (const auto& file : files)
    out.push_back(state_of(file));
  return out;
}

} // namespace

hangup_signal::hangup_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  // Without a descriptor the signal keeps its default action.
  signals_ = program::descriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (signals_.is_open())
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

file_reload::file_reload(const hangup_signal& hangup, std::vector<std::filesystem::path> files,
                         std::function<void()> reload, std::chrono::milliseconds look_every)
    : files_(std::move(files)), reload_(std::move(reload)), stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this, descriptor = hangup.descriptor(), look_every] { work(descriptor, look_every); }) {}

file_reload::~file_reload() {
  (void)::eventfd_write(stop_.get(), 1); // cannot fail: nobody else writes
  thread_.join();
}

void file_reload::work(int hangup, std::chrono::milliseconds look_every) {
  auto states = states_of(files_);
  for (;;) {
    std::array<pollfd, 2> waiting{pollfd{stop_.get(), POLLIN, 0}, pollfd{hangup, POLLIN, 0}};
    (void)::poll(waiting.data(), waiting.size(),
                 static_cast<int>(look_every.count())); // a look more does no harm
    if ((waiting[0].revents & POLLIN) != 0)
      return;
    signalfd_siginfo ignored{};
    const bool has_come =
        (waiting[1].revents & POLLIN) != 0 && ::read(hangup, &ignored, sizeof ignored) == sizeof ignored;
    auto found = states_of(files_);
    if (!has_come && found == states)
      continue;
    states = std::move(found);
    reload_();
  }
}

} // namespace kollect::consumer
