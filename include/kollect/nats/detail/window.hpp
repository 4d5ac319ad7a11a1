#ifndef KOLLECT_NATS_DETAIL_WINDOW_HPP
#define KOLLECT_NATS_DETAIL_WINDOW_HPP

#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/delivery.hpp>
#include <kollect/nats/detail/outgoing.hpp>
#include <kollect/nats/detail/target_stream.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// What is said of a message that may or may not have been stored.
[[nodiscard]] inline failure unconfirmed(const std::string& why) {
  return make_failure(
      error::not_acknowledged,
      why + ": the message may or may not have been stored; send it again with the same Nats-Msg-Id",
      "NAT-05");
}

/// What is said of messages that JetStream did not answer for.
[[nodiscard]] inline failure taken_by_no_stream() {
  return explain(error::topic_missing, "no stream takes the message's subject, so it was not stored");
}

/// The number at the end of the reply subject that a message was sent with.
[[nodiscard]] inline std::optional<std::uint64_t> number_of_answer(const natsMsg* answer,
                                                                   const inbox& answers) {
  const std::string_view subject = natsMsg_GetSubject(answer);
  return read_number(subject.substr(std::min(subject.size(), answers.prefix.size() + 1)));
}

/// Throws away what has arrived: what comes after its message was given up would be taken for another's.
inline void discard_late_answers(const client& server, const inbox& answers, std::uint64_t losses) {
  for (;;) {
    const auto kind = server.next(answers, clock::now(), losses).kind;
    if (kind != arrival::message && kind != arrival::no_responders)
      return;
  }
}

/// The messages that were posted and not told of yet, oldest first.
class window {
public:
  window(client& server, target_stream& stream, const inbox& answers, const publisher_options& options)
      : server_(server), stream_(stream), answers_(answers), options_(options) {}

  bool empty() const noexcept { return posted_.empty(); }

  /// Sends a message once there is room. Numbers are given one after the other, but for gaps while empty.
  void post(std::shared_ptr<const outgoing_message> message, clock::time_point deadline,
            std::uint64_t number) {
    posted_.push_back({std::move(message), deadline, number});
    posted_message& added = posted_.back();
    if (auto sent = send(added); !sent)
      decide(added, sent.error());
  }

  /// What has settled; waits until then for the first.
  std::vector<settled_message> take(clock::time_point patience) {
    while (in_flight_ != 0 && take_answer(clock::now())) {
    }
    for (collect(); settled_.empty() && !posted_.empty() && clock::now() < patience; collect())
      take_answer(std::min(patience, oldest_deadline()));
    has_failed_ = has_failed_ && !posted_.empty();
    return std::exchange(settled_, {});
  }

  /// Waits until all have settled.
  void settle() {
    for (collect(); !posted_.empty(); collect())
      take_answer(oldest_deadline());
  }

  /// Waits for none any more.
  void fail(const failure& reason) {
    for (posted_message& one : posted_)
      if (!one.answer)
        decide(one, reason);
    collect();
  }

private:
  struct posted_message {
    std::shared_ptr<const outgoing_message> message;
    clock::time_point deadline;
    std::uint64_t number;
    bool is_in_flight = false; ///< sent and not decided
    std::optional<result<receipt>> answer{};
  };

  [[nodiscard]] result<void> send(posted_message& added) {
    const outgoing_message& message = *added.message;
    const auto held_back =
        make_failure(error::not_acknowledged,
                     "the message was not sent, as an earlier one could not be confirmed", "NAT-05");
    if (auto open = server_.check_open(); !open)
      return open;
    if (has_failed_)
      return held_back;
    if (!server_.events().wait_connected(added.deadline))
      return explain(error::broker_unavailable,
                     "the message was not sent, as the connection to NATS is lost");
    if (auto checked = check_outgoing(message, max_payload()); !checked)
      return checked;
    if (auto ensured = stream_.ensure(added.deadline); !ensured)
      return ensured;
    while (!has_room_for(message))
      take_answer(oldest_deadline());
    if (has_failed_)
      return held_back;
    if (in_flight_ == 0) {
      losses_ = server_.events().losses();
      discard_late_answers(server_, answers_, losses_);
    }
    return send_now(added);
  }

