#ifndef KOLLECT_NATS_DETAIL_PUBLISHER_HPP
#define KOLLECT_NATS_DETAIL_PUBLISHER_HPP

#include <kollect/connection.hpp>
#include <kollect/detail/ordered_publisher.hpp>
#include <kollect/error.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/delivery.hpp>
#include <kollect/nats/detail/outgoing.hpp>
#include <kollect/nats/detail/target_stream.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// Whether a posted message was sent, and the server has not answered yet.
struct flight {
  bool is_in_flight = false;
};

/// Publishes to JetStream with many messages under way at once. Each has a reply subject of its own,
/// which ends in its number, so that answers may come in any order.
class jetstream_publisher final : public kollect::detail::ordered_publisher<flight> {
public:
  jetstream_publisher(std::unique_ptr<client> server, const connection& target, inbox answers,
                      const publisher_options& options)
      : ordered_publisher("NAT-05"), options_(options), server_(std::move(server)),
        stream_(*server_, target.stream, target.destination), answers_(std::move(answers)) {}
  ~jetstream_publisher() override { close(); }
  jetstream_publisher(const jetstream_publisher&) = delete;
  jetstream_publisher& operator=(const jetstream_publisher&) = delete;

  [[nodiscard]] result<void> check(std::chrono::milliseconds timeout) override {
    settle_all();
    const auto deadline = deadline_after(timeout);
    if (auto usable = check_usable(); !usable)
      return usable;
    if (!server_->events().wait_connected(deadline))
      return explain(error::broker_unavailable, "the connection to NATS is lost");
    const auto reply = server_->request("$JS.API.INFO", {}, time_left(deadline));
    if (!reply)
      return reply.error();
    if (reply->error_code != 0)
      return explain(*reply, "asking for JetStream's account");
    return {};
  }

  void close() noexcept override {
    give_up([](const posted&) {
      return make_failure(error::closed,
                          "the NATS publisher was closed before the message was confirmed; it may or may not "
                          "have been stored");
    });
    in_flight_ = bytes_in_flight_ = without_stream_ = 0;
    answers_.subscription.reset();
    server_->close();
  }

private:
  /// What is said of a message that may or may not have been stored.
  static failure unconfirmed(const std::string& why) {
    return make_failure(
        error::not_acknowledged,
        why + ": the message may or may not have been stored; send it again with the same Nats-Msg-Id",
        "NAT-05");
  }

  [[nodiscard]] result<void> check_usable() override {
    server_->report_events();
    return server_->check_open();
  }

  [[nodiscard]] result<void> check_sendable(const outgoing_message& message) const override {
    return check_outgoing(message, static_cast<std::size_t>(natsConnection_GetMaxPayload(server_->handle())));
  }

  [[nodiscard]] result<void> make_ready(const outgoing_message& message,
                                        clock::time_point deadline) override {
    if (!server_->events().wait_connected(deadline))
      return explain(error::broker_unavailable,
                     "the message was not sent, as the connection to NATS is lost");
    if (auto ensured = stream_.ensure(deadline); !ensured)
      return ensured;
    while (!has_room_for(message))
      take_answer(oldest_deadline());
    return {};
  }

  [[nodiscard]] result<void> send(posted& added) override {
    if (in_flight_ == 0) {
      losses_ = server_->events().losses();
      discard_late_answers();
    }
    auto prepared = to_message(*added.message, answers_.prefix + "." + std::to_string(added.number));
    if (!prepared)
      return prepared.error();
    const auto status = natsConnection_PublishMsg(server_->handle(), prepared->get());
    if (status != NATS_OK)
      return unconfirmed("sending failed (" + std::string(natsStatus_GetText(status)) + ")");
    added.tracking.is_in_flight = true;
    ++in_flight_;
    bytes_in_flight_ += added.message->value.size();
    return {};
  }

  void look() override {
    while (in_flight_ != 0 && take_answer(clock::now())) {
    }
    server_->report_events();
  }

  void wait(clock::time_point until) override { take_answer(std::min(until, oldest_deadline())); }

  /// Throws away what has arrived: what comes after its message was given up would be taken for another's.
  void discard_late_answers() const {
    for (;;) {
      const auto event = server_->next(answers_, clock::now(), losses_).event;
      if (event != inbox_event::message && event != inbox_event::no_responders)
        return;
    }
  }

  bool has_room_for(const outgoing_message& message) const noexcept {
    if (in_flight_ == 0)
      return true;
    return without_stream_ == 0 && in_flight_ < options_.max_in_flight &&
           bytes_in_flight_ + message.value.size() <= options_.max_in_flight_bytes;
  }

  /// When the first of those in flight has to be confirmed.
  clock::time_point oldest_deadline() noexcept {
    const auto oldest =
        std::ranges::find_if(waiting(), [](const posted& one) { return one.tracking.is_in_flight; });
    return oldest == waiting().end() ? clock::now() : oldest->deadline;
  }

  /// Takes one answer; false if none came until then.
  bool take_answer(clock::time_point until) {
    auto came = server_->next(answers_, until, losses_);
    switch (came.event) {
    case inbox_event::message:
      note_answer(came.message.get());
      break;
    case inbox_event::no_responders: // of which message, the server does not say
      ++without_stream_;
      break;
    case inbox_event::none:
      if (clock::now() >= oldest_deadline())
        fail_in_flight(unconfirmed("no answer came in time"));
      return false;
    case inbox_event::lost:
      fail_in_flight(unconfirmed("the connection to NATS was lost"));
      return false;
    case inbox_event::closed:
      fail_in_flight(unconfirmed("the connection to NATS was closed"));
      return false;
    }
    if (without_stream_ != 0 && without_stream_ >= in_flight_)
      fail_in_flight(
          explain(error::topic_missing, "no stream takes the message's subject, so it was not stored"));
    return true;
  }

  void note_answer(const natsMsg* answer) {
    const auto number = answers_.number_of(answer);
    if (!number || waiting().empty() || *number < waiting().front().number)
      return; // too late
    const auto index = static_cast<std::size_t>(*number - waiting().front().number);
    if (index < waiting().size() && waiting()[index].tracking.is_in_flight)
      land(waiting()[index], read_receipt(data_of(answer)));
  }

  void land(posted& one, result<receipt> outcome) {
    settle(one, std::move(outcome));
    one.tracking.is_in_flight = false;
    --in_flight_;
    bytes_in_flight_ -= one.message->value.size();
  }

  void fail_in_flight(const failure& reason) {
    for (posted& one : waiting())
      if (one.tracking.is_in_flight)
        land(one, reason);
    without_stream_ = 0;
  }

  publisher_options options_;
  std::unique_ptr<client> server_;
  target_stream stream_;
  inbox answers_;
  std::size_t in_flight_ = 0;
  std::size_t bytes_in_flight_ = 0;
  std::size_t without_stream_ = 0; ///< of those in flight, and nobody says which
  std::uint64_t losses_ = 0;       ///< of the connection, when the first of those in flight was sent
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif
