#include "consumer_loop.hpp"

#include <algorithm>
#include <utility>

namespace kollect::consumer {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds poll_time{250};
constexpr std::chrono::milliseconds first_back_off{100};
constexpr std::chrono::seconds maintenance_interval{30};
constexpr std::chrono::seconds report_interval{10};

bool is_worth_retrying(const failure& reason) {
  return reason.code == condition::unavailable || reason.code == condition::cannot_store;
}

} // namespace

consumer_loop::consumer_loop(loop_settings settings, open_store make_store, open_subscriber make_subscriber, program::stop_signal& stop,
                             program::log& log)
    : settings_(std::move(settings)), make_store_(std::move(make_store)), make_subscriber_(std::move(make_subscriber)), stop_(stop),
      log_(log) {}

result<outcome_counts> consumer_loop::run() {
  if (auto opened = reopen_store(); !opened) return opened.error();
  if (auto connected = connect(); !connected) return connected.error();
  if (settings_.is_until_end)
    if (auto marked = subscriber_->mark_end(settings_.broker_timeout); !marked) return marked.error();
  maintained_at_ = reported_at_ = clock::now();
  while (!stop_.is_requested()) {
    auto taken = take_batch();
    if (!taken) return taken.error();
    if (*taken == step::done) break;
    if (auto maintained = maintain(); !maintained) return maintained.error();
  }
  progress_.clear();
  subscriber_->close();
  return total_.counts;
}

result<void> consumer_loop::connect() {
  subscriber_.reset();
  owned_.clear();
  auto connected = make_subscriber_(make_listener());
  if (!connected) return connected.error();
  subscriber_ = std::move(*connected);
  settings_.ingest.log = subscriber_->log();
  log_.info("consuming", {{"log", settings_.ingest.log.name}, {"owner", settings_.owner}});
  return {};
}

partition_listener consumer_loop::make_listener() {
  return {.assigned = [this](const log_identity& log, std::span<const std::int32_t> partitions) {
            settings_.ingest.log = log;
            return claim(partitions);
          },
          .revoked =
              [this](std::span<const std::int32_t> partitions) {
                for (const auto partition : partitions) owned_.erase(partition);
                log_.info("partitions revoked", {{"partitions", partitions.size()}, {"owned", owned_.size()}});
              },
          .gap =
              [this](std::int32_t partition, std::int64_t expected, std::int64_t found) {
                log_.error("the broker removed messages before they were consumed: retention is too short or the consumer was away "
                           "too long; the state is right again with each scope's next snapshot",
                           {{"partition", partition}, {"expected", expected}, {"found", found}});
              }};
}

result<std::vector<std::optional<std::int64_t>>> consumer_loop::claim(std::span<const std::int32_t> partitions) {
  std::vector<std::optional<std::int64_t>> starts;
  if (settings_.ingest.log.system == broker_system::nats) {
    // A durable keeps its own position; all it needs to know is whether this store ever saw the stream.
    auto is_known = store_->knows_log(settings_.ingest.log.name);
    if (!is_known) return is_known.error();
    starts.assign(partitions.size(), *is_known ? std::optional<std::int64_t>(1) : std::nullopt);
    return starts;
  }
  auto claimed = store_->claim(settings_.ingest.log.name, partitions, settings_.owner);
  if (!claimed) return claimed.error();
  for (const auto& position : *claimed) {
    owned_[position.partition] = position;
    starts.push_back(position.next_offset < 0 ? std::nullopt : std::optional(position.next_offset));
  }
  log_.info("partitions assigned", {{"partitions", partitions.size()}, {"owned", owned_.size()}});
  return starts;
}

