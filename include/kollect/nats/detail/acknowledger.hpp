#ifndef KOLLECT_NATS_DETAIL_ACKNOWLEDGER_HPP
#define KOLLECT_NATS_DETAIL_ACKNOWLEDGER_HPP

#include <kollect/error.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/delivery.hpp>
#include <kollect/nats/detail/ledger.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// Tells the server what has become of messages.
class acknowledger {
public:
  acknowledger(client& server, inbox confirmations)
      : server_(server), confirmations_(std::move(confirmations)) {}

  /// A message has come that is to be acknowledged at `ack_subject`.
  ack_ledger::handle enter(std::string ack_subject) {
    return ack_ledger::enter(ledger_, std::move(ack_subject), clock::now());
  }

  /// Messages that nobody holds any more are forgotten; they come again.
  void drop_abandoned() { ledger_->drop_abandoned(); }

  /// Sends all that our owner has acknowledged and waits until the server confirms each. If the connection is
  /// lost meanwhile, they are sent again over the next one, in the time that is left; what is not confirmed
  /// by then is sent again with the next call.
  [[nodiscard]] result<void> commit(clock::time_point deadline) {
    for (;;) {
      const auto due = ledger_->acknowledged();
      if (due.empty()) {
        sent_.clear();
        return {};
      }
      if (!server_.events().wait_connected(deadline))
        return unconfirmed(due.size(), "the connection to NATS is lost");
      const auto losses = server_.events().losses();
      if (const auto status = send(due); status != NATS_OK)
        return unconfirmed(due.size(), natsStatus_GetText(status));
      const auto are_confirmed = collect(due.size(), deadline, losses);
      if (!are_confirmed)
        return are_confirmed.error();
      if (*are_confirmed)
        return {};
    }
  }

  /// Keeps every message ours of which the server has not heard for `age`.
  [[nodiscard]] result<void> extend_all(std::chrono::nanoseconds age) {
    natsStatus status = NATS_OK;
    const auto now = clock::now();
    ledger_->visit([&](ack_ledger::entry& held) {
      if (status == NATS_OK)
        status = extend(held, age, now);
    });
    if (status != NATS_OK)
      return explain(status, "keeping messages from being delivered to others");
    return {};
  }

  /// The same for one message. True if it was due.
  bool extend_one(std::uint64_t number, std::chrono::nanoseconds age) {
    auto* held = ledger_->find(number);
    const auto now = clock::now();
    return held != nullptr && now - held->told >= age && extend(*held, age, now) == NATS_OK;
  }

  bool holds_unacknowledged() {
    bool any = false;
    ledger_->visit([&](const ack_ledger::entry& held) { any = any || !held.is_acknowledged; });
    return any;
  }

  /// Lets others have at once what we hold and have not acknowledged.
  void give_back() {
    ledger_->visit([&](const ack_ledger::entry& held) {
      if (!held.is_acknowledged)
        (void)server_.publish(held.ack_subject, {}, "-NAK"); // else it comes again by itself
    });
  }

  void close() noexcept { confirmations_.subscription.reset(); }

private:
  static failure unconfirmed(std::size_t count, std::string_view why) {
    return make_failure(error::not_acknowledged,
                        std::to_string(count) + " acknowledgements were not confirmed: " + std::string(why) +
                            "; nothing is lost, the messages come again unless a later commit confirms them");
  }

  template <class Due>
  natsStatus send(const Due& due) {
    for (const auto& [number, subject] : due) {
      const auto serial = next_serial_++;
      sent_.emplace(serial, number);
      const auto status =
          server_.publish(subject, confirmations_.prefix + "." + std::to_string(serial), "+ACK");
      if (status != NATS_OK)
        return status;
    }
    return NATS_OK;
  }

  natsStatus extend(ack_ledger::entry& held, std::chrono::nanoseconds age, clock::time_point now) {
    if (now - held.told < age)
      return NATS_OK;
    const auto status = server_.publish(held.ack_subject, {}, "+WPI");
    if (status == NATS_OK)
      held.told = now;
    return status;
  }

  /// False if the connection was lost before all were confirmed.
  [[nodiscard]] result<bool> collect(std::size_t open, clock::time_point deadline, std::uint64_t losses) {
    std::size_t refused = 0;
    while (open > 0) {
      const auto answer = server_.next(confirmations_, deadline, losses);
      switch (answer.event) {
      case inbox_event::message:
        if (settle(answer.message.get()))
          --open;
        break;
      case inbox_event::no_responders:
        if (++refused >= open)
          return unconfirmed(open, "the durable is not there");
        break;
      case inbox_event::none:
        return unconfirmed(open, "no answer came in time");
      case inbox_event::lost:
        return false;
      case inbox_event::closed:
        return unconfirmed(open, "the connection to NATS was closed");
      }
    }
    sent_.clear();
    return true;
  }

  /// True if this confirmation is the message's first.
  bool settle(const natsMsg* confirmation) {
    const auto serial = confirmations_.number_of(confirmation);
    const auto found = serial ? sent_.find(*serial) : sent_.end();
    return found != sent_.end() && ledger_->settle(found->second);
  }

  client& server_;
  inbox confirmations_;
  std::shared_ptr<ack_ledger> ledger_ = std::make_shared<ack_ledger>();
  std::map<std::uint64_t, std::uint64_t> sent_; ///< number of a confirmation's subject → number in the ledger
  std::uint64_t next_serial_ = 1;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif
