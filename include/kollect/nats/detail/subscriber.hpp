#ifndef KOLLECT_NATS_DETAIL_SUBSCRIBER_HPP
#define KOLLECT_NATS_DETAIL_SUBSCRIBER_HPP

#include <kollect/detail/ask_for_positions.hpp>
#include <kollect/error.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/acknowledger.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/consumer.hpp>
#include <kollect/nats/detail/durable_log.hpp>
#include <kollect/nats/detail/fetch.hpp>
#include <kollect/nats/stream.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// All that create_subscriber() has prepared.
struct subscriber_parts {
  std::unique_ptr<client> server;
  inbox messages;
  inbox confirmations;
  stream_info stream;
  std::string subject;
  subscriber_options options;
  partition_listener listener;
};

/// The subscriber of create_subscriber(): a member of the group that shares a durable.
class jetstream_subscriber final : public subscriber {
public:
  jetstream_subscriber(subscriber_parts parts, const consumer_info& durable)
      : server_(std::move(parts.server)), options_(std::move(parts.options)),
        listener_(std::move(parts.listener)),
        fetch_(*server_, std::move(parts.messages), pull_limits_of(options_, durable)),
        acknowledger_(*server_, std::move(parts.confirmations)),
        source_(*server_, std::move(parts.stream), std::move(parts.subject), options_, durable),
        identity_(source_.identity()) {
    remember(durable);
  }
  ~jetstream_subscriber() override { close(); }
  jetstream_subscriber(const jetstream_subscriber&) = delete;
  jetstream_subscriber& operator=(const jetstream_subscriber&) = delete;

  const log_identity& log() const noexcept override { return identity_; }

  [[nodiscard]] result<std::vector<received_message>> poll(std::size_t max_messages, std::size_t max_bytes,
                                                           std::chrono::milliseconds timeout) override {
    const auto deadline = deadline_after(timeout);
    for (;;) {
      if (auto served = serve(); !served)
        return served.error();
      if (!fetch_.waiting().empty() || clock::now() >= deadline)
        break;
      // Short enough for requests to be renewed and lost connections to be noticed.
      if (auto came = fetch_.next(std::min(deadline, clock::now() + std::chrono::milliseconds(250))))
        take(std::move(*came));
    }
    auto handed_out = hand_out(max_messages, max_bytes);
    request_more();
    return handed_out;
  }

  [[nodiscard]] result<void> commit(std::chrono::milliseconds timeout) override {
    const auto deadline = deadline_after(timeout);
    if (auto usable = check_usable(); !usable)
      return usable;
    auto committed = acknowledger_.commit(deadline);
    if (committed && clock::now() - remembered_at_ >= std::chrono::seconds(1)) {
      // The messages are settled, whether or not the server now tells how far.
      auto durable = source_.find_durable(time_left(deadline));
      if (durable && *durable)
        remember(**durable);
    }
    return committed;
  }

  [[nodiscard]] result<void> begin_commit(std::chrono::milliseconds timeout) override {
    return commit(timeout);
  }

  [[nodiscard]] result<void> keep_alive() override {
    if (auto usable = check_usable(); !usable)
      return usable;
    take_fetched();
    if (!server_->events().connected())
      return {};
    return acknowledger_.extend_all(ack_wait_ / 4);
  }

  [[nodiscard]] result<void> mark_end(std::chrono::milliseconds timeout) override {
    const auto deadline = deadline_after(timeout);
    if (auto connected = wait_connected(deadline); !connected)
      return connected;
    const auto stream = source_.find_stream(time_left(deadline));
    if (!stream)
      return stream.error();
    if (!*stream)
      return give_up_stream();
    marked_end_ = (*stream)->last_sequence;
    return {};
  }

  [[nodiscard]] result<bool> caught_up(std::chrono::milliseconds timeout) override {
    const auto deadline = deadline_after(timeout);
    if (!marked_end_)
      return make_failure(error::internal, "caught_up() was asked before mark_end()");
    if (auto connected = wait_connected(deadline); !connected)
      return connected.error();
    if (!started_)
      return false; // the durable may yet have to start over
    // Whatever the durable says of itself is worth nothing where it does not fit its stream.
    if (auto checked = check_log(true); !checked)
      return checked.error();
    const auto& durable = source_.durable();
    const bool is_idle = durable.undelivered == 0 && durable.unacknowledged == 0;
    if (is_idle && fetch_.waiting().empty())
      note_skipped_end(durable);
    if (!is_idle || durable.floor_stream >= durable.delivered_stream)
      return is_idle || durable.floor_stream >= *marked_end_;
    auto is_lost = source_.has_given_up(time_left(deadline));
    if (!is_lost)
      return is_lost.error();
    if (!*is_lost)
      return true;
    if (auto begun = begin_again("the durable " + options_.durable +
                                 " has given up messages that nobody has acknowledged");
        !begun)
      return begun.error();
    return false;
  }

