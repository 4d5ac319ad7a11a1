#ifndef KOLLECT_MANIFEST_DETAIL_LINE_COUNTER_HPP
#define KOLLECT_MANIFEST_DETAIL_LINE_COUNTER_HPP

#include <kollect/error.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// Turns byte offsets into lines and columns. Linear over all calls as long as offsets grow.
class line_counter {
public:
  explicit line_counter(std::string_view text) noexcept : text_(text) {}

  text_position at(std::size_t offset) noexcept {
    if (offset < last_.offset)
      last_ = {0, 1, 1};
    for (; last_.offset < offset && last_.offset < text_.size(); ++last_.offset) {
      ++last_.column;
      if (text_[last_.offset] == '\n')
        ++last_.line, last_.column = 1;
    }
    return last_;
  }

private:
  std::string_view text_;
  text_position last_{0, 1, 1};
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
