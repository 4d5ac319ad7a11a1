#include "feed/outbox.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace kollect::consumer {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds serve_interval{1'000};
constexpr std::chrono::milliseconds wait_for_changes{250};
constexpr std::chrono::milliseconds first_back_off{100};
constexpr std::int64_t page_entries = 200;

/// A larger message goes alone: if the broker refuses it for its size, none that follows is stored already.
constexpr std::size_t large_message = 64U * 1024;
constexpr std::size_t batch_bytes = 4U * 1024 * 1024;
/// What a broker counts beside key, headers and value, generously.
constexpr std::size_t frame_bytes = 512;

std::size_t size_of(const outgoing_message& message) {
  std::size_t size = message.value.size() + (message.key ? message.key->size() : 0) + frame_bytes;
  for (const auto& [name, value] : message.headers)
    size += name.size() + value.size() + 8;
  return size;
}

timestamp now() {
  return from_system_clock(std::chrono::system_clock::now());
}

} // namespace

result<void> publish_entry(publisher& broker, const outbox_settings& settings, const feed_entry& entry,
                           std::chrono::milliseconds timeout) {
  constexpr std::array forms{feed_omission::nothing, feed_omission::before, feed_omission::rows};
  for (const auto form : forms) {
    const auto message = make_feed_message(settings.target, entry, form);
    const bool is_last = form == forms.back();
    if (!is_last && settings.max_message_bytes && size_of(message) > *settings.max_message_bytes)
      continue;
    const auto answer = broker.publish(std::span(&message, 1), timeout);
    if (answer.front())
      return {};
    if (is_last || answer.front().error().reason() != error::message_exceeds_limit)
      return answer.front().error();
  }
  return {};
}

/// The thread, and what it shares with serve().
struct outbox::state {
  state(outbox_settings how, open_reader read, open_publisher publish, program::log& to, monitor& watch)
      : settings(std::move(how)), make_reader(std::move(read)), make_publisher(std::move(publish)), log(to),
        watched(watch), worker([this] { work(); }) {}
  ~state() { stop(); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  void stop() {
    {
      const std::scoped_lock lock(mutex);
      is_stopping = true;
    }
    changed.notify_all();
    if (worker.joinable())
      worker.join();
  }

  /// Where to go on, and under which grant of the lease.
  struct place {
    std::int64_t cursor = 0;
    std::uint64_t grant = 0;
  };

  /// Waits for the lease; nothing when it is time to end.
  std::optional<place> wait_for_lease() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return is_stopping || (cursor && clock::now() < leased_until); });
    return is_stopping ? std::nullopt : std::optional(place{*cursor, grant});
  }

  bool may_publish(std::uint64_t under) {
    const std::scoped_lock lock(mutex);
    return !is_stopping && cursor && grant == under && clock::now() < leased_until;
  }

  void note_published(std::int64_t to, std::size_t messages, std::uint64_t under) {
    watched.feed_published(to, messages);
    const std::scoped_lock lock(mutex);
    if (cursor && grant == under)
      cursor = published = to;
  }

  void work() {
    while (const auto from = wait_for_lease()) {
      auto done = publish_after(*from);
      if (done)
        next_back_off = {};
      else
        back_off(done.error());
    }
  }

  /// What could not be read or published is tried again with new connections.
  void back_off(const failure& reason) {
    reader.reset();
    broker.reset();
    log.error(reason);
    watched.tried_again("feed");
    next_back_off = std::min(std::max(next_back_off * 2, first_back_off), settings.longest_back_off);
    log.warning("publishing the change feed again", {{"after_ms", next_back_off.count()}});
    std::unique_lock lock(mutex);
    changed.wait_for(lock, next_back_off, [&] { return is_stopping; });
  }

  result<void> open() {
    if (!reader) {
      auto opened = make_reader();
      if (!opened)
        return opened.error();
      auto id = (*opened)->store_id();
      if (!id)
        return id.error();
      settings.target.store_id = *id;
      reader = std::move(*opened);
    }
    if (!broker) {
      auto opened = make_publisher();
      if (!opened)
        return opened.error();
      broker = std::move(*opened);
    }
    return {};
  }

  /// Publishes the next page, or waits a moment where there is none.
  result<void> publish_after(const place& from) {
    if (auto opened = open(); !opened)
      return opened;
    auto entries = reader->changes_after(from.cursor, page_entries);
    if (!entries)
      return entries.error();
    if (entries->empty())
      return reader->wait_for_commit(wait_for_changes);
    if (entries->front().cursor > from.cursor + 1)
      if (auto told = publish_gap(from, entries->front().cursor - 1); !told)
        return told;
    for (std::size_t begin = 0; begin < entries->size();) {
      auto end = publish_batch(std::span(*entries).subspan(begin), from.grant);
      if (!end)
        return end.error();
      if (*end == 0)
        return {}; // it is not for us any more, or time to end
      begin += *end;
    }
    return {};
  }

  result<void> publish_gap(const place& from, std::int64_t last) {
    log.error("changes were removed from the store before they were published: --keep-changes is too low, or "
              "the feed's broker was away too long; the feed says so",
              {{"first_cursor", from.cursor + 1}, {"last_cursor", last}});
    const auto message = make_feed_gap_message(settings.target, from.cursor + 1, last, now());
    const auto answer = broker->publish(std::span(&message, 1), settings.publish_timeout);
    if (!answer.front())
      return answer.front().error();
    note_published(last, 1, from.grant);
    return {};
  }

  /// Publishes as many of the entries as go together, and answers how many; 0 if none may be.
  result<std::size_t> publish_batch(std::span<const feed_entry> entries, std::uint64_t under) {
    if (!may_publish(under))
      return std::size_t{0};
    const auto most = std::min(large_message, settings.max_message_bytes.value_or(2 * large_message) / 2);
    std::vector<outgoing_message> messages;
    std::size_t bytes = 0;
    for (const auto& entry : entries) {
      // Rows alone tell whether it is a large one, before it is made.
      if (entry.before.size() + entry.after.size() > most || bytes > batch_bytes)
        break;
      auto message = make_feed_message(settings.target, entry);
      if (size_of(message) > most)
        break;
      bytes += size_of(message);
      messages.push_back(std::move(message));
    }
    if (messages.empty()) {
      if (auto sent = publish_entry(*broker, settings, entries.front(), settings.publish_timeout); !sent)
        return sent.error();
      note_published(entries.front().cursor, 1, under);
      return std::size_t{1};
    }
    const auto answers = broker->publish(messages, settings.publish_timeout);
    std::size_t stored = 0;
    while (stored < answers.size() && answers[stored])
      ++stored;
    if (stored > 0)
      note_published(entries[stored - 1].cursor, stored, under);
    if (stored < answers.size())
      return answers[stored].error();
    return stored;
  }

  outbox_settings settings;
  open_reader make_reader;
  open_publisher make_publisher;
  program::log& log;
  monitor& watched;

  // Of the thread.
  std::unique_ptr<feed_reader> reader;
  std::unique_ptr<publisher> broker;
  std::chrono::milliseconds next_back_off{0};

  // Of serve().
  clock::time_point serve_again{};
  std::optional<clock::time_point> without_lease_since; // asked whether all is done

  std::mutex mutex;
  std::condition_variable changed;
  bool is_stopping = false;
  std::optional<std::int64_t> cursor; // all up to it is published; nothing without the lease
  std::uint64_t grant = 0;
  std::int64_t published = 0; // as it is to be noted
  clock::time_point leased_until{};

  std::thread worker; // last: it uses all of the above
};

outbox::outbox(outbox_settings settings, open_reader make_reader, open_publisher make_publisher,
               program::log& log, monitor& watch)
    : state_(std::make_unique<state>(std::move(settings), std::move(make_reader), std::move(make_publisher),
                                     log, watch)) {}

outbox::~outbox() = default;

result<void> outbox::serve(store& target) {
  const auto begun = clock::now();
  if (begun < state_->serve_again)
    return {};
  state_->serve_again = begun + serve_interval;
  const auto& settings = state_->settings;
  std::int64_t published = 0;
  {
    const std::scoped_lock lock(state_->mutex);
    published = state_->published;
  }
  auto granted = target.lease_feed(settings.name, settings.owner, published, settings.lease);
  if (!granted)
    return granted.error();
  {
    const std::scoped_lock lock(state_->mutex);
    if (!*granted) {
      state_->cursor.reset();
    } else {
      // After a pause others may have gone on.
      if (!state_->cursor || begun >= state_->leased_until) {
        state_->cursor = state_->published = **granted;
        ++state_->grant;
      }
      // So that what is begun before it ends within the lease.
      state_->leased_until = begun + settings.lease - settings.publish_timeout;
    }
  }
  state_->changed.notify_all();
  auto last = target.last_cursor();
  if (!last)
    return last.error();
  if (*granted)
    state_->watched.feed_lag_is(std::max<std::int64_t>(*last - published, 0));
  return {};
}

result<bool> outbox::is_done(store& target) {
  auto last = target.last_cursor();
  if (!last)
    return last.error();
  state_->serve_again = {};
  if (auto served = serve(target); !served)
    return served.error();
  const std::scoped_lock lock(state_->mutex);
  if (state_->cursor) {
    state_->without_lease_since.reset();
    return state_->published >= *last;
  }
  // The lease of a process that was killed ends by itself. One that lives renews it, and publishes the rest.
  const auto now = clock::now();
  if (!state_->without_lease_since)
    state_->without_lease_since = now;
  return now - *state_->without_lease_since > state_->settings.lease;
}

std::int64_t outbox::published() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->published;
}

result<void> outbox::finish(store& target) {
  state_->stop();
  if (!state_->cursor)
    return {}; // another process publishes
  const auto& settings = state_->settings;
  auto released =
      target.lease_feed(settings.name, settings.owner, state_->published, std::chrono::milliseconds(0));
  if (!released)
    return released.error();
  return {};
}

} // namespace kollect::consumer