result<consumer_loop::step> consumer_loop::take_batch() {
  auto batch = subscriber_->poll(settings_.batch_messages, settings_.batch_bytes, poll_time);
  if (!batch) {
    if (!is_worth_retrying(batch.error())) return batch.error();
    if (auto waited = back_off(batch.error()); !waited) return waited.error();
    if (auto connected = connect(); !connected && !is_worth_retrying(connected.error())) return connected.error();
    return step::go_on;
  }
  if (batch->empty()) {
    if (!settings_.is_until_end) return step::go_on;
    auto is_done = subscriber_->caught_up(settings_.broker_timeout);
    if (!is_done && !is_worth_retrying(is_done.error())) return is_done.error();
    return is_done && *is_done ? step::done : step::go_on;
  }
  if (auto stored = ingest_until_stored(*batch); !stored) {
    if (stored.error().reason() != error::fenced) return stored.error();
    log_.error(stored.error());
    if (auto connected = connect(); !connected) return connected.error();
    return step::go_on;
  }
  for (auto& message : *batch) message.acknowledge();
  // Not confirmed is not lost: the store knows what it has, and recognises it when it comes again.
  if (auto told = subscriber_->commit(settings_.broker_timeout); !told) log_.warning(to_string(told.error()));
  return step::go_on;
}

result<void> consumer_loop::ingest_until_stored(const std::vector<received_message>& batch) {
  for (;;) {
    auto done = store_ ? ingest(*store_, settings_.ingest, owned_, batch, subscriber_->settled_sequence())
                       : result<batch_report>(make_failure(error::store_unavailable, "the store is closed"));
    if (done) {
      report(*done);
      next_back_off_ = {};
      failing_since_ = {};
      return {};
    }
    if (!is_worth_retrying(done.error())) return done.error();
    if (auto waited = back_off(done.error()); !waited) return waited;
    if (stop_.is_requested()) return done.error();
    // A handle that has seen a failed write or sync is never trusted again.
    if (auto opened = reopen_store(); !opened && !is_worth_retrying(opened.error())) return opened;
  }
}

result<void> consumer_loop::reopen_store() {
  store_.reset();
  auto opened = make_store_();
  if (!opened) return opened.error();
  store_ = std::move(*opened);
  return {};
}

/// Waits longer from failure to failure, staying in the group meanwhile.
result<void> consumer_loop::back_off(const failure& reason) {
  const auto now = clock::now();
  if (failing_since_ == clock::time_point{}) failing_since_ = now;
  if (settings_.is_until_end && now - failing_since_ > settings_.give_up_after) return reason;
  progress_.clear();
  log_.error(reason);
  next_back_off_ = std::min(std::max(next_back_off_ * 2, first_back_off), settings_.longest_back_off);
  log_.warning("trying again", {{"after_ms", next_back_off_.count()}});
  for (auto left = next_back_off_; left.count() > 0 && !stop_.wait(std::min(left, poll_time)); left -= std::min(left, poll_time))
    if (auto kept = subscriber_->keep_alive(); !kept) log_.warning(to_string(kept.error()));
  return {};
}

result<void> consumer_loop::maintain() {
  const auto now = clock::now();
  progress_.update([this] {
    return std::to_string(total_.counts.consumed) + " messages, " + std::to_string(total_.counts.applied) + " applied, " +
           std::to_string(total_.counts.duplicate) + " duplicate, " + std::to_string(total_.counts.stale) + " stale, " +
           std::to_string(total_.counts.dead_lettered) + " dead-lettered";
  });
  if (now - reported_at_ >= report_interval && !program::stderr_is_terminal()) {
    reported_at_ = now;
    log_.info("progress", {{"consumed", total_.counts.consumed}, {"applied", total_.counts.applied},
                           {"duplicate", total_.counts.duplicate}, {"stale", total_.counts.stale},
                           {"dead_lettered", total_.counts.dead_lettered}, {"pending", total_.counts.pending}});
  }
  if (now - maintained_at_ < maintenance_interval || !store_) return {};
  maintained_at_ = now;
  auto buried = bury_torn_sets(*store_, settings_.ingest);
  if (!buried && !is_worth_retrying(buried.error())) return buried.error();
  if (buried && *buried > 0) {
    total_.counts.settle(*buried, outcome::dead_lettered);
    log_.warning("torn sets given up", {{"parts", *buried}});
  }
  return {};
}

void consumer_loop::report(const batch_report& done) {
  total_.counts += done.counts;
  total_.rows_added += done.rows_added;
  total_.rows_changed += done.rows_changed;
  total_.rows_removed += done.rows_removed;
}

} // namespace kollect::consumer
