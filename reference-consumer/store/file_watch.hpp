#ifndef KOLLECT_CONSUMER_FILE_WATCH_HPP
#define KOLLECT_CONSUMER_FILE_WATCH_HPP

#include <program/descriptor.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace kollect::consumer {

/// Waits for a file to be written, by inotify. Where it cannot be watched, waiting is only a pause.
class file_watch {
public:
  static file_watch open(const std::string& path);

  /// Returns when the file has been written since the last call, or the time is over.
  void wait(std::chrono::milliseconds time);

private:
  explicit file_watch(program::descriptor events) noexcept : events_(std::move(events)) {}

  program::descriptor events_;
};

} // namespace kollect::consumer

#endif
