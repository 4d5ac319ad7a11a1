#include "support/scripted_broker.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace kollect::consumer::test {
namespace {

std::optional<failure> take(std::deque<failure>& from) {
  if (from.empty())
    return {};
  auto next = std::move(from.front());
  from.pop_front();
  return next;
}

class scripted_subscriber final : public subscriber {
public:
  scripted_subscriber(scripted_broker& broker, partition_listener listener)
      : broker_(broker), listener_(std::move(listener)) {}
  ~scripted_subscriber() override { close(); }

  const log_identity& log() const noexcept override { return broker_.log; }

  result<std::vector<received_message>> poll(std::size_t max_messages, std::size_t,
                                             std::chrono::milliseconds) override {
    broker_.events.emplace_back("poll");
    if (auto fault = take(broker_.poll_faults))
      return *fault;
    if (!next_)
      if (auto asked = ask(); !asked)
        return asked.error();
    if (broker_.on_poll)
      broker_.on_poll(listener_);
    if (std::exchange(broker_.assigns_again, false))
      if (auto asked = ask(); !asked)
        return asked.error();
    std::vector<received_message> out;
    const auto end = broker_.first() + static_cast<std::int64_t>(broker_.messages.size());
    if (*next_ > end) { // there is no such place in the log
      listener_.gap(0, *next_, broker_.first());
      next_ = broker_.first();
    }
    for (; *next_ < end && out.size() < std::min(max_messages, broker_.messages_per_poll); ++*next_) {
      out.push_back(deliver(broker_.messages[static_cast<std::size_t>(*next_ - broker_.first())], *next_));
      out.back().appended_at = broker_.appended_at;
      out.back().on_acknowledge = [&broker = broker_, offset = *next_] {
        broker.events.push_back("acknowledge " + std::to_string(offset));
        broker.acknowledged.insert(offset);
      };
    }
    return out;
  }

  result<void> commit(std::chrono::milliseconds) override { return answer("commit", broker_.commit_faults); }
  result<void> begin_commit(std::chrono::milliseconds) override {
    return answer("begin_commit", broker_.commit_faults);
  }
  result<void> keep_alive() override {
    if (broker_.on_keep_alive)
      broker_.on_keep_alive(listener_);
    return answer("keep_alive", broker_.keep_alive_faults);
  }

  result<void> mark_end(std::chrono::milliseconds) override {
    end_ = broker_.first() + static_cast<std::int64_t>(broker_.messages.size());
    return answer("mark_end", broker_.mark_end_faults);
  }

  result<bool> caught_up(std::chrono::milliseconds) override {
    if (auto answered = answer("caught_up", broker_.caught_up_faults); !answered)
      return answered.error();
    return end_ && next_ && *next_ >= *end_;
  }

  std::vector<partition_lag> lag() const override { return {}; }
  std::optional<std::chrono::milliseconds> ack_wait() const noexcept override { return broker_.ack_wait; }
  std::int64_t settled_sequence() const noexcept override { return 0; }

  void close() noexcept override {
    if (!std::exchange(is_closed_, true))
      broker_.events.emplace_back("close");
  }

private:
  result<void> answer(const char* event, std::deque<failure>& faults) {
    broker_.events.emplace_back(event);
    if (auto fault = take(faults))
      return *fault;
    return {};
  }

  result<void> ask() {
    const std::array<std::int32_t, 1> partitions{0};
    auto starts = listener_.assigned(broker_.log, partitions);
    if (!starts)
      return starts.error();
    const auto& start = starts->front();
    broker_.starts.push_back(start ? std::optional(start->next) : std::nullopt);
    // A durable knows by itself how far it is.
    const bool is_kafka = broker_.log.system == broker_system::kafka;
    next_ = is_kafka ? (start ? start->next : 0) : static_cast<std::int64_t>(broker_.acknowledged.size()) + 1;
    return {};
  }

  scripted_broker& broker_;
  partition_listener listener_;
  std::optional<std::int64_t> next_, end_;
  bool is_closed_ = false;
};

} // namespace

result<std::unique_ptr<subscriber>> scripted_broker::connect(partition_listener listener) {
  events.emplace_back("connect");
  if (on_connect)
    on_connect();
  if (auto fault = take(connect_faults))
    return *fault;
  return std::unique_ptr<subscriber>(new scripted_subscriber(*this, std::move(listener)));
}

} // namespace kollect::consumer::test