  [[nodiscard]] result<void> send_now(posted_message& added) {
    auto prepared = to_message(*added.message, answers_.prefix + "." + std::to_string(added.number));
    if (!prepared)
      return prepared.error();
    const auto status = natsConnection_PublishMsg(server_.handle(), prepared->get());
    if (status != NATS_OK)
      return unconfirmed("sending failed (" + std::string(natsStatus_GetText(status)) + ")");
    added.is_in_flight = true;
    ++in_flight_;
    bytes_in_flight_ += added.message->value.size();
    return {};
  }

  std::size_t max_payload() const {
    return static_cast<std::size_t>(natsConnection_GetMaxPayload(server_.handle()));
  }

  bool has_room_for(const outgoing_message& message) const noexcept {
    if (in_flight_ == 0)
      return true;
    return without_stream_ == 0 && in_flight_ < options_.max_in_flight &&
           bytes_in_flight_ + message.value.size() <= options_.max_in_flight_bytes;
  }

  /// When the first of those in flight has to be confirmed.
  clock::time_point oldest_deadline() const noexcept {
    const auto oldest = std::ranges::find_if(posted_, &posted_message::is_in_flight);
    return oldest == posted_.end() ? clock::now() : oldest->deadline;
  }

  /// Takes one answer; false if none came until then.
  bool take_answer(clock::time_point until) {
    auto answer = server_.next(answers_, until, losses_);
    switch (answer.kind) {
    case arrival::message:
      take_answer(answer.message.get());
      break;
    case arrival::no_responders: // of which message, the server does not say
      ++without_stream_;
      break;
    case arrival::none:
      if (clock::now() >= oldest_deadline())
        fail_in_flight(unconfirmed("no answer came in time"));
      return false;
    case arrival::lost:
      fail_in_flight(unconfirmed("the connection to NATS was lost"));
      return false;
    case arrival::closed:
      fail_in_flight(unconfirmed("the connection to NATS was closed"));
      return false;
    }
    if (without_stream_ != 0 && without_stream_ >= in_flight_)
      fail_in_flight(taken_by_no_stream());
    return true;
  }

  void take_answer(const natsMsg* answer) {
    const auto number = number_of_answer(answer, answers_);
    if (!number || posted_.empty() || *number < posted_.front().number)
      return; // too late
    const auto index = static_cast<std::size_t>(*number - posted_.front().number);
    if (index < posted_.size() && posted_[index].is_in_flight)
      decide(posted_[index], read_receipt(data_of(answer)));
  }

  void decide(posted_message& one, result<receipt> answer) {
    has_failed_ = has_failed_ || !answer;
    one.answer = std::move(answer);
    if (!std::exchange(one.is_in_flight, false))
      return;
    --in_flight_;
    bytes_in_flight_ -= one.message->value.size();
  }

  void fail_in_flight(const failure& reason) {
    for (posted_message& one : posted_)
      if (one.is_in_flight)
        decide(one, reason);
    without_stream_ = 0;
  }

  void collect() {
    for (; !posted_.empty() && posted_.front().answer; posted_.pop_front())
      settled_.push_back({std::move(posted_.front().message), std::move(*posted_.front().answer)});
  }

  client& server_;
  target_stream& stream_;
  const inbox& answers_;
  const publisher_options& options_;
  std::deque<posted_message> posted_;
  std::vector<settled_message> settled_; ///< to be told
  std::size_t in_flight_ = 0;
  std::size_t bytes_in_flight_ = 0;
  std::size_t without_stream_ = 0; ///< of those in flight, and nobody says which
  std::uint64_t losses_ = 0;       ///< of the connection, when the first of those in flight was sent
  bool has_failed_ = false;        ///< a posted message has: none is sent until all have settled
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif
