#include <servers/files.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace kollect::servers {

result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  if (!file)
    return make_failure(error::file_unreadable, path.string() + " cannot be read: does it exist?");
  return content;
}

result<void> write_file(const std::filesystem::path& path, std::string_view content) {
  const int handle = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (handle < 0)
    return make_failure(error::internal, path.string() + " cannot be written: " + std::strerror(errno));
  bool complete = true;
  while (complete && !content.empty()) {
    const auto written = ::write(handle, content.data(), content.size());
    complete = written > 0;
    if (complete)
      content.remove_prefix(static_cast<std::size_t>(written));
  }
  complete = ::close(handle) == 0 && complete;
  if (!complete)
    return make_failure(error::internal, path.string() + " was not written whole: is the disk full?");
  return {};
}

std::string_view last_lines(std::string_view text, std::size_t count) noexcept {
  while (text.ends_with('\n'))
    text.remove_suffix(1);
  std::size_t start = text.size();
  for (; count > 0 && start != std::string_view::npos && start > 0; --count)
    start = text.rfind('\n', start - 1);
  return start == std::string_view::npos || start == 0 ? text : text.substr(start + 1);
}

} // namespace kollect::servers
