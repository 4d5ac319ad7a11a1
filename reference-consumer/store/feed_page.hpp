#ifndef KOLLECT_CONSUMER_FEED_PAGE_HPP
#define KOLLECT_CONSUMER_FEED_PAGE_HPP

#include "store.hpp"

#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// A page of the change feed while it is read. A change whose row somebody has deleted past the consumer
/// cannot be told any more. It is passed over at the beginning of a page only, and ends one otherwise: so
/// whoever reads page by page sees by the first cursor that something is missing, as after what
/// --keep-changes has removed.
class feed_page {
public:
  feed_page(std::int64_t cursor, std::int64_t limit) : cursor_(cursor), limit_(limit) {}

  std::int64_t cursor() const noexcept { return cursor_; } ///< what follows is wanted
  std::int64_t limit() const noexcept { return limit_; }
  bool is_over() const noexcept { return is_over_ || std::ssize(entries_) >= limit_; }

  /// The next change. To be called until is_over().
  void add(feed_entry entry, bool is_lost) {
    if (!is_lost)
      entries_.push_back(std::move(entry));
    else if (entries_.empty())
      lost_to_ = entry.cursor;
    else
      is_over_ = true;
  }

  /// Where to go on, if nothing but lost changes was found; 0 otherwise.
  std::int64_t goes_on_after() const noexcept { return entries_.empty() ? lost_to_ : 0; }
  std::vector<feed_entry> take() noexcept { return std::move(entries_); }

private:
  std::int64_t cursor_;
  std::int64_t limit_;
  std::vector<feed_entry> entries_;
  std::int64_t lost_to_ = 0;
  bool is_over_ = false;
};

/// Reads with `read_page(feed_page&)`, which answers a result<void>, until there is something to tell, or
/// nothing more.
template <class ReadPage>
result<std::vector<feed_entry>> read_feed(std::int64_t cursor, std::int64_t limit, ReadPage&& read_page) {
  for (;;) {
    feed_page page(cursor, limit);
    if (auto read = read_page(page); !read)
      return read.error();
    if (page.goes_on_after() == 0)
      return page.take();
    cursor = page.goes_on_after();
  }
}

} // namespace kollect::consumer

#endif
