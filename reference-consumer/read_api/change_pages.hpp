#ifndef KOLLECT_CONSUMER_READ_API_CHANGE_PAGES_HPP
#define KOLLECT_CONSUMER_READ_API_CHANGE_PAGES_HPP

#include "query/item_filter.hpp"
#include "read_api/format.hpp"
#include "read_api/questions.hpp"
#include "read_api/row_selection.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kollect::consumer {

/// Whether the change of a row, or the news that a snapshot is complete, is for this reader. A row that
/// came to fit, or fits no more, is.
bool holds(const item_filter& filter, const feed_entry& entry);

/// Changes of a part of the history.
struct change_page {
  std::vector<feed_entry> entries;
  std::int64_t next_after = 0; ///< goes on after this one; 0: there is no more
  std::int64_t last_cursor = 0;
};

/// The cursors that a part of the history lies between: after the one and up to the other.
struct cursor_span {
  std::int64_t after = 0;
  std::int64_t up_to = 0;
  std::int64_t last = 0; ///< of all changes
};

/// 410 where the history does not reach back so far, and for places of another store. Without `from` it
/// begins with the history.
answer_of<cursor_span> find_span(store_reader& source, const history_place& from, const history_place& to);

/// Reads changes one page after the other; ends early, and goes on with the next page, where it has looked at
/// more than a page may cost.
answer_of<change_page> read_change_page(store_reader& source, const cursor_span& span, std::int64_t limit,
                                        const page_limits& limits,
                                        const std::function<bool(const feed_entry&)>& is_wanted);

/// The page of a question, all of one moment.
answer_of<change_page> read_change_page(store_reader& source, const span_question& asked,
                                        const page_limits& limits);

/// `{"schemaVersion","changes":[…],"pagination":{"limit","next"},"rebuilding","changeCursor"}`, each change
/// as the change feed has it.
std::string format_changes(const change_page& page, const span_question& asked, const store_signals& signals);

} // namespace kollect::consumer

#endif