  std::vector<partition_lag> lag() const override { return {{0, static_cast<std::int64_t>(lag_)}}; }

  std::int64_t settled_sequence() const noexcept override { return static_cast<std::int64_t>(settled_); }

  std::optional<std::chrono::milliseconds> ack_wait() const noexcept override {
    return std::chrono::floor<std::chrono::milliseconds>(ack_wait_);
  }

  void close() noexcept override {
    if (is_closed_)
      return;
    is_closed_ = true;
    if (server_->events().connected() && server_->check_open())
      give_back();
    fetch_.forget_all();
    fetch_.stop();
    acknowledger_.close();
    server_->close();
  }

private:
  /// Lets others have at once what we were given and have not acknowledged.
  void give_back() {
    constexpr std::chrono::milliseconds patience(500);
    take_fetched();
    fetch_.stop(); // or our own last request would get it back
    if (!acknowledger_.holds_unacknowledged())
      return;
    // Only when it is asked for the durable's state does nats-server notice that nobody waits for that
    // request any more; what is given back before is put aside until ack_wait.
    (void)source_.find_durable(patience);
    acknowledger_.give_back();
    natsConnection_FlushTimeout(server_->handle(), patience.count());
  }

  // What makes the subscriber unusable for good.

  failure give_up(error reason, std::string what) {
    fatal_ = explain(reason, std::move(what));
    return *fatal_;
  }
  failure give_up_stream() {
    return give_up(error::topic_missing, "the stream " + source_.stream().name + " was deleted or recreated");
  }
  failure give_up_durable() {
    return give_up(error::topic_missing, "the durable " + options_.durable + " of the stream " +
                                             source_.stream().name + " was deleted");
  }

  [[nodiscard]] result<void> check_usable() {
    server_->report_events();
    if (fatal_)
      return *fatal_;
    return server_->check_open();
  }

  [[nodiscard]] result<void> wait_connected(clock::time_point deadline) {
    if (auto usable = check_usable(); !usable)
      return usable;
    if (server_->events().wait_connected(deadline))
      return {};
    return explain(error::broker_unavailable, "the connection to NATS is lost");
  }

  /// Everything that is due besides waiting. A server that cannot answer now is asked again later.
  [[nodiscard]] result<void> serve() {
    if (auto usable = check_usable(); !usable)
      return usable;
    take_fetched();
    if (fatal_)
      return *fatal_;
    must_check_ |= fetch_.has_lost_requests();
    if (!server_->events().connected() || clock::now() < ask_again_at_)
      return {};
    if (must_check_)
      if (auto checked = tolerate(check_log(true)); !checked || must_check_)
        return checked;
    if (!started_)
      if (auto started = tolerate(start()); !started || !started_)
        return started;
    if (clock::now() - checked_at_ >= options_.log_check_interval)
      if (auto checked = tolerate(check_log(false)); !checked)
        return checked;
    // What waits here must not be given to others meanwhile.
    for (const fetched_message& waiting : fetch_.waiting())
      if (!acknowledger_.extend_one(waiting.ledger_number, ack_wait_ / 3))
        break;
    request_more();
    return {};
  }

  /// Passes a failure on unless waiting mends it; then it is reported and the question asked again later.
  [[nodiscard]] result<void> tolerate(result<void> outcome) {
    if (outcome) {
      reported_.clear();
      return outcome;
    }
    const error reason = outcome.error().reason();
    if (reason != error::broker_unavailable && reason != error::broker_timeout)
      return outcome;
    if (listener_failed_)
      return outcome; // it is the owner's own
    ask_again_at_ = clock::now() + std::chrono::milliseconds(500);
    if (reported_ != outcome.error().message)
      server_->report(outcome.error().message);
    reported_ = outcome.error().message;
    return {};
  }

