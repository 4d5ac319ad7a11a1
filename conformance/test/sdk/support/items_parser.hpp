#ifndef KOLLECT_SDK_TEST_ITEMS_PARSER_HPP
#define KOLLECT_SDK_TEST_ITEMS_PARSER_HPP

#include <kollect/detail/json_reader.hpp>
#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/limits.hpp>

#include <boost/json/monotonic_resource.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace kollect::test {

/// parse_items() into the rows and the memory of the array before, for the reader alone to be measured and
/// counted: what is left of parse_items() is the memory of new rows. It holds as many rows as the last array
/// had, and three times the bytes of the longest one for attributes.
class items_parser {
public:
  /// The rows are valid until the next call. After an error there are none.
  result<std::span<const item>> parse(std::string_view text, const limits& bounds = {}) {
    for (auto& row : items_) { // before their storage goes
      std::destroy_at(&row.attributes);
      std::construct_at(&row.attributes);
    }
    if (const std::size_t wanted = text.size() * 3; wanted > size_) {
      storage_.reset();
      memory_ = std::make_unique_for_overwrite<unsigned char[]>(wanted);
      size_ = wanted;
    }
    storage_.emplace(memory_.get(), size_);
    if (auto read = detail::items_reader(text, bounds, &*storage_, items_).read(); !read)
      return read.error();
    return std::span<const item>(items_);
  }

private:
  std::unique_ptr<unsigned char[]> memory_;
  std::size_t size_ = 0;
  std::optional<boost::json::monotonic_resource> storage_;
  std::vector<item> items_;
};

} // namespace kollect::test

#endif
