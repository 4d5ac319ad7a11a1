#ifndef KOLLECT_CONSUMER_FILE_LOCK_HPP
#define KOLLECT_CONSUMER_FILE_LOCK_HPP

#include <kollect/error.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace kollect::consumer {

/// An exclusive lock on a file that names its holder. Held until destroyed or the process ends,
/// however it ends.
class file_lock {
public:
  /// error::store_locked with what the holder wrote about itself if another process has it.
  static result<file_lock> acquire(const std::string& path, std::string_view holder);

  file_lock() = default;
  file_lock(file_lock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  file_lock& operator=(file_lock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~file_lock();

private:
  explicit file_lock(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

} // namespace kollect::consumer

#endif
