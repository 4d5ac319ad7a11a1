// What the loop does after a failure: wait, open again, go on.
#include "consume/consumer_loop.hpp"

#include <algorithm>
#include <utility>

namespace kollect::consumer {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds step_time{250}; // of a pause, between two signs of life

bool is_of_store(const failure& reason) {
  return reason.code == condition::cannot_store || reason.reason() == error::store_unavailable;
}

} // namespace

/// A damaged file does not mend itself, and tables that somebody has removed do not come back; whatever else
/// is out of reach may. So may a topic, a stream or a durable that was there before.
bool consumer_loop::is_worth_retrying(const failure& reason) const {
  if (reason.reason() == error::store_missing)
    return false;
  return reason.code == condition::unavailable ||
         (is_of_store(reason) && reason.reason() != error::store_corrupt) ||
         (has_connected_ && reason.reason() == error::topic_missing);
}

/// Waits and lets the next step open what has failed again, where that may help.
result<consumer_loop::step> consumer_loop::recover_from(const failure& reason) {
  if (!is_worth_retrying(reason))
    return reason;
  if (auto waited = back_off(reason); !waited)
    return waited.error();
  // A handle that has seen a failed write or sync is never trusted again.
  if (is_of_store(reason))
    store_.reset();
  else
    subscriber_.reset();
  return step::go_on;
}

result<void> consumer_loop::reopen_store() {
  store_.reset();
  scopes_.forget();
  monitor_.opening_store(true);
  auto opened = make_store_();
  monitor_.opening_store(false);
  if (!opened) {
    store_problem_ = opened.error();
    return opened.error();
  }
  store_problem_.reset();
  store_ = std::move(*opened);
  is_index_complete_ = false;
  monitor_.store_is(true);
  return {};
}

failure consumer_loop::why_store_is_closed() const {
  return store_problem_ ? *store_problem_
                        : make_failure(error::store_unavailable,
                                       "the store was closed after a failure; it will be reopened");
}

/// Waits longer from failure to failure, staying in the group meanwhile.
result<void> consumer_loop::back_off(const failure& reason) {
  const auto now = clock::now();
  if (failing_since_ == clock::time_point{})
    failing_since_ = now;
  failed_at_ = now;
  if (settings_.is_until_end && now - failing_since_ > settings_.give_up_after)
    return reason;
  progress_.clear();
  log_.error(reason);
  if (is_of_store(reason))
    monitor_.store_is(false);
  monitor_.tried_again(is_of_store(reason) ? "store" : "broker");
  const auto pause = pause_.next();
  log_.warning("trying again", {{"after_ms", pause.count()}});
  for (auto left = pause; left.count() > 0 && !stop_.wait(std::min(left, step_time));
       left -= std::min(left, step_time)) {
    monitor_.came_round();
    keep_alive();
  }
  return {};
}

void consumer_loop::keep_alive() {
  if (!subscriber_ || has_lost_its_messages())
    return;
  if (auto kept = subscriber_->keep_alive(); kept)
    heard_of_at_ = clock::now();
  else
    log_.warning(to_string(kept.error()));
}

bool consumer_loop::has_lost_its_messages() const {
  const auto ack_wait = subscriber_ ? subscriber_->ack_wait() : std::nullopt;
  return ack_wait && clock::now() - heard_of_at_ > *ack_wait;
}

/// One that comes back soon after a success is the same trouble still, such as two processes with one
/// instance id that fence each other: then the pauses go on growing.
void consumer_loop::forget_failures() {
  if (clock::now() - failed_at_ > 2 * settings_.longest_back_off)
    pause_.reset();
  failing_since_ = {};
}

} // namespace kollect::consumer
