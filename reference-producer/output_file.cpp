#include "output_file.hpp"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace kollect::producer {

result<output_file> output_file::create(const std::filesystem::path& path) {
  auto temporary = path;
  temporary += "." + std::to_string(::getpid()) + ".new";
  output_file file(path, std::move(temporary));
  if (!file.stream_)
    return file.refuse();
  return file;
}

output_file::output_file(std::filesystem::path path, std::filesystem::path temporary)
    : path_(std::move(path)), temporary_(std::move(temporary)),
      stream_(temporary_, std::ios::binary | std::ios::trunc) {}

output_file::~output_file() {
  std::error_code ignored;
  if (!temporary_.empty())
    std::filesystem::remove(temporary_, ignored);
}

result<void> output_file::commit() {
  stream_.close();
  if (!stream_)
    return refuse();
  std::error_code code;
  std::filesystem::rename(temporary_, path_, code);
  if (code)
    return refuse();
  temporary_.clear();
  return {};
}

failure output_file::refuse() const {
  const auto reason = std::generic_category().message(errno);
  auto refusal = make_failure(error::store_read_only, "cannot be written: " + reason);
  refusal.source = path_.string();
  return refusal;
}

} // namespace kollect::producer
