#include "read_api/change_feed.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::chrono::milliseconds wait_for_changes{250};
constexpr std::chrono::seconds after_failure{1};
constexpr std::int64_t page_entries = 500;

std::size_t size_of(const feed_entry& entry) {
  return sizeof entry + entry.before.size() + entry.after.size() + entry.changed_paths_json.size();
}

} // namespace

struct change_feed::state {
  state(store_readers::open_reader open, program::log& to, std::size_t bytes)
      : make_reader(std::move(open)), log(to), most_bytes(bytes) {}

  store_readers::open_reader make_reader;
  program::log& log;
  std::size_t most_bytes;
  std::function<void()> on_news;

  std::mutex mutex;
  std::condition_variable changed;
  std::size_t listeners = 0;
  bool is_ending = false;
  /// All entries after `known_from` and up to `known_to` are kept; nothing is known before the first look.
  std::optional<std::int64_t> known_from;
  std::int64_t known_to = 0;
  std::deque<std::shared_ptr<const feed_entry>> kept;
  std::size_t kept_bytes = 0;

  std::unique_ptr<store_reader> reader; // of the thread
  std::thread worker;

  bool wait_for_listener() {
    std::unique_lock lock(mutex);
    if (listeners == 0) {
      forget(); // what happens meanwhile is not looked at
      changed.wait(lock, [&] { return is_ending || listeners > 0; });
    }
    return !is_ending;
  }

  void forget() {
    known_from.reset();
    kept.clear();
    kept_bytes = 0;
  }

  void work() {
    while (wait_for_listener()) {
      if (auto looked = look(); !looked) {
        reader.reset();
        // At a first start this may be sooner than whoever makes the store.
        if (looked.error().reason() != error::store_missing)
          log.error(looked.error());
        std::unique_lock lock(mutex);
        forget();
        changed.wait_for(lock, after_failure, [&] { return is_ending; });
      }
    }
  }

  result<void> look() {
    if (!reader) {
      auto opened = make_reader();
      if (!opened)
        return opened.error();
      reader = std::move(*opened);
    }
    if (!known_from) {
      auto last = reader->last_cursor();
      if (!last)
        return last.error();
      const std::scoped_lock lock(mutex);
      known_from = known_to = *last;
      // Whoever came before that may have missed something: it is asked to look into the store.
    } else {
      auto entries = reader->changes_after(known_to, page_entries);
      if (!entries)
        return entries.error();
      if (entries->empty())
        return reader->wait_for_commit(wait_for_changes);
      keep(std::move(*entries));
    }
    on_news();
    return {};
  }

  void keep(std::vector<feed_entry> entries) {
    const std::scoped_lock lock(mutex);
    if (entries.front().cursor != known_to + 1) {
      forget();
      known_from = entries.front().cursor - 1;
    }
    for (auto& entry : entries) {
      known_to = entry.cursor;
      kept_bytes += size_of(entry);
      kept.push_back(std::make_shared<const feed_entry>(std::move(entry)));
    }
    while (kept_bytes > most_bytes) {
      kept_bytes -= size_of(*kept.front());
      known_from = kept.front()->cursor;
      kept.pop_front();
    }
  }

  /// Nothing where the store has to be asked.
  std::optional<entries> from_memory(std::int64_t cursor, std::size_t bytes) {
    const std::scoped_lock lock(mutex);
    if (!known_from || cursor < *known_from)
      return {};
    entries out;
    std::size_t taken = 0;
    auto at = kept.size() - static_cast<std::size_t>(std::max<std::int64_t>(known_to - cursor, 0));
    for (; at < kept.size() && (taken == 0 || taken < bytes); ++at) {
      taken += size_of(*kept[at]);
      out.push_back(kept[at]);
    }
    return out;
  }
};

change_feed::change_feed(store_readers::open_reader open, program::log& log, std::size_t kept_bytes)
    : state_(std::make_unique<state>(std::move(open), log, kept_bytes)) {}

change_feed::~change_feed() {
  end();
}

void change_feed::begin(std::function<void()> on_news) {
  state_->on_news = std::move(on_news);
  state_->worker = std::thread([this] { state_->work(); });
}

void change_feed::end() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->changed.notify_all();
  if (state_->worker.joinable())
    state_->worker.join();
}

change_feed::listener::listener(change_feed& feed) : feed_(feed) {
  const std::scoped_lock lock(feed_.state_->mutex);
  ++feed_.state_->listeners;
  feed_.state_->changed.notify_all();
}

change_feed::listener::~listener() {
  const std::scoped_lock lock(feed_.state_->mutex);
  --feed_.state_->listeners;
}

answer_of<change_feed::entries> change_feed::after(std::int64_t cursor, std::size_t bytes,
                                                   store_readers& readers) {
  if (auto found = state_->from_memory(cursor, bytes))
    return std::move(*found);
  return readers.ask([&](store_reader& source) -> answer_of<entries> {
    // One after the other: an entry may be as large as a message.
    entries out;
    std::size_t taken = 0;
    while (out.empty() || taken < bytes) {
      constexpr std::int64_t at_once = 20;
      auto read = source.changes_after(out.empty() ? cursor : out.back()->cursor, at_once);
      if (!read)
        return store_is_away(read.error());
      for (auto& entry : *read) {
        taken += size_of(entry);
        out.push_back(std::make_shared<const feed_entry>(std::move(entry)));
      }
      if (static_cast<std::int64_t>(read->size()) < at_once)
        break;
    }
    return out;
  });
}

} // namespace kollect::consumer
