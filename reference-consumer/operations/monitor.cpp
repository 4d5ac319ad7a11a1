#include "operations/monitor.hpp"

#include "operations/process_metrics.hpp"

#include <program/printable.hpp>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace kollect::consumer {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using clock = std::chrono::steady_clock;

/// More partitions than these share one series: a scrape must not grow without bound.
constexpr std::size_t max_partition_series = 256;

/// So do clusters: hostile labels are many (S24).
constexpr std::size_t max_cluster_series = 256;

/// A label longer than this counts as `other`: 256 clusters are 64 KiB of names in a scrape, at most.
constexpr std::size_t max_label_bytes = 256;

constexpr const char* other_label = "other";

constexpr std::initializer_list<outcome> all_outcomes = {outcome::applied, outcome::duplicate, outcome::stale,
                                                         outcome::dead_lettered, outcome::pending};

/// Where a pending part may end.
constexpr std::initializer_list<outcome> settled_outcomes = {outcome::applied, outcome::duplicate,
                                                             outcome::stale, outcome::dead_lettered};

Family<Counter>& counters(prometheus::Registry& in, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(in);
}

Family<Gauge>& gauges(prometheus::Registry& in, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(in);
}

Histogram& histogram(prometheus::Registry& in, const char* name, const char* help) {
  const Histogram::BucketBoundaries bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                           0.5,   1,      2.5,   5,    10,    30,   60,  300};
  return prometheus::BuildHistogram().Name(name).Help(help).Register(in).Add({}, bounds);
}

double seconds_of(const timestamp& value) {
  return static_cast<double>(value.seconds) + value.nanoseconds / 1e9;
}

/// Prometheus and whoever reads a scrape on a terminal get no control characters.
std::string cluster_label(std::string_view cluster) {
  if (cluster.size() > max_label_bytes)
    return other_label;
  auto label = program::printable(cluster);
  return label.size() > max_label_bytes ? other_label : label;
}

std::string label_of(outcome value) {
  return std::string(to_string(value));
}

} // namespace

struct monitor::state {
  explicit state(std::string_view version, std::chrono::milliseconds patience) : stuck_after(patience) {
    gauges(registry, "kollect_consumer_build_info", "1, with the version as a label")
        .Add({{"version", std::string(version)}})
        .Set(1);
    // So that rates begin at 0 and not with the first event, which an alert on increase() would miss. The
    // reasons are those that error.hpp has for messages.
    for (const auto value : all_outcomes)
      envelopes.Add({{"result", label_of(value)}});
    for (const char* const op : {"added", "changed", "removed"})
      rows.Add({{"op", op}});
    for (const char* const component : {"store", "broker", "feed"})
      retries.Add({{"component", component}});
    for (const char* const reason : {"slow", "full"})
      dropped_streams.Add({{"reason", reason}});
    for (const auto value : settled_outcomes)
      settled_parts.Add({{"result", label_of(value)}});
    for (auto value = static_cast<int>(error::syntax); value <= static_cast<int>(error::mass_deletion);
         ++value)
      dead_letters.Add({{"reason", std::string(error_name(static_cast<error>(value)))}});
  }

  mutable std::mutex mutex;
  const std::chrono::milliseconds stuck_after;
  clock::time_point came_round_at = clock::now();
  bool is_opening_store = false;
  bool is_store_reachable = false;
  bool is_caught_up = false;
  bool is_draining = false;
  std::string unreadable;   // partitions that stand still, and why; empty: none do
  std::int64_t waiting = 0; // messages behind the position, in all owned partitions

  prometheus::Registry registry;
  Counter& messages =
      counters(registry, "kollect_consumer_messages_total", "Messages consumed by this process").Add({});
  Family<Counter>& envelopes =
      counters(registry, "kollect_consumer_envelopes_total",
               "How messages ended when this process consumed them; they add up to messages_total");
  Family<Counter>& settled_parts =
      counters(registry, "kollect_consumer_settled_parts_total",
               "How parts ended that had been pending: their set became whole, was superseded or given up");
  Family<Counter>& rows = counters(registry, "kollect_consumer_rows_total", "Rows written, by operation");
  Family<Counter>& dead_letters =
      counters(registry, "kollect_consumer_dead_letters_total", "Dead letters, by reason");
  Family<Counter>& retries = counters(registry, "kollect_consumer_retries_total",
                                      "How often the store, the broker or the feed's broker was tried again");
  Counter& missed = counters(registry, "kollect_consumer_missed_messages_total",
                             "Messages that the broker removed before they were consumed")
                        .Add({});
  Counter& rewinds = counters(registry, "kollect_consumer_rewound_partitions_total",
                              "Partitions read again from their beginning, as their log was another one")
                         .Add({});
  Counter& fences = counters(registry, "kollect_consumer_fenced_total",
                             "Batches dropped because another process had taken over")
                        .Add({});
  Family<Gauge>& store_messages =
      gauges(registry, "kollect_consumer_store_messages",
             "How messages ended, in the whole store: consumed is the sum of the others");
  Family<Gauge>& lag = gauges(registry, "kollect_consumer_lag_messages",
                              "Messages behind the position, by owned partition (0 is the only one on NATS)");
  Gauge& unreadable_partitions = gauges(registry, "kollect_consumer_unreadable_partitions",
                                        "Partitions that stand still, as their next messages cannot be read")
                                     .Add({});
  Gauge& lag_seconds = gauges(registry, "kollect_consumer_lag_seconds",
                              "Age of the newest consumed message while more are waiting, else 0")
                           .Add({});
  Gauge& last_applied = gauges(registry, "kollect_consumer_last_applied_timestamp_seconds",
                               "When this process last applied a snapshot, in seconds since 1970")
                            .Add({});
  Gauge& clock_difference =
      gauges(registry, "kollect_consumer_clock_difference_seconds",
             "This machine's clock less the broker's, as far as messages tell; negative: ours is behind")
          .Add({});
  Gauge& ready = gauges(registry, "kollect_consumer_ready", "1 when /readyz says so").Add({});
  Histogram& batch_seconds =
      histogram(registry, "kollect_consumer_batch_seconds", "Time that a batch took, up to its commit");
  Histogram& delay_seconds =
      histogram(registry, "kollect_consumer_apply_delay_seconds",
                "From a message's arrival at the broker to the commit of its batch, for each batch's newest");
  Counter& feed_messages = counters(registry, "kollect_consumer_feed_messages_total",
                                    "Messages of the change feed that the broker has confirmed")
                               .Add({});
  Gauge& feed_cursor = gauges(registry, "kollect_consumer_feed_cursor",
                              "Up to which change this process has published the feed")
                           .Add({});
  Gauge& feed_lag = gauges(registry, "kollect_consumer_feed_lag_entries",
                           "Changes that are not yet published, where this process publishes them")
                        .Add({});
  Family<Gauge>& cluster_last_seen = gauges(
      registry, "kollect_consumer_cluster_last_seen_timestamp_seconds",
      "When a cluster's newest snapshot was exported, in seconds since 1970; of `other` the longest ago");
  Family<Gauge>& cluster_rows = gauges(registry, "kollect_consumer_cluster_rows", "Rows held, by cluster");
  Family<Counter>& http_requests =
      counters(registry, "kollect_consumer_http_requests_total", "HTTP requests answered, by status");
  Histogram& http_seconds =
      histogram(registry, "kollect_consumer_http_request_seconds", "From a request's header to its answer");
  Gauge& http_connections =
      gauges(registry, "kollect_consumer_http_connections", "HTTP connections that are open").Add({});
  Gauge& http_streams =
      gauges(registry, "kollect_consumer_http_streams", "Event streams that are open").Add({});
  Counter& http_refused = counters(registry, "kollect_consumer_http_refused_connections_total",
                                   "Connections closed at once, as there were too many")
                              .Add({});
  Family<Counter>& dropped_streams = counters(registry, "kollect_consumer_http_dropped_streams_total",
                                              "Event streams ended by the server, by reason: slow or full");
  std::map<std::string, std::pair<Gauge*, Gauge*>> cluster_series;
  std::map<std::string, Gauge*> lag_series;
  std::optional<timestamp> newest_arrival;
  std::optional<timestamp> newest_export; // for logs whose messages have no time at all

  health_answer readiness() const {
    if (is_draining)
      return {false, "draining: told to end"};
    if (!is_store_reachable)
      return {false, "the store is not reachable"};
    const std::string but = unreadable.empty() ? "" : "; " + unreadable;
    if (!is_caught_up)
      return {false, "catching up with the log" + but};
    return {true, "ready" + but}; // the rest is right, and portals can have it
  }

  Gauge& lag_of(std::int32_t partition) {
    auto name = std::to_string(partition);
    if (lag_series.size() >= max_partition_series && !lag_series.contains(name))
      name = other_label;
    auto& found = lag_series[name];
    if (found == nullptr)
      found = &lag.Add({{"partition", name}});
    return *found;
  }
};

monitor::monitor(std::string_view version, std::chrono::milliseconds stuck_after)
    : state_(std::make_unique<state>(version, stuck_after)) {}

monitor::~monitor() = default;

void monitor::opening_store(bool begins) {
  const std::scoped_lock lock(state_->mutex);
  state_->is_opening_store = begins;
  state_->came_round_at = clock::now();
}

void monitor::came_round() {
  const std::scoped_lock lock(state_->mutex);
  state_->came_round_at = clock::now();
}

void monitor::store_is(bool reachable) {
  const std::scoped_lock lock(state_->mutex);
  state_->is_store_reachable = reachable;
}

void monitor::unreadable_are(std::span<const unreadable_batch> places) {
  const std::scoped_lock lock(state_->mutex);
  state_->unreadable_partitions.Set(static_cast<double>(places.size()));
  state_->unreadable.clear();
  if (!places.empty())
    state_->unreadable = program::printable(to_string(places.front().reason));
  if (places.size() > 1)
    state_->unreadable += "; and " + std::to_string(places.size() - 1) + " more partitions";
}

void monitor::caught_up() {
  const std::scoped_lock lock(state_->mutex);
  state_->is_caught_up = true;
}

void monitor::draining() {
  const std::scoped_lock lock(state_->mutex);
  state_->is_draining = true;
}

void monitor::missed(std::int64_t messages) {
  state_->missed.Increment(static_cast<double>(messages));
}

void monitor::rewound() {
  state_->rewinds.Increment();
}

void monitor::fenced() {
  state_->fences.Increment();
}

void monitor::tried_again(std::string_view component) {
  state_->retries.Add({{"component", std::string(component)}}).Increment();
}

void monitor::stored(const batch_report& done, std::chrono::duration<double> took) {
  const std::scoped_lock lock(state_->mutex);
  auto ended = done.counts;
  for (const auto value : all_outcomes) {
    auto settled = done.settled;
    ended[value] -= settled[value];
    state_->envelopes.Add({{"result", label_of(value)}}).Increment(static_cast<double>(ended[value]));
    if (value != outcome::pending && settled[value] > 0)
      state_->settled_parts.Add({{"result", label_of(value)}}).Increment(static_cast<double>(settled[value]));
  }
  state_->messages.Increment(static_cast<double>(done.counts.consumed));
  state_->rows.Add({{"op", "added"}}).Increment(static_cast<double>(done.rows_added));
  state_->rows.Add({{"op", "changed"}}).Increment(static_cast<double>(done.rows_changed));
  state_->rows.Add({{"op", "removed"}}).Increment(static_cast<double>(done.rows_removed));
  for (const auto& [reason, count] : done.dead_letters)
    state_->dead_letters.Add({{"reason", reason}}).Increment(static_cast<double>(count));
  if (done.counts.applied > 0)
    state_->last_applied.SetToCurrentTime();
  state_->batch_seconds.Observe(took.count());
}

void monitor::arrived(const timestamp& at, const timestamp& now) {
  const std::scoped_lock lock(state_->mutex);
  state_->newest_arrival = at;
  state_->delay_seconds.Observe(std::max(0.0, seconds_of(now) - seconds_of(at)));
}

void monitor::clock_differs(std::chrono::seconds difference) {
  const std::scoped_lock lock(state_->mutex);
  state_->clock_difference.Set(static_cast<double>(difference.count()));
}

void monitor::gave_up_parts(const outcome_counts& change) {
  auto settled = change;
  for (const auto value : {outcome::dead_lettered, outcome::duplicate})
    if (settled[value] > 0)
      state_->settled_parts.Add({{"result", label_of(value)}}).Increment(static_cast<double>(settled[value]));
  if (change.dead_lettered > 0)
    state_->dead_letters.Add({{"reason", std::string(error_name(error::torn_set))}})
        .Increment(static_cast<double>(change.dead_lettered));
}

