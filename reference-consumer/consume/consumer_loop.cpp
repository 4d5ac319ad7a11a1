#include "consume/consumer_loop.hpp"

#include "ingest/ingest_within_memory.hpp"
#include "ingest/trace_context.hpp"
#include "operations/decompression.hpp"

#include <algorithm>
#include <utility>

namespace kollect::consumer {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds poll_time{250};
constexpr std::chrono::milliseconds last_poll_time{10};
constexpr std::chrono::seconds storing_interval{1};
constexpr std::chrono::milliseconds stop_patience{500};
constexpr std::int64_t checked_bytes_at_start = 64LL << 20U; // of held rows

} // namespace

consumer_loop::consumer_loop(loop_settings settings, open_store make_store, open_subscriber make_subscriber,
                             program::stop_signal& stop, program::log& log, monitor& watch)
    : settings_(std::move(settings)), make_store_(std::move(make_store)),
      make_subscriber_(std::move(make_subscriber)), stop_(stop), log_(log), monitor_(watch),
      scopes_(settings_.row_cache_bytes) {}

result<loop_result> consumer_loop::run() {
  if (auto opened = open_at_first(); !opened)
    return opened.error();
  maintained_at_ = reported_at_ = clock::now();
  settings_.ingest.on_progress = [this] { come_round_while_storing(); };
  if (auto checked = check_held_rows(checked_bytes_at_start); !checked)
    if (auto recovered = recover_from(checked.error()); !recovered)
      return recovered.error();
  while (!stop_.is_requested()) {
    monitor_.came_round();
    auto taken = take_batch();
    if (!taken)
      return taken.error();
    if (*taken == step::done)
      break;
    if (auto maintained = maintain(); !maintained)
      return maintained.error();
  }
  progress_.clear();
  if (settings_.is_until_end && !stop_.is_requested())
    if (auto retried = retry_future_letters(std::chrono::seconds(60)); !retried)
      return retried.error();
  if (auto published = finish_feed(); !published)
    return published.error();
  monitor_.draining();
  if (subscriber_) {
    if (is_commit_begun_)
      tell_broker(&subscriber::commit);
    subscriber_->close();
  }
  if (!store_)
    return loop_result{total_.counts, std::nullopt};
  auto total = store_->counts();
  if (!total && !stop_.is_requested())
    return total.error();
  return loop_result{total_.counts, total ? std::optional(*total) : std::nullopt};
}

/// With is_until_end waits until all of the feed is published; then ends its publishing.
result<void> consumer_loop::finish_feed() {
  if (feed_ == nullptr)
    return {};
  std::int64_t published = 0;
  auto moved_at = clock::now();
  while (settings_.is_until_end && !stop_.is_requested()) {
    monitor_.came_round();
    auto done = store_ ? feed_->is_done(*store_) : result<bool>(why_store_is_closed());
    if (!done) {
      if (auto recovered = recover_from(done.error()); !recovered)
        return recovered.error();
      if (auto opened = store_ ? result<void>{} : reopen_store(); !opened)
        log_.error(opened.error());
      continue;
    }
    if (*done)
      break;
    if (feed_->published() > published) {
      published = feed_->published();
      moved_at = clock::now();
    }
    if (clock::now() - moved_at > settings_.give_up_after)
      return make_failure(
          error::not_acknowledged,
          "the change feed could not be published in time; what is missing comes with the next "
          "run");
    stop_.wait(std::chrono::milliseconds(20));
  }
  return store_ ? feed_->finish(*store_) : result<void>{};
}

/// A broker out of reach is most likely a mistake in the manifest, and told at once; a database may well
/// come up later than we do.
result<void> consumer_loop::open_at_first() {
  for (;;) {
    auto opened = open_what_is_closed();
    if (opened || store_ || opened.error().code != condition::unavailable || stop_.is_requested())
      return opened;
    if (auto waited = back_off(opened.error()); !waited)
      return waited;
  }
}

result<void> consumer_loop::open_what_is_closed() {
  if (!store_)
    if (auto opened = reopen_store(); !opened)
      return opened;
  return subscriber_ ? result<void>{} : connect();
}

result<void> consumer_loop::connect() {
  subscriber_.reset();
  is_commit_begun_ = false;
  owned_.clear();
  scopes_.forget();
  rewinds_.clear();
  // A broker that does not answer must not keep us from ending; nothing is under way yet.
  std::optional<program::drain_limit> impatience;
  if (settings_.end_process)
    impatience.emplace(stop_, stop_patience, settings_.end_process);
  auto connected = make_subscriber_(make_listener());
  if (!connected)
    return connected.error();
  subscriber_ = std::move(*connected);
  is_end_marked_ = false;
  if (auto marked = mark_end(); !marked) {
    subscriber_.reset();
    return marked;
  }
  taken_at_ = clock::now();
  has_connected_ = true;
  settings_.ingest.log = subscriber_->log();
  log_.info("consuming", {{"log", settings_.ingest.log.name}, {"owner", settings_.owner}});
  return {};
}

