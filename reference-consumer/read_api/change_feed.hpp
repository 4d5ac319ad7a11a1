#ifndef KOLLECT_CONSUMER_READ_API_CHANGE_FEED_HPP
#define KOLLECT_CONSUMER_READ_API_CHANGE_FEED_HPP

#include "read_api/store_readers.hpp"

#include <program/log.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace kollect::consumer {

/// The newest changes in memory, read once for all clients. A thread with a reader of its own waits for
/// commits, as long as anybody listens. Thread-safe.
class change_feed {
public:
  /// `kept_bytes`: of changes in memory; older ones are read from the store by whoever needs them.
  change_feed(store_readers::open_reader open, program::log& log, std::size_t kept_bytes = 8U * 1024 * 1024);
  ~change_feed();

  /// From now on `on_news` is called for each batch of changes, on the feed's thread. To be called once,
  /// before any client listens.
  void begin(std::function<void()> on_news);

  /// Ends the thread.
  void end();

  /// Somebody listens as long as this lives.
  class listener {
  public:
    explicit listener(change_feed& feed);
    ~listener();
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

  private:
    change_feed& feed_;
  };

  using entries = std::vector<std::shared_ptr<const feed_entry>>;

  /// What came after a cursor, about so many bytes of it: from memory, else from the store. Empty where
  /// nothing has. The first entry is not the next one where the store no longer has that.
  answer_of<entries> after(std::int64_t cursor, std::size_t bytes, store_readers& readers);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace kollect::consumer

#endif
