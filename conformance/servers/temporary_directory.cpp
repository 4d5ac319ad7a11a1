#include <servers/temporary_directory.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace kollect::servers {

result<temporary_directory> temporary_directory::create(std::string_view prefix) {
  std::error_code code;
  const auto parent = std::filesystem::temp_directory_path(code);
  std::string name = (code ? std::filesystem::path("/tmp") : parent) / (std::string(prefix) + "XXXXXX");
  if (::mkdtemp(name.data()) == nullptr)
    return make_failure(error::internal,
                        "no temporary directory could be made at " + name + ": " + std::strerror(errno));
  return temporary_directory(name);
}

temporary_directory::temporary_directory(temporary_directory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

temporary_directory& temporary_directory::operator=(temporary_directory&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
  }
  return *this;
}

temporary_directory::~temporary_directory() {
  remove();
}

void temporary_directory::remove() noexcept {
  std::error_code ignored; // a destructor can tell nobody
  if (!path_.empty())
    std::filesystem::remove_all(path_, ignored);
}

} // namespace kollect::servers
