#ifndef KOLLECT_NATS_DETAIL_EVENTS_HPP
#define KOLLECT_NATS_DETAIL_EVENTS_HPP

#include <kollect/version.hpp>

#include <nats/nats.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

using clock = std::chrono::steady_clock;

/// The instant `timeout` from now; a timeout longer than a day counts as a day, a negative one as none.
[[nodiscard]] inline clock::time_point deadline_after(std::chrono::milliseconds timeout) {
  using namespace std::chrono_literals;
  return clock::now() + std::clamp<std::chrono::milliseconds>(timeout, 0ms, 24h);
}

/// What is left until `deadline`, not negative.
[[nodiscard]] inline std::chrono::milliseconds time_left(clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

/// What cnats' own threads tell about a connection. They write here only; nobody is called back.
///
/// cnats runs the last callback, that of the closed connection, some time after the connection has
/// been destroyed. This object therefore keeps itself alive until both have happened.
class connection_events {
public:
  static std::shared_ptr<connection_events> create() {
    auto events = std::make_shared<connection_events>();
    events->self_ = events;
    return events;
  }

  natsStatus attach(natsOptions* options) {
    auto status = natsOptions_SetDisconnectedCB(options, &connection_events::disconnected_callback, this);
    if (status == NATS_OK)
      status = natsOptions_SetReconnectedCB(options, &connection_events::reconnected_callback, this);
    if (status == NATS_OK)
      status = natsOptions_SetErrorHandler(options, &connection_events::error_callback, this);
    if (status == NATS_OK)
      status = natsOptions_SetClosedCB(options, &connection_events::closed_callback, this);
    return status;
  }

  /// To be called once the connection has been destroyed, or was never made (`made` is false).
  void release(bool made) noexcept {
    std::shared_ptr<connection_events> last;
    const std::lock_guard lock(mutex_);
    is_released_ = true;
    if (closed_ || !made)
      last = std::move(self_);
  }

  bool connected() const {
    const std::lock_guard lock(mutex_);
    return connected_;
  }

  /// True once cnats has given the connection up for good.
  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

  /// How often the connection was lost. What was sent before a loss may never be answered.
  std::uint64_t losses() const {
    const std::lock_guard lock(mutex_);
    return losses_;
  }

  /// How often the server has refused a subject.
  std::uint64_t refusals() const {
    const std::lock_guard lock(mutex_);
    return refusals_;
  }

  /// The status of the last error that the server reported; NATS_OK if there was none.
  natsStatus last_error() const {
    const std::lock_guard lock(mutex_);
    return last_error_;
  }

  /// Whether there is a connection by then at the latest.
  bool wait_connected(clock::time_point deadline) const {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [this] { return connected_ || closed_; });
    return connected_ && !closed_;
  }

  /// Whether the connection has been given up by then at the latest.
  bool wait_closed(clock::time_point deadline) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return closed_; });
  }

  /// What happened since the last call, in sentences.
  std::vector<std::string> take_lines() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

private:
  static void disconnected_callback(natsConnection*, void* closure) {
    static_cast<connection_events*>(closure)->note_loss();
  }
  static void reconnected_callback(natsConnection*, void* closure) {
    static_cast<connection_events*>(closure)->note_return();
  }
  static void error_callback(natsConnection*, natsSubscription*, natsStatus status, void* closure) {
    static_cast<connection_events*>(closure)->note_error(status);
  }
  static void closed_callback(natsConnection*, void* closure) {
    static_cast<connection_events*>(closure)->note_end();
  }

  void note_loss() {
    const std::lock_guard lock(mutex_);
    connected_ = false;
    ++losses_;
    if (!is_released_)
      add_line("the connection to NATS is lost; trying to get it back");
  }

  void note_return() {
    const std::lock_guard lock(mutex_);
    connected_ = true;
    last_error_ = NATS_OK;
    add_line("connected to NATS again");
    changed_.notify_all();
  }

  // cnats' text is not repeated: it is the server's, and stands in memory that changes meanwhile.
  void note_error(natsStatus status) {
    const std::lock_guard lock(mutex_);
    last_error_ = status;
    if (status == NATS_NOT_PERMITTED)
      ++refusals_;
    add_line(std::string("the NATS server reports: ") + natsStatus_GetText(status));
  }

  void note_end() {
    std::shared_ptr<connection_events> last;
    const std::lock_guard lock(mutex_);
    connected_ = false;
    closed_ = true;
    if (is_released_)
      last = std::move(self_);
    else
      add_line("the connection to NATS is closed for good");
    changed_.notify_all();
  }

  void add_line(std::string line) {
    constexpr std::size_t most_lines = 100; // nobody may be asking for them
    if (lines_.size() < most_lines)
      lines_.push_back(std::move(line));
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::shared_ptr<connection_events> self_;
  bool connected_ = true;
  bool closed_ = false;
  bool is_released_ = false;
  std::uint64_t losses_ = 0;
  std::uint64_t refusals_ = 0;
  natsStatus last_error_ = NATS_OK;
  std::vector<std::string> lines_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif
