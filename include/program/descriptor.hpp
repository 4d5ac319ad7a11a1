#ifndef KOLLECT_PROGRAM_DESCRIPTOR_HPP
#define KOLLECT_PROGRAM_DESCRIPTOR_HPP

#include <utility>

#include <unistd.h>

namespace kollect::program {

/// A file descriptor, closed at its end. Negative: none.
class descriptor {
public:
  explicit descriptor(int handle = -1) noexcept : handle_(handle) {}
  descriptor(descriptor&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~descriptor() {
    if (handle_ >= 0)
      ::close(handle_);
  }

  int get() const noexcept { return handle_; }
  bool is_open() const noexcept { return handle_ >= 0; }

private:
  int handle_;
};

} // namespace kollect::program

#endif
