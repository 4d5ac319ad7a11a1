#ifndef KOLLECT_SDK_TEST_GUARDED_BYTES_HPP
#define KOLLECT_SDK_TEST_GUARDED_BYTES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

namespace kollect::test {

/// Memory between two pages that nobody may touch: a read before the first byte of a text that lies at its
/// start, or past the last byte of one that lies at its end, ends the program.
class guarded_bytes {
public:
  explicit guarded_bytes(std::size_t capacity)
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
        size_((capacity + page_ - 1) / page_ * page_) {
    void* const mapped = mmap(nullptr, size_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
      std::abort();
    begin_ = static_cast<char*>(mapped) + page_;
    if (mprotect(begin_, size_, PROT_READ | PROT_WRITE) != 0)
      std::abort();
  }
  ~guarded_bytes() { munmap(begin_ - page_, size_ + 2 * page_); }
  guarded_bytes(const guarded_bytes&) = delete;
  guarded_bytes& operator=(const guarded_bytes&) = delete;

  /// The text, its last byte just before the page that may not be read.
  std::string_view at_end(std::string_view text) {
    return {std::copy(text.begin(), text.end(), begin_ + (size_ - text.size())) - text.size(), text.size()};
  }

  /// The text, its first byte just after the page that may not be read.
  std::string_view at_start(std::string_view text) {
    std::copy(text.begin(), text.end(), begin_);
    return {begin_, text.size()};
  }

private:
  std::size_t page_;
  std::size_t size_;
  char* begin_ = nullptr;
};

} // namespace kollect::test

#endif
