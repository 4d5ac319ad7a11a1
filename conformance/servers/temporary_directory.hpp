#ifndef KOLLECT_SERVERS_TEMPORARY_DIRECTORY_HPP
#define KOLLECT_SERVERS_TEMPORARY_DIRECTORY_HPP

#include <kollect/error.hpp>

#include <filesystem>
#include <string_view>

namespace kollect::servers {

/// A new empty directory that only its owner can read; it goes away, with all in it, with this object.
class temporary_directory {
public:
  /// Makes one under $TMPDIR, or /tmp. Its name starts with `prefix`.
  static result<temporary_directory> create(std::string_view prefix = "kollect-");

  temporary_directory(temporary_directory&& other) noexcept;
  temporary_directory& operator=(temporary_directory&& other) noexcept;
  ~temporary_directory();

  /// The directory's absolute path; empty in an object that was moved from.
  const std::filesystem::path& path() const noexcept { return path_; }

private:
  explicit temporary_directory(std::filesystem::path path) noexcept : path_(std::move(path)) {}
  void remove() noexcept;

  std::filesystem::path path_;
};

} // namespace kollect::servers

#endif
