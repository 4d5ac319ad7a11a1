#ifndef KOLLECT_DETAIL_ORDERED_PUBLISHER_HPP
#define KOLLECT_DETAIL_ORDERED_PUBLISHER_HPP

#include <kollect/error.hpp>
#include <kollect/message.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// A message that was posted, until take_settled() has it to tell. `Tracking` is what a transport notes of
/// it.
template <class Tracking>
struct posted_message {
  std::shared_ptr<const outgoing_message> message;
  std::uint64_t number = 0; ///< one more than that of the message before
  std::chrono::milliseconds timeout{};
  std::chrono::steady_clock::time_point deadline{};
  Tracking tracking{};
  std::optional<result<receipt>> outcome{};
};

/// The engine of both publishers: what was posted, oldest first, and the one rule of order. Once a message
/// has failed, none is sent until all that were posted have been told of; publish() posts its messages and
/// waits.
///
/// A transport says how a message is sent, and what the broker has said since.
template <class Tracking>
class ordered_publisher : public publisher {
public:
  [[nodiscard]] std::vector<result<receipt>> publish(std::span<const outgoing_message> messages,
                                                     std::chrono::milliseconds timeout) final {
    settle_all();
    auto told_later = std::exchange(settled_, {});
    const bool had_failed = std::exchange(has_failed_, false);
    auto answers = refuse_together(messages);
    if (answers.empty()) {
      answers.reserve(messages.size());
      const auto deadline = deadline_after(timeout);
      for (const outgoing_message& message : messages) {
        add(std::make_shared<const outgoing_message>(message), timeout, deadline);
        take_outcomes(answers); // frees what is settled
      }
      settle_all();
      take_outcomes(answers);
    }
    settled_ = std::move(told_later);
    has_failed_ = had_failed && !settled_.empty();
    return answers;
  }

  void post(std::shared_ptr<const outgoing_message> message, std::chrono::milliseconds timeout) final {
    add(std::move(message), timeout, deadline_after(timeout));
  }

  [[nodiscard]] std::vector<settled_message> take_settled(std::chrono::milliseconds timeout) final {
    const auto patience = deadline_after(timeout);
    for (collect(); settled_.empty() && !posted_->empty() && clock::now() < patience; collect())
      wait(std::min(patience, posted_->front().deadline));
    has_failed_ = has_failed_ && !posted_->empty();
    return std::exchange(settled_, {});
  }

protected:
  using clock = std::chrono::steady_clock;
  using posted = posted_message<Tracking>;

  /// `clause` is that of confirmations.
  explicit ordered_publisher(std::string_view clause) : clause_(clause) {}

  static clock::time_point deadline_after(std::chrono::milliseconds timeout) {
    return clock::now() + std::clamp<std::chrono::milliseconds>(timeout, std::chrono::milliseconds(0),
                                                                std::chrono::hours(24));
  }

  /// Fails once nothing can be sent any more.
  [[nodiscard]] virtual result<void> check_usable() = 0;

  /// Fails for a message that can never be sent.
  [[nodiscard]] virtual result<void> check_sendable(const outgoing_message& message) const = 0;

  /// Waits until a message can be sent: for a connection, and for room.
  [[nodiscard]] virtual result<void> make_ready(const outgoing_message& message,
                                                clock::time_point deadline) = 0;

  /// Sends a message. If it fails, nothing of the message is on its way.
  [[nodiscard]] virtual result<void> send(posted& added) = 0;

  /// Takes in what the broker has said, and gives up what is out of time. Does not wait.
  virtual void look() = 0;

  /// Waits until then for the broker to say something.
  virtual void wait(clock::time_point until) = 0;

  /// Gives a message its outcome if the broker has told it, and settle() has not been called yet.
  virtual void decide(posted&) {}

  [[nodiscard]] std::deque<posted>& waiting() noexcept { return *posted_; }

  /// For a client that may write to posted messages after this publisher has given them up.
  [[nodiscard]] std::shared_ptr<const void> shared_waiting() const noexcept { return posted_; }

  [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }
  void note_failure() noexcept { has_failed_ = true; }

  void settle(posted& one, result<receipt> outcome) {
    has_failed_ = has_failed_ || !outcome;
    one.outcome = std::move(outcome);
  }

  /// Waits until nothing that was posted is on its way.
  void settle_all() {
    for (collect(); !posted_->empty(); collect())
      wait(posted_->front().deadline);
  }

  /// Moves messages that have an outcome, the oldest first, to what take_settled() tells.
  void sweep() {
    for (; !posted_->empty(); posted_->pop_front()) {
      posted& oldest = posted_->front();
      if (!oldest.outcome)
        decide(oldest);
      if (!oldest.outcome)
        return;
      settled_.push_back({std::move(oldest.message), std::move(*oldest.outcome)});
    }
  }

  /// Waits for none of the posted messages any more; `why(one)` is the failure of those without an outcome.
  template <class Why>
  void give_up(const Why& why) {
    for (posted& one : *posted_) {
      if (!one.outcome)
        decide(one);
      if (!one.outcome)
        settle(one, why(one));
      settled_.push_back({one.message, std::move(*one.outcome)});
    }
    posted_ = std::make_shared<std::deque<posted>>(); // a client may still refer to the old one
  }

private:
  [[nodiscard]] failure held_back(std::string_view why) const {
    return make_failure(error::not_acknowledged, "the message was not sent, as " + std::string(why), clause_);
  }

  void add(std::shared_ptr<const outgoing_message> message, std::chrono::milliseconds timeout,
           clock::time_point deadline) {
    auto ready = check_usable();
    if (ready && !has_failed_)
      ready = check_sendable(*message);
    if (ready && !has_failed_)
      ready = make_ready(*message, deadline);
    if (ready && has_failed_)
      ready = held_back("an earlier one could not be confirmed");
    posted& added = posted_->emplace_back(posted{std::move(message), next_number_++, timeout, deadline});
    if (ready)
      ready = send(added);
    if (!ready)
      settle(added, std::move(ready).error());
  }

  /// Nothing is sent unless all can be: half of a multipart set is of no use to anybody. Empty if they can.
  [[nodiscard]] std::vector<result<receipt>> refuse_together(std::span<const outgoing_message> messages) {
    std::vector<result<receipt>> answers;
    if (!check_usable()) // which add() tells
      return answers;
    std::vector<result<void>> checks;
    for (const outgoing_message& message : messages)
      checks.push_back(check_sendable(message));
    const auto refused = std::ranges::find_if(checks, [](const auto& one) { return !one; });
    if (refused == checks.end())
      return answers;
    const auto others = held_back("another one of the same call cannot be: " + refused->error().message);
    for (const auto& one : checks)
      answers.push_back(one ? others : one.error());
    return answers;
  }

  void take_outcomes(std::vector<result<receipt>>& answers) {
    sweep();
    for (settled_message& one : settled_)
      answers.push_back(std::move(one.outcome));
    settled_.clear();
  }

  void collect() {
    look();
    sweep();
  }

  std::string_view clause_; // a literal
  std::shared_ptr<std::deque<posted>> posted_ = std::make_shared<std::deque<posted>>();
  std::vector<settled_message> settled_; // to be told, oldest first
  std::uint64_t next_number_ = 1;
  bool has_failed_ = false; // a posted message has: none is sent until all have been told of
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif
