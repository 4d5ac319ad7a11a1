#ifndef KOLLECT_NATS_DETAIL_PULL_HPP
#define KOLLECT_NATS_DETAIL_PULL_HPP

#include <kollect/nats/detail/events.hpp>
#include <kollect/version.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// What the server says in place of a message.
enum class pull_status {
  heartbeat,   ///< nothing has happened
  finished,    ///< the request is over; another one may be sent
  too_large,   ///< so it is, as the next message is larger than what was left of its bytes
  busy,        ///< it was refused; another one may be sent after a pause
  unavailable, ///< nobody serves the durable: it may be gone, or its server may be changing
  deleted,     ///< the durable is gone
  refused      ///< the durable's settings do not allow such requests
};

/// Reads the code and the description of a status message.
[[nodiscard]] inline pull_status read_status(std::string_view code, std::string_view description) noexcept {
  const auto says = [&](std::string_view words) { return description.find(words) != std::string_view::npos; };
  if (code == "100")
    return pull_status::heartbeat;
  if (code == "404" || code == "408")
    return pull_status::finished;
  if (code == "503")
    return pull_status::unavailable;
  if (code == "400")
    return pull_status::refused;
  if (says("Message Size Exceeds MaxBytes"))
    return pull_status::too_large;
  if (says("Batch Completed"))
    return pull_status::finished;
  if (says("Consumer Deleted"))
    return pull_status::deleted;
  if (says("Leadership Change") || says("Server Shutdown"))
    return pull_status::unavailable;
  if (says("push based") || says("Exceeded MaxRequest"))
    return pull_status::refused;
  return pull_status::busy;
}

/// How much to ask for.
struct pull_limits {
  std::size_t messages = 256;
  std::size_t bytes = 16U * 1024 * 1024;
  std::chrono::nanoseconds expiry = std::chrono::seconds(30);
};

/// One request for messages.
struct pull_request {
  std::uint64_t number = 0;
  std::size_t remaining = 0;  ///< messages still to come
  std::size_t bytes = 0;      ///< 0: no limit
  bool has_delivered = false; ///< some message has come since
  clock::time_point expires;
};

/// The request's text, as JetStream wants it.
[[nodiscard]] inline std::string to_json(const pull_request& request, std::chrono::nanoseconds expiry) {
  boost::json::object body;
  body["batch"] = static_cast<std::int64_t>(request.remaining);
  body["expires"] = expiry.count();
  if (request.bytes != 0)
    body["max_bytes"] = static_cast<std::int64_t>(request.bytes);
  return boost::json::serialize(body);
}

/// Keeps account of the requests that are under way: when to send another one, and how large. Messages
/// do not say which request they answer, and the server serves requests in turn: only the sum of what
/// remains is certain, and that is all that counts.
class pull_requests {
public:
  explicit pull_requests(const pull_limits& limits) : limits_(limits) {}

  /// The next request, if one is due: when half of what we may hold is neither here nor on its way.
  std::optional<pull_request> next(clock::time_point now, std::size_t waiting_messages,
                                   std::size_t waiting_bytes) {
    forget_expired(now);
    if (now < not_before_ || open_.size() >= most_open)
      return {};
    std::size_t expected = waiting_messages;
    for (const pull_request& request : open_)
      expected += request.remaining;
    if (expected * 2 > limits_.messages || waiting_bytes >= limits_.bytes)
      return {};
    pull_request request{next_number_, limits_.messages, limits_.bytes, false,
                         now + std::chrono::duration_cast<clock::duration>(limits_.expiry) + grace};
    if (large_next_) { // a message larger than the limit comes alone
      if (!open_.empty())
        return {};
      request.remaining = 1;
      request.bytes = 0;
    }
    ++next_number_;
    open_.push_back(request);
    return request;
  }

  void message_arrived() {
    large_next_ = false;
    if (open_.empty())
      return; // of a request that we have already given up
    for (pull_request& request : open_)
      request.has_delivered = true;
    if (--open_.front().remaining == 0)
      open_.pop_front();
  }

  /// False if nobody waits for that request any more, such as one to a durable that was recreated since.
  bool ended(std::uint64_t number, pull_status status, clock::time_point now) {
    const auto found = std::ranges::find(open_, number, &pull_request::number);
    if (found == open_.end())
      return false;
    if (status == pull_status::heartbeat)
      return true;
    if (status == pull_status::too_large && !found->has_delivered)
      large_next_ = true;
    if (status == pull_status::busy || status == pull_status::unavailable)
      pause(now);
    open_.erase(found);
    return true;
  }

  /// All requests are lost, such as with their connection.
  void forget_all() noexcept { open_.clear(); }

  /// No request for a while: the server could not serve the last one.
  void pause(clock::time_point now) { not_before_ = now + std::chrono::milliseconds(500); }

  const pull_limits& limits() const noexcept { return limits_; }

private:
  static constexpr std::size_t most_open = 2;
  static constexpr std::chrono::seconds grace{
      5}; // the server's word that a request has expired takes its time

  void forget_expired(clock::time_point now) {
    std::erase_if(open_, [&](const pull_request& request) { return request.expires <= now; });
  }

  pull_limits limits_;
  std::deque<pull_request> open_;
  std::uint64_t next_number_ = 1;
  bool large_next_ = false;
  clock::time_point not_before_{};
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif
