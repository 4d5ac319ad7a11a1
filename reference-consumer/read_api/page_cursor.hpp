#ifndef KOLLECT_CONSUMER_READ_API_PAGE_CURSOR_HPP
#define KOLLECT_CONSUMER_READ_API_PAGE_CURSOR_HPP

#include "read_api/answer.hpp"

#include <kollect/item.hpp>
#include <kollect/scope.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// Where a page ended: the last row that was shown.
struct page_place {
  row_identity identity;
  scope which;
  std::string sort_key{}; ///< of a page that is sorted by something else than names

  friend bool operator==(const page_place&, const page_place&) = default;
};

/// The place as an opaque text for a URL, signed together with what was asked for. Nothing where it would
/// be longer than 8 KiB: with names that no cluster has.
std::optional<std::string> write_page_cursor(const page_place& place, std::string_view asked,
                                             std::string_view key);

/// Reads it again. 400 where it was changed, comes from another store, or was given out for another
/// question.
answer_of<page_place> read_page_cursor(std::string_view text, std::string_view asked, std::string_view key);

} // namespace kollect::consumer

#endif
