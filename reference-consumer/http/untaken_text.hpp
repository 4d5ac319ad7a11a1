#ifndef KOLLECT_CONSUMER_UNTAKEN_TEXT_HPP
#define KOLLECT_CONSUMER_UNTAKEN_TEXT_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::consumer {

/// Text that waits until a client takes it. A large one lies in pages of its own: made by one thread and
/// given back by another, it would leave holes in the heaps of all of them, many times what waits.
class untaken_text {
public:
  untaken_text() noexcept = default;
  explicit untaken_text(std::string text);
  untaken_text(untaken_text&& other) noexcept
      : small_(std::move(other.small_)), pages_(std::exchange(other.pages_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  untaken_text& operator=(untaken_text&& other) noexcept {
    std::swap(small_, other.small_);
    std::swap(pages_, other.pages_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~untaken_text();

  std::string_view view() const noexcept {
    return pages_ == nullptr ? std::string_view(small_)
                             : std::string_view(static_cast<const char*>(pages_), size_);
  }

private:
  std::string small_;
  void* pages_ = nullptr;
  std::size_t size_ = 0; // of what lies in pages
};

} // namespace kollect::consumer

#endif