void monitor::totals_are(const outcome_counts& totals) {
  // Under the lock that metrics() takes: a scrape sees all of them of one moment.
  const std::scoped_lock lock(state_->mutex);
  auto copy = totals;
  state_->store_messages.Add({{"result", "consumed"}}).Set(static_cast<double>(totals.consumed));
  for (const auto value : all_outcomes)
    state_->store_messages.Add({{"result", label_of(value)}}).Set(static_cast<double>(copy[value]));
}

void monitor::lag_is(std::span<const partition_lag> lag) {
  const std::scoped_lock lock(state_->mutex);
  for (auto& [name, series] : state_->lag_series)
    series->Set(0); // partitions that are not ours any more
  state_->waiting = 0;
  for (const auto& one : lag) {
    state_->lag_of(one.partition).Increment(static_cast<double>(one.messages));
    state_->waiting += one.messages;
  }
}

void monitor::feed_published(std::int64_t cursor, std::size_t messages) {
  state_->feed_messages.Increment(static_cast<double>(messages));
  state_->feed_cursor.Set(static_cast<double>(cursor));
}

void monitor::feed_lag_is(std::int64_t entries) {
  state_->feed_lag.Set(static_cast<double>(entries));
}

void monitor::clusters_are(std::span<const cluster_state> clusters) {
  const std::scoped_lock lock(state_->mutex);
  std::map<std::string, std::pair<double, double>> told;
  for (const auto& one : clusters) {
    auto name = cluster_label(one.cluster);
    if (!state_->cluster_series.contains(name) && state_->cluster_series.size() >= max_cluster_series)
      name = other_label;
    state_->newest_export = std::max(state_->newest_export, std::optional(one.last_seen));
    const auto seen = seconds_of(one.last_seen);
    const auto [at, is_new] = told.emplace(name, std::pair(seen, 0.0));
    at->second.first = std::min(at->second.first, seen);
    at->second.second += static_cast<double>(one.row_count);
    auto& series = state_->cluster_series[name];
    if (series.first == nullptr)
      series = {&state_->cluster_last_seen.Add({{"cluster", name}}),
                &state_->cluster_rows.Add({{"cluster", name}})};
  }
  for (const auto& [name, values] : told) {
    state_->cluster_series[name].first->Set(values.first);
    state_->cluster_series[name].second->Set(values.second);
  }
  // What a cluster that is gone has reported last would stay the truth of it for ever.
  std::erase_if(state_->cluster_series, [&](const auto& one) {
    if (told.contains(one.first))
      return false;
    state_->cluster_last_seen.Remove(one.second.first);
    state_->cluster_rows.Remove(one.second.second);
    return true;
  });
}

void monitor::http_answered(int status, std::chrono::duration<double> took) {
  const std::scoped_lock lock(state_->mutex);
  state_->http_requests.Add({{"status", std::to_string(status)}}).Increment();
  state_->http_seconds.Observe(took.count());
}

void monitor::http_open(std::size_t connections, std::size_t streams) {
  state_->http_connections.Set(static_cast<double>(connections));
  state_->http_streams.Set(static_cast<double>(streams));
}

void monitor::http_refused() {
  state_->http_refused.Increment();
}

void monitor::stream_dropped(std::string_view reason) {
  state_->dropped_streams.Add({{"reason", std::string(reason)}}).Increment();
}

std::int64_t monitor::waiting_messages() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->waiting;
}

health_answer monitor::health() const {
  const std::scoped_lock lock(state_->mutex);
  if (state_->is_opening_store) // whoever restarts us now, begins a long change of the schema again, for ever
    return {true, "opening the store"};
  const auto since = clock::now() - state_->came_round_at;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  if (since > state_->stuck_after)
    return {false, "the consumer has not come round for " + std::to_string(seconds) + " s"};
  return {true, "ok"};
}

health_answer monitor::readiness() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->readiness();
}

std::string monitor::metrics() const {
  const std::scoped_lock lock(state_->mutex);
  state_->ready.Set(state_->readiness().is_well ? 1 : 0);
  const auto now = from_system_clock(std::chrono::system_clock::now());
  const auto& newest = state_->newest_arrival ? state_->newest_arrival : state_->newest_export;
  const bool is_behind = state_->waiting > 0 && newest;
  state_->lag_seconds.Set(is_behind ? std::max(0.0, seconds_of(now) - seconds_of(*newest)) : 0);
  return prometheus::TextSerializer().Serialize(state_->registry.Collect()) + process_metrics();
}

} // namespace kollect::consumer
