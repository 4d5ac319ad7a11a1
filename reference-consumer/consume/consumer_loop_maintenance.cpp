// What the loop does and tells between batches, and how it knows that it has come to the end.
#include "consume/consumer_loop.hpp"

#include "ingest/trace_context.hpp"

#include <algorithm>
#include <utility>

namespace kollect::consumer {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds maintenance_interval{30};
constexpr std::chrono::seconds report_interval{10};
constexpr std::chrono::seconds monitor_interval{1};
constexpr std::chrono::seconds cluster_interval{10};
constexpr std::chrono::seconds longest_retry{1};
constexpr std::int64_t indexed_at_once = 2'000;
constexpr std::int64_t rows_worth_telling = 10'000;
constexpr std::chrono::milliseconds index_time{200}; // between two polls that found nothing
constexpr std::chrono::seconds mark_patience{1};
constexpr std::chrono::seconds mark_pause{10}; // between two tries to learn where the log ends
constexpr std::int64_t letters_at_once = 200;
constexpr std::int64_t checked_bytes = 16LL << 20U; // of held rows, at each maintenance
constexpr std::chrono::seconds clock_tolerance{60}; // a difference of clocks that is worth a line
constexpr int most_notes = 10; // of one batch: a flood of poison must not be one of log lines

} // namespace

/// Each connection has its own mark; after a new one the end is where it is then, or later than at the start.
/// As long as nobody waits for the end, one leader that does not answer must not hold up the partitions of
/// others.
result<void> consumer_loop::mark_end() {
  if (!is_end_awaited() || is_end_marked_)
    return {};
  auto marked = subscriber_->mark_end(settings_.is_until_end ? settings_.broker_timeout : mark_patience);
  is_end_marked_ = marked.has_value();
  marked_at_ = clock::now();
  if (marked || settings_.is_until_end || marked.error().code != condition::unavailable)
    return marked;
  log_.warning(to_string(marked.error()));
  return {};
}

/// Whether somebody wants to know when all that was there is consumed.
bool consumer_loop::is_end_awaited() const {
  return settings_.is_until_end || (settings_.is_monitored && !has_caught_up_);
}

/// A run that has an end does not wait for ever for what the broker says is there and does not hand out.
std::optional<failure> consumer_loop::why_end_is_never_reached() const {
  const auto silence = clock::now() - taken_at_;
  if (!settings_.is_until_end || silence <= settings_.give_up_after)
    return {};
  if (const auto stuck = subscriber_->unreadable(); !stuck.empty())
    return stuck.front().reason; // the rest is consumed
  // Other members of a durable may hold messages for as long as its ack wait. Kafka tells what it cannot
  // give.
  if (const auto ack_wait = subscriber_->ack_wait(); !ack_wait || silence <= 2 * *ack_wait)
    return {};
  return make_failure(error::broker_timeout,
                      "the broker has messages up to the end that it did not hand out for " +
                          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(silence).count()) +
                          " s; what came before them is stored. Another member may hold them, or the broker "
                          "cannot read its own files: see its log");
}

result<consumer_loop::step> consumer_loop::finish_or_go_on() {
  if (std::exchange(is_commit_begun_, false))
    tell_broker(&subscriber::commit);
  if (!is_end_awaited()) {
    forget_failures();
    return step::go_on;
  }
  if (!is_end_marked_) {
    if (clock::now() - marked_at_ < mark_pause)
      return step::go_on;
    if (auto marked = mark_end(); !marked)
      return recover_from(marked.error());
  }
  auto is_done = subscriber_->caught_up(settings_.broker_timeout);
  if (is_done) {
    forget_failures();
    has_caught_up_ = *is_done;
    if (has_caught_up_)
      if (auto noted = note_caught_up(); !noted)
        return recover_from(noted.error());
    if (*is_done && settings_.is_until_end)
      return step::done;
    if (const auto never = why_end_is_never_reached())
      return *never;
    return step::go_on;
  }
  // A client that has lost its broker finds it again by itself, and has no messages until then.
  if (!is_worth_retrying(is_done.error()))
    return is_done.error();
  if (auto waited = back_off(is_done.error()); !waited)
    return waited.error();
  return step::go_on;
}

/// Tells probes and readers that nothing is missing any more of what our partitions hold.
result<void> consumer_loop::note_caught_up() {
  monitor_.caught_up();
  if (!store_)
    return why_store_is_closed();
  std::vector<std::int32_t> partitions;
  for (const auto& [partition, position] : owned_)
    partitions.push_back(partition);
  if (settings_.ingest.log.system == broker_system::nats)
    partitions = {0};
  return store_->note_caught_up(settings_.ingest.log.name, partitions);
}

result<void> consumer_loop::maintain() {
  const auto now = clock::now();
  progress_.update([this] {
    return std::to_string(total_.counts.consumed) + " messages, " + std::to_string(total_.counts.applied) +
           " applied, " + std::to_string(total_.counts.duplicate) + " duplicate, " +
           std::to_string(total_.counts.stale) + " stale, " + std::to_string(total_.counts.dead_lettered) +
           " dead-lettered";
  });
  if (now - reported_at_ >= report_interval && !program::stderr_is_terminal()) {
    reported_at_ = now;
    log_.info("progress", {{"consumed", total_.counts.consumed},
                           {"applied", total_.counts.applied},
                           {"duplicate", total_.counts.duplicate},
                           {"stale", total_.counts.stale},
                           {"dead_lettered", total_.counts.dead_lettered},
                           {"pending", total_.counts.pending}});
  }
  if (settings_.is_monitored && now - told_at_ >= monitor_interval && store_ && subscriber_) {
    told_at_ = now;
    if (auto told = tell_monitor(); !told) {
      auto recovered = recover_from(told.error());
      return recovered ? result<void>{} : recovered.error();
    }
  }
  if (feed_ != nullptr && store_)
    if (auto served = feed_->serve(*store_); !served) {
      auto recovered = recover_from(served.error());
      return recovered ? result<void>{} : recovered.error();
    }
  if (auto built = build_index(); !built) {
    auto recovered = recover_from(built.error());
    return recovered ? result<void>{} : recovered.error();
  }
  if (now - maintained_at_ < maintenance_interval || !store_)
    return {};
  maintained_at_ = now;
  is_index_complete_ = false; // it may have to be rebuilt in places
  auto buried = bury_torn_sets(*store_, settings_.ingest);
  if (!buried) {
    auto recovered = recover_from(buried.error());
    return recovered ? result<void>{} : recovered.error();
  }
  total_.counts += *buried;
  monitor_.gave_up_parts(*buried);
  if (buried->pending < 0)
    log_.warning("torn sets given up", {{"parts", -buried->pending}});
  auto done = retry_future_letters(longest_retry);
  if (done)
    done = check_held_rows(checked_bytes);
  if (done)
    return {};
  auto recovered = recover_from(done.error());
  return recovered ? result<void>{} : recovered.error();
}

/// Brings rows into the index that are not in it yet: a piece between two batches, more while there are none.
result<void> consumer_loop::build_index() {
  const auto begun = clock::now();
  while (store_ && !is_index_complete_) {
    auto built = store_->build_index(indexed_at_once);
    if (!built)
      return built.error();
    rows_indexed_ += built->rows;
    is_index_complete_ = built->is_complete || built->rows == 0;
    monitor_.came_round();
    const auto now = clock::now();
    if (rows_indexed_ > rows_worth_telling &&
        (now - index_told_at_ >= report_interval || built->is_complete)) {
      index_told_at_ = now;
      log_.info(built->is_complete ? "the index is complete"
                                   : "building the index; until it is complete, "
                                     "questions look at the rows that it lacks",
                {{"rows", rows_indexed_}});
    }
    if (built->is_complete)
      rows_indexed_ = 0;
    if (!is_waiting_ || now - begun >= index_time || stop_.is_requested())
      break;
  }
  return {};
}

/// Looks whether rows are those that were written, some at a time. Goes on where the last call has ended.
result<void> consumer_loop::check_held_rows(std::int64_t bytes) {
  if (!store_)
    return {};
  auto checked = consumer::check_held_rows(*store_, settings_.ingest, last_checked_, bytes);
  if (!checked)
    return checked.error();
  last_checked_ = *checked;
  return {};
}

/// Takes in what only the clock has refused, once it has reached the message's date: after it was set right,
/// say. Goes on where the last call has ended.
result<void> consumer_loop::retry_future_letters(std::chrono::milliseconds longest) {
  const auto reason = error_name(error::future_timestamp);
  const auto end = clock::now() + longest;
  std::int64_t taken_in = 0;
  for (bool is_done = false; !is_done && store_ && clock::now() < end && !stop_.is_requested();) {
    auto ids = store_->dead_letter_ids(reason, last_retried_, letters_at_once);
    if (!ids)
      return ids.error();
    is_done = ids->size() < static_cast<std::size_t>(letters_at_once);
    for (const auto id : *ids) {
      if (clock::now() >= end)
        break;
      monitor_.came_round();
      auto ended = retry_dead_letter(*store_, settings_.ingest, id);
      // Another process may have been quicker.
      if (!ended && ended.error().reason() != error::invalid_value)
        return ended.error();
      last_retried_ = id;
      if (!ended || *ended == outcome::dead_lettered)
        continue;
      ++taken_in;
      scopes_.forget(); // their rows are not what the store holds now
    }
    if (is_done && (ids->empty() || last_retried_ == ids->back()))
      last_retried_ = 0; // from the first one on again
  }
  if (taken_in > 0)
    log_.info("applied messages that were refused for their date, which the clock has now reached",
              {{"messages", taken_in}});
  return {};
}

result<void> consumer_loop::tell_monitor() {
  monitor_.lag_is(subscriber_->lag());
  auto totals = store_->counts();
  if (!totals)
    return totals.error();
  monitor_.totals_are(*totals);
  return clock::now() - clusters_told_at_ < cluster_interval ? result<void>{} : tell_clusters();
}

result<void> consumer_loop::tell_clusters() {
  clusters_told_at_ = clock::now();
  auto scopes = store_->scopes();
  if (!scopes)
    return scopes.error();
  std::map<std::string, cluster_state> clusters;
  for (const auto& one : *scopes) {
    auto& state = clusters.emplace(one.scope.cluster, cluster_state{one.scope.cluster, {}, 0}).first->second;
    state.last_seen = std::max(state.last_seen, one.exported_at);
    state.row_count += one.row_count;
  }
  std::vector<cluster_state> told;
  for (auto& [name, state] : clusters)
    told.push_back(std::move(state));
  monitor_.clusters_are(told);
  return {};
}

void consumer_loop::report_arrival(const std::vector<received_message>& batch) {
  std::optional<timestamp> appended, created;
  for (const auto& message : batch) {
    appended = std::max(appended, message.appended_at);
    created = std::max(created, message.created_at);
  }
  if (appended || created)
    monitor_.arrived(appended ? *appended : *created, settings_.ingest.now());
  compare_clocks(appended);
}

/// A broker's time that lies ahead of ours says that our clock is behind. That it is ahead of the broker's
/// shows only where a message has come while we were waiting for it.
void consumer_loop::compare_clocks(const std::optional<timestamp>& newest) {
  if (!newest)
    return;
  const auto difference = std::chrono::seconds(settings_.ingest.now().seconds - newest->seconds);
  if (difference.count() > 0 && !was_waiting_)
    return;
  monitor_.clock_differs(difference);
  const bool is_wrong = std::chrono::abs(difference) > clock_tolerance;
  if (is_wrong && !std::exchange(is_clock_doubted_, true))
    log_.error("this machine's clock and the broker's differ: synchronize them with NTP; what only the clock "
               "refuses is "
               "kept as a dead letter, and applied by itself once the clock reaches its date",
               {{"ahead_of_broker_s", difference.count()}});
  if (!is_wrong && std::exchange(is_clock_doubted_, false))
    log_.info("this machine's clock and the broker's agree again");
}

/// Tells of dead letters, and of everything with --verbose, with the trace that a message belongs to.
void consumer_loop::report_notes(const batch_report& done) {
  int told = 0, untold = 0;
  for (const auto& note : done.notes) {
    const bool is_dead = note.ending == outcome::dead_lettered;
    if (is_dead && ++told > most_notes && ++untold)
      continue;
    std::vector<program::log_field> fields{{"result", to_string(note.ending)},
                                           {"partition", note.origin.partition},
                                           {"offset", note.origin.offset}};
    if (is_dead)
      fields.insert(fields.end(), {{"reason", note.reason}, {"sentence", note.sentence}});
    if (!note.origin.traceparent.empty())
      fields.insert(fields.end(), {{"trace_id", trace_id_of(note.origin.traceparent)},
                                   {"span_id", span_id_of(note.origin.traceparent)}});
    log_.record(is_dead ? program::log::level::warn : program::log::level::debug,
                is_dead ? "message became a dead letter" : "message stored", fields);
  }
  if (untold > 0)
    log_.warning("more messages of this batch became dead letters", {{"count", untold}});
}

void consumer_loop::report(const batch_report& done, clock::time_point begun) {
  report_notes(done);
  monitor_.stored(done, clock::now() - begun);
  total_.counts += done.counts;
  total_.rows_added += done.rows_added;
  total_.rows_changed += done.rows_changed;
  total_.rows_removed += done.rows_removed;
}

} // namespace kollect::consumer
