#ifndef KOLLECT_CONSUMER_FILE_RELOAD_HPP
#define KOLLECT_CONSUMER_FILE_RELOAD_HPP

#include <program/descriptor.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

namespace kollect::consumer {

/// SIGHUP as something to wait for, without a handler. Make it before any thread starts, as the signal has to
/// be blocked in all of them.
class hangup_signal {
public:
  hangup_signal();
  hangup_signal(const hangup_signal&) = delete;
  hangup_signal& operator=(const hangup_signal&) = delete;

  int descriptor() const noexcept { return signals_.get(); } ///< readable when it has come

private:
  program::descriptor signals_;
};

/// Calls `reload` on a thread of its own when SIGHUP has come, and when one of the files is another one than
/// it was or has changed, at the latest after `look_every`. A name that leads to another file, as Kubernetes
/// makes it when it replaces a Secret, is a change.
class file_reload {
public:
  file_reload(const hangup_signal& hangup, std::vector<std::filesystem::path> files,
              std::function<void()> reload, std::chrono::milliseconds look_every = std::chrono::seconds(1));
  ~file_reload();
  file_reload(const file_reload&) = delete;
  file_reload& operator=(const file_reload&) = delete;

private:
  void work(int hangup, std::chrono::milliseconds look_every);

  std::vector<std::filesystem::path> files_;
  std::function<void()> reload_;
  program::descriptor stop_; ///< readable when it is time to end
  std::thread thread_;
};

} // namespace kollect::consumer

#endif