partition_listener consumer_loop::make_listener() {
  return {.assigned = [this](const log_identity& log,
                             std::span<const std::int32_t> partitions) -> result<start_positions> {
            if (is_storing_)
              return make_failure(error::store_unavailable,
                                  "a batch is being stored; the partitions are taken over after it");
            settings_.ingest.log = log;
            return claim(partitions);
          },
          .revoked =
              [this](std::span<const std::int32_t> partitions) {
                if (is_storing_) // what is being stored is fenced off by the store
                  lost_while_storing_.insert(lost_while_storing_.end(), partitions.begin(), partitions.end());
                else
                  give_up(partitions);
              },
          .gap = [this](std::int32_t partition, std::int64_t expected,
                        std::int64_t found) { note_gap(partition, expected, found); }};
}

void consumer_loop::give_up(std::span<const std::int32_t> partitions) {
  for (const auto partition : partitions)
    owned_.erase(partition);
  scopes_.forget(); // others write those scopes now
  log_.info("partitions revoked", {{"partitions", partitions.size()}, {"owned", owned_.size()}});
}

void consumer_loop::note_gap(std::int32_t partition, std::int64_t expected, std::int64_t found) {
  if (found < expected) {
    log_.error("the log is not the one that was consumed: it was recreated, or has lost its tail; it is read "
               "again from its beginning, and what was consumed before is skipped",
               {{"partition", partition}, {"expected", expected}, {"found", found}});
    rewinds_[partition] = found;
    monitor_.rewound();
    return;
  }
  // A Kafka partition is asked for one message early; where only that one is gone, nothing was missed.
  if (const auto held = owned_.find(partition); held != owned_.end())
    expected = std::max(expected, held->second.next_offset);
  if (found <= expected)
    return;
  monitor_.missed(found - expected);
  log_.error("the broker removed messages before they were consumed: retention is too short or the consumer "
             "was down too long; the state is correct again with each scope's next snapshot",
             {{"partition", partition}, {"expected", expected}, {"found", found}});
}

result<std::vector<std::optional<read_position>>>
consumer_loop::claim(std::span<const std::int32_t> partitions) {
  // Partitions may well be assigned while the store is away: whoever keeps us in the group asks again.
  if (!store_)
    return why_store_is_closed();
  std::vector<std::optional<read_position>> starts;
  if (settings_.ingest.log.system == broker_system::nats) {
    // A durable keeps its own position; ours tells whether this store ever saw the stream, and what
    // retention has removed since.
    auto noted = store_->noted_position(settings_.ingest.log.name);
    if (!noted)
      return noted.error();
    starts.resize(partitions.size());
    if (*noted)
      starts.assign(partitions.size(), read_position((*noted)->next_offset, (*noted)->last_message));
    return starts;
  }
  auto claimed = store_->claim(settings_.ingest.log.name, partitions, settings_.owner);
  if (!claimed)
    return claimed.error();
  for (const auto& position : *claimed) {
    owned_[position.partition] = position;
    // Fetching begins at the stored position again. That the log is another one is seen there once more; to
    // set the position back now would leave out what lies between.
    rewinds_.erase(position.partition);
    // One message early, to see whether it still is the one that was consumed: see find_replaced_logs().
    const std::int64_t start = position.next_offset - (position.last_message ? 1 : 0);
    starts.push_back(position.next_offset < 0 ? std::nullopt : std::optional<read_position>(start));
  }
  log_.info("partitions assigned", {{"partitions", partitions.size()}, {"owned", owned_.size()}});
  return starts;
}

result<consumer_loop::step> consumer_loop::take_batch() {
  if (auto opened = open_what_is_closed(); !opened)
    return recover_from(opened.error());
  // The end may have been in the last batch, and who waits for it should not wait longer.
  const bool may_be_over = std::exchange(has_just_stored_, false) && settings_.is_until_end;
  auto batch = subscriber_->poll(settings_.batch_messages, settings_.batch_bytes,
                                 may_be_over ? last_poll_time : poll_time);
  if (!batch)
    return recover_from(batch.error());
  heard_of_at_ = clock::now();
  note_unreadable();
  note_taken(*batch);
  was_waiting_ = std::exchange(is_waiting_, batch->empty());
  if (batch->empty() && rewinds_.empty())
    return finish_or_go_on();
  taken_at_ = heard_of_at_;
  auto is_rewound = rewind_replaced(*batch);
  if (!is_rewound || *is_rewound) {
    subscriber_.reset(); // joins again and is told what is still ours, and where to begin
    const bool is_ours = is_rewound || is_rewound.error().reason() == error::fenced;
    return is_ours ? step::go_on : recover_from(is_rewound.error());
  }
  if (batch->empty())
    return finish_or_go_on();
  auto stored = ingest_until_stored(*batch);
  if (!stored) {
    if (stored.error().reason() != error::fenced)
      return stored.error();
    monitor_.fenced();
    subscriber_.reset(); // joins again and is told what is still ours
    // Whoever shares our store without our group takes the partition over again: two that never wait never
    // end.
    if (auto waited = back_off(stored.error()); !waited)
      return waited.error();
    return step::go_on;
  }
  if (*stored == step::done)
    return step::done;
  for (auto& message : *batch)
    message.acknowledge();
  tell_broker(&subscriber::begin_commit);
  has_just_stored_ = is_commit_begun_ = true;
  return step::go_on;
}

