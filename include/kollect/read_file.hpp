#ifndef KOLLECT_READ_FILE_HPP
#define KOLLECT_READ_FILE_HPP

#include <kollect/error.hpp>
#include <kollect/version.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

namespace detail {

[[nodiscard]] inline failure file_failure(const std::filesystem::path& path, const std::string& what) {
  auto refusal = make_failure(error::file_unreadable, "cannot be read: " + what);
  refusal.source = path.string();
  return refusal;
}

} // namespace detail

/// The bytes of a file, at most `max_bytes`; no more than one byte beyond is ever read.
/// error::file_unreadable names the file and says why not, in the words of the operating system. Linear.
[[nodiscard]] inline result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const auto system_failure = [&] {
    return detail::file_failure(path, std::generic_category().message(errno));
  };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return system_failure();
  const struct closer {
    int descriptor;
    ~closer() { ::close(descriptor); }
  } guard{descriptor};

  constexpr std::size_t step = 64UL * 1024;
  std::string bytes;
  for (;;) {
    const auto size = bytes.size();
    bytes.resize(size + step);
    const auto count = ::read(descriptor, bytes.data() + size, step);
    if (count < 0 && errno != EINTR)
      return system_failure();
    bytes.resize(size + static_cast<std::size_t>(count > 0 ? count : 0));
    if (count == 0)
      return bytes;
    if (bytes.size() > max_bytes)
      return detail::file_failure(path,
                                  "it is larger than the limit of " + std::to_string(max_bytes) + " bytes");
  }
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
