#ifndef KOLLECT_SDK_TEST_EXACT_BYTES_HPP
#define KOLLECT_SDK_TEST_EXACT_BYTES_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>

namespace kollect::test {

/// A text on the heap without a byte to spare, so that the address sanitizer sees a read past its end.
class exact_bytes {
public:
  explicit exact_bytes(std::string_view text) : size_(text.size()), bytes_(new char[text.size()]) {
    std::copy(text.begin(), text.end(), bytes_.get());
  }

  std::string_view view() const noexcept { return {bytes_.get(), size_}; }

private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

} // namespace kollect::test

#endif
