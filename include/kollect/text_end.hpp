#ifndef KOLLECT_TEXT_END_HPP
#define KOLLECT_TEXT_END_HPP

#include <kollect/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Writes at the end of a string through a pointer: to append a few bytes costs no call, and the string has
/// its size when this ends. Nobody else may look at the string or change it meanwhile. For whoever writes
/// rows by hand, faster than by way of values: append_json() of serialize.hpp writes strings and numbers to
/// it. May throw std::bad_alloc, as the string does.
class text_end {
public:
  /// `ahead`: up to how many bytes to grow by at a time, for those who will write much: as many as are there.
  explicit text_end(std::string& text, std::size_t ahead = 0) : text_(text), ahead_(ahead) {
    locate(text.size());
  }
  text_end(const text_end&) = delete;
  text_end& operator=(const text_end&) = delete;
  ~text_end() { text_.resize(size()); }

  /// Where to write, with room for `count` bytes. The pointer is good until the next call.
  [[gnu::always_inline]] char* reserve(std::size_t count) {
    if (static_cast<std::size_t>(limit_ - at_) < count) [[unlikely]]
      grow(count);
    return at_;
  }

  /// What is before `end`, within the room reserved, has been written.
  void written(char* end) noexcept { at_ = end; }

  /// Appends one letter.
  text_end& operator+=(char letter) {
    *reserve(1) = letter;
    ++at_;
    return *this;
  }
  /// Appends a text that is not part of the string.
  text_end& operator+=(std::string_view text) {
    std::memcpy(reserve(text.size()), text.data(), text.size());
    at_ += text.size();
    return *this;
  }

private:
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - text_.data()); }

  void locate(std::size_t size) noexcept {
    at_ = text_.data() + size;
    limit_ = text_.data() + text_.size();
  }

  [[gnu::noinline]] void grow(std::size_t count) {
    const std::size_t written = size();
    text_.resize(written + std::max(count, std::min(written, ahead_)));
    locate(written);
  }

  std::string& text_;
  std::size_t ahead_;
  char* at_ = nullptr;
  char* limit_ = nullptr;
};

/// What `ahead` should be for whole documents, in bytes.
inline constexpr std::size_t write_ahead = 16'384;

namespace detail {
using kollect::text_end;
using kollect::write_ahead;
} // namespace detail

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
