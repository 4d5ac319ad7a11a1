#ifndef KOLLECT_CONSUMER_FILE_WATCH_HPP
#define KOLLECT_CONSUMER_FILE_WATCH_HPP

#include <chrono>
#include <string>
#include <utility>

namespace kollect::consumer {

/// Waits for a file to be written, by inotify. Where it cannot be watched, waiting is only a pause.
class file_watch {
public:
  static file_watch open(const std::string& path);

  file_watch(file_watch&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  file_watch(const file_watch&) = delete;
  file_watch& operator=(const file_watch&) = delete;
  ~file_watch();

  /// Returns when the file has been written since the last call, or the time is over.
  void wait(std::chrono::milliseconds time);

private:
  explicit file_watch(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_;
};

} // namespace kollect::consumer

#endif
