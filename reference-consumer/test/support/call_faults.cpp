#include "support/call_faults.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kollect::consumer::test {

call_faults& call_faults::current() {
  static call_faults faults;
  return faults;
}

namespace {

/// True when this call, on a file of this path, is to fail; errno is set then.
bool is_to_fail(std::string_view path) {
  auto& faults = call_faults::current();
  if (faults.folder.empty() || !path.starts_with(faults.folder))
    return false;
  ++faults.calls;
  if (faults.first == 0 || faults.calls < faults.first || faults.calls >= faults.first + faults.length)
    return false;
  if (faults.error_number == call_faults::kill)
    ::kill(::getpid(), SIGKILL);
  errno = faults.error_number;
  return true;
}

bool is_to_fail(int descriptor) {
  if (call_faults::current().folder.empty())
    return false;
  std::array<char, 4096> path{};
  const auto link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto length = ::readlink(link.c_str(), path.data(), path.size());
  return length > 0 && is_to_fail(std::string_view(path.data(), static_cast<std::size_t>(length)));
}

ssize_t write_at(int descriptor, const void* data, std::size_t size, off_t offset) {
  return is_to_fail(descriptor) ? -1 : ::syscall(SYS_pwrite64, descriptor, data, size, offset);
}

int truncate_to(int descriptor, off_t size) {
  return is_to_fail(descriptor) ? -1 : static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
}

} // namespace
} // namespace kollect::consumer::test

namespace test = kollect::consumer::test;

extern "C" {

ssize_t pwrite(int descriptor, const void* data, std::size_t size, off_t offset) {
  return test::write_at(descriptor, data, size, offset);
}
ssize_t pwrite64(int descriptor, const void* data, std::size_t size, off64_t offset) {
  return test::write_at(descriptor, data, size, offset);
}
int ftruncate(int descriptor, off_t size) noexcept {
  return test::truncate_to(descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) noexcept {
  return test::truncate_to(descriptor, size);
}
int fsync(int descriptor) {
  return test::is_to_fail(descriptor) ? -1 : static_cast<int>(::syscall(SYS_fsync, descriptor));
}
int fdatasync(int descriptor) {
  return test::is_to_fail(descriptor) ? -1 : static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}
int unlink(const char* path) noexcept {
  return test::is_to_fail(std::string_view(path))
             ? -1
             : static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

} // extern "C"