/// What was polled is not in librdkafka's queue any more; where nothing was, the queue is empty.
void consumer_loop::note_taken(const std::vector<received_message>& batch) {
  if (batch.empty())
    return decompression::give_back_all();
  std::size_t bytes = 0;
  for (const auto& message : batch)
    bytes += message.value.size();
  decompression::give_back(bytes);
}

/// Tells once of each partition that begins to stand still, and when it goes on.
void consumer_loop::note_unreadable() {
  const auto stuck = subscriber_->unreadable();
  if (stuck.empty() && stuck_.empty())
    return;
  std::map<std::int32_t, std::int64_t> places;
  for (const auto& one : stuck) {
    places.emplace(one.partition, one.offset);
    if (stuck_.contains(one.partition))
      continue;
    log_.record(program::log::level::err, to_string(one.reason),
                std::vector<program::log_field>{{"reason", error_name(one.reason.reason())},
                                                {"partition", one.partition},
                                                {"offset", one.offset}});
  }
  for (const auto& [partition, offset] : stuck_)
    if (!places.contains(partition))
      log_.info("the partition can be read again, or is no longer ours",
                {{"partition", partition}, {"offset", offset}});
  stuck_ = std::move(places);
  monitor_.unreadable_are(stuck);
}

/// Not confirmed is not lost: the store knows what it has, and recognises it when it comes again.
void consumer_loop::tell_broker(result<void> (subscriber::*commit)(std::chrono::milliseconds)) {
  if (auto told = ((*subscriber_).*commit)(settings_.broker_timeout); !told)
    log_.warning(to_string(told.error()));
}

/// Sets partitions back whose log is not the one it was. True when the subscriber has to start over.
result<bool> consumer_loop::rewind_replaced(const std::vector<received_message>& batch) {
  for (const auto& [partition, next_offset] : rewinds_) {
    if (settings_.ingest.log.system == broker_system::nats)
      if (auto rewound = rewind_stream(next_offset); !rewound)
        return rewound.error();
    const auto held = owned_.find(partition);
    if (held == owned_.end())
      continue;
    if (auto rewound = store_->rewind(settings_.ingest.log.name, held->second, next_offset); !rewound)
      return rewound.error();
    held->second.next_offset = next_offset;
    held->second.last_message.reset();
  }
  if (!rewinds_.empty())
    scopes_.forget();
  rewinds_.clear();
  const auto replaced = find_replaced_logs(owned_, batch);
  for (const auto partition : replaced) {
    log_.error("the last consumed message is no longer where it was: the log was recreated; it is read "
               "from its beginning",
               {{"partition", partition}, {"offset", owned_.at(partition).next_offset - 1}});
    monitor_.rewound();
    if (auto rewound = store_->rewind(settings_.ingest.log.name, owned_.at(partition), -1); !rewound)
      return rewound.error();
  }
  return !replaced.empty();
}

/// Sets the position of a stream back, which nobody owns.
result<void> consumer_loop::rewind_stream(std::int64_t next_offset) {
  auto noted = store_->noted_position(settings_.ingest.log.name);
  if (!noted)
    return noted.error();
  if (!*noted || (*noted)->next_offset <= next_offset)
    return {};
  return store_->rewind(settings_.ingest.log.name, **noted, next_offset);
}

/// step::done when it was told to end before the store took the batch, which then comes again.
result<consumer_loop::step> consumer_loop::ingest_until_stored(std::vector<received_message>& batch) {
  for (;;) {
    const auto begun = clock::now();
    if (has_lost_its_messages())
      return make_failure(
          error::fenced,
          "this process stood still for longer than the durable's ack wait, and JetStream has "
          "given its messages to others; this batch is dropped",
          "DED-03");
    is_storing_ = true;
    auto done = store_ ? ingest_within_memory(*store_, settings_.ingest, owned_, batch, scopes_)
                       : result<batch_report>(why_store_is_closed());
    is_storing_ = false;
    if (!lost_while_storing_.empty())
      give_up(std::exchange(lost_while_storing_, {}));
    if (done) {
      report(*done, begun);
      report_arrival(batch);
      forget_failures();
      return step::go_on;
    }
    if (!is_worth_retrying(done.error()))
      return done.error();
    if (auto waited = back_off(done.error()); !waited)
      return waited.error();
    if (stop_.is_requested())
      return step::done;
    // A handle that has seen a failed write or sync is never trusted again.
    if (auto opened = reopen_store(); !opened && !is_worth_retrying(opened.error()))
      return opened.error();
  }
}

/// A large snapshot takes its time: probes and the broker are told that it goes on.
void consumer_loop::come_round_while_storing() {
  monitor_.came_round();
  if (clock::now() - heard_of_at_ >= storing_interval)
    keep_alive();
}

} // namespace kollect::consumer