  /// Whether stream and durable are still the ones we know. After an interruption the last message that was
  /// given out is compared, too: a stream loses its tail only with its server.
  [[nodiscard]] result<void> check_log(bool was_interrupted) {
    const auto timeout = server_->settings().request_timeout;
    checked_at_ = clock::now();
    auto found = source_.look(timeout);
    if (!found)
      return refuse_misfit(std::move(found).error());
    if (*found == log_finding::stream_gone)
      return give_up_stream();
    if (!started_) {
      must_check_ = false;
      return {};
    }
    if (*found == log_finding::durable_gone)
      return give_up_durable();
    if (*found == log_finding::recreated)
      forget_delivered();
    if (*found == log_finding::same && was_interrupted) {
      const auto is_replaced = source_.is_replaced(last_place_, timeout);
      if (!is_replaced)
        return is_replaced.error();
      if (*is_replaced)
        found = log_finding::replaced;
    }
    if (*found == log_finding::replaced)
      if (auto begun = read_replacement(last_place_.stream_sequence + 1); !begun)
        return begun;
    remember(source_.durable());
    must_check_ = false;
    return {};
  }

  /// A durable that somebody has changed so that it cannot serve us is not worth asking again.
  failure refuse_misfit(failure reason) {
    if (reason.reason() == error::invalid_value)
      fatal_ = reason;
    return reason;
  }

  /// Asks the owner where it stands, and makes the durable fit that. The durable is looked at first: what
  /// others acknowledge, they have stored before, so that the owner's answer knows of it.
  [[nodiscard]] result<void> start() {
    listener_failed_ = false;
    const auto timeout = server_->settings().request_timeout;
    checked_at_ = clock::now();
    const auto found = source_.look(timeout);
    if (!found)
      return refuse_misfit(found.error());
    if (*found == log_finding::stream_gone)
      return give_up_stream();
    if (*found == log_finding::durable_gone && !is_resetting_)
      return give_up_durable();
    constexpr std::array<std::int32_t, 1> partitions{0};
    const auto stored = kollect::detail::ask_for_positions(listener_, identity_, partitions);
    listener_failed_ = !stored;
    if (!stored)
      return stored.error();
    if (auto fits = fit_to(stored->front(), *found); !fits)
      return fits;
    const auto& durable = source_.durable();
    // What retention has removed in front is told by fit_to().
    if (const auto first = std::max<std::uint64_t>(source_.stream().first_sequence, 1);
        durable.delivered_consumer > 0 && durable.unacknowledged == 0)
      known_ = known_delivery{durable.delivered_consumer, std::max(durable.delivered_stream, first - 1)};
    remember(durable);
    started_ = true;
    return {};
  }

  [[nodiscard]] result<void> fit_to(const std::optional<read_position>& stored, log_finding found) {
    const auto fit = source_.compare(stored, found, server_->settings().request_timeout);
    if (!fit)
      return fit.error();
    if (*fit == position_fit::replaced)
      return read_replacement(source_.end_of(stored));
    if (is_resetting_ || (*fit == position_fit::new_store && listener_.assigned))
      return start_over();
    if (*fit == position_fit::passed)
      return begin_again("the durable " + options_.durable +
                         " has acknowledged messages that the store does not "
                         "have, as after it was put back to an older copy");
    const auto unseen = stored ? std::optional(stored->next) : std::nullopt;
    if (const auto gap = find_gap(source_.durable(), source_.stream(), unseen); gap && listener_.gap)
      listener_.gap(0, static_cast<std::int64_t>(gap->expected), static_cast<std::int64_t>(gap->found));
    return {};
  }

  /// The store has nothing of a log of which the durable has acknowledged messages.
  [[nodiscard]] result<void> start_over() {
    if (options_.reset_durable_for_new_store)
      return begin_again("the store has nothing of this log");
    server_->report("the store has nothing of this log, but the durable " + options_.durable +
                    " has acknowledged messages of it: those are missing from the store for good");
    return {};
  }

  /// Another log stands in the place of the one that was read up to `next`.
  [[nodiscard]] result<void> read_replacement(std::uint64_t next) {
    if (auto begun = begin_again("the stream " + source_.stream().name +
                                 " is not the one that was read: it was recreated, or has lost its tail");
        !begun)
      return begun;
    const auto last = source_.stream().last_sequence;
    marked_end_ = marked_end_ ? std::optional(std::min(*marked_end_, last)) : std::nullopt;
    const auto found = std::min(std::max<std::uint64_t>(source_.stream().first_sequence, 1), next - 1);
    if (listener_.gap && next > 1)
      listener_.gap(0, static_cast<std::int64_t>(next), static_cast<std::int64_t>(found));
    return {};
  }

