#ifndef KOLLECT_CONFORMANCE_LOG_WATCH_HPP
#define KOLLECT_CONFORMANCE_LOG_WATCH_HPP

#include "broker_access.hpp"

#include <atomic>
#include <set>
#include <utility>

namespace kollect::conformance {

/// Reads one topic or stream while a sink publishes to it, so that the messages of each export are told
/// apart.
class log_watch {
public:
  /// Nothing is asked of the broker yet: a sink may have to make the stream first.
  log_watch(connection target, std::chrono::milliseconds connect_timeout)
      : target_(std::move(target)), connect_timeout_(connect_timeout) {}

  /// All messages that the log holds now and that were not given out before, by partition and offset.
  /// None where there is no such topic or stream.
  result<std::vector<recorded_message>> catch_up(std::chrono::milliseconds timeout);

  /// To be called after the broker was away: the next catch_up() connects again.
  void reconnect() {
    reader_.reset();
    ends_ = nullptr;
  }

private:
  using place = std::pair<std::int32_t, std::int64_t>;

  bool has_reached(const log_ends& ends) const;
  result<void> take(log_reader& from, std::vector<recorded_message>& into,
                    std::chrono::milliseconds patience);
  result<void> read_again(std::vector<recorded_message>& into, std::chrono::milliseconds timeout);

  connection target_;
  std::chrono::milliseconds connect_timeout_;
  std::unique_ptr<log_reader> reader_;
  ends_question ends_;
  log_ends next_;         ///< what comes next in each partition
  std::set<place> given_; ///< what was given out
};

/// Gives `take` everything that a log holds when this is called, or with `follow` what comes within that time
/// too; ends early when `stop` answers true. Messages of one partition come in their order.
/// error::broker_timeout when the end cannot be reached: nothing has come for `timeout`.
result<void> read_log(const connection& target, std::chrono::milliseconds timeout,
                      std::chrono::milliseconds follow, const std::function<bool()>& stop,
                      const std::function<void(recorded_message)>& take);

} // namespace kollect::conformance

#endif
