#ifndef KOLLECT_CONSUMER_READ_API_STORE_READERS_HPP
#define KOLLECT_CONSUMER_READ_API_STORE_READERS_HPP

#include "read_api/answer.hpp"
#include "store/store_reader.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// Calls `work`, which answers an answer_of<…>, so that all it reads is of one moment: see
/// store_reader::read_at_once().
template <class Work>
auto answer_at_once(store_reader& source, Work&& work) -> decltype(work()) {
  std::optional<decltype(work())> out;
  auto read = source.read_at_once([&]() -> result<void> {
    out.emplace(work());
    return {};
  });
  if (!read)
    return store_is_away(read.error());
  return std::move(*out);
}

/// Connections that only read, opened when they are first needed and used by one thread at a time. There are
/// as many as there are threads that read at once. Thread-safe.
class store_readers {
public:
  using open_reader = std::function<result<std::unique_ptr<store_reader>>()>;

  explicit store_readers(open_reader open) : open_(std::move(open)) {}

  /// Calls `work`, which answers an answer_of<…>, with a reader. One that fails is closed, and another opened
  /// the next time.
  template <class Work>
  auto ask(Work&& work) -> decltype(work(std::declval<store_reader&>())) {
    auto reader = take();
    if (!reader)
      return store_is_away(reader.error());
    auto done = work(**reader);
    if (done || !done.error().cause)
      give_back(std::move(*reader));
    return done;
  }

private:
  result<std::unique_ptr<store_reader>> take() {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        auto reader = std::move(idle_.back());
        idle_.pop_back();
        return reader;
      }
    }
    return open_();
  }

  void give_back(std::unique_ptr<store_reader> reader) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(reader));
  }

  open_reader open_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<store_reader>> idle_;
};

} // namespace kollect::consumer

#endif
