#ifndef KOLLECT_CONSUMER_FEED_READER_HPP
#define KOLLECT_CONSUMER_FEED_READER_HPP

#include "records.hpp"

#include <kollect/error.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace kollect::consumer {

/// The change feed of a store: all that was ever applied, by order of commit, as far back as --keep-changes
/// reaches.
class feed_reader {
public:
  virtual ~feed_reader() = default;

  virtual result<std::vector<feed_entry>> changes_after(std::int64_t cursor, std::int64_t limit) = 0;
  virtual result<std::int64_t> last_cursor() = 0; ///< of all changes there ever were; 0: none
  /// Tells this store from any other, and from itself after it was lost and recreated.
  virtual result<std::string> store_id() = 0;

  /// Waits until something may have been committed, or the time is over.
  virtual result<void> wait_for_commit(std::chrono::milliseconds longest) = 0;
};

} // namespace kollect::consumer

#endif
