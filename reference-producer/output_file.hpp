#ifndef KOLLECT_PRODUCER_OUTPUT_FILE_HPP
#define KOLLECT_PRODUCER_OUTPUT_FILE_HPP

#include <kollect/error.hpp>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <utility>

namespace kollect::producer {

/// A file that is there in full or not at all: written beside its place and renamed when it is whole.
/// Without commit() nothing is left of it. Failures are error::store_read_only.
class output_file {
public:
  /// Begins the file, so that a place that cannot be written is noticed early.
  static result<output_file> create(const std::filesystem::path& path);

  output_file(output_file&& other) noexcept
      : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})),
        stream_(std::move(other.stream_)) {}
  output_file& operator=(output_file&&) = delete;
  ~output_file();

  std::ostream& stream() noexcept { return stream_; }

  /// Puts the file into its place, over what was there.
  result<void> commit();

private:
  output_file(std::filesystem::path path, std::filesystem::path temporary);
  failure refuse() const;

  std::filesystem::path path_;
  std::filesystem::path temporary_; ///< empty once moved from or committed
  std::ofstream stream_;
};

} // namespace kollect::producer

#endif
