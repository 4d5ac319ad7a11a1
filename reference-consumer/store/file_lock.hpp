#ifndef KOLLECT_CONSUMER_FILE_LOCK_HPP
#define KOLLECT_CONSUMER_FILE_LOCK_HPP

#include <kollect/error.hpp>
#include <program/descriptor.hpp>

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

private:
  explicit file_lock(program::descriptor file) noexcept : file_(std::move(file)) {}

  program::descriptor file_;
};

} // namespace kollect::consumer

#endif