  /// Recreates the durable, so that all the stream holds is delivered again.
  [[nodiscard]] result<void> begin_again(const std::string& why) {
    is_resetting_ = true;
    if (auto recreated = source_.recreate(server_->settings().request_timeout); !recreated)
      return recreated;
    is_resetting_ = false;
    forget_delivered();
    remember(source_.durable());
    server_->report(why + ": the durable " + options_.durable +
                    " starts over with the stream's first message");
    return {};
  }

  /// What came from a durable that is gone comes again.
  void forget_delivered() {
    fetch_.forget_all();
    last_place_ = {};
    known_.reset();
  }

  void remember(const consumer_info& durable) {
    settled_ = durable.floor_stream;
    lag_ = durable.undelivered + fetch_.waiting().size();
    if (durable.ack_wait.count() > 0)
      ack_wait_ = durable.ack_wait;
    remembered_at_ = clock::now();
  }

  // Messages: asked for, fetched, handed out.

  void request_more() {
    const bool is_ready = started_ && !must_check_ && !fatal_ && server_->events().connected();
    if (is_ready && fetch_.request_more(source_.stream().name, options_.durable))
      acknowledger_.drop_abandoned();
  }

  void take_fetched() {
    while (auto came = fetch_.next(clock::now()))
      take(std::move(*came));
  }

  void take(fetched came) {
    if (came.message) {
      auto handle = acknowledger_.enter(std::move(came.acknowledge_at));
      came.message->ledger_number = handle.number;
      came.message->message.on_acknowledge = std::move(handle.acknowledge);
      return fetch_.push(std::move(*came.message));
    }
    must_check_ |= came.status == pull_status::unavailable;
    if (came.status == pull_status::deleted)
      (void)give_up_durable();
    if (came.status == pull_status::refused)
      (void)give_up(error::invalid_value,
                    "the durable " + options_.durable + " does not allow our requests: " + came.description);
  }

  std::vector<received_message> hand_out(std::size_t max_messages, std::size_t max_bytes) {
    auto handed_out =
        fetch_.hand_out(max_messages, max_bytes, [this](const delivery& place) { note_place(place); });
    if (!handed_out.empty())
      lag_ = last_place_.pending + fetch_.waiting().size();
    return handed_out;
  }

  void note_place(const delivery& place) {
    const bool follows = known_ && place.consumer_sequence == known_->consumer_sequence + 1;
    if (place.count == 1 && follows)
      tell_skipped(place.stream_sequence);
    if (place.count == 1)
      known_ = known_delivery{place.consumer_sequence, place.stream_sequence};
    else if (follows)
      known_->consumer_sequence = place.consumer_sequence;
    last_place_ = place;
  }

  /// What the server has passed over behind the last delivery: it was removed, or its files are damaged.
  void note_skipped_end(const consumer_info& durable) {
    if (!known_ || durable.delivered_consumer != known_->consumer_sequence)
      return; // others were given something, too
    tell_skipped(durable.delivered_stream + 1);
    known_->stream_sequence = std::max(known_->stream_sequence, durable.delivered_stream);
  }

  /// Two deliveries in a row are neighbours in a stream that takes nothing but our subject: what is between
  /// them was not delivered, and never will be.
  void tell_skipped(std::uint64_t found) {
    const auto expected = known_->stream_sequence + 1;
    if (found > expected && listener_.gap &&
        source_.takes_only_our_subject(server_->settings().request_timeout))
      listener_.gap(0, static_cast<std::int64_t>(expected), static_cast<std::int64_t>(found));
  }

  std::unique_ptr<client> server_;
  subscriber_options options_;
  partition_listener listener_;
  message_fetch fetch_;
  acknowledger acknowledger_;
  durable_log source_;
  log_identity identity_;
  delivery last_place_;

  /// A delivery of the durable, after which none is known.
  struct known_delivery {
    std::uint64_t consumer_sequence = 0;
    std::uint64_t stream_sequence = 0;
  };
  std::optional<known_delivery> known_;

  clock::time_point checked_at_ = clock::now();
  bool must_check_ = false;      ///< stream and durable may have changed
  bool started_ = false;         ///< the owner has been asked
  bool listener_failed_ = false; ///< and could not answer
  bool is_resetting_ = false;    ///< the durable is being recreated
  bool is_closed_ = false;
  clock::time_point ask_again_at_{};
  std::string reported_; ///< why the server cannot be asked, once it was said
  std::optional<failure> fatal_;

  std::chrono::nanoseconds ack_wait_ = std::chrono::seconds(30);
  std::uint64_t lag_ = 0;
  std::uint64_t settled_ = 0;
  std::optional<std::uint64_t> marked_end_;
  clock::time_point remembered_at_{};
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif
