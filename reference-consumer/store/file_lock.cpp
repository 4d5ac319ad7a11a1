#include "file_lock.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace kollect::consumer {
namespace {

failure refuse(error reason, const std::string& path, std::string sentence) {
  auto out = make_failure(reason, std::move(sentence));
  out.source = path;
  return out;
}

std::string reason_text() {
  return std::generic_category().message(errno);
}

std::string read_holder(int descriptor) {
  std::array<char, 256> text{};
  const auto count = ::pread(descriptor, text.data(), text.size(), 0);
  return count > 0 ? std::string(text.data(), static_cast<std::size_t>(count)) : "another process";
}

} // namespace

result<file_lock> file_lock::acquire(const std::string& path, std::string_view holder) {
  program::descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.is_open()) {
    const int problem = errno;
    const auto sentence = "the lock file cannot be opened: " + std::generic_category().message(problem);
    if (problem == EMFILE || problem == ENFILE)
      return refuse(error::out_of_descriptors, path,
                    sentence + "; raise the limit of open files (ulimit -n)");
    return refuse(problem == ENOSPC ? error::store_full : error::store_read_only, path,
                  sentence + "; the folder must exist and be writable");
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return refuse(error::store_locked, path,
                    "the store is in use by " + read_holder(file.get()) +
                        "; stop it first, or name another store");
    return refuse(error::store_read_only, path, "the lock file cannot be locked: " + reason_text());
  }
  // Who holds it is a help for people only: a disk too full to say so does not make the lock less good.
  if (::ftruncate(file.get(), 0) == 0)
    (void)!::pwrite(file.get(), holder.data(), holder.size(), 0);
  return file_lock(std::move(file));
}

} // namespace kollect::consumer
